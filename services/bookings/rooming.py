"""The arithmetic of rooms: whether some free rooms serve a party, and which of them it takes.

Owns: pools of free rooms by what they are good for, and the choice of rooms among offers.
Must not: know a hotel's document, a date or a claim; only numbers of rooms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Demand:
    """A party in rooms: how many, with two beds at least `pairs`, accessible `accessible`."""

    rooms: int
    pairs: int
    accessible: int

    def less(self, rooms: int, twin: bool, accessible: bool) -> Demand:
        """What is still wanted once `rooms` rooms of one sort are taken."""
        return Demand(
            self.rooms - rooms,
            max(self.pairs - (rooms if twin else 0), 0),
            max(self.accessible - (rooms if accessible else 0), 0),
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What one room type of one hotel has free on every night of a stay."""

    hotel: str
    kind: str
    twin: bool
    price: int
    free: int
    accessible: int = 0
    """Accessible rooms among the free ones."""
    block: int = 0
    """Free rooms in blocks of the party's event."""
    kept_singles: int = 0
    kept_pairs: int = 0
    kept_accessible: int = 0
    """What the party has there already; the accessible ones are counted in the others too."""

    @property
    def kept(self) -> int:
        """Rooms that the party has already."""
        return self.kept_singles + self.kept_pairs


@dataclass(frozen=True, slots=True)
class Pool:
    """Free rooms by what they are good for."""

    plain: int = 0
    twin: int = 0
    accessible: int = 0
    both: int = 0

    @property
    def rooms(self) -> int:
        """All of them."""
        return self.plain + self.twin + self.accessible + self.both

    @property
    def twins(self) -> int:
        """Rooms with two beds, accessible or not."""
        return self.twin + self.both

    @property
    def accessibles(self) -> int:
        """Accessible rooms, with one bed or more."""
        return self.accessible + self.both

    def plus(self, other: Pool) -> Pool:
        """Both pools together."""
        return Pool(
            self.plain + other.plain,
            self.twin + other.twin,
            self.accessible + other.accessible,
            self.both + other.both,
        )

    def less(self, rooms: int, twin: bool, accessible: bool) -> Pool:
        """The pool without `rooms` rooms of one sort."""
        plain, both = 0 if twin or accessible else rooms, rooms if twin and accessible else 0
        return Pool(
            self.plain - plain,
            self.twin - (rooms if twin else 0) + both,
            self.accessible - (rooms if accessible else 0) + both,
            self.both - both,
        )

    def serves(self, demand: Demand) -> bool:
        """Whether the rooms suffice.

        A room with two beds that is accessible counts for both wishes; where such rooms are few,
        the two wishes take rooms of their own, and there must be so many in the party.
        """
        apart = demand.pairs + demand.accessible - self.both
        return (
            self.rooms >= demand.rooms >= max(demand.pairs, demand.accessible, apart)
            and self.twins >= demand.pairs
            and self.accessibles >= demand.accessible
        )


def pool(offers: Iterable[Offer]) -> Pool:
    """All offers together: rooms of several hotels simply add up, for a pair is one room."""
    plain = twin = accessible = both = 0
    for one in offers:
        rest = one.free - one.accessible
        if one.twin:
            twin, both = twin + rest, both + one.accessible
        else:
            plain, accessible = plain + rest, accessible + one.accessible
    return Pool(plain, twin, accessible, both)


@dataclass(slots=True)
class Pick:
    """Rooms taken of one offer."""

    offer: Offer
    rooms: int = 0
    accessible: int = 0
    """Accessible ones among `rooms`; in the end those for guests who need them."""
    pairs: int = 0
    """Rooms in which a pair sleeps; a single sleeps in each of the others."""


def pick(offers: Sequence[Offer], demand: Demand) -> list[Pick]:
    """Choose rooms of offers that serve the demand, in the order of the offers.

    First what the party has already, everywhere; then hotel by hotel rooms of the block, then
    others. Accessible rooms are left to those who need them. Each step takes as many rooms as leave
    the rest able to serve what is still wanted, so the last step always ends with everybody served.
    """
    picks = [Pick(offer) for offer in offers]
    left, wanted = pool(offers), demand
    for one, accessible, limit in _steps(picks):
        sort = one.offer.twin, accessible
        count = _most(one, limit, left, wanted, accessible)
        left, wanted = left.less(count, *sort), wanted.less(count, *sort)
        one.rooms += count
        one.accessible += count if accessible else 0
    taken = [one for one in picks if one.rooms]
    _put_pairs(taken, demand.pairs)
    needed = demand.accessible
    for one in taken:
        one.accessible = min(one.accessible, needed)
        needed -= one.accessible
    return taken


def _steps(picks: Sequence[Pick]) -> Iterator[tuple[Pick, bool, int]]:
    """What to take in which order: of one offer, accessible or other rooms, up to a total."""
    for one in picks:
        yield one, True, min(one.offer.kept_accessible, one.offer.kept)
        yield one, False, one.offer.kept
        yield one, True, one.offer.kept
    for _hotel, some in groupby(picks, key=lambda one: one.offer.hotel):
        mine = list(some)
        block = [(one, max(one.offer.kept, one.offer.block)) for one in mine]
        for one, limit in (*block, *((one, one.offer.free) for one in mine)):
            yield one, False, limit
            yield one, True, limit


def _most(one: Pick, limit: int, left: Pool, wanted: Demand, accessible: bool) -> int:
    """The largest number of rooms of one sort that may be taken now."""
    offer, plain = one.offer, one.rooms - one.accessible
    stock = offer.accessible - one.accessible
    if not accessible:
        stock = offer.free - offer.accessible - plain
    most = min(stock, min(limit, offer.free) - one.rooms, wanted.rooms)
    sort = offer.twin, accessible
    for count in range(most, 0, -1):
        if left.less(count, *sort).serves(wanted.less(count, *sort)):
            return count
    return 0


def _put_pairs(picks: Sequence[Pick], pairs: int) -> None:
    """Who shares stays where they are; new pairs come beside them, then in place of singles."""
    twins = [one for one in picks if one.offer.twin]
    stay = [(one, min(one.offer.kept_pairs, one.rooms)) for one in twins]
    beside = [(one, one.rooms - min(one.offer.kept_singles, one.rooms)) for one in twins]
    for one, limit in (*stay, *beside, *((one, one.rooms) for one in twins)):
        count = max(min(limit - one.pairs, pairs), 0)
        one.pairs += count
        pairs -= count
