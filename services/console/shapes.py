"""The shapes of bodies that are the API's own, for its published description.

Must not: be used to validate answers; those pass through as their owners gave them.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from shared.contracts.guests import AuditEntry, RowPut
from shared.contracts.inventory import UnitView
from shared.contracts.message import Problem
from shared.contracts.notices import NoticeView
from shared.contracts.reading import ScheduleVisit, TimelineEntry
from shared.contracts.roster import RosterRow
from shared.contracts.visits import VisitSummary

_SCHEMA = {"$ref": "/v1/schemas/visit-spec.json"}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,200}$"},
    "description": "New for each act. The same key and request get the same answer for 48 h.",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": '^"[1-9][0-9]*"$'},
    "description": "The ETag of the visit or unit as you saw it.",
}
SPEC: dict[str, Any] = {
    "application/yaml": {"schema": _SCHEMA},
    "application/json": {"schema": _SCHEMA},
}


def write_of(content: dict[str, Any] | None = None, if_match: bool = True) -> dict[str, Any]:
    """The description of a write: its headers and its body."""
    told: dict[str, Any] = {"parameters": [_KEY, _IF_MATCH] if if_match else [_KEY]}
    if content is not None:
        told["requestBody"] = {"required": True, "content": content}
    return told


def fields_of(model: type[BaseModel]) -> dict[str, Any]:
    """The description of a small body."""
    return {"application/json": {"schema": model.model_json_schema()}}


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a body of several models, with no reference out of it."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def resolve(part: Any) -> Any:
        if isinstance(part, list):
            return [resolve(one) for one in part]
        if not isinstance(part, dict):
            return part
        named = str(part.get("$ref", "")).removeprefix("#/$defs/")
        if named in definitions:
            part = {**definitions[named], **{k: v for k, v in part.items() if k != "$ref"}}
        return {name: resolve(one) for name, one in part.items()}

    found: dict[str, Any] = resolve(schema)
    return found


class Done(BaseModel):
    """An accepted write on a visit."""

    visit: str
    command: str
    revision: int
    status: str
    """Where the thing can be read."""


class DoneHold(BaseModel):
    """An accepted answer to a pending hold."""

    hold: str
    command: str
    status: str


class DoneUnit(BaseModel):
    """A saved change of a unit."""

    unit: str
    command: str
    revision: int
    status: str


class DoneAct(BaseModel):
    """An accepted act on parked messages."""

    act: str
    command: str
    status: str
    """Where the outcome can be read; of a replay, its progress."""


class DoneEdit(DoneAct):
    """An accepted edit of a parked message."""

    message: str
    revision: int
    difference: list[str]
    """Between the body as it came and the new one."""


class Pending(BaseModel):
    """A write that is kept and not answered yet."""

    command: str
    state: str
    status: str
    """Where the outcome will be."""


class CommandState(BaseModel):
    """How a command ended."""

    command: str
    state: str
    """`pending` or `answered`."""
    outcome: str | None
    """`accepted`, `conflict`, `invalid` or `missing`."""
    about: str
    revision: int | None
    problems: list[Problem]
    status: str


class Page(BaseModel):
    """What every list has: the address of the next page, and its bare cursor."""

    next: str | None
    next_after: str | int | None


class VisitList(Page):
    """A page of visits."""

    visits: list[VisitSummary]


class ScheduleList(Page):
    """A page of what visits have in a window."""

    visits: list[ScheduleVisit]


class TimelineList(Page):
    """A page of a visit's history."""

    entries: list[TimelineEntry]


class InventoryList(Page):
    """A page of units."""

    kinds: list[str]
    units: list[UnitView]


class NoticeList(Page):
    """A page of notices."""

    notices: list[NoticeView]


class RosterBody(BaseModel):
    """A roster as it is sent: all guests of the visit."""

    guests: list[RosterRow]


class RosterDone(BaseModel):
    """A roster that was taken; its revision is the ETag."""

    visit: str
    outcome: str
    """`changed` or `unchanged`."""
    revision: int
    rows: list[RowPut]
    erased: list[str]
    """Guests who are not in it any more."""


class RosterPage(Page):
    """A page of a roster: opaque id and the fields that the purpose allows."""

    visit: str
    purpose: str
    revision: int
    guests: list[dict[str, Any]]
    problems: list[Problem]
    """Guests whose data cannot be opened."""


class AuditList(Page):
    """A page of the audit of guests."""

    entries: list[AuditEntry]
