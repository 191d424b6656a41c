"""Carrying out one list at its hotel: read, settle, look at the roster, then what differs.

Owns: the order of these steps. What the hotel shows comes first; reservations go on where they can,
are given up where they cannot, and only then new ones are made.
Must not: keep a name longer than it takes to send it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from services.bookings.guestlists.asking import Cards, Lodgers
from services.bookings.guestlists.limits import ROWS_AT_ONCE
from services.bookings.guestlists.matching import (
    WRITABLE,
    Matched,
    Place,
    matched,
    places,
    renewed,
)
from services.bookings.guestlists.sending import Outcome, Sending
from services.bookings.guestlists.settling import (
    BookedTwice,
    CancelledThere,
    ForeignThere,
    Settling,
    Shown,
    absent,
    as_shown,
    differences,
    live_by_ours,
)
from services.bookings.guestlists.tables import ABSENT, DOUBLED, FOREIGN, GuestList, Row, RowState
from services.bookings.hotels.errors import HotelError, MappingMissing
from services.bookings.hotels.model import StayView
from services.bookings.hotels.port import Sharers
from services.bookings.hotels.writing import Office
from shared.lodging import roomed

Save = Callable[[GuestList, Sequence[Row]], Awaitable[None]]
"""Commits rows as they are about to be sent."""


@dataclass(frozen=True, slots=True)
class Todo:
    """What differs between what is wanted and what the hotel shows."""

    change: tuple[tuple[Row, StayView], ...] = ()
    give_up: tuple[Row, ...] = ()
    pick_up: tuple[Row, ...] = ()

    def named(self, whole: bool) -> list[str]:
        """Guests whose names go out. `whole`: a reservation is made in the names of all who share,
        else those besides the first are named once it is there."""
        replaced = [guest for row, _view in self.change if not row.told for guest in row.guests]
        made = [guest for row in self.pick_up for guest in (row.guests if whole else (row.guest,))]
        return [*replaced, *made]

    @property
    def saved(self) -> list[Row]:
        """Rows that are written down before they are sent."""
        return [*(row for row, _view in self.change), *self.pick_up]

    def first(self, most: int) -> Todo:
        """As much as goes out at once."""
        change, give_up = self.change[:most], self.give_up[: max(0, most - len(self.change))]
        left = max(0, most - len(change) - len(give_up))
        return Todo(change, give_up, self.pick_up[:left])


@dataclass(frozen=True, slots=True)
class ListCarrier:
    """Carries out the lists of one hotel."""

    office: Office
    """Its guests are not asked: each list brings the cards that it sends."""
    lodgers: Lodgers
    rate: str
    zone: str
    save: Save

    async def carry_out(self, some: GuestList) -> Outcome:
        """As far as it goes now. Raises nothing of the hotel's."""
        outcome = Outcome()
        try:
            await self._carry(some, outcome)
        except HotelError as error:
            outcome.failed(error)
        return outcome

    async def _carry(self, some: GuestList, outcome: Outcome) -> None:
        if some.stay is None and not some.given_up:
            return
        settling = Settling(self.office, self.lodgers, some)
        stays = await settling.read()
        shown = live_by_ours(stays)
        await settling.settle(shown)
        rows, lost = as_shown(some.rows, shown, absent(stays))
        rows, foreign = self._doubted(some, rows, stays)
        for row in rows:
            outcome.put(row)
        found = await self._matched(some, rows, shown, outcome)
        for row in lost:
            if row.stay in {one.stay for one in found.rows}:
                outcome.failed(CancelledThere())
        await self._do(some, self._todo(some, found, shown, lost, outcome), outcome)
        # After all else: a list that is a person's for these alone goes on when they have ended.
        if any(row.said == DOUBLED for row in rows):
            outcome.failed(BookedTwice())
        if foreign:
            outcome.failed(ForeignThere())

    def _doubted(
        self, some: GuestList, rows: Sequence[Row], stays: Sequence[StayView]
    ) -> tuple[list[Row], bool]:
        """Rows, those that the hotel has twice marked, and whether it has one that is not of ours:
        while anybody is to come."""
        kinds = {(one.kind, one.ref) for one in differences(some.ours, rows, stays)}
        today = self._today()
        coming = some.stay is not None and some.stay.departure > today
        found = [
            replace(row, said=DOUBLED)
            if (DOUBLED, row.stay) in kinds and row.departure > today
            else row
            for row in rows
        ]
        return found, coming and any(kind == FOREIGN for kind, _ref in kinds)

    async def _matched(
        self, some: GuestList, rows: Sequence[Row], shown: Shown, outcome: Outcome
    ) -> Matched:
        wanted: list[Place] = []
        stay = some.stay
        if stay is None:
            return Matched((), tuple(rows))
        if stay.departure <= self._today():
            # They have left: whatever the hotel has is as it was.
            return Matched((), ())
        guests = await self.lodgers.groups(stay)
        whole = self._sharers is not Sharers.NONE
        wanted, outcome.unplaced = places(roomed(stay.rooms, guests), whole)
        for place in wanted:
            if place.kind not in some.fen:
                raise MappingMissing("room type", place.kind)
        fixed = {name for name, view in shown.items() if view.state not in WRITABLE}
        fixed |= {row.stay for row in rows if row.said in (*ABSENT, DOUBLED)}
        span = stay.arrival, stay.departure
        return matched(some.ours, wanted, rows, some.last, span, some.fen, fixed)

    def _todo(
        self, some: GuestList, found: Matched, shown: Shown, lost: Sequence[Row], outcome: Outcome
    ) -> Todo:
        change, give_up, pick_up = [], [], []
        # Whoever did not come, or has a bed elsewhere, is not booked once more.
        gone = {one.stay for one in lost} | {row.stay for row in found.rows if row.said in ABSENT}
        last = max([some.last, *(one.number for one in found.rows)])
        for row in found.rows:
            view = shown.get(row.stay)
            if row.said == DOUBLED:
                # Which of them is to stay is a person's to say, at the hotel: none is written to.
                continue
            if view is not None and view.state in WRITABLE:
                if not (row.told and row.is_as(view)):
                    change.append((row, view))
            elif view is None and row.stay not in gone:
                wanted = row
                if row.theirs is not None:
                    outcome.put(replace(row, state=RowState.OVER))
                    last += 1
                    wanted = renewed(row, some.ours, last)
                # Whoever shares is compared, or named, once the reservation is there.
                told = not wanted.sharer
                pick_up.append(replace(wanted, state=RowState.ASKING, told=told))
        for row in found.spare:
            view = shown.get(row.stay)
            if row.said == DOUBLED:
                continue
            if view is not None and view.state in WRITABLE and row.departure > self._today():
                give_up.append(row)
            else:
                outcome.put(replace(row, state=RowState.OVER, said=""))
        return Todo(tuple(change), tuple(give_up), tuple(pick_up))

    async def _do(self, some: GuestList, todo: Todo, outcome: Outcome) -> None:
        now = todo.first(ROWS_AT_ONCE)
        outcome.more = now != todo
        if now.saved:
            await self.save(some, now.saved)
        whole = self._sharers is Sharers.AT_ONCE
        names = now.named(whole)
        found = await self.lodgers.cards(some.stay, names) if names and some.stay else {}
        named = [row for row, _view in now.change] + list(now.pick_up if whole else ())
        cards = Cards(found, named)
        sending = Sending(replace(self.office, guests=cards), outcome)
        for row, view in now.change:
            await sending.change(row, view)
        for row in now.give_up:
            await sending.give_up(row)
        # A guest who went between the two looks is not sent; the next look knows.
        ready = [row for row in now.pick_up if cards.whole(row.guest)]
        outcome.more |= len(ready) < len(now.pick_up)
        await sending.pick_up(some.block, ready, self.rate)

    @property
    def _sharers(self) -> Sharers:
        return self.office.port.capabilities.sharers

    def _today(self) -> date:
        return self.office.clock.now().astimezone(ZoneInfo(self.zone)).date()
