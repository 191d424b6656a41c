"""What a hotel says by itself: polled or called in, stored, then looked at; and sweeps for drift.

Owns: that a hint is in the journal before anything is done with it, and that it leads to a read.
Must not: believe what a hint carries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.bookings.hotels.drift import Finding, block_findings, stay_findings
from services.bookings.hotels.errors import NotFound
from services.bookings.hotels.model import BlockView, Hint, InboundCall, Ref, StayView
from services.bookings.hotels.nights import recounted
from services.bookings.hotels.writing import Office
from shared.chassis.limits import HOTEL_PAGE, HOTEL_PAGES

Seen = tuple[Hint, BlockView | StayView | None]
"""A hint, and the entity as it is now; None when the hotel has it no more, or it is not ours."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What came of a poll."""

    new: int
    """Hints that were not known."""
    stale: bool = False
    """The hotel no longer shows all since the cursor: until everything was read again (`resync`),
    what we hold of it may be old."""


@dataclass(frozen=True, slots=True)
class FeedDesk:
    """The feed of one hotel."""

    office: Office

    async def poll(self) -> Polled:
        """Take in what changed, page by page. Nothing is acted on."""
        new, stale = 0, False
        for _page in range(HOTEL_PAGES):
            cursor = await self.office.journal.cursor(self.office.hotel)
            page = await self.office.port.changes(cursor)
            stored = await self.office.journal.store(self.office.hotel, page.hints, page.cursor)
            new, stale = new + len(stored), stale or page.gap
            if not page.more:
                break
        return Polled(new, stale)

    async def called(self, call: InboundCall) -> int:
        """A call of the hotel. Raises Forbidden when it is not proven to be one."""
        return await self.heard(self.office.port.verify(call))

    async def heard(self, hints: Sequence[Hint]) -> int:
        """Keep hints that came by themselves; how many were not known."""
        cursor = await self.office.journal.cursor(self.office.hotel)
        return len(await self.office.journal.store(self.office.hotel, hints, cursor))

    async def look(self) -> tuple[Seen, ...]:
        """Read what the waiting hints point at, each entity once.

        The hints stay in the journal until `done`: whoever acts on what was seen says so in the
        transaction of the effect.
        """
        hints = await self.office.journal.waiting(self.office.hotel, HOTEL_PAGE)
        newest = {(one.entity, one.theirs): one for one in hints}
        return tuple([(one, await self.entity(one)) for one in newest.values()])

    async def done(self, hint: Hint) -> None:
        """What this hint pointed at was dealt with, and with it all older hints of the same."""
        waiting = await self.office.journal.waiting(self.office.hotel, HOTEL_PAGE)
        same = [
            one.event
            for one in waiting
            if (one.entity, one.theirs) == (hint.entity, hint.theirs) and one.at <= hint.at
        ]
        await self.office.journal.handled(self.office.hotel, same)

    async def entity(self, hint: Hint) -> BlockView | StayView | None:
        """What a hint points at, as it is now; None when the hotel has it no more."""
        ref = Ref("", hint.theirs)
        try:
            if hint.entity == "stay":
                return await self.office.port.read_stay(ref)
            if hint.entity == "block":
                return await self.office.port.read_block(ref)
        except NotFound:
            return None
        return None

    async def sweep(
        self, blocks: Sequence[BlockView], stays: Sequence[StayView]
    ) -> tuple[Finding, ...]:
        """Compare all that we hold with what the hotel shows now. Without `stays` no reservation
        is looked at, but where pick-up is counted by them."""
        findings: list[Finding] = []
        shown: dict[str | None, StayView] = {}
        for mine in blocks:
            try:
                seen = await self.office.port.read_block(mine.ref)
            except NotFound:
                findings += block_findings(mine, None)
                continue
            counts = self.office.port.capabilities.counts_pick_up
            if stays or not counts:
                rooming = await self.office.port.read_rooming(seen.ref)
                seen = seen if counts else replace(seen, nights=recounted(seen, rooming))
                shown |= {one.ref.theirs: one for one in rooming}
            findings += block_findings(mine, seen)
        left = [one for one in stays if one.ref.theirs not in shown]
        shown |= {one.ref.theirs: one for one in await self.resync(left)}
        theirs = stay_findings(stays, tuple(shown.values())) if stays else ()
        return (*findings, *theirs)

    async def resync(self, stays: Sequence[StayView]) -> tuple[StayView, ...]:
        """Reservations as the hotel shows them now, each read at the gateway's pace. Those that it
        has no more are left out. Raises the hotel's error, and then nothing is known."""
        found = []
        for stay in stays:
            try:
                found.append(await self.office.port.read_stay(stay.ref))
            except NotFound:
                continue
        return tuple(found)
