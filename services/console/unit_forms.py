"""The form of a change of a unit: its fields, and the change that they come to. Pure.

Must not: judge a change; the owner of the unit does, and its words stand at the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from shared.contracts.changes import UnitChange
from shared.contracts.inventory import UnitView
from shared.contracts.message import Problem
from shared.contracts.values import Text

DATES = {"hotels": ("first_night", "last_night"), "kitchens": ("first_day", "last_day")}
"""Closures that are counted in dates; the others in times."""
TIMES = ("starts_at", "ends_at")
ACTS = ("close", "lift", "count")
FIELDS = ("act", "starts_at", "ends_at", "first_night", "last_night", "first_day", "last_day",
          "reason_zh", "reason_en", "lift", "part", "quantity")  # fmt: skip
"""Everything that says what is changed, on the page and in its address."""
MOST = 500


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a unit that may be changed."""

    part: str
    """Empty where the unit is counted as a whole."""
    name: Text | None
    now: int


def ends_of(unit: UnitView) -> tuple[str, str]:
    """The two fields of a closure of this unit."""
    return DATES.get(unit.kind, TIMES)


def numbers_of(unit: UnitView) -> list[Number]:
    """What of it is counted by a number that may be changed."""
    field = next((one for one in unit.may_change if one != "closures"), "")
    many, _, inner = field.partition(".")
    found = unit.document.get(many)
    if isinstance(found, list):
        return [Number(one["id"], Text.model_validate(one["name"]), one[inner]) for one in found]
    return [Number("", None, found)] if isinstance(found, int) else []


def given(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a change among those of a form or an address, bounded."""
    return {name: fields[name][:MOST] for name in FIELDS if fields.get(name)}


def change_of(
    told: Mapping[str, str], unit: UnitView, zone: str
) -> UnitChange | tuple[Problem, ...]:
    """The change that the fields say, or what is wrong with them."""
    act = told.get("act")
    raw: dict[str, Any] = {}
    if act == "close":
        raw["close"] = _closure(told, unit, zone)
    elif act == "lift":
        raw["lift"] = told.get("lift", "")
    elif act == "count":
        raw["count"] = {"part": told.get("part") or None, "quantity": _whole(told.get("quantity"))}
    try:
        return UnitChange.model_validate(raw)
    except ValidationError as error:
        return tuple(
            Problem(code="invalid", path=".".join(map(str, one["loc"])), message=one["msg"][:400])
            for one in error.errors(include_url=False)
        )


def _closure(told: Mapping[str, str], unit: UnitView, zone: str) -> dict[str, Any]:
    ends = {name: told.get(name, "") for name in ends_of(unit)}
    if unit.kind not in DATES:
        ends = {name: _with_offset(text, zone) for name, text in ends.items()}
    return {**ends, "reason": {"zh": told.get("reason_zh", ""), "en": told.get("reason_en", "")}}


def _with_offset(text: str, zone: str) -> str:
    """What a browser sends of a wall clock, as an instant; anything else as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return at.replace(tzinfo=ZoneInfo(zone)).isoformat() if at.tzinfo is None else text


def _whole(text: str | None) -> int | str:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else text or ""
