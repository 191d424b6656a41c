"""Asking the guests service: who is lodged in a hotel, and names of those who are sent.

Owns: that names are fetched when they are sent, no more of them than go out, and are gone after it.
Must not: log, store or pass on what an answer holds; and must not ask anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from nats.errors import Error as NatsError
from pydantic import BaseModel, ValidationError

from services.bookings.guestlists.limits import GUESTS_PAGES
from services.bookings.guestlists.tables import Row
from services.bookings.hotels.errors import HotelError
from services.bookings.hotels.model import GuestCard
from shared.chassis import limits
from shared.chassis.service import Service
from shared.contracts.guests import Lodging, RosterView
from shared.contracts.hotel_guests import HotelStay
from shared.contracts.lodged import (
    MAX_NAMED,
    MAX_ROOMINGS,
    CountRooming,
    LodgedAt,
    LookAtLodged,
    RoomingCounts,
)
from shared.contracts.message import Query

M = TypeVar("M", bound=BaseModel)


class GuestsAway(HotelError):
    """The guests service gave no answer: nothing was sent."""

    code = "guests_away"
    again = True


class GuestGone(HotelError):
    """The roster lodges this guest there no more: whoever carries the list out looks again."""

    code = "guest_gone"
    again = True


class Lodgers(Protocol):
    """The guests service, as far as bookings may ask it. All raise GuestsAway."""

    async def groups(self, stay: HotelStay) -> list[tuple[str, str | None]]:
        """Who is lodged there, in the roster's order: opaque id, group of those who share."""
        ...

    async def cards(self, stay: HotelStay, guests: Sequence[str]) -> Mapping[str, GuestCard]:
        """Cards of these guests, as far as they are lodged there."""
        ...

    async def sharers(self, stays: Sequence[HotelStay]) -> Mapping[str, tuple[int, int]]:
        """By order: how many guests have no room mate, and how many pairs share."""
        ...


class Cards:
    """The cards of those whom the hotel is told of now (`writing.Guests`)."""

    def __init__(self, cards: Mapping[str, GuestCard], rows: Iterable[Row]) -> None:
        """`rows` say who shares a room with whom."""
        self._cards = cards
        self._sharers = {row.guest: row.sharer for row in rows if row.sharer}

    async def card(self, guest: str) -> GuestCard:
        """With the card of whoever shares the room. Raises GuestGone when either is missing."""
        if not self.whole(guest):
            raise GuestGone
        sharer = self._sharers.get(guest)
        sharing = (self._cards[sharer],) if sharer else ()
        return replace(self._cards[guest], sharing=sharing)

    def whole(self, guest: str) -> bool:
        """Whether there is a card of everybody who is named in this guest's room."""
        return {guest, self._sharers.get(guest, guest)} <= self._cards.keys()


class AskGuests:
    """Asks over the bus, by request and reply that no stream stores."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def groups(self, stay: HotelStay) -> list[tuple[str, str | None]]:
        """See `Lodgers`."""
        found = await self._asked(stay, ())
        return [(str(one["guest"]), one.get("room_group")) for one in found]

    async def cards(self, stay: HotelStay, guests: Sequence[str]) -> Mapping[str, GuestCard]:
        """See `Lodgers`."""
        cards: dict[str, GuestCard] = {}
        for some in _portions(guests):
            for one in await self._asked(stay, some):
                card = GuestCard(str(one["given_name"]), str(one["family_name"]))
                cards[str(one["guest"])] = card
        return cards

    async def sharers(self, stays: Sequence[HotelStay]) -> Mapping[str, tuple[int, int]]:
        """See `Lodgers`."""
        found: dict[str, tuple[int, int]] = {}
        for start in range(0, len(stays), MAX_ROOMINGS):
            some = stays[start : start + MAX_ROOMINGS]
            places = tuple(LodgedAt(visit=one.visit, lodging=_where(one)) for one in some)
            query = CountRooming(cause="cut-offs", actor="bookings", places=places)
            told = await self._answer(query, RoomingCounts)
            if len(told.counts) != len(some):
                raise GuestsAway("counts of other places")
            for stay, one in zip(some, told.counts, strict=True):
                found[stay.order] = one.alone, one.pairs
        return found

    async def _asked(self, stay: HotelStay, named: tuple[str, ...]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after: int | None = 0
        for _page in range(GUESTS_PAGES):
            query = LookAtLodged(
                cause=stay.order, actor="bookings", visit=stay.visit, lodging=_where(stay),
                named=named, after=after or 0,
            )  # fmt: skip
            view = await self._answer(query, RosterView)
            if view.outcome == "refused":
                raise GuestsAway("refused")
            found += view.guests
            after = view.next
            if after is None:
                return found
        raise GuestsAway("more guests than a roster has")

    async def _answer(self, query: Query, model: type[M]) -> M:
        if not self._service.ready:
            raise GuestsAway("the bus is away")
        broker, wait_s = self._service.broker, limits.QUERY_TIMEOUT_S
        try:
            answer = await broker.request(query, query.subject(), timeout=wait_s)
            return model.model_validate_json(answer.body)
        except (NatsError, TimeoutError, OSError, ValidationError) as error:
            # Its kind alone: the text of some errors quotes what they are about.
            raise GuestsAway(type(error).__name__) from None


def _where(stay: HotelStay) -> Lodging:
    return Lodging(need=stay.need, hotel=stay.hotel, alone=stay.alone)


def _portions(guests: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(guests), MAX_NAMED):
        yield tuple(guests[start : start + MAX_NAMED])
