"""What operations do about a hotel: pause its link, set it aside, have an order looked at again.

Owns: whether an act can be done, the record of each, and what it changes; once for one command.
Must not: call a hotel, or make a write be sent again that may have arrived: it is read first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from services.bookings.by_hand.cutting import NAMES_MISSING
from services.bookings.by_hand.tables import HAND, write_again
from services.bookings.guestlists.noting import again as again_names
from services.bookings.orders.listing import again
from services.bookings.orders.switching import ACTS, SWITCHES, Switch, switch_of
from services.bookings.orders.tables import ORDERS, due_now
from shared.chassis.choosing import Done, answered
from shared.chassis.intake_rules import wrong_end
from shared.chassis.parking_queries import beyond
from shared.chassis.work import Delivery, Work, insertion, row_by
from shared.contracts.hotels import ActOnHotel, DoneHotelAct, HotelAct, HotelActs, ListHotelActs
from shared.contracts.message import Problem

A = HotelAct
UNSIGNED = (
    "letters to hotels cannot be signed here: set REDCROWN_HOTEL_LINK_KEYS_FILE and "
    "REDCROWN_CONSOLE_URL of bookings"
)
LINKLESS = (
    "this hotel has no link: it answers by hand",
    "this hotel has no link to pause or set aside: its system fetches its orders from us",
)
"""At hotels by hand, and at those whose system calls us."""
ASKABLE = ("owned", "unknown", "waiting")
"""An order in another state goes on by itself, or has come to rest."""


@dataclass(frozen=True, slots=True)
class Acting:
    """The acts of one service on its hotels."""

    links: Collection[str]
    """Hotels with a system."""
    hands: Collection[str]
    """Hotels without a link of ours: they answer by hand, or fetch their orders."""
    letters: bool
    """Whether letters can be signed here."""
    calls: Collection[str] = ()
    """Those of `hands` that fetch their orders."""
    told: Callable[[], None] = lambda: None
    """Some order may be due now."""

    def act(self, work: Work, some: Sequence[Delivery[ActOnHotel]]) -> None:
        """The group handler: do each, record it, answer it; a known one is only answered."""
        work.alone("hotel-acts")
        for delivery in some:
            command = delivery.message
            done = _known(work, command.command)
            if done is None:
                done = self._done(work, command)
                _record(work, command, done)
            work.send(answered(command, command.command, done), delivery)

    def _done(self, work: Work, command: ActOnHotel) -> Done:
        if command.hotel not in self.links and command.hotel not in self.hands:
            return _no("missing", "no_such_hotel", f"no hotel {command.hotel} is asked for rooms")
        if command.act is A.ASK_AGAIN:
            return _ask_again(work, command)
        switch = switch_of(work.connection, command.hotel)
        wrong = self._wrong(command, switch, work.now)
        if wrong is not None:
            return wrong
        _set(work, command, switch)
        return Done("accepted", ())

    def _wrong(self, command: ActOnHotel, switch: Switch, now: datetime) -> Done | None:
        """Why an act on a link cannot be done; None when it can."""
        if command.hotel not in self.links:
            return _no("invalid", "no_link", LINKLESS[command.hotel in self.calls], "hotel")
        if command.act is A.PAUSE:
            if command.paused_until is None:
                return _no("invalid", "no_end", "a pause has an end", "paused_until")
            return wrong_end(command.paused_until, now)
        if command.act is A.RESUME and not switch.paused(now):
            return _no("conflict", "not_paused", "the link is not paused")
        if command.act is A.BY_HAND and not self.letters:
            return _no("invalid", "no_letters", UNSIGNED)
        if command.act in (A.BY_HAND, A.BY_LINK) and switch.by_hand is (command.act is A.BY_HAND):
            return _no("conflict", "as_it_is", "it is so already")
        return None


def _ask_again(work: Work, command: ActOnHotel) -> Done:
    mine = (ORDERS.c.ours == command.order, ORDERS.c.hotel == command.hotel)
    row = work.connection.execute(select(ORDERS).where(*mine)).one_or_none()
    if row is None:
        return _no("missing", "no_such_order", "this hotel has no such order", "order")
    if row.ended or row.state not in ASKABLE:
        if again_names(work.connection, row.ours, work.now):
            return Done("accepted", ())
        return _no("conflict", "not_open", "the order is not waiting for anybody any more", "order")
    letter = select(HAND.c.ours).where(HAND.c.ours == command.order)
    if work.connection.execute(letter).scalar() is not None:
        if row.said != NAMES_MISSING:
            return _no("conflict", "by_letter", "the order went out by letter", "order")
        write_again(work, row.ours)
    again(work.connection, row.ours, work.now)
    again_names(work.connection, row.ours, work.now)
    return Done("accepted", ())


def _set(work: Work, command: ActOnHotel, switch: Switch) -> None:
    paused_until = switch.paused_until
    if command.act in (A.PAUSE, A.RESUME):
        paused_until = command.paused_until if command.act is A.PAUSE else None
    by_hand = switch.by_hand
    if command.act in (A.BY_HAND, A.BY_LINK):
        by_hand = command.act is A.BY_HAND
    row = {"hotel": command.hotel, "paused_until": paused_until, "by_hand": by_hand}
    work.insert_if_missing(SWITCHES, [row])
    mine = {"_hotel": command.hotel}
    work.connection.execute(_SWITCH, {**row, **mine})
    if command.act in (A.BY_HAND, A.RESUME):
        # What rested until a later try is looked at now.
        work.connection.execute(_WAKE, {**mine, "now": work.now})


_SWITCH = update(SWITCHES).where(SWITCHES.c.hotel == bindparam("_hotel"))
_WAKE = (
    update(ORDERS)
    .where(ORDERS.c.hotel == bindparam("_hotel"), ORDERS.c.due_at > bindparam("now"))
    .values(**due_now(bindparam("now")))
)


def _known(work: Work, command: str) -> Done | None:
    known = {"command": command}
    row = work.connection.execute(row_by(ACTS, "command"), known).one_or_none()
    if row is None:
        return None
    return Done(row.outcome, tuple(Problem.model_validate(one) for one in row.problems))


def _record(work: Work, command: ActOnHotel, done: Done) -> None:
    row: dict[str, Any] = {
        "command": command.command, "hotel": command.hotel, "act": command.act.value,
        "ours": command.order, "paused_until": command.paused_until, "actor": command.actor,
        "at": work.now, "reason": command.reason, "outcome": done.outcome,
        "problems": [one.model_dump(mode="json") for one in done.problems],
    }  # fmt: skip
    work.connection.execute(insertion(ACTS), row)


def _no(outcome: str, code: str, message: str, path: str = "") -> Done:
    return Done(outcome, (Problem(code=code, message=message, path=path),))


def page(connection: Connection, query: ListHotelActs) -> HotelActs:
    """What was done about a hotel, newest first."""
    wanted = select(ACTS).where(ACTS.c.hotel == query.hotel)
    if query.after is not None:
        wanted = wanted.where(~beyond(ACTS.c.at, ACTS.c.command, query.after, included=True))
    newest = wanted.order_by(ACTS.c.at.desc(), ACTS.c.command.desc()).limit(query.limit + 1)
    rows = connection.execute(newest).all()
    shown = rows[: query.limit]
    more = f"{shown[-1].at.isoformat()}|{shown[-1].command}" if len(rows) > len(shown) else None
    told = tuple(
        DoneHotelAct(
            command=row.command, hotel=row.hotel, act=HotelAct(row.act), order=row.ours,
            paused_until=row.paused_until, actor=row.actor, at=row.at, reason=row.reason,
            outcome=row.outcome, problems=tuple(map(Problem.model_validate, row.problems)),
        )
        for row in shown
    )  # fmt: skip
    return HotelActs(acts=told, next=more)
