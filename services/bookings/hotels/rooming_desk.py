"""Rooming lists at a hotel: each row once, each row with a result that was read back.

Owns: which rows are sent at all, and what each row became, whatever the answer said.
Must not: send a row whose reference the hotel shows already; one real system books it twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.bookings.hotels.errors import HotelError, Invalid, OutcomeUnknown
from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import (
    Ref,
    Remark,
    RoomingResult,
    Row,
    RowResult,
    StayOrder,
    StayView,
)
from services.bookings.hotels.states import TAKING
from services.bookings.hotels.stay_desk import PICK_UP, StayDesk, as_ordered, check_open, check_room
from services.bookings.hotels.writing import Office
from shared.chassis.limits import HOTEL_ROWS

ROW = "rooming_row"
"""The operation of a row in the journal."""


@dataclass(frozen=True, slots=True)
class RoomingDesk:
    """The rooming lists of one hotel."""

    office: Office

    async def send(self, block: Ref, rows: Sequence[tuple[StayOrder, str]]) -> RoomingResult:
        """Pick up a room per row; rows are orders with the opaque id of their guest.

        Raises Invalid for too many rows, BlockFull, BlockNotOpen, CutOffPassed: then no row went
        out. Rows of which nothing is known come back with OutcomeUnknown.
        """
        if len(rows) > HOTEL_ROWS:
            raise Invalid(f"more than {HOTEL_ROWS} rows")
        port = self.office.port
        view = await port.read_block(block)
        before = _by_ours(await port.read_rooming(view.ref))
        todo = [one for one in rows if one[0].ours not in before]
        if todo:
            check_open(view)
            nights = await StayDesk(self.office).nights(view)
            check_room(nights, [order for order, _guest in todo])
        said = await self._sent(view.ref, todo) if todo else {}
        after = _by_ours(await port.read_rooming(view.ref)) if todo else before
        await self._close(said, after)
        return RoomingResult(tuple(_result(order, before, after, said) for order, _ in rows))

    async def _sent(
        self, block: Ref, rows: Sequence[tuple[StayOrder, str]]
    ) -> Mapping[str, HotelError]:
        """Errors by row; what is not named was accepted, which proves nothing yet."""
        if not self.office.port.capabilities.rooming_list:
            return await self._one_by_one(block, rows)
        cards = [Row(order, await self.office.guests.card(guest)) for order, guest in rows]
        intents = [Intent(self.office.hotel, ROW, one.ours) for one, _guest in rows]
        for intent in intents:
            await self.office.journal.intend(intent, self.office.clock.now())
        errors: dict[str, HotelError] = {}
        try:
            result = await self.office.port.import_rooming(block, cards)
            errors = {one.ours: one.error for one in result.rows if one.error is not None}
        except HotelError as error:
            errors = {order.ours: error for order, _guest in rows}
        for intent in intents:
            found = errors.get(intent.ours)
            lost = isinstance(found, OutcomeUnknown)
            code = "unknown" if lost else found.code if found else "done"
            await self.office.journal.outcome(intent, code, self.office.clock.now())
        return errors

    async def _close(self, said: Mapping[str, HotelError], after: Mapping[str, StayView]) -> None:
        """Rows whose answer was lost and that are read now are open no more."""
        listed = self.office.port.capabilities.rooming_list
        operation, now = ROW if listed else PICK_UP, self.office.clock.now()
        for ours, error in said.items():
            if isinstance(error, OutcomeUnknown) and ours in after:
                intent = Intent(self.office.hotel, operation, ours)
                await self.office.journal.outcome(intent, "done", now)

    async def _one_by_one(
        self, block: Ref, rows: Sequence[tuple[StayOrder, str]]
    ) -> Mapping[str, HotelError]:
        errors: dict[str, HotelError] = {}
        for order, guest in rows:
            try:
                await StayDesk(self.office).pick_up(block, order, guest)
            except HotelError as error:
                errors[order.ours] = error
        return errors


def _by_ours(stays: Sequence[StayView]) -> dict[str, StayView]:
    """The live reservations by our reference."""
    return {one.ref.ours: one for one in stays if one.ref.ours and one.state in TAKING}


def _result(
    order: StayOrder,
    before: Mapping[str, StayView],
    after: Mapping[str, StayView],
    said: Mapping[str, HotelError],
) -> RowResult:
    known, shown, error = before.get(order.ours), after.get(order.ours), said.get(order.ours)
    if known is not None:
        return RowResult(order.ours, replace(known, remarks=(Remark("duplicate"),)))
    if shown is not None and as_ordered(shown, order):
        return RowResult(order.ours, shown)
    if shown is not None:
        return RowResult(order.ours, None, Invalid("the hotel shows other nights or another room"))
    return RowResult(order.ours, None, error or OutcomeUnknown("accepted, but it cannot be read"))
