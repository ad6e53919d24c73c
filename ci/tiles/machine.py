"""What is the same for the tiles of every architecture."""

from __future__ import annotations

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
    flushes: bool | None = None
    """Whether the loop looks after each multiply whether the sum is a subnormal number; None: of no matter."""


@dataclass(frozen=True)
class Machine:
    """An architecture: its tiles, one that must be refused, and how its assembly is read, as patterns."""

    tiles: list[Tile]
    spilled: Tile
    comment: str
    jump: str
    call: str
    vector_to_stack: str


FLOATS, HALVES, INTEGERS = (rf"microkernel{name}" for name in ("6Floats", "6Halves", "8Integers"))
