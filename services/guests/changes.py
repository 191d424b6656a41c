"""Carrying a roster out: sealing what is new, erasing who is gone, keeping totals.

Must not: judge rows or roles; must not touch a visit whose row is not locked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from services.guests import keys, rules, store
from services.guests.keys import Keyring
from services.guests.roster import Known, Match, Row, identity_text, match
from services.guests.vault import DamagedError
from shared.chassis.work import Work
from shared.contracts.guests import GuestsQuery, PutRoster, RosterPut, RowPut
from shared.contracts.lodged import LodgingChanged
from shared.contracts.message import Problem
from shared.contracts.roster import Guest
from shared.contracts.rosters import RosterChanged


def put_rows(work: Work, ring: Keyring, query: PutRoster, rows: Sequence[Row]) -> RosterPut:
    """Make the roster of a visit these rows. The same rows again are no change at any revision."""
    visit = query.visit
    revision = store.lock_visits(work, [visit])[visit].revision
    known = [_known(ring, row) for row in store.guests_of(work, visit)]
    matches, problems = match(
        rows, known, lambda person: ring.identify(visit, identity_text(person))
    )
    if problems:
        return RosterPut(outcome="invalid", revision=revision, problems=tuple(problems))
    kept = {one.known.guest for one in matches if one.known}
    gone = [one for one in known if one.guest not in kept]
    moved = [
        one
        for number, one in enumerate(matches, 1)
        if one.outcome != "unchanged" or (one.known and one.known.number != number)
    ]
    if not moved and not gone:
        return RosterPut(outcome="unchanged", revision=revision, rows=_told(matches, []))
    if query.expected_revision != revision:
        return RosterPut(outcome="conflict", revision=revision, problems=(_stale(revision),))
    store.erase_guests(work, [one.guest for one in gone])
    made = _write(work, ring, visit, matches)
    _tell(work, query, matches, made, gone)
    _recount(work, visit, [one.row.person for one in matches])
    # Above all that was given before the store was brought back: planners may have seen those.
    following = max(revision + 1, work.life.floor)
    store.change_visit(work, visit, revision=following, put_at=work.now, present=len(matches))
    erased = tuple(one.guest for one in gone)
    work.send(
        RosterChanged(
            cause=query.cause, actor=query.actor, visit=visit, revision=following, erased=erased
        )
    )
    return RosterPut(
        outcome="changed", revision=following, rows=_told(matches, made), erased=erased
    )


def _known(ring: Keyring, row: Any) -> Known:
    return Known(row.guest, row.identity, row.number, _person(ring, row))


def _person(ring: Keyring, row: Any) -> Guest | None:
    """The guest, or None when the data was changed behind our back: a new roster mends that."""
    try:
        about = keys.about(row.visit, row.guest)
        return Guest.model_validate_json(ring.vault.open(about, store.sealed_of(row)))
    except DamagedError:
        return None


def _write(work: Work, ring: Keyring, visit: str, matches: Sequence[Match]) -> list[str]:
    """Seal and write; the ids of new guests, in order."""
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    shifted: list[dict[str, Any]] = []
    for number, one in enumerate(matches, 1):
        guest = one.known.guest if one.known else f"g-{work.new_id().lower()}"
        if one.outcome == "unchanged":
            shifted.append({"guest": guest, "number": number})
            continue
        text = one.row.person.model_dump_json().encode()
        sealed = ring.vault.seal(keys.about(visit, guest), text)
        row = {"guest": guest, "visit": visit, "number": number, "identity": one.identity,
               "key_id": sealed.key_id, "wrapped": sealed.wrapped,
               "content": sealed.content}  # fmt: skip
        (changed if one.known else added).append(row)
    store.change_guests(work, shifted)
    store.change_guests(work, changed)
    store.add_guests(work, added)
    return [row["guest"] for row in added]


def _tell(
    work: Work,
    query: PutRoster,
    matches: Sequence[Match],
    made: Sequence[str],
    gone: Sequence[Known],
) -> None:
    """Say whose lodging has changed, if anybody's has."""
    new = iter(made)
    moved = []
    for one in matches:
        guest = one.known.guest if one.known else next(new)
        before = one.known.person if one.known else None
        if rules.register_entry(before) != rules.register_entry(one.row.person):
            moved.append(guest)
    moved += [one.guest for one in gone if one.person is None or rules.register_entry(one.person)]
    tell_lodging(work, query, query.visit, moved)


def tell_lodging(work: Work, query: GuestsQuery, visit: str, guests: Sequence[str]) -> None:
    """Let whoever lists guests at a hotel look again."""
    if guests:
        work.send(
            LodgingChanged(cause=query.cause, actor=query.actor, visit=visit, guests=tuple(guests))
        )


def _told(matches: Sequence[Match], made: Sequence[str]) -> tuple[RowPut, ...]:
    new = iter(made)
    return tuple(
        RowPut(
            row=index,
            guest=one.known.guest if one.known else next(new),
            outcome=one.outcome,
            not_kept=one.row.not_kept,
        )
        for index, one in enumerate(matches)
    )


def _recount(work: Work, visit: str, guests: Sequence[Guest]) -> None:
    before = store.totals_of(work, visit)
    totals = {key: (0, erased) for key, (_present, erased) in before.items()}
    for key, count in rules.counts(guests).items():
        totals[key] = (count, totals.get(key, (0, 0))[1])
    store.write_totals(work, visit, totals)


def strike_out(
    work: Work, ring: Keyring, visit: str, rows: Sequence[Any], counted: bool = True
) -> None:
    """Erase guests; totals go on counting them, unless told otherwise. The counts of damaged ones
    stay where they are."""
    people = [person for row in rows if (person := _person(ring, row)) is not None]
    gone = Counter(rules.counts(people))
    totals = {
        key: (present - gone[key], erased + gone[key] * counted)
        for key, (present, erased) in store.totals_of(work, visit).items()
    }
    store.erase_guests(work, [row.guest for row in rows])
    store.write_totals(work, visit, totals)
    left = len(store.guests_of(work, visit))
    store.change_visit(work, visit, present=left)


def _stale(revision: int) -> Problem:
    return Problem(
        code="stale_revision",
        path="expected_revision",
        message="the roster has changed since it was read",
        remedy=f"read revision {revision} and send the roster again",
    )
