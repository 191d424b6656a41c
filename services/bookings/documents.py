"""The documents of bookings as the seed file writes them: hotels, blocks, places.

Owns: their shape and what is wrong with one document alone.
Must not: look from one document at another; `services.bookings.inventory` does.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.values import Count, CountOrZero, Instant, Mailbox, Slug, Text
from shared.holds.port import Unit

Fen = Annotated[int, Field(ge=0, le=10**9, strict=True)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class Note(BaseModel):
    """Base of the parts of a document. Typos are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Contact(Note):
    """Whom to call: a post, never a person."""

    post: Text
    email: Mailbox


class Closure(Note):
    """Nights, both ends included, in which a hotel takes nobody."""

    first_night: date
    last_night: date
    reason: Text

    @model_validator(mode="after")
    def _forward(self) -> Closure:
        if self.last_night < self.first_night:
            raise ValueError("last_night must not be before first_night")
        return self

    def touches(self, start: int, stop: int) -> bool:
        """Whether it closes any of the nights `start <= night < stop` (ordinals)."""
        return self.first_night.toordinal() < stop and start <= self.last_night.toordinal()


class RoomType(Note):
    """Rooms of one hotel that are alike."""

    id: Slug
    name: Text
    beds: Annotated[int, Field(ge=1, le=8, strict=True)]
    capacity: Annotated[int, Field(ge=1, le=8, strict=True)]
    """Guests who may sleep in one such room."""
    rooms: Count
    """Contracted with the reception office for each night, those in blocks included."""
    accessible: CountOrZero = 0
    """How many of the rooms are accessible."""
    price: Fen
    """Agreement price of one room for one night (政务接待协议价), however many sleep in it."""

    @model_validator(mode="after")
    def _accessible_within_rooms(self) -> RoomType:
        if self.accessible > self.rooms:
            raise ValueError(f"accessible ({self.accessible}) is more than rooms ({self.rooms})")
        return self

    @property
    def twin(self) -> bool:
        """Whether a sharing pair can sleep in it: each guest has a bed of their own."""
        return self.beds >= 2 and self.capacity >= 2


class Hotel(Unit):
    """A designated hotel (定点接待单位)."""

    adds: ClassVar[bool] = True
    may_change: ClassVar[frozenset[str]] = frozenset({"closures", "room_types.rooms"})
    priced: ClassVar[str] = "room_types.price"
    described: ClassVar[frozenset[str]] = Unit.described | {"contact.post", "contact.email"}
    retires: ClassVar[bool] = True
    stars: Annotated[int, Field(ge=1, le=5, strict=True)]
    lat: Latitude
    lon: Longitude
    registers_foreign_guests: bool
    """Whether it registers foreign guests with the police (exit and entry law, art. 39)."""
    room_types: tuple[RoomType, ...] = Field(min_length=1)
    closures: tuple[Closure, ...] = ()
    contact: Contact

    @model_validator(mode="after")
    def _distinct_types(self) -> Hotel:
        ids = [one.id for one in self.room_types]
        if doubled := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"room type {doubled[0]} is listed twice")
        return self

    def closure(self, start: int, stop: int) -> Closure | None:
        """The first closure of any of the nights `start <= night < stop` (ordinals)."""
        return next((one for one in self.closures if one.touches(start, stop)), None)


class Block(Unit):
    """A room block: rooms that a hotel keeps for the guests of one event until the cut-off."""

    event: Slug
    hotel: Slug
    room_type: Slug
    rooms: Count
    """Contracted for each night."""
    first_night: date
    last_night: date
    cut_off: Instant
    """From this moment on, rooms that nobody took are general rooms again."""
    attrition_percent: Annotated[int, Field(ge=0, le=100, strict=True)] = 80
    """The share of the contracted rooms that is billed even if nobody sleeps there."""

    @model_validator(mode="after")
    def _forward(self) -> Block:
        if self.last_night < self.first_night:
            raise ValueError("last_night must not be before first_night")
        return self

    def covers(self, night: int) -> bool:
        """Whether the contract covers a night (ordinal), cut off or not."""
        return self.first_night.toordinal() <= night <= self.last_night.toordinal()

    def kept(self, night: int, now: datetime) -> int:
        """Rooms kept for the event on a night (ordinal): all of them until the cut-off, then 0."""
        return self.rooms if now < self.cut_off and self.covers(night) else 0


class Place(Unit):
    """A point on the map that a stay may have to be near. Hotels are places by themselves."""

    adds: ClassVar[bool] = True
    lat: Latitude
    lon: Longitude
