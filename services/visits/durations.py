"""Durations in words, in both languages.

Must not: round up what is left: two minutes less a second are one minute.
"""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.values import Text

_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60


def spoken(length: timedelta) -> Text:
    """The two largest units of a length of time, whatever its sign: `5 h 20 min`, `12 s`."""
    seconds = abs(int(length.total_seconds()))
    days, rest = divmod(seconds, _DAY_S)
    hours, rest = divmod(rest, _HOUR_S)
    minutes, left = divmod(rest, _MINUTE_S)
    if days:
        return _two(days, " 天", " d", hours, " 小时", " h")
    if hours:
        return _two(hours, " 小时", " h", minutes, " 分", " min")
    if minutes:
        return Text(zh=f"{minutes} 分钟", en=f"{minutes} min")
    return Text(zh=f"{left} 秒", en=f"{left} s")


def _two(first: int, zh: str, en: str, second: int, zh_2: str, en_2: str) -> Text:
    if not second:
        return Text(zh=f"{first}{zh}", en=f"{first}{en}")
    return Text(zh=f"{first}{zh} {second}{zh_2}", en=f"{first}{en} {second}{en_2}")
