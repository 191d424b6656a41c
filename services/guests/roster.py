"""A roster as sent against the roster as known: what is wrong with it, or what it changes.

Owns: the wording of errors per row and field, and which row is which known guest.
Must not: seal, store or keep anything; must not repeat content in a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.guests.rules import SENSITIVE
from shared.contracts.message import Problem
from shared.contracts.roster import FIELDS, REMEDIES, Guest, RosterRow

MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is right: the guest as kept, and what was left out of it."""

    guest: str | None
    person: Guest
    not_kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A guest of the stored roster. `person` is None when the data cannot be opened any more."""

    guest: str
    identity: str
    number: int
    person: Guest | None


@dataclass(frozen=True, slots=True)
class Match:
    """A row and the known guest that it is, if it is one."""

    row: Row
    identity: str
    known: Known | None

    @property
    def outcome(self) -> str:
        """added, changed or unchanged."""
        if self.known is None:
            return "added"
        same = self.known.person == self.row.person and self.known.identity == self.identity
        return "unchanged" if same else "changed"


def read_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[list[Row], list[Problem]]:
    """Rows as guests, or what is wrong with them: row, field, what, and what would be right.

    A reason for a diet is religion or health: without a separate consent (PIPL art. 28, 29) it is
    not even kept, and the constraint stands alone.
    """
    found: list[Row] = []
    problems: list[Problem] = []
    for index, row in enumerate(rows):
        try:
            read = RosterRow.model_validate(dict(row))
        except ValidationError as error:
            problems += _problems(error, index)
            continue
        person = read.person()
        not_kept: tuple[str, ...] = ()
        if person.consented_on is None:
            not_kept = tuple(one for one in SENSITIVE if getattr(person, one) is not None)
            person = person.model_copy(update=dict.fromkeys(not_kept))
        found.append(Row(read.guest, person, not_kept))
    return found, problems[:MOST_PROBLEMS]


def identity_text(person: Guest) -> str:
    """By what two rows are known to be one guest: the document, or else name and phone."""
    if person.document_number is not None:
        return f"document\n{person.document_kind}\n{person.document_number}"
    return f"name\n{person.family_name}\n{person.given_name}\n{person.phone or ''}"


def match(
    rows: Sequence[Row], known: Sequence[Known], identify: Callable[[Guest], str]
) -> tuple[list[Match], list[Problem]]:
    """Which row is which known guest: by its id, or else by its identity."""
    by_id = {one.guest: one for one in known}
    by_identity = {one.identity: one for one in known}
    named = {row.guest for row in rows if row.guest is not None}
    found: list[Match] = []
    problems: list[Problem] = []
    identities: dict[str, int] = {}
    ids: dict[str, int] = {}
    for index, row in enumerate(rows):
        identity = identify(row.person)
        first = identities.setdefault(identity, index)
        if first != index:
            problems.append(_doubled(index, "document_number", first))
            continue
        if row.guest is None:
            same = by_identity.get(identity)
            found.append(Match(row, identity, None if same and same.guest in named else same))
        elif ids.setdefault(row.guest, index) != index:
            problems.append(_doubled(index, "guest", ids[row.guest]))
        elif row.guest not in by_id:
            problems.append(_problem("unknown_guest", index, "guest",
                                     "this roster has no guest of this id"))  # fmt: skip
        else:
            found.append(Match(row, identity, by_id[row.guest]))
    return found, problems[:MOST_PROBLEMS]


def _doubled(index: int, field: str, first: int) -> Problem:
    return Problem(
        code="doubled_guest",
        path=f"guests[{index}].{field}",
        message=f"this is the same guest as guests[{first}]",
        remedy="leave one of them out, or tell them apart by document or phone",
    )


def _problems(error: ValidationError, index: int) -> list[Problem]:
    made = []
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        message = one["msg"].removeprefix("Value error, ")
        field = str(one["loc"][0]) if one["loc"] else _blamed(message)
        if one["type"] == "missing":
            message = f"the field {field} is missing"
        if one["type"] == "extra_forbidden":
            message = "there is no such field"
        made.append(_problem(one["type"], index, field, message))
    return made


def _blamed(message: str) -> str:
    """An error of a whole row begins with the field that it blames."""
    first = message.split(" ", 1)[0]
    return first if first in REMEDIES else ""


def _problem(code: str, index: int, field: str, message: str) -> Problem:
    remedy = REMEDIES.get(field, f"fields are {', '.join(('guest', *FIELDS))}")
    path = f"guests[{index}].{field}" if field else f"guests[{index}]"
    return Problem(code=code, path=path[:200], message=message, remedy=remedy)
