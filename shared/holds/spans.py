"""Small arithmetic of cells: claims as cells, cells as claims, ranges joined.

Must not: know a hold or a store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from shared.holds.port import Claim

Cell = tuple[str, int]
Range = tuple[str, int, int]
T = TypeVar("T")
CHUNK, RANGES = 200, 1_000
"""Holds, and ranges of cells, in one statement."""


def per_cell(claims: Iterable[Claim]) -> dict[Cell, int]:
    """How much the claims of one hold take of each cell, together."""
    cells: dict[Cell, int] = defaultdict(int)
    for claim in claims:
        for slot in range(claim.start, claim.stop):
            cells[claim.unit, slot] += claim.quantity
    return cells


def tidy(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """The same cells in claims that do not overlap, so that unit and start name one of them."""
    found: list[Claim] = []
    for (unit, slot), quantity in sorted(per_cell(claims).items()):
        last = found[-1] if found else None
        if last and (last.unit, last.stop, last.quantity) == (unit, slot, quantity):
            found[-1] = Claim(unit, last.start, slot + 1, quantity)
        else:
            found.append(Claim(unit, slot, slot + 1, quantity))
    return tuple(found)


def joined(ranges: Iterable[Range]) -> list[Range]:
    """The same cells in the fewest ranges, sorted; what lies between stays out."""
    found: list[Range] = []
    for unit, start, stop in sorted(ranges):
        if found and found[-1][0] == unit and start <= found[-1][2]:
            found[-1] = (unit, found[-1][1], max(found[-1][2], stop))
        else:
            found.append((unit, start, stop))
    return found


def chunks(some: Sequence[T], size: int = CHUNK) -> list[Sequence[T]]:
    """Pieces of a size that one statement takes."""
    return [some[start : start + size] for start in range(0, len(some), size)]
