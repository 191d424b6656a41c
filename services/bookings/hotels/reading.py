"""Reading answers of hotels: a part that is missing or of another form is a broken contract.

Must not: put what an answer held into an error; it may name guests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from services.bookings.hotels.errors import ContractViolation, NotFound
from services.bookings.hotels.model import GuestCard

Body = dict[str, Any]


def part(data: Any, *path: str | int) -> Any:
    """What lies at a path of names and positions. Raises ContractViolation naming the path."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            raise ContractViolation("missing " + "/".join(str(one) for one in path)) from None
    return data


def text(data: Any, *path: str | int) -> str:
    """A text that is not empty; a number is read as its digits."""
    found = part(data, *path)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str) or not found:
        raise _wrong("text", path)
    return found


def whole(data: Any, *path: str | int) -> int:
    """A whole number of at least 0."""
    found = part(data, *path)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise _wrong("whole number", path)
    return found


def day(data: Any, *path: str | int) -> date:
    """A date; of a date with a time, its date."""
    try:
        return date.fromisoformat(text(data, *path)[:10])
    except ValueError:
        raise _wrong("date", path) from None


def instant(data: Any, *path: str | int) -> datetime:
    """A moment in UTC; one that names no offset is taken as UTC."""
    try:
        found = datetime.fromisoformat(text(data, *path))
    except ValueError:
        raise _wrong("moment", path) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def rows(data: Any, *path: str | int) -> list[Any]:
    """A list."""
    found = part(data, *path)
    if not isinstance(found, list):
        raise _wrong("list", path)
    return found


def newest(found: Iterable[Body], live: Callable[[Body], bool], made: str) -> Body:
    """Of several with our reference the live one, else the one that was made last.

    `made` names the part that says when. Raises NotFound when there is none.
    """
    chosen = max(found, key=lambda one: (live(one), text(one, made)), default=None)
    if chosen is None:
        raise NotFound("nothing with our reference")
    return chosen


def is_named(card: GuestCard, given: object, family: object) -> bool:
    """Whether a name that a hotel shows is the card's; in capitals or not, as hotels write both."""
    shown, wanted = (given, family), (card.given, card.family)
    return [_plain(one) for one in shown] == [_plain(one) for one in wanted]


def are_named(cards: Sequence[GuestCard], shown: Iterable[tuple[object, object]]) -> bool:
    """Whether names that a hotel shows, given and family, are those of the cards: in any order,
    nobody missing, and nobody besides."""
    wanted = sorted((_plain(one.given), _plain(one.family)) for one in cards)
    return wanted == sorted((_plain(given), _plain(family)) for given, family in shown)


def _plain(name: object) -> str:
    return " ".join(str(name or "").split()).casefold()


def _wrong(what: str, path: tuple[str | int, ...]) -> ContractViolation:
    return ContractViolation(f"not a {what}: " + "/".join(str(one) for one in path))
