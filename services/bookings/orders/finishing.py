"""What came of an order, written in one transaction: the order, and what its holds are told.

Owns: which holds a result grants, refuses or withdraws, when an order is looked at again, and when
a person has to.
Must not: call a hotel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, case, func, select, update

from services.bookings.hotels.errors import CutOffPassed
from services.bookings.orders.attaching import open_order
from services.bookings.orders.carrying import Result
from services.bookings.orders.deciding import Step, covers, is_open
from services.bookings.orders.limits import (
    HOTEL_AGAIN_MOST_S,
    HOTEL_ORDER_TRIES,
    HOTEL_SETTLE_LOOK_S,
)
from services.bookings.orders.tables import ASKS, ORDERS, Asked, Order, key_of, view_text
from services.bookings.orders.taking import live_asks
from services.bookings.orders.words import refused, withdrawn
from shared.chassis.limits import HOTEL_SAID
from shared.chassis.work import Work
from shared.contracts.holds import HoldState
from shared.contracts.values import Text
from shared.holds.hearing import Word

Hear = Callable[[Work, Sequence[Word]], object]


class LeaseLostError(Exception):
    """Another process has taken the order up meanwhile: what we did is for it to read."""


@dataclass(frozen=True, slots=True)
class Close:
    """Writes results; `hear` is the kernel's, `name` the hotel's for people."""

    hear: Hear
    name: Callable[[Work, str], Text]
    rested: Callable[[Work, Order, Result], None] = lambda work, order, result: None
    """What else an order that was carried out means."""

    def finish(self, work: Work, order: Order, result: Result) -> None:
        """The order as it is now, and its holds. Raises LeaseLostError."""
        # Holds first, then the order: as the kernel does it, so that replicas cannot deadlock.
        words = self._words(work, order, result)
        if words:
            self.hear(work, words)
        wanted = int(work.connection.execute(_WANTED, {"ours": order.ours}).scalar_one())
        row = _row(order, result, work.now)
        if wanted != order.wanted and not row["ended"]:
            row["due_at"] = work.now if row["due_at"] is None else row["due_at"]
        if wanted == order.wanted and not result.later:
            row["look"] = False
        mine = {"_ours": order.ours, "_leased_until": order.leased_until}
        done = work.connection.execute(_written(tuple(row)), {**mine, **row})
        if done.rowcount != 1:
            raise LeaseLostError(order.ours)
        if row["ended"]:
            _succeed(work, order, result)
        self.rested(work, order, result)

    def _words(self, work: Work, order: Order, result: Result) -> list[Word]:
        if result.step is Step.RENEW:
            return []
        hotel = self.name(work, order.hotel)
        if result.step is Step.LOST:
            return [Word(one.hold, withdrawn(hotel)) for one in order.asks]
        yes = [one for one in order.asks if covers(result.standing, one.rooms)]
        words = self._granted(work, order, yes)
        if result.error is not None and not result.later:
            no = [one for one in order.asks if one not in yes]
            waiting = [one for one in no if one.state is HoldState.PENDING]
            words += [Word(one.hold, refused(hotel, result.error)) for one in waiting]
            if by_itself(order, result):
                taken = [one for one in no if one.state is not HoldState.PENDING]
                words += [Word(one.hold, withdrawn(hotel)) for one in taken]
        return words

    @staticmethod
    def _granted(work: Work, order: Order, yes: Sequence[Asked]) -> list[Word]:
        """Holds that wait and that every one of their hotels covers now."""
        waiting = [one.hold for one in yes if one.state is HoldState.PENDING]
        if not waiting:
            return []
        work.connection.execute(_COVERED, {"holds": waiting, "_hotel": order.hotel})
        granted = work.connection.execute(_COVERED_BY_ALL, {"holds": waiting})
        return [Word(hold) for hold in granted.scalars()]


_WAITING = ASKS.c.hold.in_(bindparam("holds", expanding=True))
_COVERED = update(ASKS).where(_WAITING, ASKS.c.hotel == bindparam("_hotel")).values(covered=True)
_COVERED_BY_ALL = (
    select(ASKS.c.hold)
    .where(_WAITING)
    .group_by(ASKS.c.hold)
    .having(func.min(case((ASKS.c.covered, 1), else_=0)) == 1)
    .order_by(ASKS.c.hold)
)
_WANTED = select(ORDERS.c.wanted).where(ORDERS.c.ours == bindparam("ours")).with_for_update()


@cache
def _written(columns: tuple[str, ...]) -> Update:
    """Write these columns of an order, if it is still leased to the one who writes."""
    lease = ORDERS.c.leased_until == bindparam("_leased_until")
    mine = (ORDERS.c.ours == bindparam("_ours"), lease)
    return update(ORDERS).where(*mine).values({name: bindparam(name) for name in columns})


def _row(order: Order, result: Result, now: datetime) -> dict[str, Any]:
    """The order's columns after a result; `due_at` as if no hold had moved meanwhile."""
    ended = result.step in (Step.END, Step.LOST, Step.RENEW) and result.error is None
    tries = order.tries + 1 if result.later and not result.unknown else 0
    error = result.error
    said = "" if error is None else error.code
    owned = needs_person(order, result, tries)
    due_at = None
    if result.later and not owned:
        due_at = now + timedelta(seconds=again_s(result, tries))
    row = {
        "standing": None if result.standing is None else view_text(result.standing),
        "state": state_of(result, owned), "said": said[:HOTEL_SAID], "tries": tries,
        "due_at": due_at, "leased_until": None, "ended": ended, "owned": owned,
        "drift": order.drift if result.later or owned else "", "changed_at": now,
        "cut_off": None if result.standing is None else result.standing.cut_off,
    }  # fmt: skip
    return row if row["drift"] else {**row, "drift_zh": ""}


def again_s(result: Result, tries: int) -> float:
    """Seconds until the order is tried again, or an open write is read again."""
    if result.unknown:
        return HOTEL_SETTLE_LOOK_S
    return float(min(2 ** min(tries - 1, 16), HOTEL_AGAIN_MOST_S))


def needs_person(order: Order, result: Result, tries: int) -> bool:
    """Tried too often; a "no" to what was agreed to already and cannot be told to a visit; or one
    to giving back rooms that nobody wants any more, which will be billed."""
    if result.error is None or result.unknown:
        return False
    if result.later:
        return tries >= HOTEL_ORDER_TRIES
    if result.step in (Step.CANCEL, Step.CONFIRM):
        return True
    if all(covers(result.standing, one.rooms) for one in order.asks):
        return True
    firm = [one for one in order.asks if one.state is not HoldState.PENDING]
    uncovered = any(not covers(result.standing, one.rooms) for one in firm)
    return uncovered and not by_itself(order, result)


def by_itself(order: Order, result: Result) -> bool:
    """Whether the hotel has taken by itself what it does not give again: it was seen to, or its
    cut-off has passed, which was agreed to. A visit can be told that."""
    return bool(order.drift) or isinstance(result.error, CutOffPassed)


def state_of(result: Result, owned: bool) -> str:
    """For people: how the order stands."""
    if owned:
        return "owned"
    if result.unknown:
        return "unknown"
    if result.later:
        return "waiting"
    if result.step is Step.AWAIT:
        return "asked"
    if result.step is Step.LOST:
        return "withdrawn"
    if result.error is not None and not is_open(result.standing):
        return "refused"
    return "over" if result.standing is None else str(result.standing.state)


def _succeed(work: Work, order: Order, result: Result) -> None:
    """Holds that came while the order was ending get one of their own."""
    left = live_asks(work.connection, order.ours)
    if not left:
        return
    row = work.connection.execute(select(ORDERS).where(ORDERS.c.ours == order.ours)).one()
    ours = open_order(work, key_of(row), row.generation + 1)
    holds = [one.hold for one in left]
    mine = (ASKS.c.hold.in_(holds), ASKS.c.hotel == order.hotel)
    work.connection.execute(update(ASKS).where(*mine).values(ours=ours, covered=False))
    if result.step is Step.RENEW:
        later = work.now + timedelta(seconds=again_s(result, order.tries + 1))
        tries = min(order.tries + 1, HOTEL_ORDER_TRIES)
        changed = {"due_at": later, "tries": tries}
        work.connection.execute(update(ORDERS).where(ORDERS.c.ours == ours).values(**changed))
