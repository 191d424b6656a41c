"""One guest as a roster describes them, with the vocabulary of its fields.

Owns: the form of each field and what would be right instead.
Must not: show content in an error or when printed.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from shared.contracts.guests import Personal
from shared.contracts.values import GuestId, Label, NeedId, Slug

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


class Sex(StrEnum):
    """As in the document."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class Category(StrEnum):
    """Kinds of guests. A closed list: counts of them are kept in the clear."""

    LEADER = "leader"
    OFFICIAL = "official"
    EXPERT = "expert"
    MERCHANT = "merchant"
    ATHLETE = "athlete"
    MEDIA = "media"
    STAFF = "staff"
    OTHER = "other"


class Diet(StrEnum):
    """Constraints on food, as kitchens name them. A closed list, as counts are in the clear."""

    HALAL = "halal"
    KOSHER = "kosher"
    VEGETARIAN = "vegetarian"
    VEGAN = "vegan"
    NO_PORK = "no_pork"
    NO_BEEF = "no_beef"
    NO_SEAFOOD = "no_seafood"
    NO_NUTS = "no_nuts"
    NO_EGG = "no_egg"
    NO_ALCOHOL = "no_alcohol"
    GLUTEN_FREE = "gluten_free"
    LACTOSE_FREE = "lactose_free"
    LOW_SALT = "low_salt"
    LOW_SUGAR = "low_sugar"
    SOFT = "soft"


class DocumentKind(StrEnum):
    """Documents by which hotels register guests."""

    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    TRAVEL_PERMIT = "travel_permit"
    RESIDENCE_PERMIT = "residence_permit"


def _squeezed(value: object) -> object:
    """Numbers are written with spaces, hyphens and brackets, which mean nothing."""
    return re.sub(r"[\s()\-]", "", value).upper() if isinstance(value, str) else value


def is_resident_id(number: str) -> bool:
    """Whether a resident id number has the right length and check digit (GB 11643-1999)."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return number[-1] == _CHECKS[total % 11]


def _unique(diets: tuple[Diet, ...]) -> tuple[Diet, ...]:
    return tuple(sorted(set(diets)))


Name = Annotated[Label, Field(max_length=100)]


class Guest(Personal):
    """One guest. Unknown fields are refused, so that typos are seen."""

    model_config = ConfigDict(extra="forbid")

    family_name: Name
    given_name: Name
    sex: Sex | None = None
    nationality: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    document_kind: DocumentKind | None = None
    document_number: (
        Annotated[str, BeforeValidator(_squeezed), Field(pattern="^[A-Z0-9]{5,20}$")] | None
    ) = None
    phone: Annotated[str, BeforeValidator(_squeezed), Field(pattern=r"^\+?[0-9]{5,15}$")] | None = (
        None
    )
    category: Category = Category.OTHER
    rank: Slug | None = None
    unit: Label | None = None
    post: Label | None = None
    room_group: Slug | None = None
    """Guests of one group share a room."""
    room_need: NeedId | None = None
    """The need of the visit for rooms that this guest is lodged by."""
    hotel: Slug | None = None
    """Which hotel, where that need is spread over several."""
    table: Slug | None = None
    diets: Annotated[tuple[Diet, ...], AfterValidator(_unique)] = Field(default=(), max_length=10)
    diet_reason: Label | None = None
    """Religion, health: sensitive (PIPL art. 28); kept only with a separate consent (29)."""
    consented_on: date | None = None
    """The day on which a separate consent to sensitive data was recorded."""

    @model_validator(mode="after")
    def _sound(self) -> Guest:
        if (self.document_kind is None) != (self.document_number is None):
            raise ValueError("document_number needs document_kind, and the other way round")
        number = self.document_number
        if self.document_kind == DocumentKind.RESIDENT_ID and not is_resident_id(number or ""):
            raise ValueError("document_number is no resident id: its check digit does not fit")
        if self.hotel is not None and self.room_need is None:
            raise ValueError("hotel stands without room_need")
        if self.diet_reason is not None and not self.diets:
            raise ValueError("diet_reason stands without diets")
        return self


class RosterRow(Guest):
    """A row of a roster: a guest, and the id that the roster gave before, if it did."""

    guest: GuestId | None = None

    def person(self) -> Guest:
        """The guest without the id."""
        return Guest.model_validate(self.model_dump(exclude={"guest"}))


REMEDIES = {
    "family_name": "write the family name as in the document, at most 100 characters",
    "given_name": "write the given name as in the document, at most 100 characters",
    "sex": f"write one of {', '.join(Sex)}",
    "nationality": "write the three letters of ISO 3166, such as CHN",
    "document_kind": f"write one of {', '.join(DocumentKind)}",
    "document_number": "write its 5 to 20 letters and digits as they stand in the document",
    "phone": "write + and 5 to 15 digits, the country code first, such as +86 452 1234567",
    "category": f"write one of {', '.join(Category)}",
    "rank": "write a short name such as provincial, bureau, county or other",
    "unit": "write one line of at most 200 characters",
    "post": "write one line of at most 200 characters",
    "room_group": "write the same short name for all who share a room, such as r-1",
    "room_need": "write item and need as in the visit, such as stay/rooms",
    "hotel": "write a hotel of that need, such as garden-hotel, and room_need beside it",
    "table": "write a short name such as t-1",
    "diets": f"write a list of {', '.join(Diet)}",
    "diet_reason": "leave it out, or say which diets it is the reason for",
    "consented_on": "write the day as 2027-08-05",
    "guest": "write the id that the roster gave, or leave it out for a new guest",
}
"""What would be right, by field."""
FIELDS = tuple(Guest.model_fields)
