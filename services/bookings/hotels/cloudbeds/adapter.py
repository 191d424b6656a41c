"""Cloudbeds behind the port: which of its calls make up an operation.

Must not: decide; `bodies`, `reading` and `faults` do, and the core compensates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from services.bookings.hotels.cloudbeds import bodies, reading
from services.bookings.hotels.cloudbeds.ability import CAPABILITIES, check
from services.bookings.hotels.cloudbeds.calls import CloudbedsCalls
from services.bookings.hotels.cloudbeds.room import Room, names
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
    StayChange,
    StayOrder,
    StayView,
)
from services.bookings.hotels.nights import each_night
from services.bookings.hotels.reading import Body, day, part, text
from services.bookings.hotels.states import OPEN_BLOCKS, BlockState


class Cloudbeds:
    """One hotel on Cloudbeds."""

    capabilities = CAPABILITIES

    def __init__(self, link: HotelLink, gateway: Gateway, **client: Any) -> None:
        """`client` goes to the HTTP client; tests put a recorder there.

        Raises ValueError naming what the link lacks.
        """
        check(link)
        self.link = link
        self.calls = CloudbedsCalls(link, gateway, **client)
        self.room = Room(link, self.calls)

    async def close(self) -> None:
        """Give the connections back."""
        await self.calls.close()

    @property
    def contact(self) -> Contact:
        """What its line has met."""
        return self.calls.line.contact

    async def search(self, first: date, departure: date) -> tuple[RoomNight, ...]:
        """See `HotelPort`. One call for each night: an answer is about a whole stay."""
        found: list[RoomNight] = []
        for night in each_night(first, departure):
            answer = await self.calls.get(
                "getAvailableRoomTypes",
                propertyIDs=self.link.their_hotel,
                startDate=str(night),
                endDate=str(night + timedelta(days=1)),
                rooms=1,
                adults=1,
                children=0,
            )
            found += reading.free_rooms(self.link, night, answer)
        return tuple(found)

    async def hold_block(self, order: BlockOrder) -> Ref:
        """See `HotelPort`. A block that is open under our reference is filled, not made again."""
        try:
            block = await self._block(Ref(order.ours))
        except NotFound:
            block = {}
        if block and self.link.codes.block_state(reading.state_of(block)) in OPEN_BLOCKS:
            ref = Ref(order.ours, text(block, "allotmentBlockCode"), order.first_night)
            await self.resize_block(ref, order.rooms)
            return ref
        body = bodies.block(self.link, order)
        answer = await self.calls.write("POST", "createAllotmentBlock", body)
        theirs = text(answer, "data", 0, "allotmentBlockCode")
        return Ref(order.ours, theirs, order.first_night)

    async def confirm_block(self, ref: Ref) -> None:
        """See `HotelPort`."""
        await self._set_state(ref, BlockState.DEFINITE)

    async def resize_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        """See `HotelPort`. One call with all nights, those that stay the same included.

        Nobody says whether nights that are left out would be kept.
        """
        block = await self._block(ref, forUpdate="true")
        numbers = reading.contracted(self.link, block)
        numbers |= {(one.night, one.kind): one.rooms for one in rooms}
        nights = [RoomNight(night, kind, count) for (night, kind), count in numbers.items()]
        await self._update(block, allotmentIntervals=bodies.intervals(self.link, nights))

    async def wash_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        """See `HotelPort`. Cloudbeds has none."""
        raise Unsupported("wash_block")

    async def release_block(self, ref: Ref) -> None:
        """See `HotelPort`. Cloudbeds releases by itself only, and shows no status for it."""
        raise Unsupported("release_block")

    async def cancel_block(self, ref: Ref, reason: str) -> None:
        """See `HotelPort`. It is kept as cancelled, not deleted; the reason is kept nowhere."""
        await self._set_state(ref, BlockState.CANCELLED)

    async def read_block(self, ref: Ref) -> BlockView:
        """See `HotelPort`."""
        return reading.block_view(self.link, await self._block(ref))

    async def read_rooming(self, ref: Ref) -> tuple[StayView, ...]:
        """See `HotelPort`."""
        found = await self._listed(allotmentBlockCode=await self._block_code(ref))
        return tuple(reading.stay_of_list(self.link, one) for one in found)

    async def pick_up(self, block: Ref, order: StayOrder, guest: GuestCard) -> Ref:
        """See `HotelPort`."""
        return await self._reserved(order, guest, await self._block_code(block))

    async def import_rooming(self, block: Ref, lines: Sequence[Row]) -> RoomingResult:
        """See `HotelPort`. Cloudbeds has none."""
        raise Unsupported("import_rooming")

    async def reserve(self, order: StayOrder, guest: GuestCard) -> Ref:
        """See `HotelPort`."""
        return await self._reserved(order, guest, None)

    async def change_stay(self, ref: Ref, change: StayChange) -> None:
        """See `HotelPort`. Raises Unsupported for a price by itself: it follows from the rate."""
        if (change.arrival, change.departure, change.kind) == (None, None, None):
            raise Unsupported("another price for the same room and nights")
        stay = await self._stay(ref)
        line = reading.the_line(stay)
        kind = self.link.codes.room_type(change.kind) if change.kind else text(line, "roomTypeID")
        span = change.arrival or day(line, "startDate"), change.departure or day(line, "endDate")
        await self._change(text(stay, "reservationID"), bodies.change(kind, span, line))

    async def replace_guest(self, ref: Ref, guest: GuestCard) -> None:
        """See `HotelPort`."""
        await self.room.rename(await self._stay(ref), guest)

    async def names_guest(self, ref: Ref, guest: GuestCard) -> bool:
        """See `HotelPort`."""
        return names(await self._stay(ref), guest)

    async def cancel_stay(self, ref: Ref, reason: str) -> None:
        """See `HotelPort`. The reason is kept nowhere."""
        await self._change(
            await self._stay_id(ref), {"status": "canceled", "sendStatusChangeEmail": False}
        )

    async def read_stay(self, ref: Ref) -> StayView:
        """See `HotelPort`.

        By our reference the hotel's own filter is asked; what that compares is not documented, so
        that the arrivals of the first night are looked through when it finds nothing.
        """
        if ref.theirs:
            return reading.stay_of_read(self.link, await self._stay(ref))
        wishes: list[dict[str, str]] = [{"sourceReservationId": ref.ours}]
        if ref.first_night is not None:
            wishes.append(dict.fromkeys(("checkInFrom", "checkInTo"), str(ref.first_night)))
        for wish in wishes:
            found = reading.chosen_stay(self.link, await self._listed(**wish), ref.ours)
            if found is not None:
                return found
        raise NotFound("no reservation with our reference")

    async def changes(self, cursor: str) -> Changes:
        """See `HotelPort`. Cloudbeds has no feed that is complete; the core sweeps."""
        raise Unsupported("changes")

    def verify(self, call: InboundCall) -> tuple[Hint, ...]:
        """See `HotelPort`. Its webhooks carry no signature in its documents."""
        raise Forbidden("Cloudbeds signs no calls")

    async def _set_state(self, ref: Ref, state: BlockState) -> None:
        code = self.link.codes.status_of(state)
        await self._update(await self._block(ref), allotmentBlockStatus=code)

    async def _update(self, block: Body, **parts: Any) -> None:
        body = {"allotmentBlockCode": text(block, "allotmentBlockCode"), **parts}
        await self.calls.write("POST", "updateAllotmentBlock", body)

    async def _block(self, ref: Ref, **more: str) -> Body:
        if ref.theirs:
            more["allotmentBlockCode"] = ref.theirs
        else:
            more["allotmentBlockName"] = ref.ours
        found = [one async for one in self.calls.pages("getAllotmentBlocks", **more)]
        return reading.chosen_block(self.link, found, None if ref.theirs else ref.ours)

    async def _block_code(self, ref: Ref) -> str:
        return ref.theirs or text(await self._block(ref), "allotmentBlockCode")

    async def _reserved(self, order: StayOrder, guest: GuestCard, block: str | None) -> Ref:
        body = bodies.reservation(self.link, order, guest, block)
        answer = await self.calls.write("POST", "postReservation", body)
        return Ref(order.ours, text(answer, "reservationID"), order.arrival)

    async def _listed(self, **wish: str) -> list[Body]:
        async_rows = self.calls.pages("getReservations", includeAllRooms="true", **wish)
        return [one async for one in async_rows]

    async def _stay_id(self, ref: Ref) -> str:
        return ref.theirs or str((await self.read_stay(ref)).ref.theirs)

    async def _stay(self, ref: Ref) -> Body:
        theirs = await self._stay_id(ref)
        here = {"propertyID": self.link.their_hotel, "reservationID": theirs}
        return dict(part(await self.calls.get("getReservation", **here), "data"))

    async def _change(self, theirs: str, parts: Body) -> None:
        ids = {"propertyID": self.link.their_hotel, "reservationID": theirs}
        await self.calls.write("PUT", "putReservation", ids | parts)
