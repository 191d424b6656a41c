"""apaleo behind the port: which of its calls make up an operation.

Must not: decide; `bodies`, `reading` and `faults` do, and the core compensates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.bookings.hotels.apaleo import bodies, reading
from services.bookings.hotels.apaleo.ability import CAPABILITIES, EVER, check
from services.bookings.hotels.apaleo.calls import ApaleoCalls
from services.bookings.hotels.apaleo.finding import Finder
from services.bookings.hotels.contact import Contact
from services.bookings.hotels.errors import (
    BlockFull,
    BlockNotOpen,
    Forbidden,
    Invalid,
    NotFound,
    Unsupported,
)
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
from services.bookings.hotels.reading import Body, part, text


class Apaleo:
    """One hotel on apaleo."""

    capabilities = CAPABILITIES

    def __init__(self, link: HotelLink, gateway: Gateway, **client: Any) -> None:
        """`client` goes to the HTTP client; tests put a recorder there.

        Raises ValueError naming what the link lacks.
        """
        check(link)
        self.link = link
        self.calls = ApaleoCalls(link, gateway, **client)
        self.find = Finder(link, self.calls)

    async def close(self) -> None:
        """Give the connections back."""
        await self.calls.close()

    @property
    def contact(self) -> Contact:
        """What its line has met."""
        return self.calls.line.contact

    async def search(self, first: date, departure: date) -> tuple[RoomNight, ...]:
        """See `HotelPort`."""
        return await self.find.free(first, departure)

    async def hold_block(self, order: BlockOrder) -> Ref:
        """See `HotelPort`. A group that an earlier try began is filled, not made again.

        What is too much is refused before anything is written. Raises BlockNotOpen for a group
        that was closed.
        """
        theirs, live = await self._begun(order)
        by_kind = bodies.by_kind(order.rooms)
        new = {
            kind: await self.find.priced(order.rate, kind, rooms)
            for kind, rooms in by_kind.items()
            if kind not in live
        }
        if theirs is None:
            made = await self.calls.post("groups", bodies.group(self.link, order))
            theirs = text(made, "id")
        for kind, rooms in by_kind.items():
            if kind in live:
                await self._amend(live[kind], rooms)
            else:
                await self.calls.post("blocks", {"groupId": theirs, **new[kind]})
        return Ref(order.ours, theirs, order.first_night)

    async def _begun(self, order: BlockOrder) -> tuple[str | None, dict[str, Body]]:
        """The group that an earlier try made, and its open blocks by room type."""
        try:
            group = await self.find.group(Ref(order.ours))
        except NotFound:
            return None, {}
        blocks = await self.find.blocks(group)
        live = self.find.open(blocks)
        if (blocks and not live) or reading.is_released(group):
            raise BlockNotOpen("a closed block is not opened again")
        return text(group, "id"), live

    async def confirm_block(self, ref: Ref) -> None:
        """See `HotelPort`. Block by block; apaleo looks for free rooms once more."""
        group = await self.find.group(ref)
        for one in self.find.open(await self.find.blocks(group)).values():
            if not reading.is_firm(self.link, one):
                await self.calls.act("block", text(one, "id"), "confirm")

    async def resize_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        """See `HotelPort`. One call for each room type; a new one is a new block of the group."""
        group = await self.find.group(ref)
        live = self.find.open(await self.find.blocks(group))
        if not live:
            raise BlockNotOpen("all of it is cancelled")
        for kind, numbers in bodies.by_kind(rooms).items():
            if kind in live:
                await self._amend(live[kind], numbers)
            elif any(numbers.values()):
                await self._add(text(group, "id"), list(live.values()), kind, numbers)

    async def _add(
        self, group: str, live: Sequence[Body], kind: str, rooms: Mapping[date, int]
    ) -> None:
        """One more room type at the rate of the others, and definite when they are."""
        rate = self.link.codes.our_rate(text(live[0], "ratePlan", "id"))
        body = {"groupId": group, **await self.find.priced(rate, kind, rooms)}
        theirs = text(await self.calls.post("blocks", body), "id")
        if all(reading.is_firm(self.link, one) for one in live):
            await self.calls.act("block", theirs, "confirm")

    async def _amend(self, block: Body, wanted: Mapping[date, int]) -> None:
        await self.calls.act("block", text(block, "id"), "amend", bodies.amended(block, wanted))

    async def wash_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        """See `HotelPort`. Apaleo's wash names no numbers: it gives back all that is not picked."""
        raise Unsupported("wash_block")

    async def release_block(self, ref: Ref) -> None:
        """See `HotelPort`. A wash where there are reservations, else a cancellation.

        What apaleo calls a release makes a definite block tentative and is not this. It has no
        status for a released block: the group's comment says so, first, so that a release that
        fails half-way is found not done.
        """
        group = await self.find.group(ref)
        if not reading.is_released(group):
            await self._note(group, f"{group.get('comment') or ''}\n{bodies.RELEASED}".strip())
        for one in self.find.open(await self.find.blocks(group)).values():
            action = "wash" if int(part(one, "pickedReservations")) else "cancel"
            await self.calls.act("block", text(one, "id"), action)

    async def cancel_block(self, ref: Ref, reason: str) -> None:
        """See `HotelPort`. Apaleo keeps no reason, and cancels no block with reservations."""
        group = await self.find.group(ref)
        if reading.is_released(group):
            await self._note(group, group["comment"].replace(bodies.RELEASED, "").strip())
        for one in self.find.open(await self.find.blocks(group)).values():
            await self.calls.act("block", text(one, "id"), "cancel")

    async def _note(self, group: Body, comment: str) -> None:
        await self.calls.patch(f"groups/{text(group, 'id')}", "add", comment=comment)

    async def read_block(self, ref: Ref) -> BlockView:
        """See `HotelPort`. A group without a block is no block."""
        group = await self.find.group(ref)
        blocks = await self.find.blocks(group)
        if not blocks:
            raise NotFound("the group has no block")
        return reading.block_view(self.link, group, blocks)

    async def read_rooming(self, ref: Ref) -> tuple[StayView, ...]:
        """See `HotelPort`."""
        blocks = await self.find.blocks(await self.find.group(ref))
        return tuple(
            [
                reading.stay_view(self.link, stay)
                for one in blocks
                async for stay in self.calls.pages("reservations", blockIds=text(one, "id"))
            ]
        )

    async def pick_up(self, block: Ref, order: StayOrder, guest: GuestCard) -> Ref:
        """See `HotelPort`. At the block's price."""
        group = await self.find.group(block)
        live = self.find.open(await self.find.blocks(group))
        if order.kind not in live:
            raise BlockFull("the block has no such room type")
        theirs = text(live[order.kind], "id")
        body = bodies.picked_up(theirs, order, guest)
        try:
            made = await self.calls.post(f"groups/{text(group, 'id')}/reservations", body)
        except Invalid as error:
            raise await self.calls.why("block", theirs, "pickup") or error from error
        return Ref(order.ours, text(made, "reservationIds", 0, "id"), order.arrival)

    async def import_rooming(self, block: Ref, lines: Sequence[Row]) -> RoomingResult:
        """See `HotelPort`. Apaleo takes many at once, but documents no result of each."""
        raise Unsupported("import_rooming")

    async def reserve(self, order: StayOrder, guest: GuestCard) -> Ref:
        """See `HotelPort`."""
        made = await self.calls.post("bookings", bodies.booking(self.link, order, guest))
        return Ref(order.ours, text(made, "reservationIds", 0, "id"), order.arrival)

    async def change_stay(self, ref: Ref, change: StayChange) -> None:
        """See `HotelPort`. The stay is sent whole, as it is with what is to be different."""
        stay = await self.find.stay(ref)
        body = bodies.stay(self.link, stay, change)
        await self.calls.act("reservation", text(stay, "id"), "amend", body)

    async def replace_guest(self, ref: Ref, guest: GuestCard) -> None:
        """See `HotelPort`. One call for the whole room."""
        stay = await self.find.stay(ref)
        path = f"reservations/{text(stay, 'id')}"
        await self.calls.patch(path, "replace", **bodies.guests(guest, stay))

    async def names_guest(self, ref: Ref, guest: GuestCard) -> bool:
        """See `HotelPort`."""
        return reading.names(guest, await self.find.stay(ref))

    async def cancel_stay(self, ref: Ref, reason: str) -> None:
        """See `HotelPort`. Apaleo keeps no reason."""
        await self.calls.act("reservation", text(await self.find.stay(ref), "id"), "cancel")

    async def read_stay(self, ref: Ref) -> StayView:
        """See `HotelPort`."""
        return reading.stay_view(self.link, await self.find.stay(ref))

    async def changes(self, cursor: str) -> Changes:
        """See `HotelPort`. Reservations by the time of their last change, a page at a time."""
        found, more = await self.calls.page(
            "reservations",
            1,
            dateFilter="Modification",
            sort="updated:asc",
            **{"from": cursor or EVER},
        )
        return reading.changes(self.link, found, more, cursor)

    def verify(self, call: InboundCall) -> tuple[Hint, ...]:
        """See `HotelPort`. No signature of apaleo's calls is documented."""
        raise Forbidden("apaleo signs no calls")
