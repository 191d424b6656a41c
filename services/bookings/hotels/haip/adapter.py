"""HAIP behind the port: which of its calls make up an operation.

Must not: decide; `bodies`, `reading` and `faults` do, and the core compensates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.bookings.hotels.contact import Contact
from services.bookings.hotels.errors import ContractViolation, NotFound, Unsupported
from services.bookings.hotels.haip import bodies, reading
from services.bookings.hotels.haip.ability import AROUND, CAPABILITIES, EVENTS, SPAN
from services.bookings.hotels.haip.calls import HaipCalls
from services.bookings.hotels.haip.faults import row_error
from services.bookings.hotels.haip.room import Room
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
from services.bookings.hotels.reading import Body, newest, rows, text
from services.bookings.hotels.states import OPEN_BLOCKS, TAKING


class Haip:
    """One hotel on HAIP."""

    capabilities = CAPABILITIES

    def __init__(self, link: HotelLink, gateway: Gateway, **client: Any) -> None:
        """`client` goes to the HTTP client; tests put a recorder there."""
        self.link = link
        self.calls = HaipCalls(link, gateway, **client)
        self.room = Room(link, self.calls)

    async def close(self) -> None:
        """Give the connections back."""
        await self.calls.close()

    @property
    def contact(self) -> Contact:
        """What its line has met."""
        return self.calls.line.contact

    @property
    def _here(self) -> dict[str, str]:
        return {"propertyId": self.link.their_hotel}

    async def search(self, first: date, departure: date) -> tuple[RoomNight, ...]:
        """See `HotelPort`."""
        wish = {**self._here, "checkIn": str(first), "checkOut": str(departure)}
        path = "reservations/search-availability"
        return reading.free_rooms(
            self.link, await self.calls.call("POST", path, write=False, json=wish)
        )

    async def hold_block(self, order: BlockOrder) -> Ref:
        """See `HotelPort`. A block that an earlier try began is filled, not made again."""
        try:
            theirs = text(await self._block_row(Ref(order.ours)), "id")
        except NotFound:
            profile = bodies.group_profile(self.link, order)
            group = text(await self.calls.call("POST", "groups/profiles", json=profile), "id")
            body = bodies.block(self.link, order, group)
            theirs = text(await self.calls.call("POST", "groups/blocks", json=body), "id")
        ref = Ref(order.ours, theirs, order.first_night)
        await self.resize_block(ref, order.rooms)
        return ref

    async def confirm_block(self, ref: Ref) -> None:
        """See `HotelPort`."""
        await self._patch_block(ref, {"status": "definite"})

    async def resize_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        """See `HotelPort`. One call for each night and room type."""
        path = f"groups/blocks/{await self._block_id(ref)}/inventory"
        for one in rooms:
            await self.calls.call("PUT", path, json=bodies.inventory(self.link, one))

    async def wash_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        """See `HotelPort`. HAIP has none."""
        raise Unsupported("wash_block")

    async def release_block(self, ref: Ref) -> None:
        """See `HotelPort`."""
        path = f"groups/blocks/{await self._block_id(ref)}/release"
        await self.calls.call("POST", path, params=self._here)

    async def cancel_block(self, ref: Ref, reason: str) -> None:
        """See `HotelPort`. HAIP keeps no reason, and reservations of the block stay."""
        await self._patch_block(ref, {"status": "cancelled"})

    async def read_block(self, ref: Ref) -> BlockView:
        """See `HotelPort`."""
        block = await self._block_row(ref)
        pick_up = await self.calls.get(f"groups/blocks/{text(block, 'id')}/pickup")
        return reading.block_view(self.link, block, pick_up)

    async def read_rooming(self, ref: Ref) -> tuple[StayView, ...]:
        """See `HotelPort`. The reservations of the block's group, whenever they are by now."""
        block = await self._block_row(ref)
        first, last = (date.fromisoformat(text(block, name)[:10]) for name in SPAN)
        found: dict[str, StayView] = {}
        around = {"arrivalDateFrom": str(first - AROUND), "arrivalDateTo": str(last + AROUND)}
        async for row in self.calls.pages("reservations", **around):
            if row.get("groupProfileId") == block["groupProfileId"]:
                found[text(row, "id")] = reading.stay_of_list(self.link, row)
        return tuple(found.values())

    async def pick_up(self, block: Ref, order: StayOrder, guest: GuestCard) -> Ref:
        """See `HotelPort`. A rooming list of one row."""
        result = (await self.import_rooming(block, [Row(order, guest)])).rows[0]
        if result.error is not None:
            raise result.error
        return Ref(order.ours, None, order.arrival)

    async def import_rooming(self, block: Ref, lines: Sequence[Row]) -> RoomingResult:
        """See `HotelPort`."""
        theirs = await self._block_id(block)
        entries = []
        for one in lines:
            guest = await self.room.profile(one.guest, one.order.ours)
            entries.append(bodies.rooming_row(self.link, one.order, guest, one.guest))
        body = {**self._here, "entries": entries}
        answer = await self.calls.call("POST", f"groups/blocks/{theirs}/rooming-list", json=body)
        results = rows(answer, "results")
        if len(results) != len(lines):
            raise ContractViolation("as many results as rows were expected")
        pairs = zip(lines, results, strict=True)
        return RoomingResult(
            tuple(RowResult(one.order.ours, None, row_error(said)) for one, said in pairs)
        )

    async def reserve(self, order: StayOrder, guest: GuestCard) -> Ref:
        """See `HotelPort`."""
        body = bodies.reservation(self.link, order, await self.room.profile(guest, order.ours))
        answer = await self.calls.call("POST", "reservations", json=body)
        return Ref(order.ours, text(answer, "id"), order.arrival)

    async def change_stay(self, ref: Ref, change: StayChange) -> None:
        """See `HotelPort`."""
        theirs = await self._stay_id(ref)
        body = bodies.change(self.link, change)
        await self.calls.call("PATCH", f"reservations/{theirs}", params=self._here, json=body)

    async def replace_guest(self, ref: Ref, guest: GuestCard) -> None:
        """See `HotelPort`."""
        await self.room.rename(ref.ours, await self._stay_id(ref), guest)

    async def names_guest(self, ref: Ref, guest: GuestCard) -> bool:
        """See `HotelPort`."""
        return await self.room.names(await self._stay_id(ref), guest)

    async def cancel_stay(self, ref: Ref, reason: str) -> None:
        """See `HotelPort`."""
        path = f"reservations/{await self._stay_id(ref)}/cancel"
        body = {"cancellationReason": reason}
        await self.calls.call("PATCH", path, params=self._here, json=body)

    async def read_stay(self, ref: Ref) -> StayView:
        """See `HotelPort`."""
        path = f"reservations/{await self._stay_id(ref)}"
        return reading.stay_of_read(self.link, await self.calls.get(path))

    async def changes(self, cursor: str) -> Changes:
        """See `HotelPort`. The cursor is the time of the last event; that one comes again."""
        since = {"since": cursor} if cursor else {}
        found: tuple[Hint, ...] = ()
        for limit in EVENTS:
            answer = await self.calls.get("connect/events", limit=limit, **since)
            found = reading.hints(answer)
            if len(found) < limit:
                return Changes(found, reading.last_moment(found, cursor))
        return Changes(found, reading.last_moment(found, cursor), gap=True)

    def verify(self, call: InboundCall) -> tuple[Hint, ...]:
        """See `HotelPort`."""
        return reading.called(self.link, self.link.secret("webhook"), call)

    async def _patch_block(self, ref: Ref, body: Body) -> None:
        path = f"groups/blocks/{await self._block_id(ref)}"
        await self.calls.call("PATCH", path, params=self._here, json=body)

    async def _block_id(self, ref: Ref) -> str:
        return ref.theirs or text(await self._block_row(ref), "id")

    async def _block_row(self, ref: Ref) -> Body:
        if ref.theirs is not None:
            return dict(await self.calls.get(f"groups/blocks/{ref.theirs}"))
        async_rows = self.calls.pages("groups/blocks")
        found = [one async for one in async_rows if one.get("groupCode") == ref.ours]
        live = [
            code for code, state in self.link.codes.block_states.items() if state in OPEN_BLOCKS
        ]
        return newest(found, lambda one: text(one, "status") in live, "createdAt")

    async def _stay_id(self, ref: Ref) -> str:
        if ref.theirs is not None:
            return ref.theirs
        guests = [one async for one in self.calls.pages("guests", loyaltyNumber=ref.ours)]
        found = [
            row
            for one in guests
            async for row in self.calls.pages("reservations", guestId=text(one, "id"))
        ]
        live = [code for code, state in self.link.codes.stay_states.items() if state in TAKING]
        return text(newest(found, lambda one: text(one, "status") in live, "createdAt"), "id")
