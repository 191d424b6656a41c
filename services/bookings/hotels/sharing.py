"""Who is to be named besides the first in a reservation, against who is: what has to be done. Pure.

For systems that take those who share a room one by one; others take the whole room in one write.
Must not: show what a guest is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.bookings.hotels.model import GuestCard
from services.bookings.hotels.reading import is_named


@dataclass(frozen=True, slots=True, repr=False)
class Occupant:
    """Somebody whom the hotel shows in a reservation besides the first: its id of the profile."""

    theirs: str
    given: object
    family: object


@dataclass(frozen=True, slots=True, repr=False)
class Steps:
    """What makes those who are shown the wanted ones; nobody who is named right is in it."""

    gone: tuple[str, ...]
    """Profiles that nobody takes over."""
    renamed: tuple[tuple[str, GuestCard], ...]
    """Profiles that get another name."""
    new: tuple[GuestCard, ...]


def steps(shown: Sequence[Occupant], wanted: Sequence[GuestCard]) -> Steps:
    """As few steps as there can be: a profile goes on as long as somebody can have it."""
    left, missing = list(shown), []
    for card in wanted:
        same = next((one for one in left if is_named(card, one.given, one.family)), None)
        if same is None:
            missing.append(card)
        else:
            left.remove(same)
    count = min(len(left), len(missing))
    renamed = tuple((one.theirs, card) for one, card in zip(left, missing, strict=False))
    return Steps(tuple(one.theirs for one in left[count:]), renamed, tuple(missing[count:]))
