"""What becomes of an order by hand: what is wanted, against what the hotel said. Pure.

Must not: do I/O, read a clock, draw chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.bookings.by_hand.tables import Sheet
from services.bookings.hotels.errors import Declined, HotelError, NoAvailability, Short
from services.bookings.hotels.model import BlockView, NightCount, Ref, RoomNight
from services.bookings.hotels.states import BlockState
from services.bookings.orders.carrying import Result
from services.bookings.orders.deciding import Step, to_ask
from services.bookings.orders.tables import Asked
from shared.contracts.holds import HoldState
from shared.contracts.hotel_desk import DeskState, HotelLetter, HotelReason

S, L = DeskState, HotelLetter
REMINDERS = (1 / 2, 5 / 6)
"""When a silent hotel is reminded, as shares of the time it has; with the last one the reception
desk is told, too. When the time is over the hold is refused, as with any consent."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The order as it is from now on, the letter that says so, and what its holds are told."""

    sheet: Sheet
    step: Step
    letter: HotelLetter | None = None
    error: HotelError | None = None

    def result(self) -> Result:
        """For `finishing`."""
        return Result(block_of(self.sheet), self.step, self.error)


def decide(asks: Sequence[Asked], sheet: Sheet) -> Verdict:
    """From the live holds behind an order, and how it stands with the hotel."""
    want = to_ask(asks, None)
    if not asks:
        return _ended(sheet)
    if sheet.state is S.WITHDRAWN:
        return Verdict(sheet, Step.LOST)
    if sheet.state is S.OFF:
        return _asked(replace(sheet, agreed=(), firm=False), want)
    firm = sheet.firm or any(one.state is HoldState.CONFIRMED for one in asks)
    if want != sheet.rooms:
        if sheet.agreed and within(want, sheet.agreed):
            return _cut(sheet, want, firm)
        return _asked(sheet, want)
    renewed = None if sheet.told else L.LINK
    told = replace(sheet, told=True)
    if sheet.state is S.REFUSED:
        step = Step.RESIZE if sheet.agreed else Step.HOLD
        return Verdict(told, step, renewed, no_of(sheet))
    if sheet.state is S.ASKED:
        return Verdict(told, Step.AWAIT, renewed)
    letter = L.FIRM if firm and not sheet.firm else renewed
    return Verdict(replace(told, firm=firm), Step.REST, letter)


def _ended(sheet: Sheet) -> Verdict:
    # A hotel that has said no and kept nothing need not be told that we heard it.
    waits = sheet.state is S.ASKED or (bool(sheet.agreed) and sheet.state is not S.WITHDRAWN)
    off = replace(sheet, state=S.OFF, agreed=(), remind_at=None)
    if sheet.state is S.WITHDRAWN:
        off = replace(off, state=S.WITHDRAWN)
    return Verdict(off, Step.END, L.OFF if waits and sheet.state is not S.OFF else None)


def _asked(sheet: Sheet, want: tuple[RoomNight, ...]) -> Verdict:
    asked = replace(
        sheet, state=S.ASKED, rooms=want, version=sheet.version + 1, rooms_left=(), reason=None,
        answered_at=None, calls=0, told=True,
    )  # fmt: skip
    return Verdict(asked, Step.AWAIT, L.ASK)


def _cut(sheet: Sheet, want: tuple[RoomNight, ...], firm: bool) -> Verdict:
    """No more than was agreed to: that needs no yes. The hotel is told, also where it has just said
    no to more: its last letter says what is wanted."""
    cut = replace(
        sheet, state=S.ACCEPTED, rooms=want, agreed=want, version=sheet.version + 1, firm=firm,
        rooms_left=(), reason=None, remind_at=None, answer_by=None, told=True,
    )  # fmt: skip
    return Verdict(cut, Step.REST, L.FIRM if firm and not sheet.firm else L.CUT)


def within(want: Sequence[RoomNight], agreed: Sequence[RoomNight]) -> bool:
    """Whether these rooms are no more than those."""
    has = {(one.night, one.kind): one.rooms for one in agreed}
    return all(one.rooms <= has.get((one.night, one.kind), 0) for one in want)


def no_of(sheet: Sheet) -> HotelError:
    """Why a hotel said no, as other hotels say it."""
    if sheet.reason is not HotelReason.FULL:
        return Declined(sheet.reason.value if sheet.reason else "")
    left = {(one.night, one.kind): one.rooms for one in sheet.rooms_left}
    short = [
        Short(one.night, one.kind, left[one.night, one.kind])
        for one in sheet.rooms
        if left.get((one.night, one.kind), one.rooms) < one.rooms
    ]
    return NoAvailability("", short)


def block_of(sheet: Sheet) -> BlockView | None:
    """What the hotel has agreed to, as a block; None when it never has."""
    if sheet.state is S.WITHDRAWN:
        state = BlockState.CANCELLED
    elif not sheet.agreed:
        return None
    else:
        state = BlockState.DEFINITE if sheet.firm else BlockState.TENTATIVE
    nights = tuple(NightCount(one.night, one.kind, one.rooms, one.rooms, 0) for one in sheet.agreed)
    ref = Ref(sheet.ours, sheet.ours, sheet.first_night)
    return BlockView(ref, state, nights, sheet.cut_off)


def remind_at(now: datetime, answer_by: datetime | None, calls: int) -> datetime | None:
    """When the next reminder is due; None when there is none any more, or no end to wait for."""
    if answer_by is None or calls >= len(REMINDERS):
        return None
    before = REMINDERS[calls - 1] if calls else 0.0
    share = (REMINDERS[calls] - before) / (1 - before)
    left = max(answer_by - now, timedelta())
    return now + left * share
