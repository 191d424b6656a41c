"""Which consumers are paused until when, and what the bus must be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from shared.chassis.intake_rules import ALL, check, holding, to_tell
from shared.contracts.vitals import PAUSE_MAX_S, Pausing, SetIntake

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
OWN = "venues-set_intake-v1"
NAMES = ("venues-place_holds-v1", "venues-release_holds-v1", OWN)
HOLDS, RELEASES = NAMES[:2]


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@dataclass
class Done:
    consumer: str
    paused_until: datetime | None
    actor: str = "ann"
    reason: str = "because"


def told(durable: str | None, until: datetime | None) -> SetIntake:
    return SetIntake(cause="c", actor="ann", command="c", reason="because", durable=durable,
                     paused_until=until)  # fmt: skip


@pytest.mark.parametrize(
    ("durable", "until", "outcome"),
    [
        (HOLDS, at(10), "accepted"),
        (None, at(10), "accepted"),
        (HOLDS, None, "accepted"),
        (None, at(PAUSE_MAX_S / 60), "accepted"),
        (None, at(PAUSE_MAX_S / 60 + 2), "invalid"),
        (HOLDS, at(0), "conflict"),
        (HOLDS, at(-5), "conflict"),
        ("venues-unheard_of-v1", at(10), "missing"),
        (OWN, at(10), "invalid"),
    ],
)
def test_what_may_be_asked(durable: str | None, until: datetime | None, outcome: str) -> None:
    assert check(told(durable, until), NAMES, OWN, NOON).outcome == outcome


def paused(*newest_first: Done) -> dict[str, float]:
    found, _ = holding(newest_first, NAMES, OWN, NOON)
    return {name: (one.until - NOON).total_seconds() / 60 for name, one in found.items()}


def test_the_newest_act_on_a_consumer_holds_and_ends_by_itself() -> None:
    assert paused() == {}
    assert paused(Done(HOLDS, at(5)), Done(HOLDS, at(60))) == {HOLDS: 5}
    assert paused(Done(HOLDS, None), Done(HOLDS, at(60))) == {}
    assert paused(Done(HOLDS, at(-1))) == {}


def test_a_drained_service_takes_nothing_but_the_word_to_go_on() -> None:
    assert paused(Done(ALL, at(5))) == {HOLDS: 5, RELEASES: 5}
    found, until = holding([Done(ALL, at(5))], NAMES, OWN, NOON)
    assert (until, {one.drained for one in found.values()}) == (at(5), {True})


def test_the_end_of_draining_leaves_what_was_paused_alone() -> None:
    assert paused(Done(ALL, at(5)), Done(HOLDS, at(60))) == {HOLDS: 60, RELEASES: 5}
    assert paused(Done(ALL, None), Done(ALL, at(5)), Done(HOLDS, at(60))) == {HOLDS: 60}


def test_the_bus_is_told_only_what_it_does_not_hold() -> None:
    want = {HOLDS: Pausing(until=at(5), actor="ann", reason="r")}
    assert to_tell(want, {}, NOON) == {}
    assert to_tell(want, {HOLDS: None, RELEASES: None}, NOON) == {HOLDS: at(5)}
    assert to_tell(want, {HOLDS: at(5) + timedelta(milliseconds=3)}, NOON) == {}
    assert to_tell(want, {HOLDS: at(9)}, NOON) == {HOLDS: at(5)}
    assert to_tell({}, {HOLDS: at(9), RELEASES: at(-1)}, NOON) == {HOLDS: None}
