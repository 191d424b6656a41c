"""Why a stay cannot be had: the first reason that rules out every hotel in question, with numbers.

Owns: codes and sentences of refusals.
Must not: look for ways out; `ways_out` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from services.bookings.documents import Block, Hotel
from services.bookings.mistakes import Why, mistake_of, repairs
from services.bookings.rooming import Demand, Offer, Pool, pool
from services.bookings.stays import plural
from services.bookings.ways_out import Case, largest, ways_out
from services.bookings.wishes import Stay
from shared.contracts.holds import Alternative, Refusal
from shared.contracts.values import Text
from shared.holds.port import day_label


def refuse(case: Case) -> Refusal:
    """Say no to a request that no set of hotels serves, with what would fit."""
    mistake = mistake_of(case.stay)
    code, zh, en = mistake or _short(case)
    options: tuple[Alternative, ...] = ()
    if case.ask.advise:
        options = repairs(case) if mistake else ways_out(case)
    return Refusal(code=code, sentence=Text(zh=zh, en=en), alternatives=options)


def _short(case: Case) -> Why:
    """Class, registration, distance, size, closure, and at last what others have taken."""
    stay = case.stay
    hotels = list(stay.lodgings.hotels.values())
    if stay.only and stay.wished is not None:
        hotels = [stay.wished]
    high = [hotel for hotel in hotels if hotel.stars >= stay.need.min_class]
    if not high:
        return _class_too_low(stay, hotels)
    able = [hotel for hotel in high if stay.registers(hotel)]
    if not able:
        return _foreign_registration(stay, high)
    near = [hotel for hotel in able if stay.near_enough(hotel)]
    if not near:
        return _too_far(stay, able)
    whole = _best(stay, [_built(hotel) for hotel in near])
    if not _any_serves(stay, near, stay.demand):
        return _too_small(stay, near, whole, ever=True)
    closed = [hotel for hotel in near if hotel.closure(stay.start, stay.stop)]
    if len(closed) == len(near):
        return _closed(stay, closed)
    return _taken(case, near)


def _built(hotel: Hotel) -> Pool:
    """All rooms of a hotel, as if nobody had ever booked."""
    return pool(
        Offer(hotel.id, kind.id, kind.twin, kind.price, kind.rooms, kind.accessible)
        for kind in hotel.room_types
    )


def _best(stay: Stay, pools: Sequence[Pool]) -> Pool:
    """All together where the party may be split, else the largest."""
    if stay.may_split:
        total = Pool()
        for one in pools:
            total = total.plus(one)
        return total
    return max(pools, key=lambda one: (one.rooms, one.twins))


def _any_serves(stay: Stay, hotels: Sequence[Hotel], demand: Demand) -> bool:
    pools = [_built(hotel) for hotel in hotels]
    return _best(stay, pools).serves(demand) or any(one.serves(demand) for one in pools)


def _class_too_low(stay: Stay, hotels: Sequence[Hotel]) -> Why:
    best, least = max((hotel.stars for hotel in hotels), default=0), stay.need.min_class
    zh, en = "定点酒店最高", "The best designated hotel"
    if stay.only and stay.wished is not None:
        zh, en = stay.wished.name.zh, stay.wished.name.en
    have = plural(best, "star")
    return (
        "class_too_low",
        f"{zh} {best} 星，要求至少 {least} 星。",
        (f"{en} has {have}; at least {least} are wished."),
    )


def _foreign_registration(stay: Stay, hotels: Sequence[Hotel]) -> Why:
    count, foreign = len(hotels), stay.request.party.foreign
    names = [hotels[0].name.zh, hotels[0].name.en]
    if count > 1:
        names = [f"{count} 家符合星级的酒店均", f"None of the {count} hotels of the wished class"]
    no = "can" if count > 1 else "cannot"
    return (
        "foreign_registration",
        (f"{names[0]}不能为 {foreign} 位外宾办理住宿登记（F03，出境入境管理法第三十九条）。"),
        (
            f"{names[1]} {no} register {plural(foreign, 'foreign guest')}"
            " (F03: exit and entry administration law, art. 39)."
        ),
    )


def _too_far(stay: Stay, hotels: Sequence[Hotel]) -> Why:
    away, hotel = min((stay.away(one) or 0.0, one.id) for one in hotels)
    name = stay.lodgings.hotels[hotel].name
    place = stay.near.name if stay.near else name
    limit = stay.need.within_km or 0.0
    return (
        "too_far",
        (f"最近的{name.zh}距{place.zh} {away:.1f} 公里，要求 {limit:g} 公里以内。"),
        f"The nearest, {name.en}, is {away:.1f} km from {place.en}; {limit:g} km are allowed.",
    )


def _closed(stay: Stay, hotels: Sequence[Hotel]) -> Why:
    hotel = min(hotels, key=lambda one: one is not stay.wished)
    closure = hotel.closure(stay.start, stay.stop)
    assert closure is not None  # only closed hotels come here
    first, last = closure.first_night, closure.last_night
    more = (f"另有 {len(hotels) - 1} 家同样停业。", f" So are {len(hotels) - 1} others.")
    more = more if len(hotels) > 1 else ("", "")
    return (
        "closed",
        (f"{hotel.name.zh}在 {first} 至 {last} 停业：{closure.reason.zh}。{more[0]}"),
        f"{hotel.name.en} is closed on the nights {first} to {last}: {closure.reason.en}.{more[1]}",
    )


def _taken(case: Case, near: Sequence[Hotel]) -> Why:
    stay = case.stay
    code, zh, en = _too_small(stay, near, largest(case), ever=False)
    notes = _block_notes(case, near)
    return code, zh + notes[0], en + notes[1]


def _too_small(stay: Stay, hotels: Sequence[Hotel], best: Pool, ever: bool) -> Why:
    """Too few rooms, ever or on these nights; or only too few accessible ones."""
    want = stay.demand
    where = (
        f"{len(hotels)} 家合适的酒店合计",
        f"The {len(hotels)} hotels in question together have",
    )
    if len(hotels) == 1:
        where = hotels[0].name.zh, f"{hotels[0].name.en} has"
    elif not stay.may_split:
        where = "合适的酒店单家最多", "The largest of the hotels in question has"
    nights = ("共", "in all") if ever else (
        f"在 {day_label(stay.start)} 至 {day_label(stay.stop)} 每晚尚余",
        f"free on the nights {day_label(stay.start)} to {day_label(stay.stop - 1)}",
    )  # fmt: skip
    if best.serves(replace(want, accessible=0)):
        return (
            "no_accessible_room",
            (f"{where[0]}{nights[0]} {best.accessibles} 间无障碍房，需要 {want.accessible} 间。"),
            (
                f"{where[1]} {plural(best.accessibles, 'accessible room')} {nights[1]};"
                f" {want.accessible} are wished."
            ),
        )
    code = "too_large" if ever else "no_capacity"
    return (
        code,
        (
            f"{where[0]}{nights[0]} {best.rooms} 间（双床 {best.twins} 间），"
            f"需要 {want.rooms} 间（双床 {want.pairs} 间）。"
        ),
        (
            f"{where[1]} {plural(best.rooms, 'room')} {nights[1]},"
            f" {best.twins} of them with two beds;"
            f" {want.rooms} are wished, {want.pairs} with two beds."
        ),
    )


def _block_notes(case: Case, hotels: Sequence[Hotel]) -> tuple[str, str]:
    """Rooms that are there but kept for events, and a block of one's own that came to its end."""
    stay, now = case.stay, case.ask.now
    names = {hotel.id for hotel in hotels}
    blocks = [one for one in stay.lodgings.blocks.values() if one.hotel in names]
    span = range(stay.start, stay.stop)
    others = [one for one in blocks if one.event != stay.request.event]
    kept = max(sum(one.kept(night, now) for one in others) for night in span)
    zh, en = "", ""
    if kept:
        zh += f"另有 {kept} 间为活动团房，截止前不外放。"
        en += f" {kept} more are kept in room blocks of events until their cut-off."
    mine = [one for one in blocks if one.event == stay.request.event]
    for one in (one for one in mine if now >= one.cut_off and any(map(one.covers, span))):
        zh += f"{one.name.zh}已于 {_moment(one, stay)} 截止。"
        en += f" {one.name.en} was cut off {_moment(one, stay)}."
    return zh, en


def _moment(block: Block, stay: Stay) -> str:
    local: datetime = block.cut_off.astimezone(ZoneInfo(stay.request.zone))
    return f"{local:%Y-%m-%d %H:%M}"
