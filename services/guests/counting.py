"""How many guests are lodged where: counts that name no one.

Where a guest sleeps is sealed with the rest, so rosters are opened to count. Nothing of them but
the counts leaves here, and no id, so that it is no look and has no record.
Must not: give anything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlmodel import Session

from services.guests import keys, store
from services.guests.rules import lodged
from services.guests.vault import DamagedError
from shared.contracts.guests import CountLodged, LodgedCount, LodgedCounts
from shared.contracts.lodged import CountRooming, LodgedAt, RoomingCount, RoomingCounts
from shared.contracts.roster import Guest


def count_lodged(session: Session, ring: keys.Keyring, query: CountLodged) -> LodgedCounts:
    """Of each visit, by need and hotel. Guests whose data is damaged are not counted."""
    counts: Counter[tuple[str, str, str | None]] = Counter()
    for visit, guest in _lodged(session, ring, query.visits):
        counts[visit, str(guest.room_need), guest.hotel] += 1
    found = sorted(counts.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or ""))
    return LodgedCounts(
        counts=tuple(
            LodgedCount(visit=visit, need=need, hotel=hotel, guests=count)
            for (visit, need, hotel), count in found
        )
    )


def count_rooming(session: Session, ring: keys.Keyring, query: CountRooming) -> RoomingCounts:
    """Of each place, who sleeps alone and who shares. Guests whose data is damaged are not
    counted."""
    visits = sorted({one.visit for one in query.places})
    known = list(_lodged(session, ring, visits))
    return RoomingCounts(counts=tuple(_rooming(one, known) for one in query.places))


def _rooming(place: LodgedAt, known: Sequence[tuple[str, Guest]]) -> RoomingCount:
    here = [one for visit, one in known if visit == place.visit and lodged(one, place.lodging)]
    sizes = Counter(one.room_group for one in here if one.room_group)
    alone = len(here) - sizes.total() + sum(size == 1 for size in sizes.values())
    return RoomingCount(alone=alone, pairs=sum(size == 2 for size in sizes.values()))


def _lodged(
    session: Session, ring: keys.Keyring, visits: Sequence[str]
) -> Iterator[tuple[str, Guest]]:
    """Visit and guest, of all who are lodged somewhere."""
    guests = store.GUESTS
    here = (guests.c.visit.in_(visits), guests.c.erased_at.is_(None))
    for row in session.execute(select(guests).where(*here)):
        about = keys.about(row.visit, row.guest)
        try:
            opened = ring.vault.open(about, store.sealed_of(row))
        except DamagedError:
            continue
        guest = Guest.model_validate_json(opened)
        if guest.room_need is not None:
            yield row.visit, guest
