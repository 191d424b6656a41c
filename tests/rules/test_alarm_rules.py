"""Alarms are raised for what lasts, stay while it swings, and mean what Prometheus' rules mean."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.console.alarm_life import Timers, step
from services.console.alarm_look import Rule
from services.console.alarm_rules import BY_NAME, RULES, looks
from services.console.alarm_visits import MOST, oldest
from services.console.judging import NO_ROOM_BYTES
from services.console.picture import Level
from shared.contracts.impact import Impact
from shared.contracts.values import Text
from shared.contracts.vitals import BusBeat, PeerBeat, StoreBeat, UntakenBeat
from tests.rules.vitals_case import Desk, at, consumer, stream

PROMETHEUS = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
OURS = {"bus_away", "commands_nobodys", "visit_waits", "visit_late", "hold_near_expiry",
        "rooms_lost", "guests_missing", "roster_went_back"}  # fmt: skip
"""What Prometheus cannot know: it does not read the law of commands, nor visits, nor hotels."""
THEIRS = {"RedcrownServiceSilent", "RedcrownServiceNotReady"}
"""About one process, or what only a probe sees."""
GIB = 1024**3
BOTH = Text(zh="句", en="sentence")


def alerts() -> dict[str, dict[str, Any]]:
    rules = yaml.safe_load(PROMETHEUS.read_text())["groups"][0]["rules"]
    return {one["alert"]: one for one in rules}


def named(rule: str) -> str:
    return "Redcrown" + "".join(part.capitalize() for part in rule.split("_"))


def test_what_means_the_same_has_the_same_name() -> None:
    ours = {named(one.name) for one in RULES if one.name not in OURS}
    assert ours == alerts().keys() - THEIRS
    assert {one.name for one in RULES} >= OURS


@pytest.mark.parametrize("rule", [one for one in RULES if one.name not in OURS],
                         ids=lambda one: one.name)  # fmt: skip
def test_what_means_the_same_has_the_same_numbers(rule: Rule) -> None:
    alert = alerts()[named(rule.name)]
    minutes = re.fullmatch(r"(\d+)m", alert["for"])
    assert minutes is not None and rule.after_s == 60 * int(minutes[1])
    assert alert["labels"]["severity"] == {"alarm": "critical", "warn": "warning"}[rule.level]
    bound = re.search(r"([<>]|==) ([\d.]+)\s*$", alert["expr"])
    if bound is None:
        assert rule.limit == 0  # There or not.
    elif bound[1] == "==":
        assert (rule.limit, bound[2]) == (0, "1")
    elif bound[1] == "<":
        assert int(bound[2]) == NO_ROOM_BYTES and rule.limit == 1
    else:
        assert float(bound[2]) == rule.limit


def impact(visit: str = "v", left_s: float = 600, **told: Any) -> Impact:
    base: dict[str, Any] = {
        "visit": visit, "title": BOTH, "line": "event", "phase": "blocked", "revision": 1,
        "service": "venues", "open_needs": 1, "sentence": BOTH, "guests": 14,
        "starts_at": at(left_s), "next_gate": "arrival", "gate": BOTH, "gate_at": at(left_s),
        "since": at(0), "repair_s": 60, "slack_s": int(left_s), "verdict": "retry", "why": BOTH,
        "if_nothing": BOTH,
    }  # fmt: skip
    return Impact(**{**base, **told})


def seen(desk: Desk, *risks: Impact) -> dict[str, bool]:
    """What stands, and whether it is over."""
    found = looks(desk.board.picture(at(desk.now_s)), risks, at(desk.now_s))
    return {one.key: one.over for one in found.found}


def well(**of: Any) -> Desk:
    desk = Desk("venues", "visits")
    desk.run(60, **of)
    return desk


def test_who_is_well_raises_nothing() -> None:
    assert seen(well(venues={"consumers": (consumer(),), "streams": (stream(),)})) == {}


@pytest.mark.parametrize(("store", "key"), [
    (StoreBeat(kind="sqlite", away=True), "store_away/venues"),
    (StoreBeat(kind="sqlite", parked=1), "parked/venues"),
    (StoreBeat(kind="sqlite", undecided=2), "orders_undecided/venues"),
    (StoreBeat(kind="sqlite", outbox_waiting=3, outbox_oldest_s=61), "outbox_old/venues"),
    (StoreBeat(kind="sqlite", bytes=10, free_bytes=GIB - 1), "disk_nearly_full/venues"),
    (StoreBeat(kind="sqlite", commit_p50_ms=1, commit_p99_ms=501), "store_slow/venues"),
])  # fmt: skip
def test_a_store(store: StoreBeat, key: str) -> None:
    assert seen(well(venues={"store": store})) == {key: True}


def test_who_was_not_heard_since_the_bus_came_back_is_neither_missing_nor_there() -> None:
    """An alarm that stood before the console heard nothing is not cleared for that."""

    def missing(desk: Desk) -> tuple[bool, bool]:
        found = looks(desk.board.picture(at(desk.now_s)), (), at(desk.now_s))
        standing = any(one.key == "service_missing/venues" for one in found.found)
        return "service_missing" in found.asked, standing

    desk = well()
    desk.run(60, silent=("venues",))
    assert missing(desk) == (True, True)
    desk.run(10, live=False)
    assert missing(desk) == (False, False)
    desk.run(2, silent=("venues",))
    assert missing(desk) == (False, False), "visits was heard, venues may still be"
    desk.run(60, silent=("venues",))
    assert missing(desk) == (True, True)


def test_between_calm_and_limit_it_stands_and_is_not_over() -> None:
    some = StoreBeat(kind="sqlite", outbox_waiting=1, outbox_oldest_s=30)
    assert seen(well(venues={"store": some})) == {"outbox_old/venues": False}
    calm = StoreBeat(kind="sqlite", outbox_waiting=1, outbox_oldest_s=15)
    assert seen(well(venues={"store": calm})) == {}


def test_streams() -> None:
    peer = PeerBeat(name="n2", current=False, offline=False, lag=9)
    desk = well(venues={"streams": (stream(bytes=71, max_bytes=100, peers=(peer,)),)})
    assert seen(desk) == {f"{one}/COMMANDS": True for one in
                          ("stream_nearly_full", "stream_copy_behind")}  # fmt: skip


def test_a_bus_that_answers_and_stores_nothing() -> None:
    def for_s(seconds: float) -> dict[str, bool]:
        bus = BusBeat(server="n1", untaken=(UntakenBeat(stream="EVENTS", for_s=seconds),))
        return seen(well(venues={"bus": bus}))

    assert for_s(15.1) == {"bus_stores_nothing/": True}
    assert for_s(14) == {"bus_stores_nothing/": False}
    assert seen(well(venues={"bus": BusBeat(server="n1")})) == {}


def test_one_alarm_for_all_consumers_of_a_service_about_its_worst() -> None:
    some = (consumer("venues-a-v1", waiting=2, behind_s=70),
            consumer("venues-b-v1", waiting=5, behind_s=90))  # fmt: skip
    desk = well(venues={"consumers": some})
    found = looks(desk.board.picture(at(desk.now_s)), (), at(desk.now_s)).found
    [wait] = [one for one in found if one.rule.name == "messages_wait"]
    assert (wait.consumer, wait.value, wait.over) == ("venues-b-v1", 90, True)
    assert "venues-b-v1" in wait.sentence.zh


def test_a_share_of_failures() -> None:
    def counts(now_s: float) -> tuple[Any, ...]:
        return (consumer(handled=int(now_s * 10), retried=int(now_s * 2), in_flight=1),)

    found = seen(well(venues={"consumers": counts}))
    assert found == {"messages_fail/venues": True}


def test_a_paused_consumer_is_somebodys_wish_but_a_visit_may_be_near() -> None:
    held = consumer(waiting=1, behind_s=100, paused_until=at(3600))
    desk = well(venues={"consumers": (held,)})
    assert seen(desk) == {}
    assert seen(desk, impact(left_s=600)) == {"visit_waits/v": True}


def test_the_age_of_the_oldest_message_against_the_time_that_is_left() -> None:
    waiting = {"consumers": (consumer(waiting=1, behind_s=30),)}
    desk = well(venues=waiting)
    age_s = oldest(desk.board.picture(at(60)), at(60))["venues"]
    assert age_s >= 30
    over = 60 + age_s / 0.02
    assert seen(desk, impact(left_s=over - 1)) == {"visit_waits/v": True}
    assert seen(desk, impact(left_s=over + 1)) == {"visit_waits/v": False}
    assert seen(desk, impact(left_s=60 + age_s / 0.01 + 1)) == {}
    assert seen(desk, impact(left_s=over - 1, service="catering")) == {}


def test_a_silent_service_makes_its_visits_wait() -> None:
    desk = Desk("venues", "visits")
    desk.run(20)
    desk.run(40, silent=("venues",))
    found = seen(desk, impact(left_s=900))
    assert found == {"service_missing/venues": True, "visit_waits/v": True}


def test_late_mending_and_lapsing_holds() -> None:
    desk = well()
    late = impact(left_s=10**6, slack_s=1_799, verdict="decide")
    assert seen(desk, late) == {"visit_late/v": True}
    assert seen(desk, late.model_copy(update={"verdict": "retry"})) == {}
    lapsing = impact(left_s=60 + 899, next_gate="hold_expiry")
    assert seen(desk, lapsing) == {"hold_near_expiry/v": True}
    assert seen(desk, impact(left_s=60 + 901, next_gate="hold_expiry")) == {
        "hold_near_expiry/v": False}  # fmt: skip
    assert seen(desk, impact(left_s=30, next_gate="hold_expiry")) == {}


def test_visits_of_one_rule_are_bounded() -> None:
    many = [impact(f"v-{n}", 10**6, slack_s=n, verdict="decide") for n in range(MOST + 5)]
    assert len(seen(well(), *many)) == MOST


def test_without_the_bus_or_the_visits_service_nothing_is_concluded() -> None:
    desk = well(venues={"store": StoreBeat(kind="sqlite", parked=3)})
    desk.run(10, live=False)
    found = looks(desk.board.picture(at(desk.now_s)), (), at(desk.now_s))
    assert [one.key for one in found.found] == ["bus_away/"]
    assert found.asked == {"bus_away"}
    unknown = looks(well().board.picture(at(60)), None, at(60)).asked
    assert BY_NAME.keys() - unknown >= {"visit_waits", "visit_late", "hold_near_expiry"}
    assert {"messages_wait", "store_away"} <= unknown


def test_a_swinging_figure_raises_one_alarm_and_clears_it_once() -> None:
    """Outbox age swings around its limit for ten minutes, then goes: no flapping."""
    desk, timers, standing, events = Desk("venues", "visits"), Timers(), set[str](), []
    for second in range(0, 1200, 6):
        age = 0.0 if second >= 600 else (80.0 if second < 90 or second // 6 % 2 else 40.0)
        store = StoreBeat(kind="sqlite", outbox_waiting=1, outbox_oldest_s=age)
        desk.run(6, venues={"store": store})
        now = at(desk.now_s)
        timers, moves = step(timers, looks(desk.board.picture(now), (), now), standing, BY_NAME,
                             now)  # fmt: skip
        events += [("raised", one.key, second) for one in moves.raised]
        events += [("cleared", key, second) for key in moves.cleared]
        standing |= {one.key for one in moves.raised}
        standing -= set(moves.cleared)
    assert [one[:2] for one in events] == [
        ("raised", "outbox_old/venues"), ("cleared", "outbox_old/venues")
    ]  # fmt: skip
    assert events[0][2] in range(60, 75) and events[1][2] in range(660, 672)


def test_a_level_is_alarm_or_warn() -> None:
    assert {one.level for one in RULES} == {Level.ALARM, Level.WARN}
    assert timedelta(seconds=max(one.after_s for one in RULES)) <= timedelta(minutes=5)
