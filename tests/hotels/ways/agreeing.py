"""What is true whenever bookings and a hotel have come to rest, whatever the hotel runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from services.bookings.hotels.states import BlockState
from services.bookings.orders.deciding import contracted, covers, wanted
from services.bookings.orders.tables import Asked, key_of, view_of
from services.bookings.orders.taking import asks_of
from shared.contracts.holds import LIVE, HoldState
from tests.hotels.front import Front

Rooms = Counter[tuple[date, str]]
"""By night and our room type; none are left out."""
WAITING = ("asking", "asked", "waiting", "unknown")
"""States of an order whose hotel has not said its word."""


async def agree(
    front: Front, shown: Mapping[str, Rooms], definite: set[str] | None, twice: list[str]
) -> None:
    """What we hold is what the hotel shows, nothing is there twice, no order is without a hold, and
    each hold is told for what it is."""
    rows = front.rows()
    with front.desk.engine.connect() as connection:
        asks = asks_of(connection, [row.ours for row in rows])
    views = {row.ours: view_of(row.ours, row.first_night, row.standing) for row in rows}
    held = {ours: +Counter(contracted(view)) for ours, view in views.items()}
    assert {ours: rooms for ours, rooms in held.items() if rooms} == dict(shown)
    firm = {ours for ours, view in views.items() if view and view.state is BlockState.DEFINITE}
    assert definite is None or definite == firm
    assert twice == []
    assert front.intents() == []
    keys = [key_of(row) for row in rows if not row.ended]
    assert len(keys) == len(set(keys)), "two orders for one need"
    for row in rows:
        _order(row, asks[row.ours], views[row.ours])
    _holds(front, {one.hold for some in asks.values() for one in some})
    front.desk.check()


def _order(row: Any, asks: list[Asked], view: Any) -> None:
    """An order and the holds behind it."""
    assert not row.owned, "a person has to see to it"
    assert bool(asks) is not row.ended, "an order without a hold, or a hold without an order"
    waits = row.state in WAITING
    if asks and not waits:
        assert +Counter(contracted(view)) == Counter(wanted(asks))
    for one in asks:
        assert waits or one.state is not HoldState.PENDING, "it waits for nobody"
        assert one.state is HoldState.PENDING or covers(view, one.rooms), "more than there is"


def _holds(front: Front, ordered: set[str]) -> None:
    """Each hold is pending, held, confirmed or over; a refused one says why, in both languages."""
    live = {name for name, one in front.told.items() if one.state in LIVE}
    assert live == ordered, "holds that are told for live, and those that orders are for"
    for name, one in front.told.items():
        assert (one.state is HoldState.REFUSED) is (one.refusal is not None), name
        if one.refusal is not None:
            assert one.refusal.code and one.refusal.sentence.zh and one.refusal.sentence.en, name
