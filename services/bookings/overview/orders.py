"""A page of the orders of one hotel, those that need somebody first.

Must not: change anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, select, tuple_
from sqlalchemy.orm import Session

from services.bookings.by_hand.cutting import NAMES_MISSING
from services.bookings.by_hand.tables import HAND
from services.bookings.guestlists.listing import names_of, owned_by_hotel
from services.bookings.hotels.book import INTENTS
from services.bookings.hotels.links import BY_HAND
from services.bookings.orders.acting import ASKABLE
from services.bookings.orders.deciding import contracted, wanted
from services.bookings.orders.tables import ASKS, ORDERS, view_of
from services.bookings.orders.taking import asks_of
from services.bookings.overview.lines import Known, all_lines
from shared.contracts.holds import HoldState
from shared.contracts.hotel_names import HotelNames
from shared.contracts.hotels import HotelLine, HotelOrder, HotelOrders, OrderState, ReadHotelOrders
from shared.contracts.values import Text
from shared.holds.tables import hold_tables

AWAITED = ("owned", "unknown", "waiting", "asking", "asked")
"""From the one that needs somebody most."""
DIFFERING, AT_REST, ENDED = len(AWAITED), len(AWAITED) + 1, len(AWAITED) + 2
_TURNS = [(ORDERS.c.state == state, turn) for turn, state in enumerate(AWAITED)]
TURN: ColumnElement[int] = case(
    (ORDERS.c.ended.is_(True), ENDED), *_TURNS, (ORDERS.c.drift != "", DIFFERING), else_=AT_REST
)
STATES = {one.value: one for one in OrderState}


class Place(NamedTuple):
    """Where an order stands among the others."""

    turn: int
    first_night: date
    ours: str


def place_in(cursor: str | None) -> Place | None:
    """The place that a cursor names; None for one that names none: then it is the first page."""
    parts = (cursor or "").split("|")
    try:
        found = Place(int(parts[0]), date.fromisoformat(parts[1]), parts[2])
    except (ValueError, IndexError):
        return None
    return found if 0 <= found.turn <= ENDED else None


def undecided(session: Session) -> int:
    """How many orders and lists of guests a person must decide about, for the service's beat."""
    mine = select(func.count()).select_from(ORDERS)
    wanted = mine.where(ORDERS.c.owned.is_(True), ORDERS.c.ended.is_(False))
    connection = session.connection()
    lists = sum(owned_by_hotel(connection).values())
    return lists + int(connection.execute(wanted).scalar_one())


def page(
    connection: Connection, known: Known, query: ReadHotelOrders, now: datetime
) -> HotelOrders:
    """A hotel and its orders."""
    line = all_lines(connection, known, now).get(query.hotel)
    rows = connection.execute(_chosen(query)).all()
    shown = rows[: query.limit]
    last = shown[-1] if len(rows) > len(shown) else None
    return HotelOrders(
        line=line,
        orders=_orders(connection, known, line, query.hotel, shown, now.date()),
        next=f"{last.turn}|{last.first_night}|{last.ours}" if last is not None else None,
    )


def _chosen(query: ReadHotelOrders) -> Any:
    some = select(ORDERS, TURN.label("turn")).where(ORDERS.c.hotel == query.hotel)
    if not query.ended:
        some = some.where(ORDERS.c.ended.is_(False))
    if (at := place_in(query.after)) is not None:
        some = some.where(tuple_(TURN, ORDERS.c.first_night, ORDERS.c.ours) > tuple_(*at))
    return some.order_by(TURN, ORDERS.c.first_night, ORDERS.c.ours).limit(query.limit + 1)


def _orders(
    connection: Connection, known: Known, line: HotelLine | None, hotel: str,
    rows: Sequence[Any], today: date,
) -> tuple[HotelOrder, ...]:  # fmt: skip
    names = [row.ours for row in rows]
    asks = asks_of(connection, names)
    ends, hands = _ends(connection, names), _by_hand(connection, names)
    guests = names_of(connection, names, today)
    intents = select(INTENTS).where(INTENTS.c.hotel == hotel, INTENTS.c.ours.in_(names))
    since = {row.ours: row.at for row in connection.execute(intents)}
    rests = line is not None and line.paused_until is not None
    by_hand = known.systems.get(hotel) == BY_HAND
    found = []
    for row in rows:
        standing = contracted(view_of(row.ours, row.first_night, row.standing))
        by_night = wanted(asks[row.ours])
        found.append(
            HotelOrder(
                order=row.ours, visit=row.visit, need=row.need, first_night=row.first_night,
                last_night=row.last_night, state=STATES.get(row.state, OrderState.OTHER),
                by_hand=by_hand or row.ours in hands, rooms=most(by_night),
                contracted=most(standing) if standing else None, said=row.said,
                may_ask=may_ask(row, row.ours in hands, guests.get(row.ours)),
                names=guests.get(row.ours),
                differs=_differs(row), tries=row.tries,
                due_at=None if rests and row.ours not in hands else row.due_at,
                answer_by=ends.get(row.ours), open_since=since.get(row.ours), ended=row.ended,
                changed_at=row.changed_at,
            )
        )  # fmt: skip
    return tuple(found)


def may_ask(row: Any, by_letter: bool, names: HotelNames | None) -> bool:
    """Whether somebody may have the hotel asked again, about the rooms or about who comes."""
    if by_letter:
        return bool(row.owned and not row.ended and row.said == NAMES_MISSING)
    waits = names is not None and (names.owned or (names.due_at is not None and names.said != ""))
    return waits or (not row.ended and row.state in ASKABLE)


def _differs(row: Any) -> Text | None:
    return Text(zh=row.drift_zh or row.drift, en=row.drift) if row.drift else None


def most(rooms: dict[tuple[date, str], int]) -> int:
    """Most rooms in one night, of all types together."""
    nights: dict[date, int] = {}
    for (night, _kind), count in rooms.items():
        nights[night] = nights.get(night, 0) + count
    return max(nights.values(), default=0)


def _ends(connection: Connection, names: Sequence[str]) -> dict[str, Any]:
    holds = hold_tables("bookings").holds
    rows = connection.execute(
        select(ASKS.c.ours, func.min(holds.c.due_at).label("end"))
        .join(holds, holds.c.hold == ASKS.c.hold)
        .where(ASKS.c.ours.in_(names), holds.c.state == HoldState.PENDING.value)
        .group_by(ASKS.c.ours)
    )
    return {row.ours: row.end for row in rows}


def _by_hand(connection: Connection, names: Sequence[str]) -> set[str]:
    return set(connection.execute(select(HAND.c.ours).where(HAND.c.ours.in_(names))).scalars())
