"""The tiles of x86-64."""

from machine import FLOATS, HALVES, INTEGERS, Machine, Tile

AMX, AVX2 = "3amx12compiled_amxN", "4avx28compiledI"
AVX512, VNNI = "8integers8compiledI", "8integers13compiled_vnniI"
TILES = [
    Tile("float32 on AVX-512", r"vfmadd\d+ps", f"(?:{AMX}|{AVX512}|{VNNI}).*{FLOATS}", "Kjc_Kj2_", 1.90),
    Tile("float32 on AVX2", r"vfmadd\d+ps", f"{AVX2}.*{FLOATS}", "Kj6_Kj1_", 1.90),
    Tile("bf16 on AVX-512 BF16", r"vdpbf16ps", r"4dots4dots", "Kjc_Kj2_", 1.90),
    Tile("bf16 widened on AVX-512", r"vfmadd\d+ps", f"(?:{AVX512}|{VNNI}).*{HALVES}", "Kjc_Kj2_", 8.60),
    Tile("bf16 widened on AVX2", r"vfmadd\d+ps", rf"4avx27widened|{AVX2}.*{HALVES}", "Kj6_", 9.80),
    Tile("int8 on AMX", r"tdpbssd", f"{AMX}.*{INTEGERS}", "Kjc_Kj2_", 8.00),
    Tile("bf16 on AMX", r"tdpbf16ps", f"{AMX}.*{HALVES}", "Kjc_Kj2_", 8.00),
    Tile("int8 on AVX-512 VNNI", r"vpdpbusd", f"{VNNI}.*{INTEGERS}", "Kjc_Kj2_", 1.90),
    Tile("int8 on AVX-512", r"vpmaddwd", f"{AVX512}.*{INTEGERS}", "Kjc_Kj2_", 3.30),
    Tile("int8 on AVX2", r"vpmaddubsw", f"{AVX2}.*{INTEGERS}", "Kj6_Kj1_", 4.10),
]
MACHINE = Machine(
    tiles=TILES,
    spilled=Tile("a tile of forty sums", r"vpdpbusd", "7spilled", "7spilled", 1.90),
    comment="#",
    jump=r"j\w+ \.LBB",
    call=r"call",
    vector_to_stack=r"v\w+\s.*%[xyz]mm\d+.*,\s*-?\w*\(%r[sb]p[^)]*\)$",
)
