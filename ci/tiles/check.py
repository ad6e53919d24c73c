"""Reads the machine code of the kernels' hot loops: ci/tiles/check.py [--spilled] ASSEMBLY.

A tile keeps its sums in registers. Where the compiler does not, the answers stay right and the speed is lost,
on processors that no test may have run on. So the innermost loops that multiply must not store a vector to the
stack, must not call a function, and must not have more instructions for each multiply than is written here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Tile:
    """A family of tiles: the multiplies of a loop, the functions that have them, and their limit."""

    name: str
    multiply: str
    functions: str
    """Part of the (v0-mangled) names of the functions."""
    full: str
    """What the names of the widest tiles end in: the constants R and C."""
    limit: float
    """Instructions for each multiply in the main loop of the widest tile."""


FLOATS, HALVES, INTEGERS = (rf"microkernel{name}" for name in ("6Floats", "6Halves", "8Integers"))
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
# Lower tiles load as many weights, and count their loop as often, for fewer multiplies.
SLACK = 30

VECTOR_TO_STACK = re.compile(r"v\w+\s.*%[xyz]mm\d+.*,\s*-?\w*\(%r[sb]p[^)]*\)$")


@dataclass(frozen=True)
class Loop:
    function: str
    instructions: list[str]

    def count(self, mnemonic: str) -> int:
        return sum(1 for line in self.instructions if re.match(rf"{mnemonic}\s", line))

    def spills(self) -> int:
        return sum(1 for line in self.instructions if VECTOR_TO_STACK.match(line))

    def calls(self) -> int:
        return sum(1 for line in self.instructions if line.startswith("call"))


def functions(assembly: str) -> Iterator[tuple[str, list[str]]]:
    """Each function's name with its labels and instructions."""
    name, body = "", []
    for line in assembly.splitlines():
        text = line.split("#")[0].rstrip()
        if re.match(r"[\w.$]+:$", text) and not text.startswith(".L"):
            if name:
                yield name, body
            name, body = text[:-1], []
        elif text.startswith(".LBB") or (text.startswith("\t") and not text.startswith("\t.")):
            body.append(text.strip().replace("\t", " "))
    if name:
        yield name, body


def innermost_loops(name: str, body: list[str]) -> Iterator[Loop]:
    """The code between a jump back and where it leads, where no other such code lies within."""
    labels = {line[:-1]: at for at, line in enumerate(body) if line.endswith(":")}
    jumping = [(line.split()[-1], at) for at, line in enumerate(body) if re.match(r"j\w+ \.LBB", line)]
    jumps = [(labels.get(label, at), at) for label, at in jumping]
    spans = {(start, end) for start, end in jumps if start < end}
    for start, end in sorted(spans):
        if not any(span != (start, end) and start <= span[0] and span[1] <= end for span in spans):
            yield Loop(name, [line for line in body[start : end + 1] if not line.endswith(":")])


def faults(assembly: str, tiles: list[Tile]) -> tuple[list[str], list[str]]:
    """What is wrong, and a line on each family."""
    loops = [loop for name, body in functions(assembly) for loop in innermost_loops(name, body)]
    wrong, lines = [], []
    for tile in tiles:
        named = [loop for loop in loops if re.search(tile.functions, loop.function)]
        of_tile = [loop for loop in named if loop.count(tile.multiply)]
        full = [loop for loop in of_tile if tile.full in loop.function]
        if not full:
            wrong.append(f"{tile.name}: no loop of the widest tile was found")
            continue
        for loop in of_tile:
            multiplies = loop.count(tile.multiply)
            size = f"{len(loop.instructions)} instructions, {multiplies} multiplies"
            if loop.spills() or loop.calls():
                found = f"{loop.spills()} stores to the stack, {loop.calls()} calls in {loop.function}"
                wrong.append(f"{tile.name}: {size}, {found}")
            elif len(loop.instructions) > 2 * tile.limit * multiplies + SLACK:
                wrong.append(f"{tile.name}: {size} in {loop.function}")
        best = max(full, key=lambda loop: loop.count(tile.multiply))
        ratio = len(best.instructions) / best.count(tile.multiply)
        if ratio > tile.limit:
            wrong.append(f"{tile.name}: {ratio:.2f} instructions a multiply in {best.function}")
        loops_of = f"{tile.name:25} {len(of_tile):3} loops"
        lines.append(f"{loops_of}, {ratio:.2f} instructions a multiply (at most {tile.limit:.2f})")
    return wrong, lines


def main() -> None:
    spilled = sys.argv[1] == "--spilled"
    with open(sys.argv[-1], encoding="utf-8") as file:
        assembly = file.read()
    tiles = [Tile("a tile of forty sums", r"vpdpbusd", "7spilled", "7spilled", 1.90)] if spilled else TILES
    wrong, lines = faults(assembly, tiles)
    print(*lines, sep="\n")
    if spilled:
        if not any("stores to the stack" in fault for fault in wrong):
            sys.exit("a tile whose sums lie on the stack was not refused")
        print("refused, as it must be:", wrong[0])
    elif wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
