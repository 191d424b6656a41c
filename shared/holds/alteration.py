"""What a change makes of a unit's document. Pure.

Must not: look at other documents (the rules do, when they link them) or at holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import ValidationError

from shared.contracts.changes import ACTS, MAX_CLOSURES, UnitChange
from shared.contracts.fields import put, spoken
from shared.contracts.message import Problem
from shared.holds.port import CLOSURES, Unit

ENDS = ("ends_at", "last_night", "last_day")
WHERE = {"count": "count.quantity", "price": "price.amount"}
"""Where a problem of the whole document is told, if not at the act itself."""


class AlterationError(ValueError):
    """The change cannot be made; `problems` say where in it and what would be right."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(one.message for one in problems))
        self.problems = problems


def act_of(change: UnitChange) -> str:
    """Which of its fields the change has."""
    return next(one for one in ACTS if getattr(change, one) is not None)


def place_of_problem(change: UnitChange) -> str:
    """Where in a change it is told that the document it makes does not go with the others."""
    act = act_of(change)
    return WHERE.get(act, act)


def altered(
    document: Mapping[str, Any], change: UnitChange, model: type[Unit], now: datetime
) -> dict[str, Any]:
    """The document after the change, as it is stored. Raises AlterationError."""
    act = act_of(change)
    new = _new(document, change, model)
    empty = [_empty(path) for path, value in (change.describe or {}).items() if not spoken(value)]
    try:
        checked = model.model_validate(new)
    except ValidationError as error:
        raise AlterationError(*_explained(error, new, change), *empty) from error
    if empty:
        raise AlterationError(*empty)
    if change.close is not None:
        closure = checked.model_dump()[CLOSURES][-1]
        _still_ahead(closure, now)
        _only(spoken(closure["reason"]), "close.reason", "the reason is empty",
              "say why, in both languages")  # fmt: skip
    made = checked.model_dump(mode="json")
    if act in ("price", "describe", "retire"):
        _only(made != document, place_of_problem(change), "it is so already")
    return made


def _new(document: Mapping[str, Any], change: UnitChange, model: type[Unit]) -> dict[str, Any]:
    """The document with the change in it, not checked yet. Raises AlterationError."""
    if change.count is not None:
        field = next((one for one in sorted(model.may_change) if one != CLOSURES), "")
        _only(bool(field), "count", "units of this kind are not counted by a number")
        number = change.count.quantity
        return _numbered(document, field, change.count.part, number, ("count", "quantity"))
    if change.price is not None:
        _only(bool(model.priced), "price", "units of this kind have no price")
        number = change.price.amount
        return _numbered(document, model.priced, change.price.part, number, ("price", "amount"))
    if change.describe is not None:
        return _described(document, change.describe, model)
    if change.retire is not None:
        _only(model.retires, "retire", "units of this kind are not retired")
        return {**document, "retired": change.retire}
    _only(CLOSURES in model.may_change, "close", "units of this kind are not closed")
    return _closures(document, change)


def _only(right: bool, path: str, message: str, remedy: str = "") -> None:
    if not right:
        raise AlterationError(
            Problem(code="cannot_change", path=path, message=message, remedy=remedy)
        )


def _empty(path: str) -> Problem:
    return Problem(
        code="cannot_change", path=f"describe.{path}", message="a text is empty",
        remedy="write something in both languages",
    )  # fmt: skip


def _closures(document: Mapping[str, Any], change: UnitChange) -> dict[str, Any]:
    known = list(document.get(CLOSURES, ()))
    if change.lift is not None:
        _only(change.lift < len(known), "lift", "there is no such closure", "read the unit again")
        del known[change.lift]
    else:
        full = f"the unit has {MAX_CLOSURES} closures already"
        _only(len(known) < MAX_CLOSURES, "close", full, "lift those that are over")
        known.append(change.close)
    return {**document, CLOSURES: known}


def _numbered(
    document: Mapping[str, Any], field: str, part: str | None, number: int, told: tuple[str, str]
) -> dict[str, Any]:
    """A number set: of the unit, of a part in a list, or one of a field of numbers by name, which
    is taken out by 0."""
    many, _, inner = field.partition(".")
    act, name = told
    same, at_part = f"{act}.{name}", f"{act}.part"
    found = document[many]
    if isinstance(found, Mapping):
        _only(part is not None, at_part, "the unit has parts", "say which")
        _only(found.get(part, 0) != number, same, "it is so already")
        if not number:
            return {**document, many: {name: now for name, now in found.items() if name != part}}
        return {**document, many: {**found, part: number}}
    if not inner:
        _only(part is None, at_part, "the unit has no parts", "leave it out")
        _only(found != number, same, "it is so already")
        return {**document, many: number}
    parts = {one["id"]: one for one in found}
    _only(part in parts, at_part, "there is no such part", f"use one of {', '.join(parts)}")
    _only(parts[part][inner] != number, same, "it is so already")
    return {
        **document, many: [{**one, inner: number} if one["id"] == part else one for one in found]
    }  # fmt: skip


def _described(
    document: Mapping[str, Any], told: Mapping[str, Any], model: type[Unit]
) -> dict[str, Any]:
    new = dict(document)
    known = ", ".join(sorted(model.described))
    for path, value in told.items():
        shown = f"describe.{path[:100]}"
        _only(path in model.described, shown, "this does not describe the unit", f"use {known}")
        new = put(new, path, value)
    return new


def _explained(
    error: ValidationError, new: Mapping[str, Any], change: UnitChange
) -> Iterator[Problem]:
    """What the model says, with paths of the change instead of the document."""
    act, where = act_of(change), place_of_problem(change)
    for one in error.errors(include_url=False)[:20]:
        loc = [str(part) for part in one["loc"]]
        if act == "close" and loc[:1] == [CLOSURES]:
            path = ".".join([where, *loc[2:]])
        elif act == "describe" and loc:
            path = ".".join([where, *loc])
        elif loc[-1:] == ["[key]"]:
            path = f"{act}.part"
        else:
            path = where
        yield Problem(code="invalid", path=path[:300], message=one["msg"][:400])


def _still_ahead(closure: Mapping[str, Any], now: datetime) -> None:
    """A closure that is over closes nothing. A date is over when it is so everywhere."""
    name = next(one for one in ENDS if one in closure)
    end = closure[name]
    if not isinstance(end, datetime):
        assert isinstance(end, date)
        end = datetime.combine(end, time(), UTC) + timedelta(days=2)
    _only(end > now, f"close.{name}", "the closure is over already", "let it end later than now")
