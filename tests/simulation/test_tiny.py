"""Tiny worlds, and what makes a history cheap: a store that is at its first day again, and a world
of which nothing is left."""

from __future__ import annotations

import sqlite3
import weakref

import pytest
from sqlalchemy.exc import OperationalError

from tests.simulation import __main__ as sim
from tests.simulation import beginning, playing
from tests.simulation.histories import draw
from tests.simulation.planners import NEEDS
from tests.simulation.playing import Tally, judge, play_seeds
from tests.simulation.stores import Store
from tests.simulation.tiny import draw_tiny

SOME = range(120)


def test_tiny_worlds_are_as_small_as_they_say() -> None:
    for history in map(draw_tiny, SOME):
        specs = [step for step in history.steps if step[0] in ("submit", "propose")]
        happens = [step for step in history.steps if step[0] not in ("flow", "backup", "mark")]
        assert len({step[2] % len(NEEDS) for step in specs}) == 1
        assert {step[1] for step in specs} == {0}
        assert len(history.owners()) <= 2 and len(happens) <= 3
        assert not (history.notices or history.besides() or history.hosted())
    assert {len(draw_tiny(seed).owners()) for seed in SOME} == {1, 2}
    assert draw_tiny(7).steps != draw(7).steps


def test_tiny_worlds_end_well_although_much_goes_wrong() -> None:
    tally = Tally()
    assert [found for seed in SOME if (found := judge(draw_tiny(seed), tally))] == []
    assert sum(tally.faults.values()) > len(SOME) / 3, "hardly anything went wrong: that is no test"
    assert {"delivery lost", "disk full", "bus wiped", "restored"} <= tally.faults.keys()
    assert any(fault.startswith("killed") for fault in tally.faults)


def test_tiny_histories_are_a_figure_of_their_own() -> None:
    tally = play_seeds(range(3), "tiny")
    told = sim.report(tally, 1.0, 1)
    assert (told["histories"], tally.tiny, tally.small, tally.short) == (3, 3, 0, 0)
    assert float(str(told["tiny_per_s_core"])) > 0
    assert told["small_per_s_core"] == told["short_per_s_core"] == 0.0
    assert sim.report(play_seeds(range(3)), 1.0, 1)["tiny_per_s_core"] == 0.0


def test_of_a_world_that_was_judged_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Seen(playing.World):
        def __init__(self, *given) -> None:  # type: ignore[no-untyped-def]
            super().__init__(*given)
            lives = [some for one in self.processes.values() for some in (one.relay, one.writer)]
            made.extend(weakref.ref(one) for one in (self, self.loop, *lives))

    monkeypatch.setattr(playing, "World", Seen)
    monkeypatch.setattr(playing, "_collect_now_and_then", lambda: None)
    assert judge(draw_tiny(3)) == []
    assert len(made) > 6 and [one() for one in made if one() is not None] == []


@pytest.fixture
def store() -> Store:
    return beginning.fresh_store("catering")


def _write(store: Store, one: str) -> None:
    with store.begin():
        store.raw.execute("INSERT INTO catering_inbox VALUES (?, ?)", (one, "2027-09-01"))


def _dump(store: Store) -> list[str]:
    return list(store.raw.iterdump())


def _inbox(store: Store) -> list[str]:
    return [row[0] for row in store.ask("SELECT id FROM catering_inbox ORDER BY id")]


@pytest.mark.parametrize("between", ["nothing", "image", "load", "settle", "failure"])
def test_a_store_is_at_its_first_day_again_whatever_was_done_to_it(
    store: Store, between: str
) -> None:
    first = _dump(store)
    _write(store, "a")
    if between == "image":
        assert store.image() and _inbox(store) == ["a"]
    elif between == "load":
        kept = store.image()
        _write(store, "b")
        store.load(kept)
        assert _inbox(store) == ["a"]
    elif between == "settle":
        store.settle()
        copy = sqlite3.connect(":memory:")
        store.raw.backup(copy)
        assert copy.execute("SELECT id FROM catering_inbox").fetchall() == [("a",)]
    elif between == "failure":
        store.failing = 1
        with pytest.raises(OperationalError):
            _write(store, "b")
        assert _inbox(store) == ["a"]
    _write(store, "c")
    assert "c" in _inbox(store) and _dump(store) != first
    assert _dump(beginning.fresh_store("catering")) == first
    _write(store, "a")
    assert _inbox(store) == ["a"]
