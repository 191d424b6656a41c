"""Changing what a resource service has while the system runs: asked first, then saved.

Owns: the change of one unit, the question what it would hit, and the command that saves it.
Must not: know a kind of unit; a closure travels as the owner's documents write it.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from shared.contracts.holds import HoldState
from shared.contracts.message import Command, Problem, Query
from shared.contracts.values import (
    CountOrZero,
    Instant,
    Key,
    Label,
    Money,
    NeedId,
    Slug,
    Sought,
    Text,
    Value,
)

MAX_CLOSURES = 200
"""Of one unit. What is over may be lifted to make room."""


ACTS = ("close", "lift", "count", "price", "describe", "retire", "add")
"""The fields of a change, of which it has one."""
NO_SUCH_UNIT = "no_such_unit"
"""Code of the problem with a change of what is not there."""
CLOSED, CUT = "unit_closed", "unit_cut"
TAKEN_BACK = frozenset({CLOSED, CUT})
"""Codes of the refusal with which a hold is withdrawn after a change. Asked again with the same
wish, the owner gives something else that fits, or says what would."""


class Counted(Value):
    """How many there are from now on; `part` where a unit has parts that are counted apart."""

    part: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")] | None = None
    """A room type of a hotel, a sitting of a kitchen, a set-up style of a hall."""
    quantity: CountOrZero
    """0 takes a set-up style off a hall; nothing else goes down to it."""


class Priced(Value):
    """What the unit, or a `part` of it, costs from now on. What stands keeps what was agreed."""

    part: Slug | None = None
    """A room type of a hotel."""
    amount: Annotated[int, Field(ge=0, le=10**9, strict=True)]
    """Minor units (fen), for what the document's own price is for: a night, an hour, a head."""


class UnitChange(Value):
    """One of seven: add a closure, lift one, set how many there are or what it costs, describe the
    unit, retire it or take it back; or add a unit that there is not yet."""

    close: dict[str, Any] | None = None
    """As in the unit's document: `starts_at` and `ends_at`, or the first and last night or day,
    and the `reason` in both languages."""
    lift: int | None = Field(default=None, ge=0, lt=MAX_CLOSURES)
    """Place in the unit's list of closures, from 0."""
    count: Counted | None = None
    price: Priced | None = None
    describe: Annotated[dict[str, Any], Field(min_length=1, max_length=30)] | None = None
    """New values by the field of the unit's document, `dossier.facilities` for one in another."""
    retire: bool | None = None
    """True: it takes nobody any more. False: it does again."""
    add: Annotated[dict[str, Any], Field(min_length=1, max_length=60)] | None = None
    """The whole document of a new unit, as the seed file writes it; its `id` is the unit's."""
    why: Label | None = None
    """For the list of changes; who is hit is not told."""

    @model_validator(mode="after")
    def _one(self) -> UnitChange:
        if sum(getattr(self, one) is not None for one in ACTS) != 1:
            raise ValueError(f"write exactly one of {', '.join(ACTS)}")
        return self


class PreviewChange(Query):
    """What would a change of a unit hit, as things stand? Answered by `ChangePreview`."""

    unit: Slug
    kind: Sought | None = Field(default=None, max_length=64)
    """Of document, where several kinds have a unit of that id; left out, what is booked itself.
    A new unit needs it."""
    change: UnitChange
    after: Sought | None = Field(default=None, max_length=300)
    limit: int = Field(default=50, ge=1, le=200)


class Hit(Value):
    """A hold that would no longer fit; or, of a price, one that would cost something else."""

    hold: Key
    visit: Slug
    need: NeedId | None = None
    kind: str | None = None
    state: HoldState
    starts_at: Instant
    ends_at: Instant
    summary: Text | None = None
    agreed: Money | None = None
    """Of a change of a price: what the hold costs, and goes on costing."""
    anew: Money | None = None
    """What the same would cost if it were arranged again after the change."""


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
    withdraws: bool = True
    """Whether saving it withdraws the hits. A price does not."""
    hits_known: bool = True
    """False where the owner cannot tell whom the change concerns; then there are no hits."""
    holds_total: int = 0
    visits_total: int = 0
    next: str | None = None


class ChangeUnit(Command):
    """Save a change of a unit seen at `expected_revision`. Answered by `CommandAnswered`.

    The holds that no longer fit are withdrawn right after it, each told by `HoldsChanged`.
    """

    command: Key
    unit: Slug
    kind: Sought | None = Field(default=None, max_length=64)
    """As in `PreviewChange`."""
    expected_revision: int = Field(ge=0)
    """0 of a unit that there is not yet."""
    change: UnitChange


class ListChanges(Query):
    """The changes that were made to a unit, newest first. Answered by `ChangesPage`."""

    unit: Slug
    kind: Sought | None = Field(default=None, max_length=64)
    """Only the changes of the unit of this kind of document."""
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
