"""The documents of venues as the seed file writes them: places, halls, sites, routes.

Owns: their shape and what is wrong with one document alone.
Must not: look from one document at another; `services.venues.inventory` does.
"""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.contracts.needs import Setup
from shared.contracts.values import Count, Mailbox, Slug, Text, Window, Zone
from shared.holds.port import Unit

Minutes = Annotated[int, Field(ge=0, le=1440, strict=True)]
Fen = Annotated[int, Field(ge=0, le=10**9, strict=True)]


def _wall_clock(value: Any) -> Any:
    """YAML reads an unquoted 10:30 as the number 630, which pydantic would take for seconds."""
    if isinstance(value, str | time):
        return value
    raise ValueError('write the time of day in quotes, for example "10:30"')


TimeOfDay = Annotated[time, BeforeValidator(_wall_clock)]


class Weekday(StrEnum):
    """Days of the week, in the order of `date.weekday()`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEKDAYS = tuple(Weekday)


class Note(BaseModel):
    """Base of the parts of a document. Typos are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Contact(Note):
    """Whom to call: a post, never a person."""

    post: Text
    email: Mailbox


class Dossier(Note):
    """What is known of a place beyond its figures, and when someone last looked."""

    facilities: tuple[Text, ...] = ()
    security: tuple[Text, ...] = ()
    contact: Contact
    last_checked: date


DESCRIBED = Unit.described | {
    "dossier.facilities", "dossier.security", "dossier.contact.post", "dossier.contact.email",
    "dossier.last_checked",
}  # fmt: skip


class Closure(Window):
    """A stretch of time, given with offsets, in which a hall, site or road cannot be used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Text


class Place(Unit):
    """A point on the map that parties start from or go to. It has no capacity."""

    adds: ClassVar[bool] = True
    described: ClassVar[frozenset[str]] = DESCRIBED
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    zone: Zone | None = None
    """The zone of its wall clocks; the request's own when left out."""
    dossier: Dossier


class Hall(Unit):
    """A room for one party at a time, or a divisible whole of such rooms."""

    adds: ClassVar[bool] = True
    may_change: ClassVar[frozenset[str]] = frozenset({"closures", "capacity"})
    priced: ClassVar[str] = "price_per_hour"
    described: ClassVar[frozenset[str]] = DESCRIBED
    retires: ClassVar[bool] = True
    place: Slug
    capacity: dict[Setup, Count] = Field(min_length=1)
    """People per set-up style; a style that is missing is not offered."""
    setup_minutes: Minutes
    teardown_minutes: Minutes
    parts: tuple[Slug, ...] = ()
    """The halls it divides into. A whole has no time of its own: it takes that of all its parts."""
    closures: tuple[Closure, ...] = ()
    """The closure of a whole closes its parts too."""
    price_per_hour: Fen
    """For each started hour of the event itself, in fen; set-up and teardown are not charged."""
    dossier: Dossier


class Site(Unit):
    """A sight that takes so many visitors at a time, within its opening hours."""

    adds: ClassVar[bool] = True
    may_change: ClassVar[frozenset[str]] = frozenset({"closures", "visitors"})
    priced: ClassVar[str] = "price_per_head"
    described: ClassVar[frozenset[str]] = DESCRIBED
    retires: ClassVar[bool] = True
    place: Slug
    visitors: Count
    """At a time."""
    opens: TimeOfDay
    closes: TimeOfDay
    closed_weekdays: tuple[Weekday, ...] = ()
    visit_minutes: Annotated[int, Field(ge=1, le=1440, strict=True)]
    """How long a visit takes; a shorter one is refused."""
    closures: tuple[Closure, ...] = ()
    price_per_head: Fen
    dossier: Dossier

    @model_validator(mode="after")
    def _open_at_all(self) -> Site:
        if self.closes <= self.opens:
            raise ValueError("closes must be later than opens, on the same day")
        return self


class Alternate(Note):
    """Another way between the same two places, used while the main one is closed."""

    via: Text
    minutes: Minutes


class Route(Unit):
    """A road between two places, in both directions unless `one_way`."""

    come_from: Slug
    go_to: Slug
    minutes: Minutes
    one_way: bool = False
    closures: tuple[Closure, ...] = ()
    alternates: tuple[Alternate, ...] = ()

    def minutes_at(self, at: datetime) -> int | None:
        """Travel time for who sets out at `at`; None when every way is closed."""
        if not any(one.starts_at <= at < one.ends_at for one in self.closures):
            return self.minutes
        return min((one.minutes for one in self.alternates), default=None)
