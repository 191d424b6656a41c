"""Editing a spec: as YAML text, by its main figures, and by an alternative that a service offered.

Owns: the text that planners get to edit, and which figures a form offers.
Must not: do I/O, or judge a spec; `document` reads what comes out, and `services.visits` judges it.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from services.console.tree import path_steps

FIGURES: Mapping[str, tuple[str, ...]] = {
    "room": ("singles", "sharing_pairs", "accessible"),
    "hall": ("attendance",),
    "site": (),
    "meal": ("covers",),
    "escort": ("count",),
    "vehicle": ("seats",),
}
"""Fields of each kind of need that a form offers; a new kind has its quantity."""
PLAIN_FIGURES = ("quantity",)
_OWN = ("id", "kind", "starts_at", "ends_at")
_TIMES = ("starts_at", "ends_at")
SHOWN_LINES = 400


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a form offers. `path` is where it stands in the spec."""

    path: str
    name: str
    value: int | None


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """The figures of one thing: the party, or one need."""

    title: dict[str, str]
    """The item's title in both languages; empty for the party."""
    kind: str
    name: str
    figures: tuple[Figure, ...]


def text_of(spec: Mapping[str, Any]) -> str:
    """A spec as YAML that reads as planners write it: wishes beside `kind`, no empty fields."""
    return str(yaml.safe_dump(_plain(spec), allow_unicode=True, sort_keys=False, width=1_000))


def _plain(spec: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in spec.items() if value not in (None, "", [], ())}
    if "letter" in shown:
        shown["letter"] = _filled(spec["letter"])
    shown["party"] = [_filled(group) for group in spec["party"]]
    shown["programme"] = [
        {**_filled(item, but=("needs",)), "needs": [_need(need) for need in item.get("needs", ())]}
        for item in spec["programme"]
    ]
    return {
        name: value for name, value in shown.items() if not (name == "companions" and not value)
    }


def _need(need: Mapping[str, Any]) -> dict[str, Any]:
    details = need.get("details") or {}
    mixed = any(name in _OWN for name in details)
    wishes = {"details": dict(details)} if mixed else dict(details)
    return {**_filled(need, but=("details",)), **wishes}


def _filled(part: Mapping[str, Any], but: Iterable[str] = ()) -> dict[str, Any]:
    empty: tuple[Any, ...] = (None, "", [], 0)
    return {
        name: _short(name, value)
        for name, value in part.items()
        if name not in but and value not in empty
    }


def _short(name: str, value: Any) -> Any:
    """Times to the minute, as planners write them."""
    if name in _TIMES and isinstance(value, str):
        return value.removesuffix(":00") if value.count(":") == 2 else value
    return value


# ---------------------------------------------------------------- figures


def figure_groups(spec: Mapping[str, Any]) -> list[FigureGroup]:
    """What a form offers: head-counts, companions, and the main figures of each need."""
    party = [
        Figure(f"party[{index}].count", str(group["category"]), group["count"])
        for index, group in enumerate(spec["party"])
    ]
    party.append(Figure("companions", "companions", spec.get("companions") or 0))
    found = [FigureGroup({}, "party", "party", tuple(party))]
    for index, item in enumerate(spec["programme"]):
        for place, need in enumerate(item.get("needs", ())):
            path, details = f"programme[{index}].needs[{place}]", need.get("details") or {}
            names = FIGURES.get(need["kind"], PLAIN_FIGURES)
            figures = tuple(Figure(f"{path}.{name}", name, details.get(name)) for name in names)
            if figures:
                name = f"{item['id']}/{need['id']}"
                found.append(FigureGroup(dict(item["title"]), need["kind"], name, figures))
    return found


def with_figures(spec: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """The spec with figures from a form, by path. Text that is no number stays text: the model
    then says at this very field what would be right. An empty one takes a wish out."""
    changed = copy.deepcopy(dict(spec))
    for group in figure_groups(spec):
        for figure in group.figures:
            if figure.path in given:
                _set(changed, figure.path, _number(given[figure.path]), group.kind != "party")
    return changed


def _number(text: str) -> int | str | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text or None


def _set(spec: dict[str, Any], path: str, value: int | str | None, in_details: bool) -> None:
    *above, name = path_steps(path)
    place: Any = spec
    for step in above:
        place = place[step]
    if in_details:
        place = place.setdefault("details", {})
    if value is None and in_details:
        place.pop(name, None)
    else:
        place[name] = value


# ---------------------------------------------------------------- alternatives


def applied(spec: Mapping[str, Any], need: str, change: Mapping[str, Any]) -> dict[str, Any] | None:
    """The spec with an alternative's change made to one need (`item/need`); None when the spec has
    no such need. A field that the change sets to nothing is taken out."""
    changed = copy.deepcopy(dict(spec))
    found = _find(changed, need)
    if found is None:
        return None
    details = found["details"] = dict(found.get("details") or {})
    for name, value in change.items():
        if name == "need":
            continue
        place = found if name in _TIMES else details
        if value is None:
            place.pop(name, None)
        else:
            place[name] = _wall(value, str(spec["time_zone"])) if name in _TIMES else value
    return changed


def _find(spec: Mapping[str, Any], need: str) -> dict[str, Any] | None:
    for item in spec["programme"]:
        for one in item.get("needs", ()):
            if f"{item['id']}/{one['id']}" == need:
                found: dict[str, Any] = one
                return found
    return None


def _wall(value: Any, zone: str) -> Any:
    """Services offer instants; a spec has wall-clock times of its zone."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    if moment.tzinfo is not None:
        moment = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return moment.isoformat(timespec="minutes")


# ---------------------------------------------------------------- what another planner changed


def changes(before: str, after: str) -> list[str]:
    """Changed lines between two texts, with two lines around them."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "", "", lineterm="", n=2)
    told = [line for line in lines if not line.startswith(("---", "+++"))]
    return told[:SHOWN_LINES]
