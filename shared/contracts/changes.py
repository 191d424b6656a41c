"""Changing what a resource service has while the system runs: asked first, then saved.

Owns: the change of one unit, the question what it would hit, and the command that saves it.
Must not: know a kind of unit; a closure travels as the owner's documents write it.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from shared.contracts.holds import HoldState
from shared.contracts.message import Command, Problem, Query
from shared.contracts.values import (
    Count,
    Instant,
    Key,
    NeedId,
    Slug,
    Sought,
    Text,
    Value,
)

MAX_CLOSURES = 200
"""Of one unit. What is over may be lifted to make room."""


CLOSED, CUT = "unit_closed", "unit_cut"
TAKEN_BACK = frozenset({CLOSED, CUT})
"""Codes of the refusal with which a hold is withdrawn after a change. Asked again with the same
wish, the owner gives something else that fits, or says what would."""


class Counted(Value):
    """How many there are from now on; `part` where a unit has parts that are counted apart."""

    part: Slug | None = None
    """A room type of a hotel, a sitting of a kitchen."""
    quantity: Count


class UnitChange(Value):
    """One of three: add a closure, lift one, set how many there are."""

    close: dict[str, Any] | None = None
    """As in the unit's document: `starts_at` and `ends_at`, or the first and last night or day,
    and the `reason` in both languages."""
    lift: int | None = Field(default=None, ge=0, lt=MAX_CLOSURES)
    """Place in the unit's list of closures, from 0."""
    count: Counted | None = None

    @model_validator(mode="after")
    def _one(self) -> UnitChange:
        if sum(one is not None for one in (self.close, self.lift, self.count)) != 1:
            raise ValueError("write exactly one of close, lift and count")
        return self


class PreviewChange(Query):
    """What would a change of a unit hit, as things stand? Answered by `ChangePreview`."""

    unit: Slug
    change: UnitChange
    after: Sought | None = Field(default=None, max_length=300)
    limit: int = Field(default=50, ge=1, le=200)


class Hit(Value):
    """A hold that would no longer fit."""

    hold: Key
    visit: Slug
    need: NeedId | None = None
    kind: str | None = None
    state: HoldState
    starts_at: Instant
    ends_at: Instant
    summary: Text | None = None


class ChangePreview(Value):
    """Whether a change is valid, and whom it hits, who begins first coming first.

    `revision` is the unit's: a change is saved on that one only, 0 when there is no such unit.
    """

    unit: Slug
    kind: str = ""
    name: Text | None = None
    revision: int = 0
    problems: tuple[Problem, ...] = ()
    hits: tuple[Hit, ...] = ()
    holds_total: int = 0
    visits_total: int = 0
    next: str | None = None


class ChangeUnit(Command):
    """Save a change of a unit seen at `expected_revision`. Answered by `CommandAnswered`.

    The holds that no longer fit are withdrawn right after it, each told by `HoldsChanged`.
    """

    command: Key
    unit: Slug
    expected_revision: int = Field(ge=1)
    change: UnitChange


class ListChanges(Query):
    """The changes that were made to a unit, newest first. Answered by `ChangesPage`."""

    unit: Slug
    limit: int = Field(default=20, ge=1, le=100)


class MadeChange(Value):
    """One saved change: who, when, what, and how many holds it has withdrawn so far."""

    command: Key
    actor: Key
    at: Instant
    revision: int
    change: UnitChange
    withdrawn: int
    settled: bool
    """Nothing more is looked for."""


class ChangesPage(Value):
    """The newest changes of a unit."""

    changes: tuple[MadeChange, ...]
