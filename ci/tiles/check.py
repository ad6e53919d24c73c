"""Reads the machine code of the kernels' hot loops: ci/tiles/check.py ARCHITECTURE [--spilled] ASSEMBLY.

A tile keeps its sums in registers. Where the compiler does not, the answers stay right and the speed is lost,
on processors that no test may have run on. So the innermost loops that multiply must not store a vector to the
stack, must not call a function, and must not have more instructions for each multiply than is written here.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from machine import Machine, Tile

# Lower tiles load as many weights, and count their loop as often, for fewer multiplies.
SLACK = 30


@dataclass(frozen=True)
class Loop:
    function: str
    instructions: list[str]

    def count(self, pattern: str) -> int:
        return sum(1 for line in self.instructions if re.match(pattern, line))

    def is_of(self, tile: Tile) -> bool:
        if not re.search(tile.functions, self.function) or not self.count(rf"(?:{tile.multiply})\s"):
            return False
        return tile.flushes is None or tile.flushes == bool(self.count(r"facgt\s"))


def functions(assembly: str, comment: str) -> Iterator[tuple[str, list[str]]]:
    """Each function's name with its labels and instructions."""
    name, body = "", []
    for line in assembly.splitlines():
        text = line.split(comment)[0].rstrip()
        if re.match(r"[\w.$]+:$", text) and not text.startswith(".L"):
            if name:
                yield name, body
            name, body = text[:-1], []
        elif text.startswith(".LBB") or (text.startswith("\t") and not text.startswith("\t.")):
            body.append(text.strip().replace("\t", " "))
    if name:
        yield name, body


def innermost_loops(name: str, body: list[str], jump: str) -> Iterator[Loop]:
    """The code between a jump back and where it leads, where no other such code lies within."""
    labels = {line[:-1]: at for at, line in enumerate(body) if line.endswith(":")}
    jumping = [(line.split()[-1], at) for at, line in enumerate(body) if re.match(jump, line)]
    jumps = [(labels.get(label, at), at) for label, at in jumping]
    spans = {(start, end) for start, end in jumps if start < end}
    for start, end in sorted(spans):
        if not any(span != (start, end) and start <= span[0] and span[1] <= end for span in spans):
            yield Loop(name, [line for line in body[start : end + 1] if not line.endswith(":")])


def faults(assembly: str, machine: Machine, tiles: list[Tile]) -> tuple[list[str], list[str]]:
    """What is wrong, and a line on each family."""
    bodies = functions(assembly, machine.comment)
    loops = [loop for name, body in bodies for loop in innermost_loops(name, body, machine.jump)]
    wrong, lines = [], []
    for tile in tiles:
        of_tile = [loop for loop in loops if loop.is_of(tile)]
        full = [loop for loop in of_tile if tile.full in loop.function]
        if not full:
            wrong.append(f"{tile.name}: no loop of the widest tile was found")
            continue
        for loop in of_tile:
            multiplies = loop.count(tile.multiply)
            spills, calls = loop.count(machine.vector_to_stack), loop.count(machine.call)
            size = f"{len(loop.instructions)} instructions, {multiplies} multiplies"
            if spills or calls:
                found = f"{spills} stores to the stack, {calls} calls in {loop.function}"
                wrong.append(f"{tile.name}: {size}, {found}")
            elif len(loop.instructions) > 2 * tile.limit * multiplies + SLACK:
                wrong.append(f"{tile.name}: {size} in {loop.function}")
        best = max(full, key=lambda loop: loop.count(tile.multiply))
        ratio = len(best.instructions) / best.count(tile.multiply)
        if ratio > tile.limit:
            wrong.append(f"{tile.name}: {ratio:.2f} instructions a multiply in {best.function}")
        loops_of = f"{tile.name:27} {len(of_tile):3} loops"
        lines.append(f"{loops_of}, {ratio:.2f} instructions a multiply (at most {tile.limit:.2f})")
    return wrong, lines


def main() -> None:
    architecture, *options, path = sys.argv[1:]
    machine: Machine = importlib.import_module(architecture).MACHINE
    spilled = "--spilled" in options
    with open(path, encoding="utf-8") as file:
        assembly = file.read()
    wrong, lines = faults(assembly, machine, [machine.spilled] if spilled else machine.tiles)
    print(*lines, sep="\n")
    if spilled:
        if not any("stores to the stack" in fault for fault in wrong):
            sys.exit("a tile whose sums lie on the stack was not refused")
        print("refused, as it must be:", wrong[0])
    elif wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
