"""Inventories as pages need them: all units of a kind, with their load over some days.

Owns: asking in pages and in windows short enough that an owner shows every loaded cell.
Must not: change anything, or show a unit that the principal does not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.console.asking import ask, question, read_as, read_by
from services.console.problems import ProblemError
from services.console.roles import Principal
from shared.chassis.service import Service
from shared.contracts.inventory import InventoryPage, ReadInventory, UnitView

PAGE = 100
MOST_PAGES = 6
"""Of one inventory and window; what is beyond is said to be missing."""
MOMENT = timedelta(hours=1)
"""As short a window as can be, where names are wanted and not the load."""
MOST_CELLS = 400
"""An owner shows no more loaded cells of a unit and window than these."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Units in their owner's order. `whole` is false when some units or cells are missing."""

    units: tuple[UnitView, ...]
    whole: bool
    next: str | None = None
    """Cursor of the page after, for `read_page`."""


async def read_all(
    service: Service,
    who: Principal,
    owner: str,
    kind: str,
    window: tuple[datetime, datetime],
    step: timedelta = timedelta(days=400),
) -> Stock:
    """Every unit of a kind, up to a bound; the window is asked for in steps.

    Raises ProblemError (503) without an answer.
    """
    found: dict[str, UnitView] = {}
    whole = True
    for part in _steps(*window, step):
        after = None
        for _ in range(MOST_PAGES):
            stock = await read_page(service, who, owner, kind, part, after, PAGE)
            whole = whole and stock.whole
            for unit in stock.units:
                known = found.get(unit.unit)
                load = (known.load if known else ()) + unit.load
                found[unit.unit] = unit.model_copy(update={"load": load})
            after = stock.next
            if after is None:
                break
        whole = whole and after is None
    return Stock(tuple(found.values()), whole)


async def read_names(
    service: Service, who: Principal, owner: str, kind: str, at: datetime
) -> Stock | None:
    """Every unit of a kind for its name, whatever its load; None when it cannot be read."""
    try:
        return await read_all(service, who, owner, kind, (at, at + MOMENT))
    except ProblemError:
        return None


async def read_page(
    service: Service,
    who: Principal,
    owner: str,
    kind: str | None,
    window: tuple[datetime, datetime],
    after: str | None,
    limit: int,
) -> Stock:
    """One page of an inventory. Raises ProblemError (503) without an answer."""
    query = question(
        ReadInventory, **read_by(who), starts_at=window[0], ends_at=window[1], kind=kind or None,
        after=after or None, limit=limit,
    )  # fmt: skip
    answer = await ask(service, query, owner)
    answer["units"] = who.inventory(owner, answer.get("units", []))
    page = read_as(InventoryPage, answer, f"the inventory of {owner}")
    whole = all(len(unit.load) < MOST_CELLS for unit in page.units)
    return Stock(page.units, whole, page.next)


def _steps(
    starts_at: datetime, ends_at: datetime, step: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    """A window in parts. An owner counts both ends in, so each part ends before the next begins."""
    at = starts_at
    while at < ends_at:
        after = min(at + step, ends_at)
        yield at, after - timedelta(minutes=1)
        at = after
