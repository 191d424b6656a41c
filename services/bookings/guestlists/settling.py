"""What the hotel shows of a list's reservations, and what that says of open writes.

Owns: that only a read leaves `unknown`, and that a reservation which is gone, is there twice or is
not of ours is seen.
Must not: write to a hotel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.bookings.guestlists.asking import Cards, GuestGone, Lodgers
from services.bookings.guestlists.tables import (
    ABSENT,
    DOUBLED,
    FOREIGN,
    GuestList,
    Row,
    RowState,
    is_ours,
)
from services.bookings.hotels.drift import AWAY, Finding, stay_findings
from services.bookings.hotels.errors import HotelError, NotFound, OutcomeUnknown
from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import StayView
from services.bookings.hotels.states import TAKING, Settled, StayState
from services.bookings.hotels.stay_desk import StayDesk
from services.bookings.hotels.writing import Office

Shown = Mapping[str, StayView]
"""The live reservations of a block at the hotel, by our reference."""


class CancelledThere(HotelError):
    """The hotel has cancelled a reservation by itself."""

    code = "cancelled_by_hotel"


class BookedTwice(HotelError):
    """The hotel has more than one reservation of one reference."""

    code = DOUBLED


class ForeignThere(HotelError):
    """The hotel has a reservation in our block that is not of ours."""

    code = FOREIGN


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


def absent(stays: Sequence[StayView]) -> dict[str, str]:
    """Our references of those whose guests did not come or were sent elsewhere, and which of it."""
    return {one.ref.ours: one.state.value for one in stays if one.state in AWAY}


def differences(ours: str, rows: Sequence[Row], stays: Sequence[StayView]) -> tuple[Finding, ...]:
    """What the hotel shows of an order's block otherwise than its rows have it. A reservation that
    has a reference of the order, and no row any more, is none of them."""
    held = [_held(row) for row in rows]
    mine = {one.ref.ours for one in held}
    shown = [one for one in stays if one.ref.ours in mine or not is_ours(one.ref.ours, ours)]
    return stay_findings(held, shown)


def _held(row: Row) -> StayView:
    """A row as it is compared. Of one that was asked for only nothing is known yet."""
    state = StayState.UNKNOWN
    if row.state is RowState.THERE:
        state = StayState.CONFIRMED
    elif row.state is RowState.REFUSED:
        state = StayState(row.said) if row.said in ABSENT else StayState.REFUSED
    return StayView(row.ref, state, row.kind, row.arrival, row.departure)


def _nothing_left(row: Row) -> StayView:
    """A cancelled reservation, as a read that no longer finds it tells of it."""
    return StayView(row.ref, StayState.CANCELLED_BY_US, row.kind, row.arrival, row.departure)


def as_shown(
    rows: Sequence[Row], shown: Shown, missing: Mapping[str, str] | None = None
) -> tuple[list[Row], list[Row]]:
    """Rows as the hotel shows them, and those of them that it has cancelled by itself. One that is
    `missing` (see `absent`) is not cancelled: its guest did not come, or was sent elsewhere, and
    may yet come."""
    missing = missing or {}
    found, lost = [], []
    for row in rows:
        view = shown.get(row.stay)
        if view is not None:
            found.append(replace(row, state=RowState.THERE, theirs=view.ref.theirs, said=""))
        elif row.stay in missing:
            found.append(replace(row, state=RowState.REFUSED, said=missing[row.stay]))
        elif row.state is RowState.THERE:
            lost.append(replace(row, state=RowState.REFUSED, said=CancelledThere.code))
            found.append(lost[-1])
        else:
            found.append(row)
    return found, lost
