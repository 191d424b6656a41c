"""The documents of catering as the seed file writes them: kitchens, dishes, menus.

Owns: their shape and what is wrong with one document alone.
Must not: look from one document at another; `inventory` does.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.needs import ServiceStyle
from shared.contracts.values import Count, Mailbox, Slug, Text
from shared.holds.port import Unit

Tag = Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]
Month = Annotated[int, Field(ge=1, le=12, strict=True)]
Fen = Annotated[int, Field(ge=0, le=10**9, strict=True)]
ALL_YEAR = tuple(range(1, 13))


class Part(BaseModel):
    """Base of the parts of a document. Typos are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Contact(Part):
    """Whom to call: a post, never a person."""

    post: Text
    email: Mailbox


class Sitting(Part):
    """A meal time of one kitchen, in wall-clock time of the site, within one day."""

    id: Slug
    name: Text
    opens: time
    closes: time
    covers: Count
    """People who can eat at this sitting."""

    @model_validator(mode="after")
    def _forward(self) -> Sitting:
        if self.closes <= self.opens:
            raise ValueError("closes must be later than opens")
        return self


class Closure(Part):
    """Days, both ends included, on which a kitchen serves nobody."""

    first_day: date
    last_day: date
    reason: Text

    @model_validator(mode="after")
    def _forward(self) -> Closure:
        if self.last_day < self.first_day:
            raise ValueError("last_day must not be before first_day")
        return self


class Kitchen(Unit):
    """A kitchen and where it serves."""

    adds: ClassVar[bool] = True
    may_change: ClassVar[frozenset[str]] = frozenset({"closures", "sittings.covers"})
    described: ClassVar[frozenset[str]] = Unit.described | {
        "contact.post", "contact.email", "diets",
    }  # fmt: skip
    """Who was promised a diet that it does not serve any more is hit."""
    retires: ClassVar[bool] = True
    place: Slug
    styles: Annotated[tuple[ServiceStyle, ...], Field(min_length=1)]
    sittings: Annotated[tuple[Sitting, ...], Field(min_length=1, max_length=8)]
    diets: tuple[Tag, ...] = ()
    """Diets it can serve, for example halal, vegetarian, gluten_free."""
    guarantee_hours: Annotated[int, Field(ge=0, le=24 * 30, strict=True)] = 72
    """The final count is due so long before the sitting (at most 72 h: function-sheet practice)."""
    closures: tuple[Closure, ...] = ()
    contact: Contact


class Dish(Unit):
    """A dish with its provenance (绿色, 地方特色, 时令)."""

    adds: ClassVar[bool] = True
    described: ClassVar[frozenset[str]] = Unit.described | {"provenance"}

    local: bool = False
    months: tuple[Month, ...] = ALL_YEAR
    """When it is in season."""
    provenance: Text
    allergens: tuple[Tag, ...] = ()
    denied_officially: bool = False
    """Shark fin, bird's nest and the like: never at an official meal (2013 rules, G06)."""


class Menu(Unit):
    """Dishes served together in one style, at a price per head."""

    adds: ClassVar[bool] = True
    priced: ClassVar[str] = "price_per_head"
    retires: ClassVar[bool] = True

    style: ServiceStyle
    dishes: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=60)]
    price_per_head: Fen
    kitchens: tuple[Slug, ...] = ()
    """Kitchens that offer it; all that serve the style when left out."""
    months: tuple[Month, ...] = ALL_YEAR
