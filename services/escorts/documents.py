"""The documents of escorts as the seed file writes them: people and vehicles.

Owns: their shape and what is wrong with one document alone.
Must not: hold a person's name: an id is opaque and `name` is the label of a post.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from shared.contracts.needs import EscortRole, VehicleType
from shared.contracts.values import Count, Text, Window, Zone
from shared.holds.port import Unit

DRIVER = "driver"
LONGEST_DUTY_MINUTES = 960
"""Nobody may work more than 16 hours a day; so a longer window is a stay, never one stretch."""

BufferMinutes = Annotated[int, Field(ge=0, le=480, strict=True)]
Fen = Annotated[int, Field(ge=0, le=10**9, strict=True)]
Role = EscortRole | Literal["driver"]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


def _quarter_hour(value: Any) -> Any:
    """YAML reads an unquoted 10:30 as the number 630, which pydantic would take for seconds."""
    if isinstance(value, str):
        value = time.fromisoformat(value)
    if not isinstance(value, time):
        raise ValueError('write the time of day in quotes, for example "10:30"')
    if value.minute % 15 or value.second or value.microsecond or value.tzinfo:
        raise ValueError("write a local time on a quarter hour, for example 07:45")
    return value


QuarterHour = Annotated[time, BeforeValidator(_quarter_hour)]


class Closure(Window):
    """A stretch of time, given with offsets, in which a vehicle is in the workshop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Text


class Person(Unit):
    """One person who accompanies or drives; one party at a time."""

    adds: ClassVar[bool] = True
    priced: ClassVar[str] = "cost_per_hour"
    retires: ClassVar[bool] = True
    roles: tuple[Role, ...] = Field(min_length=1)
    languages: tuple[Language, ...] = ()
    """ISO 639 codes."""
    licences: tuple[VehicleType, ...] = ()
    """Types of vehicles that a driver may drive."""
    zone: Zone
    """The zone of the duty hours and of the days on which duty minutes are counted."""
    duty_starts: QuarterHour
    duty_ends: QuarterHour
    """Not later than `duty_starts` means the next day; the same time means round the clock."""
    max_duty_minutes: Annotated[int, Field(ge=15, le=LONGEST_DUTY_MINUTES, strict=True)]
    """On one local day, travel buffers included."""
    min_rest_minutes: Annotated[int, Field(ge=0, le=1440, strict=True)]
    """Between the last duty within one day's duty hours and the first within the next day's."""
    buffer_minutes: BufferMinutes
    """To travel to and from a party, before and after every duty."""
    cost_per_hour: Fen

    @model_validator(mode="after")
    def _licensed(self) -> Person:
        if (DRIVER in self.roles) != bool(self.licences):
            raise ValueError("licences must name at least one type for a driver, and only then")
        return self


class Vehicle(Unit):
    """One vehicle; one run at a time."""

    adds: ClassVar[bool] = True
    may_change: ClassVar[frozenset[str]] = frozenset({"closures"})
    priced: ClassVar[str] = "cost_per_hour"
    retires: ClassVar[bool] = True
    type: VehicleType
    seats: Annotated[Count, Field(le=200)]
    """For passengers; the driver's own is not counted."""
    zone: Zone
    """The zone of its labels."""
    buffer_minutes: BufferMinutes
    """To drive up, tidy and drive off, before and after every run."""
    cost_per_hour: Fen
    """Without the driver."""
    closures: tuple[Closure, ...] = ()
