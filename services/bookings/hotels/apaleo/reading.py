"""What apaleo shows: pure, from its answers to our views, guests' names left out.

Its moments carry the hotel's own offset: the date in them is the local one. That, and that blocked
units hold the picked ones, are assumptions that only a real apaleo can prove.
Must not: take a part that is missing for a good answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

from services.bookings.hotels.apaleo.bodies import MARK, RELEASED
from services.bookings.hotels.errors import Invalid, Short
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import (
    BlockView,
    Changes,
    GuestCard,
    Hint,
    NightCount,
    Ref,
    RoomNight,
    StayView,
)
from services.bookings.hotels.money import WITHOUT_MINOR
from services.bookings.hotels.reading import (
    Body,
    are_named,
    day,
    instant,
    is_named,
    part,
    rows,
    text,
    whole,
)
from services.bookings.hotels.states import OPEN_BLOCKS, BlockState

CUT_OFF = re.compile(rf"{MARK} cut-off (\d{{4}}-\d\d-\d\d)")
OURS = re.compile(rf"{MARK} (\S+)")


def free_rooms(kind: str, answer: Any) -> Iterator[RoomNight]:
    """Free rooms of a type by night, in the offers of a rate plan."""
    for one in rows(answer, "offers")[:1]:
        for night in rows(one, "timeSlices"):
            free = max(0, int(part(night, "availableUnits")))
            yield RoomNight(day(night, "from"), kind, free)


def short(kind: str, wanted: Mapping[date, int], answer: Any) -> list[Short]:
    """The nights on which more rooms of a type are wanted than there are in the offers."""
    free = {one.night: one.rooms for one in free_rooms(kind, answer)}
    nights = [night for night, rooms in wanted.items() if free.get(night, 0) < rooms]
    return [Short(night, kind, free.get(night, 0)) for night in nights]


def daily_rate(answer: Any, nights: int) -> Body:
    """What a night costs on average, in the offers of a rate plan.

    Raises Invalid when there is none: apaleo makes no block without a price.
    """
    offers = rows(answer, "offers")
    if not offers:
        raise Invalid("the rate plan has no price on these nights")
    total = part(offers[0], "totalGrossAmount")
    currency = text(total, "currency")
    unit = Decimal(1) if currency in WITHOUT_MINOR else Decimal("0.01")
    amount = Decimal(str(part(total, "amount"))) / nights
    return {"amount": float(amount.quantize(unit)), "currency": currency}


def ours_of_group(group: Body) -> str:
    """Our reference: the last word of a group's name."""
    return text(group, "name").rsplit(" ", 1)[-1]


def is_released(group: Body) -> bool:
    """Whether we have noted that a group was released."""
    return RELEASED in (group.get("comment") or "")


def is_open(link: HotelLink, block: Body) -> bool:
    """Whether a block of a group is not cancelled."""
    return _state_of(link, block) in OPEN_BLOCKS


def is_firm(link: HotelLink, block: Body) -> bool:
    """Whether a block of a group is definite."""
    return _state_of(link, block) is BlockState.DEFINITE


def _state_of(link: HotelLink, block: Body) -> BlockState:
    return link.codes.block_state(text(block, "status"))


def kind_of(link: HotelLink, shown: Body) -> str:
    """Our room type of a block or reservation."""
    return link.codes.our_room_type(text(shown, "unitGroup", "id"))


def block_view(link: HotelLink, group: Body, blocks: Sequence[Body]) -> BlockView:
    """A group as our block. It is tentative until all of its blocks are definite."""
    live = [one for one in blocks if is_open(link, one)]
    nights = tuple(sorted(_nights(link, live or blocks), key=lambda one: (one.night, one.kind)))
    if is_released(group) and not any(one.held for one in nights):
        state = BlockState.RELEASED
    elif not live:
        state = BlockState.CANCELLED
    else:
        firm = all(is_firm(link, one) for one in live)
        state = BlockState.DEFINITE if firm else BlockState.TENTATIVE
    cut_off = CUT_OFF.search(group.get("comment") or "")
    first = min((one.night for one in nights), default=None)
    return BlockView(
        ref=Ref(ours_of_group(group), text(group, "id"), first),
        state=state,
        nights=nights,
        cut_off=date.fromisoformat(cut_off[1]) if cut_off else None,
        changed_at=max(instant(one, "modified") for one in (group, *blocks)),
    )


def _nights(link: HotelLink, blocks: Sequence[Body]) -> Iterator[NightCount]:
    for block in blocks:
        kind, live = kind_of(link, block), is_open(link, block)
        for one in rows(block, "timeSlices"):
            contracted, picked = whole(one, "blockedUnits"), whole(one, "pickedUnits")
            held = max(0, contracted - picked) if live else 0
            if contracted or picked:
                yield NightCount(day(one, "from"), kind, contracted, held, picked)


def ours_of_stay(stay: Body) -> str:
    """Our reference: a code, or in the comment of what was picked up, which has no code."""
    noted = OURS.search(stay.get("comment") or "")
    return str(stay.get("externalCode") or (noted[1] if noted else ""))


def stay_view(link: HotelLink, stay: Body) -> StayView:
    """A reservation. Its block is not named: what it shows is one room type's part of ours."""
    arrival = day(stay, "arrival")
    return StayView(
        ref=Ref(ours_of_stay(stay), text(stay, "id"), arrival),
        state=link.codes.stay_state(text(stay, "status")),
        kind=kind_of(link, stay),
        arrival=arrival,
        departure=day(stay, "departure"),
        room=(stay.get("unit") or {}).get("name") or None,
        changed_at=instant(stay, "modified"),
    )


def names(card: GuestCard, stay: Body) -> bool:
    """Whether a reservation is in the name of this guest, and names exactly those who share with
    him."""
    others = stay.get("additionalGuests") or []
    first = _name(stay.get("primaryGuest") or {})
    return is_named(card, *first) and are_named(card.sharing, map(_name, others))


def _name(guest: Body) -> tuple[object, object]:
    """Given and family name; each may lack."""
    return guest.get("firstName"), guest.get("lastName")


def changes(link: HotelLink, found: Sequence[Body], more: bool, cursor: str) -> Changes:
    """A page of reservations by the time of their last change, as hints about ours.

    The cursor is that of the last; as apaleo's moments are whole seconds, that second comes again.
    A page that is full of one second is left behind, and a sweep is due.
    """
    if not found:
        return Changes((), cursor)
    ours = tuple(_hint(one) for one in found if _is_ours(link, one))
    last = instant(found[-1], "modified").astimezone(UTC)
    stuck = more and _moment(last) == cursor
    if stuck:
        last += timedelta(seconds=1)
    return Changes(ours, _moment(last), more=more, gap=stuck)


def _moment(at: Any) -> str:
    return str(at.isoformat(timespec="seconds").replace("+00:00", "Z"))


def _is_ours(link: HotelLink, stay: Body) -> bool:
    return bool(ours_of_stay(stay)) and link.codes.knows_room_type(text(stay, "unitGroup", "id"))


def _hint(stay: Body) -> Hint:
    """Two changes in one second are told apart by what they made of the reservation."""
    theirs, names = text(stay, "id"), ("modified", "status", "arrival", "departure")
    seen = [*(text(stay, one) for one in names), text(stay, "unitGroup", "id")]
    digest = hashlib.sha256("|".join(seen).encode()).hexdigest()[:16]
    return Hint(f"{theirs}-{digest}", "stay", theirs, instant(stay, "modified"))
