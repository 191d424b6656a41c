"""What is wrong is found, what is right is left alone, and what hurts most is told first."""

from __future__ import annotations

from typing import Any

import pytest

from services.console.finding import harm_of
from services.console.judging import needing, verdict
from services.console.picture import Level, State
from shared.contracts.vitals import BusBeat, PeerBeat, StoreBeat, UntakenBeat
from tests.rules.vitals_case import Desk, at, beat, consumer, stream

ALL_WELL = {"consumers": (consumer(),), "streams": (stream(),)}


def test_who_beats_is_well() -> None:
    desk = Desk("venues", "visits")
    desk.run(60, venues=ALL_WELL)
    assert desk.codes == []
    assert verdict(desk.findings) == "now.verdict_well"


def test_three_missed_beats_are_silence_and_the_worst_is_told_first() -> None:
    desk = Desk("notifications", "venues", "visits")
    desk.run(20)
    desk.run(4, silent=("visits", "notifications"))
    assert desk.codes == []
    desk.run(4, silent=("visits", "notifications"))
    assert [(one.code, one.service) for one in desk.findings] == [
        ("silent", "visits"), ("silent", "notifications"),
    ]  # fmt: skip
    assert desk.findings[0].since == at(20)
    assert desk.findings[0].harm == harm_of("visits") != harm_of("notifications")
    assert verdict(desk.findings) == "now.verdict_many"


def test_a_service_that_was_never_heard_is_given_the_time_of_three_beats() -> None:
    desk = Desk("venues", "visits")
    desk.run(4, silent=("visits",))
    [_, visits] = desk.board.picture(at(desk.now_s)).services
    assert (visits.state, desk.codes) == (State.UNHEARD, [])
    desk.run(6, silent=("visits",))
    assert desk.codes == ["silent"]


def test_who_said_that_it_leaves_was_stopped() -> None:
    desk = Desk("venues")
    desk.run(10)
    desk.board.hear(beat(leaving=True, sent_s=10), at(10))
    desk.run(2, silent=("venues",))
    assert desk.codes == ["left"]


def test_one_of_two_processes_lost_is_a_warning_until_another_takes_its_place() -> None:
    desk = Desk("venues")
    desk.board.hear(beat(instance="i2"), at(0))
    desk.run(20)
    [lost] = desk.findings
    assert (lost.code, lost.level, lost.since) == ("replica_lost", Level.WARN, at(0))
    desk.board.hear(beat(instance="i3", started_at=at(15), sent_s=20), at(20))
    assert desk.codes == []


def test_a_lost_process_is_forgotten_after_a_while() -> None:
    desk = Desk("venues")
    desk.board.hear(beat(instance="i2"), at(0))
    desk.run(650)
    assert desk.codes == []


def test_without_the_bus_only_that_is_told_and_the_picture_is_old() -> None:
    desk = Desk("venues")
    desk.run(20, venues={"store": StoreBeat(kind="sqlite", parked=3)})
    desk.run(60, live=False)
    picture = desk.board.picture(at(desk.now_s))
    assert (desk.codes, picture.live, picture.as_of) == (["bus_away"], False, at(20))
    assert verdict(desk.findings) == "now.verdict_away"
    # Back again: nobody had the time to be heard yet.
    desk.run(2, silent=("venues",))
    assert desk.codes == ["parked"]


def test_who_stood_still_itself_accuses_nobody() -> None:
    desk = Desk("venues")
    desk.run(10)
    desk.now_s += 120
    desk.run(2, silent=("venues",))
    assert desk.codes == []


@pytest.mark.parametrize(
    ("store", "codes"),
    [
        ({"parked": 2}, [("parked", Level.WARN)]),
        ({"outbox_waiting": 9, "outbox_oldest_s": 14}, []),
        ({"outbox_waiting": 9, "outbox_oldest_s": 20}, [("outbox", Level.WARN)]),
        ({"outbox_waiting": 9, "outbox_oldest_s": 90}, [("outbox", Level.ALARM)]),
        ({"away": True}, [("store_away", Level.ALARM)]),
        ({"bytes": 69 * 2**30, "free_bytes": 31 * 2**30}, []),
        ({"bytes": 71 * 2**30, "free_bytes": 29 * 2**30}, [("store_full", Level.WARN)]),
        ({"bytes": 91 * 2**30, "free_bytes": 9 * 2**30}, [("store_full", Level.ALARM)]),
        ({"bytes": 1_000, "free_bytes": 2**29}, [("store_full", Level.WARN)]),
        ({"bytes": 1_000, "free_bytes": 2**40}, []),
        ({"bytes": 2**40}, []),
        ({"commit_p50_ms": 600.0, "commit_p99_ms": 900.0}, [("store_slow", Level.WARN)]),
    ],
)
def test_stores(store: dict[str, Any], codes: list[tuple[str, Level]]) -> None:
    desk = Desk("venues")
    desk.run(10, venues={"store": StoreBeat(kind="sqlite", **store)})
    assert [(one.code, one.level) for one in desk.findings] == codes


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ({"bytes": 690}, []),
        ({"bytes": 710}, [("stream_full", Level.WARN)]),
        ({"bytes": 910}, [("stream_full", Level.ALARM)]),
        ({"bytes": 910, "max_bytes": -1}, []),
        ({"leader": None}, [("leaderless", Level.ALARM)]),
        ({"peers": (PeerBeat(name="n2", current=True, offline=False, lag=0),)}, []),
        ({"peers": (PeerBeat(name="n2", current=False, offline=False, lag=9),)},
         [("copies", Level.WARN)]),
        ({"peers": (PeerBeat(name="n2", current=True, offline=True, lag=0),)},
         [("copies", Level.WARN)]),
    ],
)  # fmt: skip
def test_streams(told: dict[str, Any], codes: list[tuple[str, Level]]) -> None:
    desk = Desk("venues")
    desk.run(10, venues={"streams": (stream(**told),)})
    assert [(one.code, one.level) for one in desk.findings] == codes


def test_clocks_are_compared_by_the_least_delay() -> None:
    desk = Desk("venues", "visits", "guests")
    late = {"sent_s": lambda now: now - (9 if now % 8 == 0 else 0.1)}
    desk.run(20, venues={"sent_s": lambda now: now - 5}, visits=late,
             guests={"sent_s": lambda now: now + 5})  # fmt: skip
    assert [(one.code, one.service) for one in desk.findings] == [
        ("clock_behind", "venues"), ("clock_ahead", "guests"),
    ]  # fmt: skip


def test_two_versions_and_a_drained_service_are_notes_that_want_nobody() -> None:
    desk = Desk("venues", "visits")
    desk.board.hear(beat(instance="i2", code="other", sent_s=9), at(9))
    desk.run(12, visits={"drained_until": at(600)})
    assert [(one.code, one.level) for one in desk.findings] == [
        ("drained", Level.NOTE), ("mixed", Level.NOTE),
    ]  # fmt: skip
    assert desk.findings[0].until == at(600)
    assert (needing(desk.findings), verdict(desk.findings)) == (0, "now.verdict_well")


def sends_in_vain(*streams: str, for_s: float = 20) -> dict[str, Any]:
    some = tuple(UntakenBeat(stream=one, for_s=for_s) for one in streams)
    return {"bus": BusBeat(server="n7", untaken=some)}


def test_a_bus_that_stores_nothing_is_told_once_with_its_server_and_what_is_safe() -> None:
    desk = Desk("venues", "visits")
    desk.run(20, venues={**sends_in_vain("COMMANDS", "EVENTS"), "streams": (stream(),)},
             visits=sends_in_vain("EVENTS"))  # fmt: skip
    [told] = desk.findings
    assert (told.code, told.level) == ("bus_stores_nothing", Level.ALARM)
    for said in (told.sentence.en, told.sentence.zh):
        assert "COMMANDS, EVENTS" in said and "n1" in said
    assert "restart nats-server" in told.harm.en and "not lost" in told.harm.en
    [commands, events] = desk.board.picture(at(desk.now_s)).untaken
    assert (commands.services, events.services) == (("venues",), ("venues", "visits"))
    assert (commands.servers, events.servers) == (("n1",), ())


def test_where_nobody_knows_the_stream_the_server_that_all_are_connected_to_is_named() -> None:
    desk = Desk("venues")
    desk.run(20, venues=sends_in_vain("EVENTS"))
    [told] = desk.findings
    assert "n7" in told.sentence.en


def test_in_a_cluster_the_servers_whose_copies_are_behind_are_named() -> None:
    late = PeerBeat(name="n2", current=False, offline=False, lag=9)
    fresh = PeerBeat(name="n3", current=True, offline=False, lag=0)
    desk = Desk("venues")
    desk.run(20, venues={**sends_in_vain("COMMANDS"), "streams": (stream(peers=(late, fresh)),)})
    [told] = [one for one in desk.findings if one.code == "bus_stores_nothing"]
    assert "look at n2 first" in told.sentence.en


@pytest.mark.parametrize("for_s", [0.5, 15])
def test_an_election_is_no_finding(for_s: float) -> None:
    desk = Desk("venues")
    desk.run(20, venues=sends_in_vain("EVENTS", for_s=for_s))
    assert desk.codes == []


def test_what_a_silent_process_said_of_the_bus_is_old_news() -> None:
    desk = Desk("venues", "visits")
    desk.run(20, venues=sends_in_vain("EVENTS"))
    desk.run(20, silent=("venues",))
    assert desk.codes == ["silent"]
