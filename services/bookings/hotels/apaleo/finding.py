"""Looking at apaleo: free rooms and prices; a group, its blocks, a reservation by a reference.

Must not: write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.bookings.hotels.apaleo import bodies, reading
from services.bookings.hotels.apaleo.calls import ApaleoCalls
from services.bookings.hotels.errors import NoAvailability, Unsupported
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import Ref, RoomNight
from services.bookings.hotels.reading import Body, newest, text
from services.bookings.hotels.states import TAKING


@dataclass(frozen=True, slots=True)
class Finder:
    """What there is at one hotel. What is looked for by a reference raises NotFound."""

    link: HotelLink
    calls: ApaleoCalls

    async def free(self, first: date, departure: date) -> tuple[RoomNight, ...]:
        """Free rooms: one question for each room type that has a rate plan."""
        found: list[RoomNight] = []
        for rate in self.link.codes.rates:
            for kind in sorted(self.link.codes.room_types.keys() - {one.kind for one in found}):
                found += reading.free_rooms(kind, await self._offers(rate, kind, first, departure))
        return tuple(found)

    async def _offers(self, rate: str, kind: str, first: date, departure: date) -> Any:
        return await self.calls.get(
            "rate-plan-offers",
            ratePlanId=self.link.codes.rate(rate, kind),
            arrival=str(first),
            departure=str(departure),
            adults=1,
            includeUnavailable="true",
        )

    async def priced(self, rate: str, kind: str, rooms: Mapping[date, int]) -> Body:
        """A new block at the price of its rate plan; the same answer shows the free rooms.

        Raises NoAvailability by night.
        """
        first, departure = bodies.span(rooms)
        offers = await self._offers(rate, kind, first, departure)
        if short := reading.short(kind, rooms, offers):
            raise NoAvailability("", short)
        price = reading.daily_rate(offers, (departure - first).days)
        return {"ratePlanId": self.link.codes.rate(rate, kind)} | bodies.contracted(price, rooms)

    async def group(self, ref: Ref) -> Body:
        """A group by apaleo's id, or by our reference at the end of its name."""
        if ref.theirs is not None:
            return dict(await self.calls.get(f"groups/{ref.theirs}"))
        rows = self.calls.pages("groups", textSearch=ref.ours, expand="blocks")
        found = [one async for one in rows if reading.ours_of_group(one) == ref.ours]

        def live(group: Body) -> bool:
            return any(reading.is_open(self.link, one) for one in group.get("blocks") or [])

        return newest(found, live, "created")

    async def blocks(self, group: Body) -> list[Body]:
        """The blocks of a group with their nights, cancelled ones, too."""
        rows = self.calls.pages("blocks", groupId=text(group, "id"), expand="timeSlices")
        return [one async for one in rows]

    def open(self, blocks: Sequence[Body]) -> dict[str, Body]:
        """Those of some that are not cancelled, by our room type."""
        live = [one for one in blocks if reading.is_open(self.link, one)]
        return {reading.kind_of(self.link, one): one for one in live}

    async def stay(self, ref: Ref) -> Body:
        """A reservation by apaleo's id, by our code, or among the arrivals of its first night.

        One that was picked up has no code. Raises Unsupported when its night is not known.
        """
        if ref.theirs is not None:
            return dict(await self.calls.get(f"reservations/{ref.theirs}"))
        found = await self._stays(ref.ours, externalCode=ref.ours)
        if not found:
            if ref.first_night is None:
                raise Unsupported("a picked-up reservation is found by its first night")
            begins = datetime.combine(ref.first_night, time(), ZoneInfo(self.link.zone))
            until = begins + timedelta(days=1)
            span = {"from": begins.isoformat(), "to": until.isoformat()}
            found = await self._stays(ref.ours, dateFilter="Arrival", **span)
        state = self.link.codes.stay_state
        return newest(found, lambda one: state(text(one, "status")) in TAKING, "created")

    async def _stays(self, ours: str, **wanted: str) -> list[Body]:
        rows = self.calls.pages("reservations", **wanted)
        return [one async for one in rows if reading.ours_of_stay(one) == ours]
