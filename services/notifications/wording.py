"""Moments, spans and rooms in the words of the field, in both languages.

Must not: decide who is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.contracts.values import Text, Window

_WEEKDAYS_ZH = "一二三四五六日"
_USES = {"pair": Text(zh="双人", en="for pairs"), "single": Text(zh="单人", en="for one")}


def day_text(moment: datetime, language: str) -> str:
    """`2027年8月18日（周三）` or `Wed 18 Aug 2027`; `moment` is local."""
    if language == "zh":
        weekday = _WEEKDAYS_ZH[moment.weekday()]
        return f"{moment.year}年{moment.month}月{moment.day}日（周{weekday}）"
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def moment_text(moment: datetime, zone: str, language: str) -> str:
    """Day and time of an instant in the site's zone."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day_text(local, language)} {local:%H:%M}"


def span_text(window: Window, zone: str, language: str) -> str:
    """Day and times; two days where it ends on another one."""
    start, end = window.local(zone)
    if start.date() == end.date():
        return f"{day_text(start, language)} {start:%H:%M}–{end:%H:%M}"
    ends = f"{day_text(end, language)} {end:%H:%M}"
    return f"{day_text(start, language)} {start:%H:%M} – {ends}"


def own_rooms(hotels: Sequence[Mapping[str, Any]], allotted: Mapping[str, Any]) -> Text:
    """A hotel's own rooms of a stay, by type and use, with the nights and the block's share.

    `hotels` and `allotted` are as bookings allots them: `rooms` are lines of type, rooms,
    from_block and use; `check_in` and `check_out` are local dates.
    """
    lines = [line for hotel in hotels for line in hotel.get("rooms") or ()]
    total = sum(int(line.get("rooms", 0)) for line in lines)
    block = sum(int(line.get("from_block", 0)) for line in lines)
    accessible = sum(int(hotel.get("accessible", 0)) for hotel in hotels)
    zh = [f"客房{total}间（{'、'.join(_room(line, 'zh') for line in lines)}）"]
    en = [f"{total} rooms ({', '.join(_room(line, 'en') for line in lines)})"]
    if block:
        zh.append(f"其中{block}间来自团队预留房")
        en.append(f"{block} of them from the room block")
    if accessible:
        zh.append(f"无障碍房{accessible}间")
        en.append(f"{accessible} accessible")
    check_in, check_out = allotted.get("check_in"), allotted.get("check_out")
    if check_in and check_out:
        zh.append(f"{check_in}入住，{check_out}离店")
        en.append(f"in {check_in}, out {check_out}")
    return Text(zh="，".join(zh), en=", ".join(en))


def _room(line: Mapping[str, Any], language: str) -> str:
    use = _USES.get(str(line.get("use")))
    words = f" {use.zh if language == 'zh' else use.en}" if use else ""
    return f"{line.get('rooms')} × {line.get('type')}{words}"
