"""OHIP behind the port: which of its calls make up an operation.

Must not: decide; `bodies`, `reading` and `faults` do, and the core compensates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from services.bookings.hotels.contact import Contact
from services.bookings.hotels.errors import Forbidden, NotFound, Unsupported
from services.bookings.hotels.line import Gateway
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import (
    BlockOrder,
    BlockView,
    Changes,
    GuestCard,
    Hint,
    InboundCall,
    Ref,
    RoomingResult,
    RoomNight,
    Row,
    RowResult,
    StayChange,
    StayOrder,
    StayView,
)
from services.bookings.hotels.ohip import ability, bodies, reading, stay_bodies
from services.bookings.hotels.ohip.calls import OhipCalls
from services.bookings.hotels.ohip.stream import Stream
from services.bookings.hotels.reading import Body, day, part, rows, text
from services.bookings.hotels.states import BlockState


class Ohip:
    """One hotel on OPERA Cloud."""

    def __init__(self, link: HotelLink, gateway: Gateway, **client: Any) -> None:
        """`client` goes to the HTTP client; tests put a recorder there."""
        self.link = link
        self.calls = OhipCalls(link, gateway, **client)
        self.stream = Stream(link, self.calls) if "stream" in link.options else None
        self.capabilities = ability.STREAMING if self.stream else ability.CAPABILITIES
        self._blk = f"blk/v1/hotels/{link.their_hotel}"
        self._rsv = f"rsv/v1/hotels/{link.their_hotel}"
        self._ext = f"externalSystems/{link.option('external-system')}"

    async def close(self) -> None:
        """Give the connections back."""
        if self.stream is not None:
            await self.stream.hang_up()
        await self.calls.close()

    @property
    def contact(self) -> Contact:
        """What its line has met."""
        return self.calls.line.contact

    async def search(self, first: date, departure: date) -> tuple[RoomNight, ...]:
        """See `HotelPort`."""
        answer = await self.calls.get(
            f"inv/v1/hotels/{self.link.their_hotel}/hotelInventory",
            dateRangeStart=str(first),
            dateRangeEnd=str(departure - timedelta(days=1)),
            roomCountRequested=1,
            dailyInventory="true",
            includeTentativeInventory="true",
        )
        return reading.free_rooms(self.link, answer)

    async def hold_block(self, order: BlockOrder) -> Ref:
        """See `HotelPort`. A block that an earlier try began is filled, not made again."""
        try:
            block = await self._block(Ref(order.ours))
        except NotFound:
            await self.calls.post(f"{self._blk}/block", bodies.block(self.link, order))
            block = await self._block(Ref(order.ours))
        theirs = reading.id_of(block, "blockIdList", "Block")
        await self._allocate(theirs, order.rooms, "Initial")
        return Ref(order.ours, theirs, order.first_night)

    async def _allocate(self, theirs: str, rooms: Sequence[RoomNight], kind: str) -> None:
        for one, last in bodies.runs(rooms):
            body = bodies.allocation(self.link, theirs, one, last, kind)
            await self.calls.put(f"{self._blk}/blocks/{theirs}/allocationRange", body)

    async def confirm_block(self, ref: Ref) -> None:
        """See `HotelPort`."""
        await self._status(await self._block(ref), BlockState.DEFINITE)

    async def _status(self, block: Body, wanted: BlockState) -> None:
        theirs = reading.id_of(block, "blockIdList", "Block")
        now, code = reading.status_of(block), self.link.codes.status_of(wanted)
        body = bodies.status(self.link, theirs, now, code)
        await self.calls.put(f"{self._blk}/blocks/{theirs}/status", body)

    async def resize_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        """See `HotelPort`. One call for each run of nights."""
        await self._allocate(await self._block_id(ref), rooms, "Actual")

    async def wash_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        """See `HotelPort`. OHIP shows wash schedules but documents no call that washes."""
        raise Unsupported("wash_block")

    async def release_block(self, ref: Ref) -> None:
        """See `HotelPort`. Cut off now, then the status that the hotel has for it.

        Raises MappingMissing, before any call, for a hotel that has named no such status.
        """
        self.link.codes.status_of(BlockState.RELEASED)
        block = await self._block(ref)
        theirs = reading.id_of(block, "blockIdList", "Block")
        body = bodies.cut_off(self.link, theirs)
        await self.calls.put(f"blk/v1/blocks/{theirs}/blockCutOff", body)
        await self._status(block, BlockState.RELEASED)

    async def cancel_block(self, ref: Ref, reason: str) -> None:
        """See `HotelPort`."""
        theirs = await self._block_id(ref)
        body = bodies.cancel_block(self.link, theirs, reason)
        await self.calls.post(f"{self._blk}/blocks/{theirs}/cancellations", body)

    async def read_block(self, ref: Ref) -> BlockView:
        """See `HotelPort`."""
        block = await self._block(ref)
        first, end = reading.span_of(block)
        statistics = await self.calls.get(
            f"blk/v1/blocks/{reading.id_of(block, 'blockIdList', 'Block')}/statistics",
            hotelId=self.link.their_hotel,
            startDate=str(first),
            numberOfDays=(end - first).days,
            statisticsInstructions=ability.STATISTICS,
        )
        return reading.block_view(self.link, block, statistics)

    async def read_rooming(self, ref: Ref) -> tuple[StayView, ...]:
        """See `HotelPort`."""
        try:
            answer = await self.calls.get(
                f"blk/v1/blocks/{await self._block_id(ref)}/reservations",
                hotelId=self.link.their_hotel,
                fetchInstructions="Reservation",
            )
        except NotFound:
            return ()
        stays = rows(answer, "reservations", "reservations", "reservation")
        return tuple(reading.stay_view(self.link, one) for one in stays)

    async def pick_up(self, block: Ref, order: StayOrder, guest: GuestCard) -> Ref:
        """See `HotelPort`."""
        theirs = await self._block_id(block)
        body = stay_bodies.create(self.link, order, guest, theirs)
        await self.calls.post(f"{self._rsv}/blocks/{theirs}/reservations", body)
        return Ref(order.ours, None, order.arrival)

    async def import_rooming(self, block: Ref, lines: Sequence[Row]) -> RoomingResult:
        """See `HotelPort`. A task of the hotel, polled until it is done."""
        theirs = await self._block_id(block)
        base = f"rsv/async/v1/hotels/{self.link.their_hotel}"
        answer = await self.calls.task(
            f"{base}/blocks/{theirs}/roominglistcreation",
            stay_bodies.rooming_list(self.link, theirs, lines),
            f"{base}/roominglistcreation",
        )
        failed = reading.row_errors(answer)
        numbered = enumerate(lines, 1)
        return RoomingResult(
            tuple(RowResult(one.order.ours, None, failed.get(number)) for number, one in numbered)
        )

    async def reserve(self, order: StayOrder, guest: GuestCard) -> Ref:
        """See `HotelPort`."""
        body = stay_bodies.create(self.link, order, guest, None)
        await self.calls.post(f"{self._rsv}/reservations", body)
        return Ref(order.ours, None, order.arrival)

    async def change_stay(self, ref: Ref, change: StayChange) -> None:
        """See `HotelPort`. The room line is sent whole, as it is with what is to be different."""
        stay = await self._stay(ref)
        line = reading.line_of(stay)
        room = part(stay, "roomStay")
        kind = self.link.codes.room_type(change.kind) if change.kind else text(line, "roomType")
        span = (
            change.arrival or day(room, "arrivalDate"),
            change.departure or day(room, "departureDate"),
        )
        rate = text(line, "ratePlanCode")
        wanted = stay_bodies.room_rate(self.link, kind, rate, span, change.price)
        kept = {name: line[name] for name in ("reservationBlock", "guestCounts") if name in line}
        dates = {"arrivalDate": str(span[0]), "departureDate": str(span[1])}
        await self._change(stay, roomStay={"roomRates": [wanted | kept], **dates})

    async def _change(self, stay: Body, **parts: Any) -> None:
        theirs = reading.id_of(stay, "reservationIdList", "Reservation")
        body = stay_bodies.changed(self.link, theirs, **parts)
        await self.calls.put(f"{self._rsv}/reservations/{theirs}", body)

    async def replace_guest(self, ref: Ref, guest: GuestCard) -> None:
        """See `HotelPort`. One call for the whole room."""
        await self._change(await self._stay(ref), reservationGuests=stay_bodies.guests(guest))

    async def names_guest(self, ref: Ref, guest: GuestCard) -> bool:
        """See `HotelPort`."""
        return reading.names(guest, await self._stay(ref, ability.NAMES))

    async def cancel_stay(self, ref: Ref, reason: str) -> None:
        """See `HotelPort`."""
        stay = await self._stay(ref)
        theirs = reading.id_of(stay, "reservationIdList", "Reservation")
        body = stay_bodies.cancel(self.link, theirs, reason)
        await self.calls.post(f"{self._rsv}/reservations/{theirs}/cancellations", body)

    async def read_stay(self, ref: Ref) -> StayView:
        """See `HotelPort`."""
        return reading.stay_view(self.link, await self._stay(ref))

    async def changes(self, cursor: str) -> Changes:
        """See `HotelPort`. Without a stream, the queue is the hotel's: what was polled is gone."""
        if self.stream is not None:
            streamed = await self.stream.changes(cursor)
            if streamed is not None:
                return streamed
        system = self.link.option("external-system")
        path = f"int/v1/externalSystem/{system}/hotels/{self.link.their_hotel}/businessEvents"
        try:
            found = reading.hints(await self.calls.get(path, limit=ability.EVENTS))
        except NotFound:
            return Changes((), cursor)
        return Changes(found, cursor, more=len(found) >= ability.EVENTS)

    def verify(self, call: InboundCall) -> tuple[Hint, ...]:
        """See `HotelPort`. OHIP calls nobody."""
        raise Forbidden("OHIP makes no calls")

    async def _block_id(self, ref: Ref) -> str:
        return ref.theirs or reading.id_of(await self._block(ref), "blockIdList", "Block")

    async def _block(self, ref: Ref) -> Body:
        where = f"blocks/{ref.theirs}" if ref.theirs else f"{self._ext}/blocks/{ref.ours}"
        return reading.the_block(await self.calls.get(f"{self._blk}/{where}"))

    async def _stay(self, ref: Ref, wanted: Sequence[str] = ability.READING) -> Body:
        own = f"reservations/{ref.theirs}" if ref.theirs else f"{self._ext}/reservations/{ref.ours}"
        answer = await self.calls.get(f"{self._rsv}/{own}", fetchInstructions=wanted)
        return dict(part(answer, "reservations", "reservation", 0))
