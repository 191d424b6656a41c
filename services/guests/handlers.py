"""Putting rosters, looking at them, erasing guests: each in one transaction with its record.

Owns: the order of these: judge, act, record. Nothing is shown whose record is not committed.
Must not: decide who may see what; `rules` does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from services.guests import audit, keys, rules, store
from services.guests.changes import put_rows, strike_out, tell_lodging
from services.guests.roster import read_rows
from services.guests.settings import GuestsSettings
from services.guests.vault import DamagedError
from shared.chassis.work import Delivery, Work
from shared.contracts.guests import (
    EraseGuest,
    ErasureReason,
    GuestErased,
    GuestsQuery,
    LookAtRoster,
    PutRoster,
    RosterPut,
    RosterView,
)
from shared.contracts.lodged import HOTEL_PURPOSE, LookAtLodged
from shared.contracts.message import Problem
from shared.contracts.roster import Guest
from shared.contracts.visits import Phase, VisitChanged

RETIRED_AT_ONCE = 10
"""Visits whose guests are erased in one transaction."""
REWRAPPED_AT_ONCE = 500
ENDED = (Phase.CLOSED, Phase.CANCELLED)


class Desk:
    """The handlers share the settings and, once unlocked, the keys."""

    def __init__(self, settings: GuestsSettings) -> None:
        self._settings = settings
        self._keep = timedelta(days=settings.guests_keep_days)
        self._keys: keys.Keyring | None = None

    def unlock(self, work: Work) -> None:
        """Open the store's keys. Raises MasterKeyError; then nothing was written."""
        self._keys = keys.unlock(work, self._settings.vault())

    @property
    def keys(self) -> keys.Keyring:
        """The unlocked keys."""
        assert self._keys is not None, "not unlocked"
        return self._keys

    # ------------------------------------------------------------ writing

    def put(self, work: Work, query: PutRoster) -> RosterPut:
        """Replace a roster; all of it or nothing."""
        audit.take_turn(work)
        done = self._put(work, query)
        touched = [row.guest for row in done.rows if row.outcome != "unchanged"]
        guests = [*touched, *done.erased]
        audit.record(work, self.keys.chain, query, "put", done.outcome, query.visit, guests=guests)
        return done

    def _put(self, work: Work, query: PutRoster) -> RosterPut:
        if rules.WRITERS.isdisjoint(query.roles):
            return RosterPut(outcome="refused", problems=(_MAY_NOT,))
        rows, problems = read_rows(query.rows)
        if problems:
            return RosterPut(outcome="invalid", problems=tuple(problems))
        return put_rows(work, self.keys, query, rows)

    def erase(self, work: Work, query: EraseGuest) -> GuestErased:
        """Destroy a guest's key and data."""
        audit.take_turn(work)
        outcome, again = self._erase(work, query)
        noted = "unchanged" if again else outcome
        audit.record(work, self.keys.chain, query, "erase", noted, query.visit,
                     guests=[query.guest] if outcome == "erased" else (),
                     fields=(f"reason:{query.reason.value}",))  # fmt: skip
        return GuestErased(outcome=outcome)

    def _erase(self, work: Work, query: EraseGuest) -> tuple[str, bool]:
        if rules.WRITERS.isdisjoint(query.roles):
            return "refused", False
        store.lock_visits(work, [query.visit])
        row = store.guest_of(work, query.visit, query.guest)
        if row is None:
            return "missing", False
        if row.erased_at is None:
            strike_out(work, self.keys, query.visit, [row], query.counted)
            tell_lodging(work, query, query.visit, [row.guest])
        return "erased", row.erased_at is not None

    # ------------------------------------------------------------ looking

    def look_at_lodged(self, work: Work, query: LookAtLodged) -> RosterView:
        """Who is lodged in one hotel, or the names of some of them: a look for its register."""
        look = LookAtRoster(
            cause=query.cause, actor=f"hotel:{query.lodging.hotel}", roles=(rules.HOTEL,),
            visit=query.visit, purpose=HOTEL_PURPOSE, lodging=query.lodging, after=query.after,
            fields=rules.NAME if query.named else ("room_group",), limit=query.limit,
        )  # fmt: skip
        return self.look(work, look, frozenset(query.named))

    def look(
        self, work: Work, query: LookAtRoster, only: Collection[str] = frozenset()
    ) -> RosterView:
        """What a purpose allows, of one page of guests; with `only`, of these among them."""
        audit.take_turn(work)
        shown = self._look(work, query, only)
        purpose, fields = rules.recorded(query.purpose, query.fields)
        ids = [str(one["guest"]) for one in shown.guests]
        audit.record(work, self.keys.chain, query, "look", shown.outcome, query.visit,
                     purpose=purpose, guests=ids, fields=fields)  # fmt: skip
        return shown

    def _look(self, work: Work, query: LookAtRoster, only: Collection[str]) -> RosterView:
        one = query.guest is not None
        allowed = rules.judge(query.purpose, query.roles, query.fields, one, query.lodging)
        if isinstance(allowed, Problem):
            return RosterView(outcome="refused", problems=(allowed,))
        revision, rows = store.page_of(work, query.visit, query.guest, query.after, query.limit + 1)
        if not revision or (query.guest is not None and not rows):
            return RosterView(outcome="missing", revision=revision)
        page, more = rows[: query.limit], len(rows) > query.limit
        guests: list[dict[str, Any]] = []
        damaged: list[Problem] = []
        for row in page:
            if only and row.guest not in only:
                continue
            try:
                seen = rules.view(self._person(row), allowed)
            except DamagedError as error:
                damaged.append(_damaged(row.guest, error))
            else:
                guests += [] if seen is None else [{"guest": row.guest, **seen}]
        return RosterView(
            outcome="shown",
            revision=revision,
            guests=tuple(guests),
            next=page[-1].number if more else None,
            problems=tuple(damaged),
        )

    def _person(self, row: Any) -> Guest:
        """Raises DamagedError."""
        about = keys.about(row.visit, row.guest)
        return Guest.model_validate_json(self.keys.vault.open(about, store.sealed_of(row)))

    # ------------------------------------------------------------ the end of a purpose

    def hear(self, work: Work, some: Sequence[Delivery[VisitChanged]]) -> None:
        """Note which visits have ended; older news than known are dropped."""
        audit.take_turn(work)
        states = [delivery.message.state for delivery in some]
        known = store.lock_visits(work, [state.visit for state in states])
        newest = {state.visit: state for state in sorted(states, key=lambda one: one.sequence)}
        news = [
            {
                "_visit": visit,
                "sequence": state.sequence,
                "closed_at": state.changed_at if state.phase in ENDED else None,
            }
            for visit, state in newest.items()
            if state.sequence > known[visit].sequence
        ]
        store.note_what_was_heard(work, news)

    def retire(self, work: Work) -> bool:
        """Erase guests whose purpose ended long ago (PIPL art. 47). True when there may be more."""
        audit.take_turn(work)
        due = store.due_visits(work, work.now - self._keep, RETIRED_AT_ONCE)
        store.lock_visits(work, due)
        for visit in due:
            rows = store.guests_of(work, visit)
            strike_out(work, self.keys, visit, rows)
            self._note(work, "retire", visit, [row.guest for row in rows], ErasureReason.ENDED)
        return len(due) == RETIRED_AT_ONCE

    def rewrap(self, work: Work) -> bool:
        """Bring keys under the current master key. True when there may be more."""
        audit.take_turn(work)
        moved = keys.rewrap(work, self.keys.vault, REWRAPPED_AT_ONCE)
        if moved:
            self._note(work, "rewrap", "", [], None)
        return moved >= REWRAPPED_AT_ONCE

    def _note(
        self, work: Work, act: str, visit: str, guests: list[str], reason: ErasureReason | None
    ) -> None:
        query = GuestsQuery(cause=act, actor=work.service, roles=("service",))
        fields = (f"reason:{reason.value}",) if reason else ()
        audit.record(work, self.keys.chain, query, act, "done", visit, guests=guests, fields=fields)


_MAY_NOT = Problem(
    code="role_may_not",
    path="roles",
    message="writing a roster is for other roles",
    remedy=f"it is for {', '.join(sorted(rules.WRITERS))}",
)


def _damaged(guest: str, error: DamagedError) -> Problem:
    return Problem(
        code="damaged_guest",
        path=guest,
        message=f"the data of this guest cannot be opened: {error}",
        remedy="put the roster again, with this guest's data",
    )
