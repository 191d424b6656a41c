"""What must be true after a campaign: pure questions to what it left behind.

INV1–INV5 and INV8 of the domain, with the simulation's own questions where they fit; and what only
real calls and real mailboxes can tell. Must not: change the evidence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from tests.chaos.campaign import FORGETTING
from tests.chaos.evidence import Evidence
from tests.chaos.mail import Letter
from tests.chaos.poison import subjects_of
from tests.simulation.asking import OwnerHold, owner_holds, owners, reading_of
from tests.simulation.invariants import LIVE, announced, capacity, standing, timelines
from tests.simulation.notice_invariants import told_wrong, untruths

SENDER = "notifications"
UNMARKING = frozenset({"kill all services", "restart store", "cut store connections",
                       "disk of store full", "mail away"})  # fmt: skip
"""Faults without a target that reach whoever sends letters, its store, or the server's answer."""
HARMLESS = frozenset({"partition from bus", "one way from bus"})
"""Faults of the sender itself that leave it its store and the mail."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Sentences; empty is good. `doubled_after_kill`: letters that SMTP could not spare."""

    violations: tuple[str, ...]
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    doubled_after_kill: int


def judge(evidence: Evidence) -> Verdict:
    """Everything that is wrong."""
    lost = (*_lost(evidence), *_lost_letters(evidence))
    twice = list(_twice(evidence))
    unnoted = [one for one in twice if _could_not_note(evidence, one)]
    doubled = [f"notice {a.id} reached {a.to} twice" for a, b in twice if (a, b) not in unnoted]
    doubled += _two_effects(evidence)
    wrong = (
        *capacity(evidence),
        *_visits(evidence),
        *timelines(evidence),
        *announced(evidence),
        *untruths(evidence),
        *told_wrong(evidence),
        *_last_letters(evidence),
        *_answers(evidence),
        *_delivery(evidence),
    )
    return Verdict((*wrong, *lost, *doubled), lost, tuple(doubled), len(unnoted))


# -------------------------------------------------------------------- visits and holds


def _visits(evidence: Evidence) -> Iterator[str]:
    """INV8: visits are at rest and agree with the owners about every hold; none is a stranger's."""
    holds = [hold for owner in owners(evidence) for hold in owner_holds(evidence, owner)]
    mine: defaultdict[str, dict[str, OwnerHold]] = defaultdict(dict)
    for hold in holds:
        if hold.state in LIVE:
            mine[hold.visit][hold.hold] = hold
            if hold.state != "confirmed":
                yield f"{hold.hold} is still {hold.state} at {hold.service}"
    rows = evidence.processes["visits"].ask("SELECT visit, phase, state FROM visits_visits")
    known = {visit for visit, _phase, _state in rows}
    for visit in mine.keys() - known:
        yield f"{sorted(mine[visit])} are held for {visit}, which does not exist"
    for visit, phase, text in rows:
        state = orjson.loads(text)
        reading = reading_of(evidence, visit, str(state["revision"]))
        yield from standing(phase, state, reading, mine[visit], evidence.now)


# -------------------------------------------------------------------- commands


def _effects(evidence: Evidence) -> Counter[str]:
    """How many revisions each command has made."""
    rows = evidence.processes["visits"].ask("SELECT cause, key FROM visits_specs")
    return Counter(cause for cause, key in rows if key.isdigit())


def _lost(evidence: Evidence) -> Iterator[str]:
    """Every call that was answered "ok" is in effect."""
    ask = evidence.processes["visits"].ask
    specs = {(visit, key): cause for visit, key, cause in ask(
        "SELECT visit, key, cause FROM visits_specs")}  # fmt: skip
    cancelled = {visit for visit, state in ask("SELECT visit, state FROM visits_visits")
                 if orjson.loads(state)["cancelled"]}  # fmt: skip
    for call in evidence.calls:
        if call.state != "ok":
            continue
        if call.verb == "cancel":
            if call.visit not in cancelled:
                yield f"{call.key} was accepted and {call.visit} is not cancelled"
        elif specs.get((call.visit, str(call.revision))) != call.command:
            yield f"{call.key} was accepted as revision {call.revision}, which is not its own"


def _two_effects(evidence: Evidence) -> list[str]:
    return [f"{cause} had {n} effects" for cause, n in _effects(evidence).items() if n > 1]


def _answers(evidence: Evidence) -> Iterator[str]:
    """INV3, INV4: each call ended; what was refused did nothing; revisions count effects."""
    effects = _effects(evidence)
    done: Counter[str] = Counter()
    for call in evidence.calls:
        if call.broken:
            yield f"{call.key} was answered {call.broken}"
        if call.state not in ("ok", "fail"):
            yield f"{call.key} was never answered"
        if call.state == "fail" and effects[call.command]:
            yield f"{call.key} was refused ({call.status}) and had an effect"
        if call.state == "ok" and call.verb != "cancel":
            done[call.visit] += 1
    for visit, state in evidence.processes["visits"].ask("SELECT visit, state FROM visits_visits"):
        revision = orjson.loads(state)["revision"]
        if revision != done[visit]:
            yield f"{visit} is at revision {revision} after {done[visit]} accepted changes"


# -------------------------------------------------------------------- messages


def _delivery(evidence: Evidence) -> Iterator[str]:
    """Nothing is left to be sent; only rubbish was parked, and none of it was dropped."""
    parked: defaultdict[str, set[str]] = defaultdict(set)
    foreign = {one.id for one in evidence.foreign}
    for name, copy in evidence.processes.items():
        unsent = copy.ask(f"SELECT count(*) FROM {name}_outbox WHERE published_at IS NULL")[0][0]
        if unsent:
            yield f"{name} has {unsent} messages that were never sent"
        for one, subject, error in copy.ask(f"SELECT id, subject, error FROM {name}_parked"):
            parked[name].add(one)
            if one not in foreign:
                yield f"{name} parked {one} ({subject}): {error[:200]}"
    for one in evidence.foreign:
        if any(t.kind in FORGETTING and t.ended > one.at for t in evidence.troubles):
            continue
        missing = [name for name in one.takers if one.id not in parked[name]]
        if missing:
            yield f"{one.id} ({one.subject}) was dropped by {missing}"
    yield from _unhandled(evidence)


def _unhandled(evidence: Evidence) -> Iterator[str]:
    """Inboxes and outboxes agree: what one service sent another has handled."""
    for taker in evidence.processes:
        ask = evidence.processes[taker].ask
        inbox = {row[0] for row in ask(f"SELECT id FROM {taker}_inbox")}
        for name, copy in evidence.processes.items():
            for subject in subjects_of(taker):
                for (one,) in copy.ask(
                    f"SELECT id FROM {name}_outbox WHERE subject LIKE ?", subject.replace("*", "%")
                ):
                    if one not in inbox:
                        yield f"{taker} never handled {one} ({subject}) of {name}"


# -------------------------------------------------------------------- letters


def _notices(evidence: Evidence) -> dict[str, tuple[str, str, str]]:
    rows = evidence.processes["notifications"].ask(
        "SELECT id, state, recipient, subject FROM notifications_notices"
    )
    return {one: (state, recipient, subject) for one, state, recipient, subject in rows}


def _lost_letters(evidence: Evidence) -> Iterator[str]:
    """What counts as sent lies in a mailbox."""
    arrived = {letter.id for letter in evidence.letters}
    for one, (state, recipient, _subject) in _notices(evidence).items():
        if state == "sent" and one not in arrived:
            yield f"notice {one} to {recipient} counts as sent and never arrived"


def _last_letters(evidence: Evidence) -> Iterator[str]:
    """Mailboxes hold only what was to be told; the newest letter is what counts as told."""
    notices = _notices(evidence)
    addresses = dict(_addresses(evidence))
    first: dict[str, float] = {}
    for letter in evidence.letters:
        first.setdefault(letter.id, letter.at)
        state, recipient, subject = notices.get(letter.id, ("unknown", "", ""))
        if state != "sent":
            yield f"notice {letter.id} is {state} and arrived"
        elif addresses.get(recipient) != letter.to or subject != letter.subject:
            yield f"notice {letter.id} for {recipient} reached {letter.to} as {letter.subject!r}"
    newest: dict[tuple[str, str], tuple[float, str]] = {}
    for one, visit, recipient in evidence.processes["notifications"].ask(
        "SELECT id, visit, recipient FROM notifications_notices WHERE topic LIKE 'arrangement%'"
    ):
        if one in first:
            key = (recipient, visit)
            newest[key] = max(newest.get(key, (0.0, "")), (first[one], one))
    told = {
        (recipient, visit): notice
        for recipient, visit, notice in evidence.processes["notifications"].ask(
            "SELECT recipient, visit, notice FROM notifications_told"
        )
    }
    for key, (_at, one) in newest.items():
        if told.get(key) != one:
            yield f"{key}: the last letter is {one}, counted as told is {told.get(key)}"


def _addresses(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for one, document in evidence.processes["notifications"].ask(
        "SELECT id, document FROM notifications_contacts"
    ):
        yield one, orjson.loads(document)["ways"][0]["address"]


def _twice(evidence: Evidence) -> Iterator[tuple[Letter, Letter]]:
    """Letters that reached one recipient more than once."""
    seen: dict[tuple[str, str], Letter] = {}
    for letter in evidence.letters:
        before = seen.setdefault((letter.to, letter.id), letter)
        if before is not letter:
            yield before, letter


def _could_not_note(evidence: Evidence, pair: tuple[Letter, Letter]) -> bool:
    """The sender was hurt between sending and noting: SMTP offers no better than once more."""
    first, second = pair
    return any(
        (trouble.kind not in HARMLESS if trouble.target == SENDER else trouble.kind in UNMARKING)
        and trouble.begun <= second.at
        and trouble.ended >= first.at - 1.0
        for trouble in evidence.troubles
    )
