"""Who has come to hotels by hand, for our own people: counts by night, and no name.

Bookings has what the hotels said; the guests service says how many are named. Both are put together
while a page is made.
Must not: name a guest. Must not say 0 where nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from services.console.asking import ask, read_as, read_by
from services.console.door import Console
from services.console.problems import ProblemError
from services.console.roles import Principal
from shared.contracts.guests import MAX_COUNTED, CountLodged, LodgedCounts
from shared.contracts.hotel_arrivals import HandStay, HandStays, ReadHandStays
from shared.contracts.hotel_guests import HotelStay
from shared.contracts.values import Value

ROLES = ("service",)
"""Of a count, which nobody in particular is behind; the guests service asks for none."""


class GuestStay(HandStay):
    """A definite order by hand; `named` is None where the guests service does not tell."""

    named: int | None = None


class GuestStays(Value):
    """Orders by arrival. `whole` is false when there were more than one answer has."""

    stays: tuple[GuestStay, ...] = ()
    whole: bool = True


class GuestNight(Value):
    """One night over several orders of a hotel."""

    night: date
    rooms: int
    """Agreed to, of orders that are definite."""
    named: int | None
    in_house: int | None
    """None: the night is still to come."""
    no_show: int | None
    walked: int | None


async def guest_stays(
    parts: Console, who: Principal, *, visit: str | None = None, hotel: str | None = None,
    starts_on: date | None = None, nights: int = 14,
) -> GuestStays:  # fmt: skip
    """Of a visit, or of a hotel and some nights. Raises ProblemError (503) without bookings."""
    query = ReadHandStays(
        **read_by(who), visit=visit, hotel=hotel, starts_on=starts_on, nights=nights
    )
    found = read_as(HandStays, await ask(parts.service, query), "who has come")
    counts = await _counts(parts, who, found.stays)
    stays = tuple(
        GuestStay(**dict(one), named=None if counts is None else named(one.stay, counts))
        for one in found.stays
    )
    return GuestStays(stays=stays, whole=found.whole)


async def _counts(parts: Console, who: Principal, stays: Sequence[HandStay]) -> LodgedCounts | None:
    visits = sorted({one.stay.visit for one in stays})
    if not visits or len(visits) > MAX_COUNTED:
        return None
    query = CountLodged(**read_by(who), roles=ROLES, visits=tuple(visits))
    try:
        return read_as(LodgedCounts, await ask(parts.service, query), "who is lodged where")
    except ProblemError:
        return None


def named(stay: HotelStay, counts: LodgedCounts) -> int:
    """How many guests are named for an order: lodged at its hotel, or at none while it is alone."""
    hotels = {stay.hotel, None} if stay.alone else {stay.hotel}
    return sum(
        one.guests
        for one in counts.counts
        if (one.visit, one.need) == (stay.visit, stay.need) and one.hotel in hotels
    )


def by_night(stays: Iterable[GuestStay], starts_on: date, ends_on: date) -> list[GuestNight]:
    """The nights of a span, added up."""
    found: dict[date, GuestNight] = {}
    for stay in stays:
        for one in stay.nights:
            if starts_on <= one.night < ends_on:
                found[one.night] = _added(found.get(one.night), stay, one.night)
    return [found[night] for night in sorted(found)]


def _added(before: GuestNight | None, stay: GuestStay, night: date) -> GuestNight:
    (here,) = [one for one in stay.nights if one.night == night]
    rooms = sum(one.rooms for one in stay.stay.rooms)
    if before is None:
        return GuestNight(night=night, rooms=rooms, named=stay.named, in_house=here.in_house,
                          no_show=here.no_show, walked=here.walked)  # fmt: skip
    return GuestNight(
        night=night, rooms=before.rooms + rooms, named=_sum(before.named, stay.named),
        in_house=_sum(before.in_house, here.in_house),
        no_show=_sum(before.no_show, here.no_show), walked=_sum(before.walked, here.walked),
    )  # fmt: skip


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
