"""How every write to a hotel goes: intent, call, read back; a lost answer is settled by reading.

Owns: the order of these steps, and what a write means once its result was read.
Must not: call twice; whoever wants it again asks again, after a read has shown that nothing came.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

import structlog

from services.bookings.hotels.errors import (
    Conflict,
    Duplicate,
    HotelError,
    IllegalState,
    NotFound,
    OutcomeUnknown,
)
from services.bookings.hotels.journal import Intent, Journal
from services.bookings.hotels.model import BlockView, GuestCard, Remark, StayView
from services.bookings.hotels.port import HotelPort
from services.bookings.hotels.remarks import hearing
from services.bookings.hotels.states import Settled, settled
from shared.chassis.clock import Clock
from shared.chassis.limits import HOTEL_SETTLE_S

log = structlog.get_logger(__name__)
View = TypeVar("View", BlockView, StayView)


class Guests(Protocol):
    """Where a guest's card comes from at the moment of sending: the guests service."""

    async def card(self, guest: str) -> GuestCard:
        """The card of an opaque guest id, with no more than this hotel needs."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """What the desks work with, for one hotel."""

    hotel: str
    port: HotelPort
    journal: Journal
    clock: Clock
    guests: Guests

    async def written(
        self,
        operation: str,
        ours: str,
        call: Callable[[], Awaitable[object]],
        read: Callable[[], Awaitable[View]],
        wanted: Callable[[View], bool],
    ) -> View:
        """Write, and the view that was read back.

        Raises the hotel's error; Conflict when the hotel shows something else than was asked;
        OutcomeUnknown when neither the answer nor a read tells: the intent stays open.
        """
        intent = Intent(self.hotel, operation, ours)
        await self.journal.intend(intent, self.clock.now())
        try:
            view = await _asked(call, read, wanted)
        except HotelError as error:
            code = "unknown" if isinstance(error, OutcomeUnknown) else error.code
            await self.journal.outcome(intent, code, self.clock.now())
            raise
        await self.journal.outcome(intent, "done", self.clock.now())
        for one in view.remarks:
            if one.kind == "warning":
                log.info("hotel_warned", hotel=self.hotel, operation=operation, code=one.said)
        return view

    async def settle(
        self, lost_at: datetime, read: Callable[[], Awaitable[View]]
    ) -> tuple[Settled, View | None]:
        """Look at a write that was lost at `lost_at`; the only way out of `unknown`."""
        view: View | None
        try:
            view = await read()
        except NotFound:
            view = None
        return settled(lost_at, self.clock.now(), view is not None, HOTEL_SETTLE_S), view


async def _asked(
    call: Callable[[], Awaitable[object]],
    read: Callable[[], Awaitable[View]],
    wanted: Callable[[View], bool],
) -> View:
    doubt: HotelError | None = None
    with hearing() as remarks:
        try:
            await call()
        except (Duplicate, OutcomeUnknown, IllegalState, Conflict) as error:
            doubt = error
            remarks.append(Remark("duplicate", doubt.said))
    view = await _read_back(read, doubt)
    if wanted(view):
        return _remarked(view, remarks)
    if doubt is not None and not doubt.success:
        raise doubt
    raise Conflict("the hotel accepted it but shows something else")


async def _read_back(read: Callable[[], Awaitable[View]], doubt: HotelError | None) -> View:
    try:
        return await read()
    except NotFound:
        # Accepted and not there, or lost: either way nobody knows yet.
        raise doubt or OutcomeUnknown("accepted, but it cannot be read") from None
    except HotelError as error:
        if doubt is None or doubt.success or isinstance(doubt, OutcomeUnknown):
            raise OutcomeUnknown(f"not read back: {error.code}") from error
        raise doubt from error


def _remarked(view: View, remarks: Sequence[Remark]) -> View:
    return replace(view, remarks=(*view.remarks, *remarks))
