"""What a change makes of a unit's document. Pure.

Must not: look at other documents (the rules do, when they link them) or at holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import ValidationError

from shared.contracts.changes import MAX_CLOSURES, Counted, UnitChange
from shared.contracts.message import Problem
from shared.holds.port import CLOSURES, Unit

ENDS = ("ends_at", "last_night", "last_day")


class AlterationError(ValueError):
    """The change cannot be made; `problems` say where in it and what would be right."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(one.message for one in problems))
        self.problems = problems


def altered(
    document: Mapping[str, Any], change: UnitChange, model: type[Unit], now: datetime
) -> dict[str, Any]:
    """The document after the change, as it is stored. Raises AlterationError."""
    if change.count is not None:
        new, where = _counted(document, change.count, model), "count.quantity"
    else:
        _only(CLOSURES in model.may_change, "close", "units of this kind are not closed")
        new, where = _closures(document, change), "close"
    try:
        checked = model.model_validate(new)
    except ValidationError as error:
        raise AlterationError(*_explained(error, new, where)) from error
    if change.close is not None:
        closure = checked.model_dump()[CLOSURES][-1]
        _still_ahead(closure, now)
        said = all(words.strip() for words in closure["reason"].values())
        _only(said, "close.reason", "the reason is empty", "say why, in both languages")
    return checked.model_dump(mode="json")


def _only(right: bool, path: str, message: str, remedy: str = "") -> None:
    if not right:
        raise AlterationError(
            Problem(code="cannot_change", path=path, message=message, remedy=remedy)
        )


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


def _counted(document: Mapping[str, Any], count: Counted, model: type[Unit]) -> dict[str, Any]:
    field = next((one for one in sorted(model.may_change) if one != CLOSURES), None)
    _only(field is not None, "count", "units of this kind are not counted by a number")
    assert field is not None
    many, _, inner = field.partition(".")
    if not inner:
        _only(count.part is None, "count.part", "the unit has no parts", "leave it out")
        _only(document[many] != count.quantity, "count.quantity", "it is so many already")
        return {**document, many: count.quantity}
    parts = {one["id"]: one for one in document[many]}
    known = f"use one of {', '.join(parts)}"
    _only(count.part in parts, "count.part", "there is no such part", known)
    same = parts[count.part][inner] == count.quantity
    _only(not same, "count.quantity", "it is so many already")
    changed = [
        {**one, inner: count.quantity} if one["id"] == count.part else one for one in document[many]
    ]
    return {**document, many: changed}


def _explained(error: ValidationError, new: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """What the model says, with paths of the change instead of the document."""
    for one in error.errors(include_url=False)[:20]:
        loc = [str(part) for part in one["loc"]]
        of_closure = where == "close" and loc[:1] == [CLOSURES]
        path = ".".join([where, *loc[2:]]) if of_closure else where
        yield Problem(code="invalid", path=path, message=one["msg"][:400])


def _still_ahead(closure: Mapping[str, Any], now: datetime) -> None:
    """A closure that is over closes nothing. A date is over when it is so everywhere."""
    name = next(one for one in ENDS if one in closure)
    end = closure[name]
    if not isinstance(end, datetime):
        assert isinstance(end, date)
        end = datetime.combine(end, time(), UTC) + timedelta(days=2)
    _only(end > now, f"close.{name}", "the closure is over already", "let it end later than now")
