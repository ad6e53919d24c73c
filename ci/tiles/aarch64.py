"""The tiles of ARM64."""

from machine import INTEGERS, Machine, Tile

TILES = [
    Tile("float32", r"fmla", "6floats4tile", "Kj6_", 1.30),
    Tile("bf16 by bfmlalt and bfmlalb", r"bfmlal[bt]", "4bf164tile", "Kj6_", 1.20),
    Tile("bf16 widened", r"fmla", "5pairs4tile", "Kj6_", 1.60, flushes=False),
    Tile("bf16 widened and flushed", r"fmla", "5pairs4tile", "Kj6_", 4.60, flushes=True),
    Tile("int8 by smmla", r"smmla", f"8matrices8compiledI.*{INTEGERS}", "Kj6_Kj1_", 2.30),
    Tile("int8 by sdot", r"sdot", f"4dots8compiledI.*{INTEGERS}", "Kj6_Kj1_", 1.30),
    Tile("int8 in 16 bits", r"sm(?:ul|la)l2?", f"8integers8compiledI.*{INTEGERS}", "Kj6_Kj1_", 2.40),
]
MACHINE = Machine(
    tiles=TILES,
    spilled=Tile("a tile of forty sums", r"fmla", "7spilled", "7spilled", 1.90),
    comment="//",
    jump=r"(?:b|b\.\w+|cbn?z|tbn?z) (?:.* )?\.LBB",
    call=r"blr? ",
    # Wherever: a sum that lies in an array on the stack is stored by way of another register.
    vector_to_stack=r"st\w+ \{?[bhsdqv]\d+\b.*\[",
)
