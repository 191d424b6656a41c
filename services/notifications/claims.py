"""Taking notices whose turn has come, and marking what became of them: transactions only.

Owns: the lease that keeps two replicas from sending one notice at once, and the order in a stream:
what a recipient was told last is known before the next letter about the visit is written.
Must not: send; `courier` does, between two of these transactions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, update

from services.notifications import store, turns
from services.notifications.book import Stream, left, stream_of
from services.notifications.channels.port import Letter
from services.notifications.documents import Contact
from services.notifications.letters import Turn, Withheld, write
from services.notifications.questions import answer_topic, question_topic
from services.notifications.rules import ARRANGEMENT
from services.notifications.store import NOTICES, OPEN
from shared.chassis.work import Work
from shared.contracts.notices import NoticeState


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how often a letter is tried, in seconds."""

    lease_s: float = 30.0
    """After this long without a mark the sender counts as dead; longer than any channel takes."""
    backoff_s: tuple[float, ...] = (1, 5, 30, 120, 600, 1800, 3600)
    """Until the next attempt, by attempts so far; the last one repeats. Jittered by a fifth."""
    attempts: int = 10
    """After so many the notice is parked as failed: about five hours in all."""

    def pause(self, attempts: int, chance: float) -> timedelta:
        """Until the next attempt; `chance` is in [0, 1)."""
        step = self.backoff_s[min(attempts, len(self.backoff_s)) - 1]
        return timedelta(seconds=step * (0.9 + 0.2 * chance))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that is ours to send until the lease ends. `attempt` is the fence of its marks."""

    row: Mapping[str, Any]
    attempt: int
    channel: str
    letter: Letter


@dataclass(frozen=True, slots=True)
class Round:
    """What a look at the notices brought."""

    letters: tuple[Claimed, ...] = ()
    moved: bool = False
    """Something was decided: look again at once."""
    next_at: datetime | None = None
    """When the next notice is due, as far as is known."""
    idle: bool = False
    """Nothing is due, and will be before `next_at` only if something is written."""


def claim(work: Work, limit: int, sender: str, pace: Pace) -> Round:
    """Take at most `limit` letters that are due, or whose sender has died."""
    # No lease of ours ends later, and no notice was made later, unless a clock was wrong.
    ahead = work.now + timedelta(seconds=2 * pace.lease_s)
    heads = work.connection.execute(turns.HEADS, {"now": work.now, "ahead": ahead, "most": limit})
    wanted = {row.id: row.visit for row in heads}
    if not wanted:
        return Round(next_at=turns.next_at(work), idle=True)
    visits = turns.lock(work, wanted.values())
    streams: defaultdict[Stream, list[dict[str, Any]]] = defaultdict(list)
    for row in store.open_notices(work, visits):
        streams[stream_of(row)].append(row)
    told, contacts = store.told_of(work, visits), store.contacts(work.connection)
    asked = turns.asked(work, visits)
    letters, moves = [], []
    for stream, rows in streams.items():
        head = rows[0]
        if head["id"] not in wanted or not turns.is_due(head, work.now, ahead):
            continue
        turn = _turn(head, contacts, told.get(stream), asked)
        move = _decide(turn, head, rows[1:], sender, work.now, pace)
        moves.append(_move(head, move, work.now, pace))
        if isinstance(move, Letter) and turn is not None:
            letters.append(Claimed(head, head["attempts"] + 1, turn.way.channel, move))
    store.change(work, NOTICES, "id", moves)
    return Round(tuple(letters), moved=bool(moves))


@dataclass(frozen=True, slots=True)
class _Failed:
    error: str


@dataclass(frozen=True, slots=True)
class _Overtaken:
    by: str


_Verdict = Letter | Withheld | _Overtaken | _Failed


def _decide(
    turn: Turn | None,
    head: Mapping[str, Any],
    behind: Sequence[Mapping[str, Any]],
    sender: str,
    now: datetime,
    pace: Pace,
) -> _Verdict:
    newer = [row["id"] for row in behind if row["topic"].startswith(ARRANGEMENT)]
    # A letter that may have arrived is finished first, whatever came since.
    if newer and head["topic"].startswith(ARRANGEMENT) and not left(head):
        return _Overtaken(newer[-1])
    if head["attempts"] >= pace.attempts:
        return _Failed(head["error"] or "its sender died each time")
    if turn is None:
        return _Failed("the contact has no such channel any more")
    try:
        written = write(turn, sender, now)
    except Exception as error:
        # One letter that cannot be written must not stop the others.
        return _Failed(f"cannot be written: {type(error).__name__}: {error}"[:500])
    if isinstance(written, Withheld) and left(head):
        return _Failed(f"it may have arrived: {written.reason}")
    return written


def _turn(
    row: Mapping[str, Any],
    contacts: Mapping[str, Contact],
    told: Any,
    asked: set[tuple[Stream, str]],
) -> Turn | None:
    contact = contacts.get(row["recipient"])
    way = contact.way(row["channel"]) if contact else None
    if contact is None or way is None:
        return None
    hold = row["topic"].removeprefix(answer_topic(""))
    return Turn(row, contact, way, told, (stream_of(row), question_topic(hold)) in asked)


def _move(row: Mapping[str, Any], verdict: _Verdict, now: datetime, pace: Pace) -> dict[str, Any]:
    names = ("id", "state", "kind", "subject", "attempts", "reason", "superseded_by", "error")
    move = {name: row[name] for name in names} | {"lease_until": None, "in_doubt": left(row)}
    if isinstance(verdict, Letter):
        return move | {
            "state": NoticeState.SENDING.value,
            "kind": verdict.kind,
            "subject": verdict.subject,
            "attempts": row["attempts"] + 1,
            "lease_until": now + timedelta(seconds=pace.lease_s),
        }
    if isinstance(verdict, _Failed):
        return move | {"state": NoticeState.FAILED.value, "error": verdict.error}
    withheld = move | {"state": NoticeState.WITHHELD.value}
    if isinstance(verdict, _Overtaken):
        reason = "overtaken by a newer arrangement"
        return withheld | {"reason": reason, "superseded_by": verdict.by}
    return withheld | {"reason": verdict.reason}


# ---------------------------------------------------------------- marks


@dataclass(frozen=True, slots=True)
class Unsent:
    """Why a letter was not taken."""

    error: str
    """Without any address."""
    final: bool = False
    in_doubt: bool = False


_SENT = (
    update(NOTICES)
    .where(NOTICES.c.id == bindparam("notice"), NOTICES.c.state.in_(OPEN))
    .values(state=NoticeState.SENT.value, sent_at=bindparam("now"), error="", lease_until=None)
)


def mark_sent(work: Work, claimed: Claimed) -> bool:
    """The channel took it. What was told moves with the mark, in one transaction.

    A mark that comes after the lease still counts: the letter has arrived, whoever tries it now.
    """
    row = claimed.row
    done = work.connection.execute(_SENT, {"notice": row["id"], "now": work.now})
    ours = bool(done.rowcount)
    if ours and row["topic"].startswith(ARRANGEMENT):
        told = {name: row[name] for name in ("recipient", "channel", "visit")}
        store.write_told(work, told | {"notice": row["id"], "programme": row["content"]})
    return ours


def mark_unsent(work: Work, claimed: Claimed, unsent: Unsent, pace: Pace, chance: float) -> bool:
    """The channel did not take it: again later, or parked where everybody sees it."""
    values: dict[str, Any] = {"error": unsent.error}
    if unsent.in_doubt:
        values["in_doubt"] = True
    if unsent.final or claimed.attempt >= pace.attempts:
        return _mark(work, claimed, state=NoticeState.FAILED.value, **values)
    due_at = work.now + pace.pause(claimed.attempt, chance)
    ours = _mark(work, claimed, state=NoticeState.WAITING.value, due_at=due_at, **values)
    # A newer arrangement takes its place at once, instead of waiting for its next attempt.
    mine = (NOTICES.c.id == claimed.row["id"], NOTICES.c.attempts == claimed.attempt)
    work.connection.execute(
        update(NOTICES)
        .where(*mine, NOTICES.c.state == NoticeState.WAITING.value, turns.overtaken())
        .values(due_at=work.now)
    )
    return ours


def _mark(work: Work, claimed: Claimed, **values: Any) -> bool:
    """Only the newest attempt may say no: one that was given up for dead comes too late."""
    done = work.connection.execute(
        update(NOTICES)
        .where(
            NOTICES.c.id == claimed.row["id"],
            NOTICES.c.state == NoticeState.SENDING.value,
            NOTICES.c.attempts == claimed.attempt,
        )
        .values(lease_until=None, **values)
    )
    return bool(done.rowcount)
