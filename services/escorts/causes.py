"""Why too few people can do it: one code, and one sentence that counts everyone.

Must not: look at anything but obstacles that were already found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from services.escorts.documents import Person
from services.escorts.duty import Duty, Obstacle

WORDS = {
    Obstacle.OUTSIDE_DUTY_HOURS: ("不在执勤时段", "outside duty hours"),
    Obstacle.BUSY: ("已有安排", "booked"),
    Obstacle.DUTY_LIMIT: ("超过当日执勤上限", "over the daily duty limit"),
    Obstacle.REST: ("休息时间不足", "without enough rest"),
}


def cause(found: Sequence[Obstacle | None], wanted: int) -> Obstacle:
    """The obstacle that decides.

    Duty hours, when fewer than `wanted` are on duty at all: time will not heal that. Otherwise the
    most frequent one; `BUSY` when there is none, or as many of it as of another.
    """
    tally = Counter(found)
    off = tally[Obstacle.OUTSIDE_DUTY_HOURS]
    if off and len(found) - off < wanted:
        return Obstacle.OUTSIDE_DUTY_HOURS
    return max((Obstacle.BUSY, Obstacle.DUTY_LIMIT, Obstacle.REST), key=lambda one: tally[one])


def tally_text(found: Sequence[Obstacle | None]) -> tuple[str, str]:
    """How many can, and how many cannot for which reason, in both languages."""
    tally = Counter(found)
    able = len([one for one in found if one is None])
    zh, en = [f"{able}人可到"], [f"{able} can come"]
    for one, words in WORDS.items():
        if tally[one]:
            zh.append(f"{tally[one]}人{words[0]}")
            en.append(f"{tally[one]} {words[1]}")
    return "，".join(zh), ", ".join(en)


def limit_text(bids: Sequence[tuple[Person, Duty | None, Obstacle | None]]) -> tuple[str, str]:
    """The figures of the duty limit and the rest that stand in the way; empty when neither does."""
    zh, en = "", ""
    over = [
        (person, duty)
        for person, duty, why in bids
        if why is Obstacle.DUTY_LIMIT and duty is not None
    ]
    if over:
        asked = min(max(minutes for _, minutes in duty.minutes) for _, duty in over)
        most = max(person.max_duty_minutes for person, _ in over)
        zh += f"含往返需{asked}分钟，每人每日上限{most}分钟。"
        en += f" It takes {asked} minutes with travel; {most} a day are allowed."
    tired = [person.min_rest_minutes for person, _, why in bids if why is Obstacle.REST]
    if tired:
        zh += f"两日执勤之间至少休息{min(tired)}分钟。"
        en += f" At least {min(tired)} minutes of rest lie between two duty days."
    return zh, en
