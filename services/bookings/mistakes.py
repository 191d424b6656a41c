"""Wishes that make no sense, whatever is free: what is wrong with them and how to mend it.

Owns: the codes and sentences of mistakes, and the repairs that are tried.
Must not: judge a wish that makes sense; `refusals` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from services.bookings.stays import plural
from services.bookings.ways_out import MAX_ALTERNATIVES, Case, Way, dates, largest, offered
from services.bookings.wishes import MAX_NIGHTS, Stay, wrong
from shared.contracts.holds import Alternative, Refusal
from shared.contracts.values import Text
from shared.holds.port import day_label

Why = tuple[str, str, str]
"""The code, and the sentence in Chinese and in English."""

OUTSIDE_CALENDAR = Refusal(
    code="outside_calendar",
    sentence=Text(
        zh="只能预订2000年至2199年之间的时间；请检查年份。",
        en="Only times in the years 2000 to 2199 can be booked; check the year.",
    ),
)


def too_long(nights: int) -> Refusal:
    """A stay with more nights than can be booked at a time. No way out is looked for."""
    zh = f"共 {nights} 晚，一次最多预订 {MAX_NIGHTS} 晚；请分段预订。"
    en = f"{nights} nights; at most {MAX_NIGHTS} can be booked at a time, the rest as another need."
    return Refusal(code="too_long", sentence=Text(zh=zh, en=en))


def mistake_of(stay: Stay) -> Why | None:
    """A wish that no hotel could grant, however many rooms were free."""
    need, rooms = stay.need, stay.demand.rooms
    match code := wrong(stay):
        case "no_nights":
            day = day_label(stay.start)
            zh = f"到店和离店都在 {day}，不过夜；房间按晚预订。"
            return code, zh, f"Arrival and departure are both on {day}: there is no night to book."
        case "no_rooms":
            guests = stay.request.party.guests
            zh = f"{guests} 位客人，但单住和同住均为 0。"
            return code, zh, f"{plural(guests, 'guest')}, but 0 singles and 0 sharing pairs."
        case "too_many_accessible":
            zh = f"要求 {need.accessible} 间无障碍房，但总共只订 {rooms} 间。"
            en = (
                f"{need.accessible} accessible rooms are wished, of {plural(rooms, 'room')} in all."
            )
            return code, zh, en
        case "no_such_hotel":
            hint = _hint(need.hotel or "", stay.lodgings.hotels)
            zh = f"没有名为 {need.hotel} 的定点酒店{hint[0]}"
            return code, zh, f"There is no designated hotel {need.hotel}{hint[1]}"
        case "no_such_place":
            hint = _hint(need.near or "", [*stay.lodgings.places, *stay.lodgings.hotels])
            zh, en = (
                f"没有名为 {need.near} 的地点{hint[0]}",
                f"There is no place {need.near}{hint[1]}",
            )
            return code, zh, en
        case "near_missing":
            zh = f"限定 {need.within_km:g} 公里以内，但未写明靠近何处（near）。"
            en = f"Within {need.within_km:g} km, but near does not say of which place."
            return code, zh, en
    return None


def _hint(name: str, known: Iterable[str]) -> tuple[str, str]:
    close = ", ".join(get_close_matches(name, sorted(known), n=3))
    return (f"；是否指：{close}？", f"; did you mean {close}?") if close else ("。", ".")


def repairs(case: Case) -> tuple[Alternative, ...]:
    """At most five changes that make sense of a wish that has none, and fit."""
    return offered(case, (_repairs(case), MAX_ALTERNATIVES), distinct=False)


def _repairs(case: Case) -> Iterator[Way]:
    stay, need = case.stay, case.stay.need
    window, guests = case.ask.request.window, case.ask.request.party.guests
    match wrong(stay):
        case "no_nights":
            for earlier, later in ((0, 1), (-1, 0)):
                yield dates(case, window, earlier, later)
        case "no_rooms":
            yield {"singles": guests}, f"{guests} 人单住", f"{guests} in single use"
            pairs, rest = divmod(guests, 2)
            if pairs:
                change = {"sharing_pairs": pairs, "singles": rest}
                yield change, f"{pairs} 对同住", f"{pairs} sharing pairs"
        case "too_many_accessible":
            for count in dict.fromkeys((stay.demand.rooms, largest(case).accessibles)):
                yield {"accessible": count}, f"无障碍房 {count} 间", f"{count} of them accessible"
        case "no_such_hotel":
            for name in get_close_matches(need.hotel or "", sorted(stay.lodgings.hotels)):
                yield {"hotel": name}, "是否指该酒店", "If this hotel was meant"
            yield {"hotel": None}, "不指定酒店", "Without a wished hotel"
        case "no_such_place":
            known = [*stay.lodgings.places, *stay.lodgings.hotels]
            for name in get_close_matches(need.near or "", sorted(known)):
                yield {"near": name}, f"靠近 {name}", f"Near {name}"
            yield {"near": None, "within_km": None}, "不限距离", "Wherever it is"
        case "near_missing":
            if need.hotel is not None:
                yield {"near": need.hotel}, "靠近首选酒店", "Near the wished hotel"
            yield {"within_km": None}, "不限距离", "Wherever it is"
