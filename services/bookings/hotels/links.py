"""How a hotel is reached, as data: system, addresses, codes, and files with its secrets.

Must not: hold a secret; secrets are read from their files when they are needed, so that a file
that is replaced takes effect without a restart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.mapping import CodeMap
from services.bookings.hotels.terms import Terms
from shared.contracts.values import Label, Slug, Zone
from shared.plain_yaml import read_plain

BY_HAND, BY_CALL = "by_hand", "alpinebits"


class HandLink(BaseModel):
    """A hotel where a person answers: letters go to its contact in the seed of notifications."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hotel: Slug
    system: Literal["by_hand"]
    zone: Zone
    cut_off_days: int = Field(default=0, ge=0, le=365)
    """Guests are named until so many days before the first night; with 0 no letter names a date."""
    day_turns_at: int = Field(default=0, ge=0, le=12)
    """Hour on the hotel's clock at which its business date moves on."""

    @property
    def terms(self) -> Terms:
        """What was agreed about cut-offs."""
        return Terms(self.zone, self.cut_off_days, self.day_turns_at)


class AlpineLink(BaseModel):
    """A hotel whose system calls us by AlpineBits. Its login is a file elsewhere (`by_call`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hotel: Slug
    system: Literal["alpinebits"]
    zone: Zone
    their_hotel: str = Field(min_length=1, max_length=16)
    """`HotelCode`."""
    room_types: dict[Slug, Label]
    """Our room types, and the hotel's codes of them (`InvTypeCode`)."""
    rate_plan: Label | None = None
    meal_plan: Label | None = None

    @property
    def house(self) -> House:
        """The hotel as its own system names it. Raises ValueError for a code of two types."""
        types = {theirs: ours for ours, theirs in self.room_types.items()}
        if len(types) < len(self.room_types):
            raise ValueError(f"hotel {self.hotel}: two room types have one code")
        return House(self.hotel, self.their_hotel, types, None, self.rate_plan, self.meal_plan)


class HotelLink(BaseModel):
    """One hotel's system. Typos are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hotel: Slug
    system: Literal["haip", "ohip", "apaleo", "cloudbeds"]
    gateway: Slug
    """Hotels with the same gateway share its limit of calls per second."""
    url: HttpUrl
    their_hotel: Label
    """The hotel's own code or id in that system."""
    zone: Zone
    currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$")
    cut_off_days: int = Field(default=0, ge=0, le=365)
    """Rooms of a block are the hotel's again so many days before its first night; see `terms`."""
    day_turns_at: int = Field(default=0, ge=0, le=12)
    """Hour on the hotel's clock at which its business date moves on."""
    secrets: dict[Slug, Path] = {}
    """What it is for, and the file with it: `key`, `client`, `secret`, `webhook` and the like."""
    options: dict[Slug, Label] = {}
    """What else the system wants to be told, such as market and source codes."""
    codes: CodeMap

    @property
    def terms(self) -> Terms:
        """What was agreed about cut-offs."""
        return Terms(self.zone, self.cut_off_days, self.day_turns_at)

    def secret(self, name: str) -> str:
        """A secret from its file. Raises ValueError when there is none, or it is empty."""
        path = self.secrets.get(name)
        if path is None or not path.is_file():
            raise ValueError(f"hotel {self.hotel}: there is no file with the secret {name!r}")
        text = path.read_text(encoding="utf-8").strip()
        if not text:
            raise ValueError(f"hotel {self.hotel}: the file with the secret {name!r} is empty")
        return text

    def option(self, name: str) -> str:
        """An option. Raises ValueError when it is missing."""
        if name not in self.options:
            raise ValueError(f"hotel {self.hotel}: the option {name!r} is missing")
        return self.options[name]


Link = HotelLink | HandLink | AlpineLink
_KINDS: dict[str, type[HandLink] | type[AlpineLink]] = {BY_HAND: HandLink, BY_CALL: AlpineLink}


def read_links(path: Path) -> tuple[Link, ...]:
    """The links in a YAML file, a list under `hotels`. Raises ValueError for what is wrong."""
    data: Any = read_plain(path.read_text(encoding="utf-8")) or {}
    links = tuple(_link(one) for one in data.get("hotels", []))
    names = [one.hotel for one in links]
    if doubled := sorted({one for one in names if names.count(one) > 1}):
        raise ValueError(f"hotel {doubled[0]} is linked twice")
    return links


def _link(one: Any) -> Link:
    kind = _KINDS.get(str(one.get("system"))) if isinstance(one, dict) else None
    return (kind or HotelLink).model_validate(one)
