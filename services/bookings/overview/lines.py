"""One line a hotel: how its link is, how its orders stand, and which arrival is next concerned.

Must not: change anything; and must not say what nobody knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, case, func, select

from services.bookings.guestlists.listing import owned_by_hotel
from services.bookings.hotels.contact import CONTACT
from services.bookings.hotels.links import BY_CALL, BY_HAND
from services.bookings.hotels.terms import Terms
from services.bookings.orders.listing import WAITING
from services.bookings.orders.switching import switches
from services.bookings.orders.tables import ASKS, ORDERS
from services.bookings.overview.feeds import feeds
from shared.contracts.holds import HoldState
from shared.contracts.hotels import HotelLine, HotelLines, HotelLinkState, ReadHotels
from shared.contracts.values import Text
from shared.holds.stock import Stock
from shared.holds.tables import hold_tables

USUAL_ZONE = "Asia/Shanghai"
"""Of a hotel in no file of links."""
NEVER = date(9999, 12, 31)
Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What the service knows of its hotels beside the store."""

    systems: Mapping[str, str]
    """By hotel: `haip`, `ohip`, `apaleo`, `cloudbeds`, `alpinebits` or `by_hand`."""
    zones: Mapping[str, str]
    stock: Stock
    letters: bool = False
    """Letters can be signed here."""
    terms: Mapping[str, Terms] = field(default_factory=dict)
    """What was agreed about cut-offs, where anything was."""
    fed: frozenset[str] = frozenset()
    """Hotels that are polled for what changed there."""

    def name(self, connection: Connection, hotel: str) -> Text:
        """What a hotel is called; its id when the inventory does not have it."""
        found = self.hotel(connection, hotel)
        return found.name if found is not None else Text(zh=hotel, en=hotel)

    def kinds(self, connection: Connection, hotel: str) -> dict[str, Text]:
        """What its room types are called."""
        found = self.hotel(connection, hotel)
        return {one.id: one.name for one in found.room_types} if found is not None else {}

    def hotel(self, connection: Connection, hotel: str) -> Any:
        """Its document; None when the inventory does not have it."""
        inventory: Any = self.stock.inventory_on(connection)
        return getattr(inventory, "hotels", {}).get(hotel)


def page(connection: Connection, known: Known, query: ReadHotels, now: datetime) -> HotelLines:
    """A page of all hotels, by problem, then by the next arrival that is concerned."""
    placed = sorted((place_of(one), one) for one in all_lines(connection, known, now).values())
    rest = [(at, one) for at, one in placed if query.after is None or at > query.after]
    shown = rest[: query.limit]
    more = shown[-1][0] if len(rest) > len(shown) else None
    return HotelLines(hotels=tuple(one for _, one in shown), next=more)


def today_at(known: Known, now: datetime, hotel: str = "") -> date:
    """The day that it is at a hotel."""
    return now.astimezone(ZoneInfo(known.zones.get(hotel, USUAL_ZONE))).date()


def place_of(line: HotelLine) -> str:
    """Where a hotel stands among the others."""
    return f"{rank(line)}|{line.next_arrival or NEVER}|{line.hotel}"


def rank(line: HotelLine) -> int:
    """0: something is wrong there; 1: an answer is awaited; 2: all is well."""
    lost = line.link is HotelLinkState.GONE and line.orders > 0
    silent = line.link is HotelLinkState.SILENT
    deaf = line.feed is not None and (line.feed.silent or line.feed.stale_since is not None)
    if line.owned or line.unknown or line.differing or line.tries or silent or lost or deaf:
        return 0
    return 1 if line.waiting else 2


def all_lines(connection: Connection, known: Known, now: datetime) -> dict[str, HotelLine]:
    """Every hotel with a link, or with orders that have not ended."""
    told: dict[str, Told] = defaultdict(dict)
    for hotel in known.systems:
        told[hotel] = {}
    today = today_at(known, now)
    for part in (_counted(connection), _deadlines(connection), _cut_offs(connection, today),
                 _contacts(connection), _switched(connection, known, now)):  # fmt: skip
        for hotel, some in part.items():
            told[hotel] |= some
    paused = {hotel for hotel, some in told.items() if some.get("paused_until") is not None}
    for hotel, feed in feeds(connection, known.fed, paused, now).items():
        told[hotel]["feed"] = feed
    for hotel, lists in owned_by_hotel(connection).items():
        told[hotel]["owned"] = told[hotel].get("owned", 0) + lists
    return {hotel: _line(connection, known, hotel, some) for hotel, some in told.items()}


def _line(connection: Connection, known: Known, hotel: str, told: Told) -> HotelLine:
    system = known.systems.get(hotel, "")
    heard, failed = told.pop("heard_at", None), told.pop("failed_at", None)
    if not system:
        link = HotelLinkState.GONE
    elif system == BY_HAND:
        link = HotelLinkState.LETTERS
    elif failed is not None:
        link = HotelLinkState.SILENT
    else:
        link = HotelLinkState.GOOD if heard is not None else HotelLinkState.IDLE
    name, linked = known.name(connection, hotel), system not in ("", BY_HAND, BY_CALL)
    # Where a letter names a date by what was agreed, it is known; other letters agree to none.
    dated = linked or (hotel in known.terms and known.terms[hotel].days > 0)
    return HotelLine(
        hotel=hotel, name=name, system=system, link=link, heard_at=heard, failed_at=failed,
        cut_off_known=dated, may_pause=linked, may_switch=linked and known.letters, **told,
    )  # fmt: skip


def _switched(connection: Connection, known: Known, now: datetime) -> dict[str, Told]:
    """How links are set; a pause that is over is none."""
    return {
        hotel: {"paused_until": one.paused_until if one.paused(now) else None,
                "by_hand": one.by_hand}
        for hotel, one in switches(connection).items()
        if hotel in known.systems
    }  # fmt: skip


def _counted(connection: Connection) -> dict[str, Told]:
    differs = ORDERS.c.drift != ""
    rows = connection.execute(
        select(
            ORDERS.c.hotel, ORDERS.c.state, func.count().label("orders"),
            func.max(ORDERS.c.tries).label("tries"), func.min(ORDERS.c.first_night).label("first"),
            func.sum(case((differs, 1), else_=0)).label("differing"),
            func.min(case((differs, ORDERS.c.first_night))).label("first_differing"),
        )
        .where(ORDERS.c.ended.is_(False))
        .group_by(ORDERS.c.hotel, ORDERS.c.state)
    )  # fmt: skip
    found: dict[str, Told] = defaultdict(
        lambda: {"orders": 0, "waiting": 0, "unknown": 0, "owned": 0, "differing": 0, "tries": 0,
                 "next_arrival": None}
    )  # fmt: skip
    for row in rows:
        line = found[row.hotel]
        line["orders"] += row.orders
        line["differing"] += row.differing
        concerned = row.first if row.state in (*WAITING, "owned") else row.first_differing
        if concerned is not None:
            line["next_arrival"] = min(line["next_arrival"] or NEVER, concerned)
        if row.state in WAITING:
            line["waiting"] += row.orders
            line["tries"] = max(line["tries"], row.tries)
        if row.state in ("unknown", "owned"):
            line[row.state] += row.orders
    return found


def _deadlines(connection: Connection) -> dict[str, Told]:
    holds = hold_tables("bookings").holds
    rows = connection.execute(
        select(ASKS.c.hotel, func.min(holds.c.due_at).label("answer_by"))
        .join(holds, holds.c.hold == ASKS.c.hold)
        .where(holds.c.state == HoldState.PENDING.value, ASKS.c.covered.is_(False))
        .group_by(ASKS.c.hotel)
    )
    return {row.hotel: {"answer_by": row.answer_by} for row in rows}


def _cut_offs(connection: Connection, today: date) -> dict[str, Told]:
    rows = connection.execute(
        select(ORDERS.c.hotel, func.min(ORDERS.c.cut_off).label("cut_off"))
        .where(ORDERS.c.ended.is_(False), ORDERS.c.cut_off >= today)
        .group_by(ORDERS.c.hotel)
    )
    return {row.hotel: {"cut_off": row.cut_off} for row in rows}


def _contacts(connection: Connection) -> dict[str, Told]:
    rows = connection.execute(select(CONTACT))
    return {one.hotel: {"heard_at": one.heard_at, "failed_at": one.failed_at} for one in rows}
