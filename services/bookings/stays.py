"""Deciding a stay: which hotels, which rooms in them, what that claims, means and costs.

Who stands stays. Otherwise the whole party goes to the best ranked hotel that takes it, and over
the fewest hotels only where the planner allows it.

Must not: word a refusal; `refusals` does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain, combinations, groupby
from typing import Any

from services.bookings.documents import Hotel
from services.bookings.inventory import accessible_unit, house_unit, rooms_unit
from services.bookings.rooming import Offer, Pick, Pool, pick, pool
from services.bookings.vacancies import Vacancies, room_lines
from services.bookings.wishes import Stay
from shared.contracts.values import Money, Text
from shared.holds.port import Allotment, Claim, day_label

MAX_COMBINED = 10
"""Among so many hotels the fewest that take a party are found by trying all; among more, those
with the most rooms are added until it fits."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a decision looks at: the free rooms and the hotels in reach of the request."""

    vacancies: Vacancies
    reach: Collection[str]

    def offers(self, stay: Stay, hotels: Sequence[Hotel]) -> list[Offer]:
        """What the hotels have free, in their order."""
        return list(chain.from_iterable(self.vacancies.offers(stay, one) for one in hotels))

    def pool(self, stay: Stay, hotels: Sequence[Hotel]) -> Pool:
        """The same by what the rooms are good for."""
        return pool(self.offers(stay, hotels))

    def serves(self, stay: Stay, hotels: Sequence[Hotel]) -> bool:
        """Whether the hotels together take the whole party."""
        return self.pool(stay, hotels).serves(stay.demand)

    def candidates(self, stay: Stay) -> list[Hotel]:
        """The hotels that would do, best ranked first."""
        return [one for one in stay.ranked() if one.id in self.reach and stay.suits(one)]


def choose(stay: Stay, seen: Seen) -> list[Hotel] | None:
    """The hotels that take the party, or None.

    The hotels where it stands come first, unless the planner has since named another one.
    """
    ranked = seen.candidates(stay)
    stood = {hotel for hotel, _kind, _use in seen.vacancies.kept}
    standing = [hotel for hotel in ranked if hotel.id in stood]
    elsewhere = [hotel for hotel in ranked if hotel.id not in stood]
    if _changed_mind(stay, seen):
        order = sorted([*standing, *elsewhere], key=lambda one: one is not stay.wished)
        return _fresh(stay, seen, order)
    together = len(standing) == 1 or stay.may_split
    if standing and together and seen.serves(stay, standing):
        return standing
    if standing and stay.may_split:
        return _fewest(stay, seen, standing, elsewhere)
    return _fresh(stay, seen, [*standing, *elsewhere])


def _changed_mind(stay: Stay, seen: Seen) -> bool:
    standing = seen.vacancies.ask.standing
    if standing is None or stay.need.hotel is None:
        return False
    return bool(standing.allotted.get("wished", stay.need.hotel) != stay.need.hotel)


def _fresh(stay: Stay, seen: Seen, ranked: Sequence[Hotel]) -> list[Hotel] | None:
    for hotel in ranked:
        if seen.serves(stay, [hotel]):
            return [hotel]
    return _fewest(stay, seen, [], ranked) if stay.may_split else None


def _fewest(
    stay: Stay, seen: Seen, base: list[Hotel], others: Sequence[Hotel]
) -> list[Hotel] | None:
    """The base and as few others as will do; of equally few, those that rank best."""
    first = seen.pool(stay, base)
    pools = {hotel.id: seen.pool(stay, [hotel]) for hotel in others}
    useful = [hotel for hotel in others if pools[hotel.id].rooms]

    def enough(more: Sequence[Hotel]) -> bool:
        return reduce(Pool.plus, (pools[one.id] for one in more), first).serves(stay.demand)

    if not enough(useful):
        return None
    return next([*base, *more] for more in _sets(useful, pools) if enough(more))


def _sets(useful: Sequence[Hotel], pools: Mapping[str, Pool]) -> Iterator[Sequence[Hotel]]:
    """Sets of hotels to try, smaller ones first."""
    few = useful[:MAX_COMBINED]
    for size in range(1, len(few) + 1):
        yield from combinations(few, size)
    largest = sorted(useful, key=lambda one: -pools[one.id].rooms)
    for size in range(1, len(largest) + 1):
        chosen = largest[:size]
        yield [hotel for hotel in useful if hotel in chosen]


def allot(stay: Stay, seen: Seen, hotels: Sequence[Hotel]) -> Allotment:
    """Rooms for the party in hotels that take it. Alike requests are allotted alike."""
    picks = pick(seen.offers(stay, hotels), stay.demand)
    claims, parts = [], []
    for hotel_id, some in groupby(picks, key=lambda one: one.offer.hotel):
        mine = list(some)
        lines = []
        for one in mine:
            more, line = _rooms(stay, seen, stay.lodgings.hotels[hotel_id], one)
            claims += more
            lines += line
        accessible = sum(one.accessible for one in mine)
        parts.append({"hotel": hotel_id, "rooms": lines, "accessible": accessible})
    counts = {one["hotel"]: sum(line["rooms"] for line in one["rooms"]) for one in parts}
    allotted: dict[str, Any] = {
        "unit": max(counts, key=lambda name: counts[name]),
        "hotels": parts,
        "nights": stay.nights,
        "check_in": day_label(stay.start),
        "check_out": day_label(stay.stop),
        "rooms": stay.demand.rooms,
        "wished": stay.need.hotel,
    }
    fen = sum(one.rooms * one.offer.price for one in picks) * stay.nights
    return Allotment(tuple(claims), _summary(stay, counts), allotted, Money(amount=fen))


def _rooms(
    stay: Stay, seen: Seen, hotel: Hotel, one: Pick
) -> tuple[list[Claim], list[dict[str, Any]]]:
    """The claims and lines of the rooms of one type."""
    kind = next(kind for kind in hotel.room_types if kind.id == one.offer.kind)
    nights = seen.vacancies.sources(stay, hotel, kind, one.rooms)
    house = house_unit(hotel, kind)
    from_block = min(one.rooms - night[house] for night in nights)
    claims = [Claim(rooms_unit(hotel, kind), stay.start, stay.stop, one.rooms)]
    if one.accessible:
        claims.append(Claim(accessible_unit(hotel, kind), stay.start, stay.stop, one.accessible))
    for unit in nights[0]:
        claims += _runs(unit, stay.start, [night[unit] for night in nights])
    return claims, room_lines(kind.id, one.rooms, one.pairs, from_block)


def _runs(unit: str, start: int, counts: Sequence[int]) -> Iterator[Claim]:
    """One claim for each run of nights with the same number of rooms."""
    for count, run in groupby(counts):
        stop = start + len(list(run))
        if count:
            yield Claim(unit, start, stop, count)
        start = stop


def _summary(stay: Stay, counts: dict[str, int]) -> Text:
    names = {name: stay.lodgings.hotels[name].name for name in counts}
    zh = "、".join(f"{names[name].zh} {rooms} 间" for name, rooms in counts.items())
    en = ", ".join(f"{names[name].en} {plural(rooms, 'room')}" for name, rooms in counts.items())
    return Text(zh=f"{zh}, {stay.nights} 晚", en=f"{en}, {plural(stay.nights, 'night')}")


def plural(count: int, noun: str) -> str:
    """`1 room`, `2 rooms`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
