"""What the hotel shows of a list's reservations, and what that says of open writes.

Owns: that only a read leaves `unknown`, and that a reservation which is gone is seen.
Must not: write to a hotel.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.bookings.guestlists.asking import Cards, GuestGone, Lodgers
from services.bookings.guestlists.tables import GuestList, Row, RowState
from services.bookings.hotels.errors import HotelError, NotFound, OutcomeUnknown
from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import StayView
from services.bookings.hotels.states import TAKING, Settled, StayState
from services.bookings.hotels.stay_desk import StayDesk
from services.bookings.hotels.writing import Office

Shown = Mapping[str, StayView]
"""The live reservations of a block at the hotel, by our reference."""


NO_SHOW = StayState.NO_SHOW.value
"""What a row says whose guest did not come. It is a fact of the hotel, and no work of ours."""


class CancelledThere(HotelError):
    """The hotel has cancelled a reservation by itself."""

    code = "cancelled_by_hotel"


@dataclass(frozen=True, slots=True)
class Settling:
    """Reads for one list."""

    office: Office
    lodgers: Lodgers
    some: GuestList

    async def read(self) -> Sequence[StayView]:
        """What the hotel has now; a hotel that has no such block has nothing of it."""
        if not self.some.rows:
            return ()
        try:
            return await self.office.port.read_rooming(self.some.block)
        except NotFound:
            return ()

    async def settle(self, shown: Shown) -> None:
        """Close the open writes that a read can tell of. Raises OutcomeUnknown while one may still
        arrive: until then nothing is written."""
        rows, open_ones = {one.stay: one for one in self.some.rows}, False
        for intent, at, lost in self.some.intents:
            view = await self._as_asked(intent, rows[intent.ours], shown.get(intent.ours))
            open_ones |= await self._closed(intent, at, lost, view) is Settled.TOO_EARLY
        if open_ones:
            raise OutcomeUnknown("not settled yet")

    async def _closed(
        self, intent: Intent, at: datetime, lost: bool, view: StayView | None
    ) -> Settled:
        journal, now = self.office.journal, self.office.clock.now()
        if not lost:
            # Whoever wrote it died before the answer: the call may have left a moment ago.
            await journal.outcome(intent, "unknown", now)

        async def read() -> StayView:
            if view is None:
                raise NotFound("not as it was asked")
            return view

        settled, _view = await self.office.settle(at if lost else now, read)
        if settled is not Settled.TOO_EARLY:
            await journal.outcome(intent, settled, now)
        return settled

    async def _as_asked(self, intent: Intent, row: Row, view: StayView | None) -> StayView | None:
        """The reservation, if it is as an open write asked for it."""
        if intent.operation == "cancel_stay":
            return _nothing_left(row) if view is None else None
        if view is None or intent.operation not in ("change_stay", "replace_guest"):
            return view
        if intent.operation == "change_stay":
            return view if view.kind == row.kind else None
        if self.some.stay is None:
            # It is to be given up, in whoever's name.
            return view
        cards = Cards(await self.lodgers.cards(self.some.stay, row.guests), [row])
        try:
            return await StayDesk(replace(self.office, guests=cards)).holds_guest(
                row.ref, row.guest
            )
        except (NotFound, GuestGone):
            # Of somebody who is lodged there no more nothing can be compared: once it can arrive
            # no more either, the row is looked at anew.
            return None


def live_by_ours(stays: Sequence[StayView]) -> dict[str, StayView]:
    """The reservations that take a room, or may, by our reference."""
    return {one.ref.ours: one for one in stays if one.ref.ours and one.state in TAKING}


def not_come(stays: Sequence[StayView]) -> frozenset[str]:
    """Our references of those whose guests did not come."""
    return frozenset(one.ref.ours for one in stays if one.state is StayState.NO_SHOW)


def _nothing_left(row: Row) -> StayView:
    """A cancelled reservation, as a read that no longer finds it tells of it."""
    return StayView(row.ref, StayState.CANCELLED_BY_US, row.kind, row.arrival, row.departure)


def as_shown(
    rows: Sequence[Row], shown: Shown, missing: Collection[str] = ()
) -> tuple[list[Row], list[Row]]:
    """Rows as the hotel shows them, and those of them that it has cancelled by itself. One that is
    `missing` is not cancelled: its guest did not come, and may yet."""
    found, lost = [], []
    for row in rows:
        view = shown.get(row.stay)
        if view is not None:
            found.append(replace(row, state=RowState.THERE, theirs=view.ref.theirs, said=""))
        elif row.stay in missing:
            found.append(replace(row, state=RowState.REFUSED, said=NO_SHOW))
        elif row.state is RowState.THERE:
            lost.append(replace(row, state=RowState.REFUSED, said=CancelledThere.code))
            found.append(lost[-1])
        else:
            found.append(row)
    return found, lost
