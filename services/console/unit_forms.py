"""The form of a change of a unit: its fields, and the change that they come to. Pure.

Must not: judge a change; the owner of the unit does, and its words stand at the fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from services.console.loads import VALUES
from services.console.unit_dossier import described, given_fields
from shared.contracts.changes import UnitChange
from shared.contracts.inventory import UnitView
from shared.contracts.message import Problem
from shared.contracts.values import Text

DATES = {"hotels": ("first_night", "last_night"), "kitchens": ("first_day", "last_day")}
"""Closures that are counted in dates; the others in times."""
TIMES = ("starts_at", "ends_at")
FIELDS = ("act", "starts_at", "ends_at", "first_night", "last_night", "first_day", "last_day",
          "reason_zh", "reason_en", "lift", "part", "quantity", "amount", "retire", "why",
          "kind")  # fmt: skip
"""Everything that says what is changed, on the page and in its address."""
MOST, MOST_WHY = 500, 200
_AMOUNT = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Number:
    """A number or a price of a unit that may be changed."""

    part: str
    """Empty where the unit is counted as a whole."""
    name: Text | None
    now: int | None
    """None where there is none yet: a style that a hall does not offer."""
    word: str = ""
    """Key of a word that names the part."""


def ends_of(unit: UnitView) -> tuple[str, str]:
    """The two fields of a closure of this unit."""
    return DATES.get(unit.kind, TIMES)


STYLES = ("theatre", "classroom", "banquet", "u_shape", "reception")
"""Of a hall, in the order of the form."""


def numbers_of(unit: UnitView) -> list[Number]:
    """What of it is counted by a number that may be changed."""
    return _numbers(unit, next((one for one in unit.may_change if one != "closures"), ""))


def prices_of(unit: UnitView) -> list[Number]:
    """What of it has a price that may be changed, in minor units."""
    return _numbers(unit, unit.priced)


def _numbers(unit: UnitView, field: str) -> list[Number]:
    many, _, inner = field.partition(".")
    found = unit.document.get(many)
    if isinstance(found, list):
        return [
            Number(one["id"], Text.model_validate(one["name"]), one[inner]) for one in found
            if inner in one
        ]  # fmt: skip
    if isinstance(found, dict):
        some = dict.fromkeys((*STYLES, *found))
        return [Number(one, None, found.get(one), VALUES.get(one, "")) for one in some]
    return [Number("", None, found)] if isinstance(found, int) else []


def parts_named(unit: UnitView) -> dict[str, Text]:
    """Names of its room types and sittings, by id."""
    return {
        one["id"]: Text.model_validate(one["name"])
        for many in ("room_types", "sittings")
        for one in unit.document.get(many, ())
    }


def given(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a change among those of a form or an address, bounded."""
    told = {name: fields[name][:MOST] for name in FIELDS if fields.get(name)}
    return told | (given_fields(fields) if told.get("act") == "describe" else {})


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
        raw["count"] = {
            "part": told.get("part") or None,
            "quantity": read_whole(told.get("quantity")),
        }
    elif act == "price":
        raw["price"] = {"part": told.get("part") or None, "amount": read_minor(told.get("amount"))}
    elif act == "describe":
        raw["describe"] = described(told, unit)
        if not raw["describe"]:
            return (Problem(code="invalid", path="describe", message="nothing is different"),)
    elif act == "retire":
        raw["retire"] = told.get("retire") != "0"
    if told.get("why"):
        raw["why"] = told["why"].strip()[:MOST_WHY] or None
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


def read_whole(text: str | None) -> int | str:
    """A number as it is typed; anything else as it is."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else text or ""


def read_minor(text: str | None) -> int | str:
    """An amount as people write it, in minor units; anything else as it is."""
    found = _AMOUNT.fullmatch((text or "").strip())
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else text or ""
