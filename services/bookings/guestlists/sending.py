"""The writes of one list to its hotel, each with what became of its row.

Owns: what an error of the hotel means for a row, and that a hotel that is away is asked no further.
Must not: choose what is written; `carrying` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.bookings.guestlists.asking import GuestGone
from services.bookings.guestlists.settling import CancelledThere
from services.bookings.guestlists.tables import Row, RowState
from services.bookings.hotels.errors import Conflict, HotelError, NotFound, OutcomeUnknown
from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import Ref, StayChange, StayView
from services.bookings.hotels.rooming_desk import RoomingDesk
from services.bookings.hotels.states import TAKING
from services.bookings.hotels.stay_desk import PICK_UP, StayDesk
from services.bookings.hotels.writing import Office
from services.bookings.orders.deciding import passes
from shared.contracts.values import Money

NOT_LODGED = "nobody is lodged in it any more"


@dataclass(slots=True)
class Outcome:
    """What came of a list: its rows as they are now, and what stands in the way."""

    rows: dict[str, Row] = field(default_factory=dict)
    """By our reference, those that were looked at."""
    unplaced: int = 0
    """Guests whom no room fits."""
    error: HotelError | None = None
    """The worst that happened: an open write, else what is tried again, else a no."""
    more: bool = False
    """There is more to send than goes out at once."""

    @property
    def unknown(self) -> bool:
        """A write may have happened; only reading tells."""
        return isinstance(self.error, OutcomeUnknown)

    @property
    def later(self) -> bool:
        """It is tried again."""
        return self.error is not None and (self.unknown or passes(self.error))

    def failed(self, error: HotelError) -> None:
        """Keep the worst."""
        if self.error is None or _weight(error) > _weight(self.error):
            self.error = error

    def put(self, row: Row, error: HotelError | None = None) -> None:
        """A row as it is now, and why it is not as it was to be."""
        self.rows[row.stay] = replace(row, said=error.code if error else row.said)
        if error is not None:
            self.failed(error)


def _weight(error: HotelError) -> int:
    return 2 if isinstance(error, OutcomeUnknown) else 1 if passes(error) else 0


@dataclass(frozen=True, slots=True)
class Sending:
    """Writes for one list; `office` has the cards of those who are named in them."""

    office: Office
    outcome: Outcome

    async def change(self, row: Row, view: StayView) -> None:
        """The same reservation with another room type, or another guest in it. Raises the error of
        a hotel that is away."""
        desk = StayDesk(self.office)
        try:
            if (view.arrival, view.departure) != (row.arrival, row.departure):
                raise Conflict("the hotel shows other nights")
            if view.kind != row.kind:
                change = StayChange(kind=row.kind, price=Money(amount=row.fen))
                await desk.change(row.ref, change)
            if not row.told:
                await desk.replace_guest(row.ref, row.guest)
                row = replace(row, told=True)
        except HotelError as error:
            self._refused(row, error)
        else:
            self.outcome.put(replace(row, said=""))

    async def give_up(self, row: Row) -> None:
        """A reservation that nobody wants any more. Raises the error of a hotel that is away."""
        try:
            await StayDesk(self.office).cancel(row.ref, NOT_LODGED)
        except NotFound:
            pass
        except HotelError as error:
            self._refused(row, error)
            return
        self.outcome.put(replace(row, state=RowState.OVER, said=""))

    async def pick_up(self, block: Ref, rows: Sequence[Row], rate: str) -> None:
        """New reservations out of the block, with a result for each."""
        if not rows:
            return
        lines = [(row.order(rate), row.guest) for row in rows]
        try:
            result = await RoomingDesk(self.office).send(block, lines)
        except HotelError as error:
            # Before anything went out: all of them are refused alike, or tried again.
            for row in rows:
                self.outcome.put(_not_there(row, error), error)
            return
        for row, said in zip(rows, result.rows, strict=True):
            if said.stay is not None and said.stay.state in TAKING:
                # What was there already, as after a restored store, may be in another name.
                known = any(one.kind == "duplicate" for one in said.stay.remarks)
                there = replace(row, state=RowState.THERE, theirs=said.stay.ref.theirs)
                there = replace(there, told=row.told and not known, said="")
                self.outcome.more |= not there.told
                self.outcome.put(there)
            else:
                await self._not_taken(row, said.error or OutcomeUnknown("it cannot be read"))

    async def _not_taken(self, row: Row, error: HotelError) -> None:
        """A no; or nothing shows a row that was sent. One real system says yes and cancels in the
        same second; otherwise the write is open, and only a later read closes it."""
        if not isinstance(error, OutcomeUnknown):
            self.outcome.put(_not_there(row, error), error)
            return
        try:
            view = await StayDesk(self.office).read(row.ref)
        except HotelError:
            view = None
        if view is not None and view.state not in TAKING:
            row = replace(row, state=RowState.REFUSED, theirs=view.ref.theirs)
            self.outcome.put(row, CancelledThere())
            return
        intent, now = Intent(self.office.hotel, PICK_UP, row.stay), self.office.clock.now()
        await self.office.journal.intend(intent, now)
        await self.office.journal.outcome(intent, "unknown", now)
        self.outcome.put(row, OutcomeUnknown("it cannot be read"))

    def _refused(self, row: Row, error: HotelError) -> None:
        self.outcome.put(row, error)
        if error.again and not isinstance(error, GuestGone):
            raise error


def _not_there(row: Row, error: HotelError) -> Row:
    """What may be there, or is sent again, stays as asked for; a no is a no."""
    open_still = isinstance(error, OutcomeUnknown) or passes(error)
    return replace(row, state=RowState.ASKING if open_still else RowState.REFUSED)
