"""Reading what a resource service has and how much of it is taken.

Must not: change anything.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from shared.contracts.message import Query
from shared.contracts.values import Instant, Key, Sought, Text, Value


class ReadInventory(Query):
    """Units of a service with their load in a window. Answered by `InventoryPage`."""

    starts_at: Instant
    ends_at: Instant
    kind: Sought | None = Field(default=None, max_length=64)
    unit: Sought | None = Field(default=None, max_length=63)
    """This one only."""
    after: Sought | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class CellLoad(Value):
    """How much of one unit is taken in one slot. `label` says when, for people."""

    part: Key
    slot: int
    label: str
    taken: int
    capacity: int


class UnitView(Value):
    """One unit: its document (dossier included) and the cells that are not empty."""

    unit: Key
    kind: str
    name: Text
    document: dict[str, Any]
    revision: int = 0
    """A change of the unit names the one that was seen."""
    may_change: tuple[str, ...] = ()
    """Closures and the number that may be changed while the system runs."""
    priced: str = ""
    """The field of its price, which may be changed: `price_per_hour`, `room_types.price`."""
    described: tuple[str, ...] = ()
    """Fields that describe it, which may be changed: `name`, `dossier.facilities`."""
    retires: bool = False
    """Whether it may be taken out of use."""
    adds: bool = False
    """Whether more of its kind may be added while the system runs."""
    load: tuple[CellLoad, ...] = ()


class InventoryPage(Value):
    """Units in order of id."""

    units: tuple[UnitView, ...]
    next: str | None = None
