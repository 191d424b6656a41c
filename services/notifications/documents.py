"""The contacts: which posts are told of which units, and where their letters go.

Owns: the form of `deploy/seed/notifications.yaml` and its checks.
Must not: hold a person's name; a contact is a post that somebody is always behind.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from shared.contracts.values import Label, Slug, Text
from shared.plain_yaml import read_plain

_MAILBOX = re.compile(r"[^\s<>,;:\"()\[\]\\@]+@[A-Za-z0-9.-]+")
ADDRESS_FORMS = {"email": ("",), "webhook": ("http://", "https://"), "apprise": ("",)}


class SeedError(ValueError):
    """The seed file is not right; says where."""


class Role(StrEnum):
    """Why a contact is told."""

    DESK = "desk"
    """The reception desk: every visit, whole, and every deadline."""
    LIAISON = "liaison"
    """Host liaison: every visit, whole."""
    UNIT = "unit"
    """A hotel, hall, site or kitchen: what happens there."""
    DISPATCH = "dispatch"
    """Who sends people and vehicles: all needs of some kinds."""
    DUTY = "duty"
    """Who keeps the system running: alarms, and nothing of any visit's arrangement."""


class Way(BaseModel):
    """One channel to a contact. `name` tells two ways of one channel apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Literal["email", "webhook", "apprise"]
    address: Label
    name: Slug | None = None

    @property
    def key(self) -> str:
        """`email`, or `apprise:night` for a named way."""
        return f"{self.channel}:{self.name}" if self.name else self.channel

    @model_validator(mode="after")
    def _sound(self) -> Way:
        if any(ord(character) < 33 for character in self.address):
            raise ValueError("an address contains no spaces")
        if self.channel == "email" and not _MAILBOX.fullmatch(self.address):
            raise ValueError("write an e-mail address as post@example.org")
        if not self.address.startswith(ADDRESS_FORMS[self.channel]):
            raise ValueError("a webhook address starts with https:// or http://")
        return self


class Contact(BaseModel):
    """A post that is told of visits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Slug
    name: Text
    role: Role
    language: Literal["zh", "en"] = "zh"
    units: tuple[Slug, ...] = ()
    """Units and places whose needs concern it: hotels, halls or their places, sites, kitchens."""
    kinds: tuple[Slug, ...] = ()
    """Kinds of need that concern it, whichever unit."""
    ways: Annotated[tuple[Way, ...], Field(min_length=1, max_length=5)]
    sample: bool = False

    @field_validator("ways")
    @classmethod
    def _distinct(cls, ways: tuple[Way, ...]) -> tuple[Way, ...]:
        if len({way.key for way in ways}) < len(ways):
            raise ValueError("two ways are alike; give each a name")
        return ways

    @model_validator(mode="after")
    def _duty_alone(self) -> Contact:
        if self.role is Role.DUTY and (self.units or self.kinds):
            raise ValueError("a duty post is called for alarms: it has no units and no kinds")
        return self

    @property
    def sees_all(self) -> bool:
        """Whether it is told of whole visits."""
        return self.role in (Role.DESK, Role.LIAISON)

    def way(self, key: str) -> Way | None:
        """The way of this key, if there still is one."""
        return next((way for way in self.ways if way.key == key), None)


def read_contacts(path: Path) -> list[Contact]:
    """The contacts of a seed file. Raises SeedError naming the contact and the field."""
    try:
        document: Any = read_plain(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise SeedError(f"{path.name}: {error}") from error
    if not isinstance(document, dict) or set(document) != {"contacts"}:
        raise SeedError(f"{path.name}: one section, `contacts`, is expected")
    contacts = [_contact(path, index, one) for index, one in enumerate(document["contacts"] or ())]
    ids = [contact.id for contact in contacts]
    doubled = sorted({one for one in ids if ids.count(one) > 1})
    if doubled:
        raise SeedError(f"{path.name}: contacts {', '.join(doubled)} occur more than once")
    return contacts


def _contact(path: Path, index: int, document: Any) -> Contact:
    try:
        return Contact.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SeedError(f"{path.name}: contacts[{index}] {where}: {first['msg']}") from error
