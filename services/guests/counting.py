"""How many guests are lodged where: counts that name no one.

Where a guest sleeps is sealed with the rest, so rosters are opened to count. Nothing of them but
the counts leaves here, and no id, so that it is no look and has no record.
Must not: give anything else.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select
from sqlmodel import Session

from services.guests import keys, store
from services.guests.vault import DamagedError
from shared.contracts.guests import CountLodged, LodgedCount, LodgedCounts
from shared.contracts.roster import Guest


def count_lodged(session: Session, ring: keys.Keyring, query: CountLodged) -> LodgedCounts:
    """Of each visit, by need and hotel. Guests whose data is damaged are not counted."""
    guests = store.GUESTS
    here = (guests.c.visit.in_(query.visits), guests.c.erased_at.is_(None))
    counts: Counter[tuple[str, str, str | None]] = Counter()
    for row in session.execute(select(guests).where(*here)):
        about = keys.about(row.visit, row.guest)
        try:
            opened = ring.vault.open(about, store.sealed_of(row))
        except DamagedError:
            continue
        guest = Guest.model_validate_json(opened)
        if guest.room_need is not None:
            counts[row.visit, guest.room_need, guest.hotel] += 1
    found = sorted(counts.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or ""))
    return LodgedCounts(
        counts=tuple(
            LodgedCount(visit=visit, need=need, hotel=hotel, guests=count)
            for (visit, need, hotel), count in found
        )
    )
