"""The visit spec: the document a planner writes, in YAML or JSON.

Owns: the document's shape; its JSON Schema is published from here (`make docs`).
Must not: judge a visit by rules of the field; `services.visits.policy` does.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shared.contracts.catalog import CATALOG
from shared.contracts.holds import PartyFacts
from shared.contracts.values import (
    Count,
    CountOrZero,
    GuestId,
    Label,
    Money,
    Prose,
    Slug,
    Text,
    Zone,
)

MAX_ITEMS = 100
MAX_NEEDS = 400
"""Needs in one visit, all items together."""


class Part(BaseModel):
    """Base of everything inside a spec: unknown fields are refused, so that typos are seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(StrEnum):
    """The line decides which rules apply (政务, 商务, 外宾, 公众活动)."""

    GOVERNMENT = "government"
    BUSINESS = "business"
    FOREIGN = "foreign"
    EVENT = "event"


class Letter(Part):
    """The official letter (公函) or the record of approach (来访记录) that a visit rests on."""

    number: Label
    unit: Label
    dated: date
    guests: Count | None = None
    """How many guests it names."""


class PartyGroup(Part):
    """Some guests of one category. Names never appear: only counts and opaque ids."""

    category: Slug
    """For example `leader`, `official`, `merchant`, `athlete`, `staff`."""
    count: Count
    foreign: CountOrZero = 0
    state_employees: CountOrZero = 0
    rank: Slug | None = None
    """Highest rank among them: `provincial`, `bureau`, `county`, `other`."""
    guests: tuple[GuestId, ...] = Field(default=(), max_length=5_000)
    """Opaque guest ids, as the roster gave them, where already known."""

    @model_validator(mode="after")
    def _within_count(self) -> PartyGroup:
        for name, part in (
            ("foreign", self.foreign),
            ("state_employees", self.state_employees),
            ("guests", len(self.guests)),
        ):
            if part > self.count:
                raise ValueError(f"{name} ({part}) is more than count ({self.count})")
        return self


class Need(Part):
    """One wish inside a programme item. `details` depends on `kind`: see the catalog."""

    id: Slug
    kind: Slug
    starts_at: datetime | None = None
    """Local wall-clock time; the item's when left out."""
    ends_at: datetime | None = None
    details: Any = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: Any) -> Any:
        """Let the planner write wishes beside `id` and `kind`; read them as the kind's details."""
        if not isinstance(data, dict) or "details" in data:
            return data
        own = {"id", "kind", "starts_at", "ends_at"}
        wishes = {name: value for name, value in data.items() if name not in own}
        return {name: value for name, value in data.items() if name in own} | {"details": wishes}

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in CATALOG:
            raise ValueError(f"{kind!r} is no kind of need; use one of {', '.join(CATALOG)}")
        return kind

    @field_validator("starts_at", "ends_at")
    @classmethod
    def _wall_clock(cls, moment: datetime | None) -> datetime | None:
        return _naive(moment)

    @field_validator("details")
    @classmethod
    def _typed(cls, details: Any, info: Any) -> dict[str, Any]:
        kind = CATALOG.get(info.data.get("kind", ""))
        if kind is None:
            return {}
        return kind.details.model_validate(details).model_dump(mode="json", exclude_unset=True)


class Item(Part):
    """One entry of the programme, with its needs. Times are wall-clock times of the site."""

    id: Slug
    title: Text
    starts_at: datetime
    ends_at: datetime
    needs: tuple[Need, ...] = Field(default=(), max_length=MAX_NEEDS)
    note: Prose = ""

    @field_validator("starts_at", "ends_at")
    @classmethod
    def _wall_clock(cls, moment: datetime) -> datetime | None:
        return _naive(moment)

    @model_validator(mode="after")
    def _sound(self) -> Item:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be later than starts_at")
        _unique("need", [need.id for need in self.needs])
        return self


class VisitSpec(Part):
    """What the planner wants, whole. A later submit replaces it; nothing is merged."""

    visit: Slug
    line: Line
    title: Text
    host: Label
    purpose: Label
    time_zone: Zone = "Asia/Shanghai"
    station: Slug | None = None
    """The station (分站) whose visit this is: it decides who besides planners sees it."""
    event: Slug | None = None
    """The event whose room blocks may be used."""
    letter: Letter | None = None
    party: tuple[PartyGroup, ...] = Field(min_length=1, max_length=100)
    companions: CountOrZero = 0
    """Hosts at table and on the way (陪同)."""
    budget: Money | None = None
    programme: tuple[Item, ...] = Field(min_length=1, max_length=MAX_ITEMS)
    note: Prose = ""

    @model_validator(mode="after")
    def _sound(self) -> VisitSpec:
        _unique("item", [item.id for item in self.programme])
        needs = sum(len(item.needs) for item in self.programme)
        if needs == 0:
            raise ValueError("programme has no needs; a visit needs at least one")
        if needs > MAX_NEEDS:
            raise ValueError(f"{needs} needs; at most {MAX_NEEDS} fit in one visit, so split it")
        return self

    def facts(self) -> PartyFacts:
        """Head-counts of the party, without categories."""
        return PartyFacts(
            guests=sum(group.count for group in self.party),
            companions=self.companions,
            foreign=sum(group.foreign for group in self.party),
        )


def _naive(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is not None:
        raise ValueError("write local time without an offset; time_zone says which zone it is")
    return moment


def _unique(what: str, ids: list[str]) -> None:
    doubled = sorted({one for one in ids if ids.count(one) > 1})
    if doubled:
        raise ValueError(f"{what} id {', '.join(doubled)} is used more than once")


SpecText = Annotated[str, Field(max_length=1_000_000)]
