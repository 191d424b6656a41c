"""Which end of a process is a death after which it begins again, and when a full disk is one."""

from __future__ import annotations

import signal
from pathlib import Path

from deploy.again import AGAIN, LIVED_S, WITHIN_S, Deaths
from deploy.starving import KILL_S, LOOK_S, ROOM_BYTES, TOLD_EVERY_S, Hunger, room_on


def test_what_ends_before_it_was_up_ends_all() -> None:
    assert not Deaths().begin_again(100.0, 100.0 + LIVED_S - 0.1)
    assert Deaths().begin_again(100.0, 100.0 + LIVED_S)


def test_what_dies_too_often_ends_all_but_old_deaths_are_forgotten() -> None:
    one = Deaths()
    step = WITHIN_S / (2 * AGAIN)
    assert [one.begin_again(0.0, 100.0 + n * step) for n in range(AGAIN + 1)] == [
        *[True] * AGAIN, False,
    ]  # fmt: skip
    assert one.begin_again(0.0, 100.0 + 3 * WITHIN_S)


def test_what_is_told_to_end_may_be_young_and_is_never_what_ends_all() -> None:
    one = Deaths()
    for n in range(AGAIN):
        assert one.may_be_asked(100.0 + n)
        assert one.begin_again(100.0 + n, 100.0 + n, asked=True)
    assert not one.may_be_asked(100.0 + AGAIN), "not at once again"
    assert one.may_be_asked(101.0 + WITHIN_S)
    assert one.begin_again(0.0, 101.0 + WITHIN_S)
    assert not one.begin_again(0.0, 101.0 + WITHIN_S), "those that were asked for count, too"


def test_while_the_disk_is_full_it_is_told_why_now_and_then_and_nothing_is_done() -> None:
    one = Hunger("nats", "/disk")
    said, number = one.look(100.0, ROOM_BYTES - 1, may=True)
    assert number is None
    assert "the disk of nats is full: 15 MB are left on /disk" in said and "16 MB free" in said
    assert one.look_at == 100.0 + LOOK_S
    assert one.look(100.0 + LOOK_S, 0, may=True) == ("", None)
    said, number = one.look(100.0 + TOLD_EVERY_S, 0, may=True)
    assert "0 MB are left" in said and number is None and not one.asked


def test_with_room_it_is_told_to_end_and_killed_when_it_does_not() -> None:
    one = Hunger("nats", "/disk")
    one.look(100.0, 0, may=True)
    said, number = one.look(101.0, ROOM_BYTES, may=True)
    assert "16 MB are free on /disk" in said and number is signal.SIGTERM and one.asked
    assert one.look(101.0 + KILL_S - 0.1, ROOM_BYTES, may=True) == ("", None)
    assert one.look(101.0 + KILL_S, 0, may=True) == ("", signal.SIGKILL)


def test_what_began_again_too_often_waits_and_says_so() -> None:
    one = Hunger("nats", "/disk")
    said, number = one.look(100.0, ROOM_BYTES, may=False)
    assert f"began again {AGAIN} times within 5 min" in said and number is None
    assert one.look(101.0, ROOM_BYTES, may=False) == ("", None)
    assert one.look(102.0, ROOM_BYTES, may=True)[1] is signal.SIGTERM


def test_room(tmp_path: Path) -> None:
    assert room_on(str(tmp_path)) > 0
    assert room_on(str(tmp_path / "gone")) == 0
