"""What hints mean for orders: which blocks they concern, and what is noted of those.

Owns: that a hint about what nobody here holds costs no read; and that a hint ends with its effect,
in one transaction.
Must not: call a hotel.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from services.bookings.hotels.book import dealt_with
from services.bookings.hotels.model import BlockView, Hint
from services.bookings.listening.limits import MOST_BLOCKS
from services.bookings.orders import sweeping
from services.bookings.orders.sweeping import Seen
from services.bookings.orders.switching import Switch, by_letter
from services.bookings.orders.tables import ORDERS, view_of, view_text
from shared.chassis.work import Work


@dataclass(frozen=True, slots=True)
class Held:
    """A block of ours. While its order is at work it is not compared."""

    view: BlockView
    rests: bool


@dataclass(slots=True)
class Sorted:
    """Hints by the block of ours that they concern, and those that concern none."""

    about: dict[str, list[Hint]] = field(default_factory=dict)
    idle: list[Hint] = field(default_factory=list)

    def put(self, hint: Hint, block: str | None, held: Mapping[str, Held]) -> None:
        """`block` is the hotel's id of the block that the hint turned out to be about."""
        if block is None or block not in held:
            self.idle.append(hint)
        else:
            self.about.setdefault(block, []).append(hint)

    def ended(self, compared: Collection[str]) -> list[str]:
        """Events of hints that are over: those about nothing, those of blocks that were compared,
        and of a block that is at work all but the newest."""
        over = list(self.idle)
        for block, hints in self.about.items():
            over += hints if block in compared else _older(hints)
        return [one.event for one in over]


def _older(hints: Sequence[Hint]) -> list[Hint]:
    newest = max(hints, key=lambda one: (one.at, one.event))
    return [one for one in hints if one is not newest]


def held_blocks(work: Work, hotel: str, today: date) -> dict[str, Held]:
    """Blocks that a sweep would compare, by the hotel's ids, those whose order is at work too."""
    mine = (
        select(ORDERS.c.ours, ORDERS.c.first_night, ORDERS.c.standing, ORDERS.c.due_at)
        .where(
            ORDERS.c.hotel == hotel, ORDERS.c.ended.is_(False), ORDERS.c.owned.is_(False),
            ORDERS.c.standing.is_not(None), ORDERS.c.first_night > today,
            ~by_letter(hotel, Switch()),
        )
        .order_by(ORDERS.c.ours)
        .limit(MOST_BLOCKS)
    )  # fmt: skip
    found: dict[str, Held] = {}
    for row in work.connection.execute(mine):
        view = view_of(row.ours, row.first_night, row.standing)
        if view is not None and view.ref.theirs is not None:
            found[view.ref.theirs] = Held(view, row.due_at is None)
    return found


def tells_news(hint: Hint, held: Mapping[str, Held]) -> bool:
    """Whether a hint about a block of ours may be younger than what was read of it last."""
    known = held.get(hint.theirs)
    at = None if known is None else known.view.changed_at
    return known is not None and (at is None or hint.at >= at)


def note(work: Work, hotel: str, blocks: Iterable[BlockView], seen: Seen, hints: Sorted) -> bool:
    """What was seen of some blocks, and which hints that ends. Whether an order is due for it.

    A block whose order has moved meanwhile keeps its hint, and is looked at again.
    """
    by_ours = {one.ref.ours: one for one in blocks}
    same = _unmoved(work, by_ours)
    news = {ours: seen[ours] for ours in same if ours in seen}
    due = sweeping.note(work, [by_ours[ours] for ours in same], news)
    compared = {str(by_ours[ours].ref.theirs) for ours in same}
    dealt_with(work.connection, hotel, hints.ended(compared))
    return due


def _unmoved(work: Work, by_ours: Mapping[str, BlockView]) -> list[str]:
    rows = (
        select(ORDERS.c.ours, ORDERS.c.standing)
        .where(ORDERS.c.ours.in_(sorted(by_ours)), ORDERS.c.due_at.is_(None))
        .where(ORDERS.c.ended.is_(False))
        .order_by(ORDERS.c.ours)
        .with_for_update()
    )
    return [
        row.ours
        for row in work.connection.execute(rows)
        if row.standing == view_text(by_ours[row.ours])
    ]
