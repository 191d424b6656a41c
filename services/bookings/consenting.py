"""The question to a hotel that runs its own system: rooms there are pending until it has said yes.

Pure. Must not: ask; `orders` does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta

from services.bookings.stays import plural
from services.bookings.ways_out import MAX_ALTERNATIVES, Case, Way, offered
from shared.contracts.holds import Consent
from shared.contracts.values import Text
from shared.holds.port import Allotment


def with_consent(
    allotment: Allotment, case: Case, linked: Collection[str], by_hand: Collection[str] = ()
) -> Allotment:
    """The allotment, pending when some of its rooms are in a linked hotel; and what else fits.

    Hotels `by_hand` are among the linked ones: a person there is written to.
    """
    asked = [one for one in allotment.allotted["hotels"] if one["hotel"] in linked]
    if not asked:
        return allotment
    counts = {one["hotel"]: sum(line["rooms"] for line in one["rooms"]) for one in asked}
    names = {name: case.stay.lodgings.hotels[name].name for name in counts}
    zh = "、".join(f"{names[name].zh} {rooms} 间" for name, rooms in counts.items())
    en = ", ".join(f"{names[name].en} {plural(rooms, 'room')}" for name, rooms in counts.items())
    nights = case.stay.nights
    until = case.ask.now + timedelta(seconds=case.ask.consent_within_s)
    whose = ("", "") if set(counts) <= set(by_hand) else ("系统", "'s system")
    most = max(counts, key=lambda name: counts[name])
    consent = Consent(
        asked_of=most,
        name=names[most],
        asked_by_owner=most in by_hand,
        answer_by=until,
        question=Text(
            zh=f"已向酒店{whose[0]}下单：{zh}，{nights} 晚，可否？",
            en=f"Ordered from the hotel{whose[1]}: {en}, {plural(nights, 'night')}; is it taken?",
        ),
    )
    options = offered(case, (_elsewhere(case, frozenset(counts)), MAX_ALTERNATIVES))
    return replace(allotment, consent=consent, alternatives=options)


def _elsewhere(case: Case, asked: Collection[str]) -> Iterator[Way]:
    for hotel in case.stay.ranked():
        if hotel.id not in asked:
            yield (
                {"hotel": hotel.id, "hotel_only": True},
                f"改住 {hotel.name.zh}（{hotel.stars} 星）",
                f"In another hotel, {hotel.name.en} ({hotel.stars} stars)",
            )
