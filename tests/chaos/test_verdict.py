"""The verdict is worth something only if it notices what is wrong: here, each planted fault.

The evidence is that of a small simulated history, whose stores are those of the real handlers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest

from tests.chaos.evidence import Copy, Evidence, Trouble
from tests.chaos.load import Call
from tests.chaos.mail import Letter
from tests.chaos.poison import Foreign
from tests.chaos.verdict import judge
from tests.simulation.histories import FITTING, History
from tests.simulation.playing import play
from tests.simulation.world import World

STEPS = (
    ("submit", 0, 6, 0), ("flow", 60), ("time", 3.0), ("submit", 0, 16, 0), ("flow", 60),
    ("submit", 1, 5, 0), ("flow", 60), ("time", 3.0), ("cancel", 1), ("flow", 60), ("poison", 3),
)  # fmt: skip
SUBMITTED, CANCELLED = "alpha", "bravo"


@pytest.fixture(scope="module")
def good() -> Evidence:
    """A history that ended well: one visit edited, one cancelled, both told."""
    assert {step[2] for step in STEPS if step[0] == "submit"} <= set(FITTING)
    world = World(History(0, False, True, STEPS))
    assert play(world) == []
    copies = {}
    for name, process in world.processes.items():
        copies[name] = Copy()
        process.store.settle()
        process.store.raw.backup(copies[name].raw)
    letters = [Letter(float(at), letter.to, letter.id, letter.subject)
               for at, letter in enumerate(world.mailbox.letters)]  # fmt: skip
    foreign = [Foreign(one, "cmd.somebody", 0.0, ()) for one in world.poisoned]
    return Evidence(copies, _calls(world), letters, foreign, [], world.now())


def _calls(world: World) -> list[Call]:
    calls = []
    rows = world.processes["console"].store.ask("SELECT command, answer FROM console_acts")
    for command, text in rows:
        verb, sent, _owner = world.sent[command]
        told = orjson.loads(text)
        state = "ok" if told["outcome"] == "accepted" else "fail"
        seen = sent.expected_revision  # type: ignore[attr-defined]
        call = Call(command, verb, told["about"], seen, command, state, told["revision"], 201)
        calls.append(call)
    return calls


def test_what_ended_well_is_good(good: Evidence) -> None:
    verdict = judge(good)
    assert verdict.violations == ()
    assert good.letters and len(good.calls) == 4
    parked = [copy.ask(f"SELECT count(*) FROM {name}_parked") for name, copy in
              good.processes.items()]  # fmt: skip
    assert sum(rows[0][0] for rows in parked) == len(good.foreign) == 1


ROWS = {
    "a cell is oversold": ("venues", "UPDATE venues_cells SET taken = taken + 1"),
    "a claim is gone": ("venues", "DELETE FROM venues_claims"),
    "a hold died": ("venues", "UPDATE venues_holds SET state = 'released'"
                    " WHERE state = 'confirmed'"),
    "a hold was never confirmed": ("bookings", "UPDATE bookings_holds SET state = 'held'"
                                   " WHERE state = 'confirmed'"),
    "a hold has no visit": ("venues", "UPDATE venues_holds SET visit = 'nobody'"),
    "a visit is under way": ("visits", "UPDATE visits_visits SET phase = 'holding'"
                             f" WHERE visit = '{SUBMITTED}'"),
    "a visit is gone": ("visits", f"DELETE FROM visits_visits WHERE visit = '{SUBMITTED}'"),
    "a revision is gone": ("visits", "UPDATE visits_specs SET cause = 'c99' WHERE key = '2'"),
    "a command had two effects": (
        "visits", "INSERT INTO visits_specs SELECT visit, '99', document, actor, cause, at"
        " FROM visits_specs WHERE key = '2'"),
    "a cancellation is gone": (
        "visits", "UPDATE visits_visits SET state = replace(state, '\"cancelled\":true',"
        " '\"cancelled\":false')"),
    "a line of the timeline is gone": ("visits", "DELETE FROM visits_timeline WHERE seq = 2"),
    "a line names nobody": ("visits", "UPDATE visits_timeline SET actor = '' WHERE seq = 2"),
    "a message was not sent": ("visits", "UPDATE visits_outbox SET published_at = NULL"),
    "a message was not handled": ("venues", "DELETE FROM venues_inbox"),
    "an announcement is gone": ("visits", "DELETE FROM visits_outbox"
                                " WHERE subject LIKE '%arrangement_changed%'"),
    "an innocent message was parked": (
        "visits", "INSERT INTO visits_parked (id, subject, consumer, body, headers, error, reason,"
        " attempts, history, parked_at, state, revision, cause, error_class, error_line, replays,"
        " failed_at) SELECT 'x', 'cmd.visits.x', 'c', '', '{}', 'error', 'failing', 8, '[]', d,"
        " 'parked', 1, 'g', 'E', 'e', 0, d FROM (SELECT '2027-01-01 00:00:00' AS d)"),
    "somebody was told otherwise": (
        "notifications", "UPDATE notifications_told SET programme ="
        " replace(programme, '\"guests\":', '\"guests\":9')"),
    "a notice waits": ("notifications", "UPDATE notifications_notices SET state = 'waiting'"),
    "a notice is of nobody's": ("notifications", "UPDATE notifications_notices"
                                " SET content = replace(content, 'sequence\":', 'sequence\":9')"),
    "a letter was withheld and arrived": ("notifications", "UPDATE notifications_notices"
                                          " SET state = 'withheld'"),
    "the last letter is not what counts": ("notifications", "UPDATE notifications_told"
                                           " SET notice = 'another'"),
}  # fmt: skip


@pytest.mark.parametrize("what", ROWS)
def test_a_changed_row_is_noticed(good: Evidence, what: str) -> None:
    evidence = good.copy()
    service, sql = ROWS[what]
    raw = evidence.processes[service].raw
    raw.execute("PRAGMA ignore_check_constraints = ON")
    assert raw.execute(sql).rowcount > 0, "nothing was changed"
    assert judge(evidence).violations


def _first(good: Evidence, **changes: object) -> list[Call]:
    return [replace(good.calls[0], **changes), *good.calls[1:]]  # type: ignore[arg-type]


THINGS: dict[str, Callable[[Evidence], dict[str, object]]] = {
    "an accepted call had no effect": lambda good: {"calls": _first(good, command="c99")},
    "a refused call had an effect": lambda good: {"calls": _first(good, state="fail")},
    "a call was never answered": lambda good: {"calls": _first(good, state="unknown")},
    "a call was answered 500": lambda good: {"calls": _first(good, broken="500 Internal")},
    "a change that nobody made": lambda good: {"calls": good.calls[1:]},
    "a letter never arrived": lambda good: {"letters": good.letters[1:]},
    "a letter of nobody's": lambda good: {
        "letters": [*good.letters, replace(good.letters[0], id="unknown", at=99.0)]
    },
    "a letter in another mailbox": lambda good: {
        "letters": [replace(good.letters[0], to="other@example.org"), *good.letters[1:]]
    },
    "poison that was dropped": lambda good: {
        "foreign": [*good.foreign, Foreign("poison-9", "cmd.visits.x", 0.0, ("visits",))]
    },
    "rubbish that nobody sent": lambda good: {"foreign": []},
}


@pytest.mark.parametrize("what", THINGS)
def test_a_changed_thing_is_noticed(good: Evidence, what: str) -> None:
    assert judge(replace(good.copy(), **THINGS[what](good))).violations


def test_a_letter_twice_is_a_fault_unless_its_sender_was_hurt(good: Evidence) -> None:
    twice = replace(good.copy(), letters=[*good.letters, replace(good.letters[0], at=50.0)])
    assert judge(twice).doubled
    killed = replace(twice, troubles=[Trouble("kill service", "notifications", 1.0, 20.0)])
    assert not judge(killed).doubled and judge(killed).doubled_after_kill == 1
    for kind, target in (("kill service", "venues"), ("poison", ""), ("slow network", ""),
                         ("rewind bus", ""), ("partition from bus", "notifications"),
                         ("one way from bus", "notifications"), ("one way of node", "nats-1"),
                         ("partition node", "nats-1"), ("partition all nodes", ""),
                         ("lag node", "nats-1"), ("disk of bus full", "nats")):  # fmt: skip
        other = replace(twice, troubles=[Trouble(kind, target, 1.0, 20.0)])
        assert judge(other).doubled, kind
    all_killed = replace(twice, troubles=[Trouble("kill all services", "", 1.0, 20.0)])
    assert not judge(all_killed).doubled


def test_what_a_bus_forgot_is_not_missed(good: Evidence) -> None:
    lost = Foreign("poison-9", "cmd.visits.x", 5.0, ("visits",))
    wiped = Trouble("wipe bus", "", 6.0, 8.0)
    evidence = replace(good.copy(), foreign=[*good.foreign, lost], troubles=[wiped])
    assert judge(evidence).violations == ()
