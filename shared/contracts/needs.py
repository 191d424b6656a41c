"""What a planner may ask of each kind of need: wishes and limits, without time and place.

Owns: one model per kind of need. A kind without special wishes uses `PlainNeed` and needs no model.
Must not: decide anything; the service that owns the kind does.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.values import Count, CountOrZero, Key, Label, Slug


class NeedDetails(BaseModel):
    """Base of all kinds. Unknown fields are refused: a planner's typo must not pass unseen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlainNeed(NeedDetails):
    """A countable thing with an optional wished-for unit (a parking lot, a gift set)."""

    quantity: Count
    unit: Slug | None = None


class RoomNeed(NeedDetails):
    """Rooms for the nights between the local dates of arrival and departure."""

    singles: CountOrZero = 0
    """Guests who sleep alone."""
    sharing_pairs: CountOrZero = 0
    """Pairs of guests who share a room with two beds; a pair is never parted."""
    accessible: CountOrZero = 0
    """How many of the rooms must be accessible."""
    hotel: Slug | None = None
    """Preferred hotel."""
    hotel_only: bool = False
    """Refuse rather than use another hotel than the preferred one."""
    min_class: Annotated[int, Field(ge=1, le=5, strict=True)] = 3
    """Lowest acceptable hotel class, in stars."""
    near: Slug | None = None
    within_km: Annotated[float, Field(gt=0, le=500)] | None = None
    """Greatest distance from the place `near`, in kilometres."""
    split: bool = False
    """Whether the party may be spread over several hotels."""


class Setup(StrEnum):
    """Set-up styles of a hall."""

    THEATRE = "theatre"
    CLASSROOM = "classroom"
    BANQUET = "banquet"
    U_SHAPE = "u_shape"
    RECEPTION = "reception"


class HallNeed(NeedDetails):
    """A hall for the item's time, set up in one style."""

    setup: Setup
    attendance: Count | None = None
    """People in the hall; the party and its companions when left out."""
    hall: Slug | None = None
    hall_only: bool = False
    come_from: Slug | None = None
    """The place the party comes from; the hall must be reachable in `transfer_minutes`."""
    transfer_minutes: Annotated[int, Field(ge=0, le=1440, strict=True)] | None = None


class SiteNeed(NeedDetails):
    """A visit to a site, which takes only so many visitors at a time."""

    site: Slug
    visitors: Count | None = None
    come_from: Slug | None = None
    transfer_minutes: Annotated[int, Field(ge=0, le=1440, strict=True)] | None = None


class ServiceStyle(StrEnum):
    """How a meal is served."""

    INDIVIDUAL = "individual"
    BUFFET = "buffet"
    BUFFET_RECEPTION = "buffet_reception"
    ROUND_TABLE = "round_table"


class MealNeed(NeedDetails):
    """Covers at one sitting."""

    style: ServiceStyle
    covers: Count | None = None
    """People who eat; the party and its companions when left out."""
    kitchen: Slug | None = None
    kitchen_only: bool = False
    menu: Slug | None = None
    diets: dict[Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")], Count] = Field(
        default_factory=dict, max_length=20
    )
    """Head-counts per diet, for example `halal: 3`. Counts only, never a person."""
    avoid_allergens: tuple[Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")], ...] = ()
    max_price_per_head: Annotated[int, Field(gt=0, le=10**9, strict=True)] | None = None
    """In minor units (fen)."""
    host_paid: bool = False
    alcohol: bool = False


class EscortRole(StrEnum):
    """Roles of people bound to a party."""

    LIAISON = "liaison"
    INTERPRETER = "interpreter"
    GUIDE = "guide"
    MEDIC = "medic"
    SECURITY = "security"


class EscortNeed(NeedDetails):
    """People who accompany the party for the item's time."""

    role: EscortRole
    count: Count = 1
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], ...] = ()
    """ISO 639 codes that each of them must speak."""
    person: Key | None = None
    """Preferred person, by opaque id."""


class VehicleType(StrEnum):
    """Types of vehicles."""

    CAR = "car"
    MINIBUS = "minibus"
    COACH = "coach"


class VehicleNeed(NeedDetails):
    """Vehicles with drivers for the item's time."""

    seats: Count | None = None
    """Passengers; the party when left out."""
    type: VehicleType | None = None
    come_from: Slug | None = None
    go_to: Slug | None = None
    note: Label | None = None
