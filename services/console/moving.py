"""An item moved to another time, or one of its needs to another hall: the spec as it would be.

Owns: reading what a drag, a key or a form asks for, and what moves along. Pure.
Must not: judge whether the place is free; a proposal holds it, or says why not.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.console.slugs import is_slug
from shared.contracts.message import Problem
from shared.contracts.visits import NeedView, VisitView

STEP_MINUTES = 15
MOST_MINUTES = 31 * 24 * 60
"""As far as the longest board goes."""
EXAMPLE = "2027-08-18T14:00"
_TIMES = ("starts_at", "ends_at")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a need is to go. `hall` is empty where it stays."""

    need: str
    starts_at: datetime
    """On the visit's clock, without offset."""
    hall: str = ""


class Wrong(Exception):
    """What was asked for makes no sense; `problem` has place and remedy."""

    def __init__(self, path: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.problem = Problem(code="bad_move", path=path, message=message, remedy=remedy)


def need_of(view: VisitView, need: str) -> NeedView:
    """The need by its id. Raises Wrong."""
    found = next((one for one in view.needs if one.need == need), None)
    if found is None:
        known = ", ".join(one.need for one in view.needs[:5])
        raise Wrong("need", f"the visit has no need {need[:140]!r}", f"use one of {known}")
    return found


def shifted(view: VisitView, need: NeedView, by: str) -> datetime:
    """When a need begins that is `by` minutes later than it stands, on the visit's clock.

    Raises Wrong unless `by` is a number of quarter hours within a month.
    """
    digits = by.removeprefix("-")
    minutes = int(by) if digits.isascii() and digits.isdigit() and len(digits) <= 6 else None
    if minutes is None or minutes % STEP_MINUTES or abs(minutes) > MOST_MINUTES:
        message = f"{by[:40]!r} is no step of the board"
        remedy = (f"write minutes in steps of {STEP_MINUTES}, at most {MOST_MINUTES} "
                  "either way, for example 30 or -45")  # fmt: skip
        raise Wrong("by", message, remedy)
    try:
        return wall_clock(view, need.window.starts_at + timedelta(minutes=minutes))
    except OverflowError:
        raise Wrong("by", "that is outside of the calendar", "move it less far") from None


def wall_clock(view: VisitView, moment: datetime) -> datetime:
    """An instant on the visit's clock, without offset."""
    return moment.astimezone(ZoneInfo(view.time_zone)).replace(tzinfo=None)


def read_time(text: str) -> datetime:
    """A wall-clock time as a form sends it. Raises Wrong."""
    wrong = Wrong("starts_at", f"{text[:40]!r} is no date and time of the visit's clock",
                  f"write for example {EXAMPLE}")  # fmt: skip
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise wrong from None
    if "T" not in text or moment.tzinfo is not None or not 1971 <= moment.year <= 9998:
        raise wrong
    return moment.replace(second=0, microsecond=0)


def read_hall(need: NeedView, hall: str, known: Mapping[str, Any] | None) -> str:
    """The id of a hall, empty for the one that it has. `known` are the halls that there are; None
    when they cannot be read. Raises Wrong."""
    if not hall:
        return ""
    if need.kind != "hall":
        raise Wrong("hall", f"{need.need} needs no hall", "leave the hall out")
    if not is_slug(hall) or (known is not None and hall not in known):
        raise Wrong("hall", f"there is no hall {hall[:80]!r}", "choose one of the list")
    return hall


def moved(spec: Mapping[str, Any], target: Target) -> dict[str, Any]:
    """The spec with the whole item moved, so that the need begins at its new time; and the need
    itself in another hall, if one is named. Raises Wrong when that would change nothing."""
    changed = copy.deepcopy(dict(spec))
    item, need = _find(changed, target.need)
    by = target.starts_at - _begins(item, need)
    same_hall = not target.hall or (need.get("details") or {}).get("hall") == target.hall
    if not by and same_hall:
        raise Wrong(
            "starts_at", "that is what is wanted already", "choose another time or another hall"
        )
    try:
        for part in (item, *item["needs"]):
            for name in _TIMES:
                if part.get(name):
                    part[name] = (_read(part[name]) + by).isoformat(timespec="minutes")
    except OverflowError:
        raise Wrong("starts_at", "that is outside of the calendar", "move it less far") from None
    if target.hall:
        need["details"] = {**(need.get("details") or {}), "hall": target.hall}
    return changed


def _find(spec: Mapping[str, Any], need: str) -> tuple[dict[str, Any], dict[str, Any]]:
    for item in spec["programme"]:
        for one in item.get("needs", ()):
            if f"{item['id']}/{one['id']}" == need:
                return item, one
    raise Wrong("need", f"what is proposed has no need {need[:140]!r}",
                "drop the proposal first, or edit it")  # fmt: skip


def _begins(item: Mapping[str, Any], need: Mapping[str, Any]) -> datetime:
    return _read(need.get("starts_at") or item["starts_at"])


def _read(told: Any) -> datetime:
    return told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
