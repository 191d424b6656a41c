"""The kernel over thousands of random histories, step by step against a plain-Python oracle.

Doubles, lateness, any order, groups, clocks that jump both ways, successors of the same need,
consents, expiry, restarts, owners outside who say yes, no, or take back what they had given, lots
that lose and gain places.
Planted faults that these histories catch: expiry ignored, claims of one need added instead of
overlapped, an old arrangement never given back, a tombstone forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from shared.contracts.changes import Counted, UnitChange
from shared.contracts.holds import LIVE, Hold, HoldState, Refusal
from shared.contracts.message import Command
from shared.contracts.needs import PlainNeed
from shared.contracts.values import Text
from shared.holds.hearing import Word
from tests.conformance.desk import Desk, Heard, confirm, place, release
from tests.conformance.parking import ParkingRules, lots, parking
from tests.conformance.suite import ResourceConformance
from tests.rules.holds_oracle import Oracle

PLACES = {"asked": 5, "north": 4}
VISITS = ("v", "w", "x")
NEEDS = ("day-1/cars", "day-1/bus")
START = ResourceConformance.now
Step = tuple[Any, ...]
WITHDREW = Refusal(code="withdrew", sentence=Text(zh="已收回", en="taken back"))

visits = st.sampled_from(VISITS)
needs = st.sampled_from(NEEDS)
attempts = st.integers(1, 4)
wish = st.tuples(st.integers(1, 6), st.sampled_from((None, *PLACES)), st.sampled_from((0.25, 0.75)))
one_place = st.tuples(
    st.just("place"), visits, needs, attempts, wish, st.sampled_from(((3600, 1800), (60, 90)))
)
one_command = st.one_of(
    one_place,
    one_place,
    st.tuples(st.just("confirm"), visits, needs, attempts),
    st.tuples(st.just("release"), visits, needs, attempts),
)
heard = st.tuples(visits, needs, attempts, st.booleans())
step = st.one_of(
    st.tuples(st.just("group"), st.lists(one_command, min_size=1, max_size=5)),
    st.tuples(st.just("group"), st.lists(one_place, min_size=2, max_size=5)),
    st.tuples(st.just("consent"), visits, needs, attempts, st.booleans()),
    st.tuples(st.just("hear"), st.lists(heard, min_size=1, max_size=4)),
    st.tuples(st.just("cut"), st.sampled_from(tuple(PLACES)), st.integers(1, 6)),
    st.tuples(st.just("time"), st.sampled_from((30, 60, 1800, 3600, -45))),
    st.tuples(st.just("sweep")),
    st.tuples(st.just("again")),
    st.tuples(st.just("restart")),
)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """One store in memory, emptied before each history."""
    from shared.contracts.catalog import CATALOG, Kind

    with pytest.MonkeyPatch.context() as patch:
        line = Kind("parking", Text(zh="停车位", en="parking"), PlainNeed)
        patch.setitem(CATALOG, "parking", line)
        desk = Desk("parking", ParkingRules(), "sqlite://", START, lots(**PLACES))
        yield desk
        desk.close()


class History:
    """A desk and an oracle that live through the same steps."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.oracle = desk, Oracle(dict(PLACES))
        self.seen: dict[str, Hold] = {}
        self.sent: list[Command] = []
        self.cuts = 0
        desk.now = START
        with desk.engine.begin() as connection:
            changed = connection.execute(text("SELECT count(*) FROM parking_changes")).scalar()
            for plural in ("holds", "claims", "cells", "changes"):
                connection.execute(text(f"DELETE FROM parking_{plural}"))
        if changed:
            desk.seed(lots(**PLACES))

    def live(self, steps: list[Step]) -> None:
        for verb, *rest in steps:
            heard = self.act(verb, rest)
            self.compare(heard)

    def act(self, verb: str, rest: list[Any]) -> Heard:
        if verb == "group":
            return self.group([self.command(*one) for one in rest[0]])
        if verb == "again":
            return self.group(self.sent[-3:][::-1])
        if verb == "consent":
            *where, granted = rest
            self.oracle.consent(hold_of(*where), granted, self.desk.now)
            return self.desk.consent(hold_of(*where), granted)
        if verb == "hear":
            return self.hear(rest[0])
        if verb == "cut":
            return self.cut(*rest)
        if verb == "time":
            self.desk.later(rest[0])
        elif verb == "sweep":
            self.oracle.expire(self.desk.now)
            return Heard(holds=self.desk.expire())
        else:
            self.desk.restart()
        return Heard()

    def hear(self, said: list[Any]) -> Heard:
        """Every hold that moved is told; those that did not are not."""
        before = {name: known.revision for name, known in self.oracle.holds.items()}
        words = []
        for *where, yes in said:
            hold = hold_of(*where)
            self.oracle.hear(hold, yes, self.desk.now)
            words.append(Word(hold, None if yes else WITHDREW))
        with self.desk.work() as (work, heard):
            self.desk.kernel.hear(work, words)
        moved = {n for n, known in self.oracle.holds.items() if known.revision > before[n]}
        assert set(heard.holds) == moved
        return heard

    def cut(self, lot: str, places: int) -> Heard:
        """A lot has more or fewer places from now on."""
        seen = self.desk.preview(lot, UnitChange(lift=0)).revision
        change = UnitChange(count=Counted(quantity=places))
        asked = {hit.hold for hit in self.desk.preview(lot, change).hits}
        self.cuts += 1
        self.desk.change(lot, change, seen, f"cut-{self.cuts}")
        before = {name: known.revision for name, known in self.oracle.holds.items()}
        self.oracle.cut(lot, places, self.desk.now)
        heard = Heard(holds=self.desk.settle())
        moved = {n for n, known in self.oracle.holds.items() if known.revision > before[n]}
        assert set(heard.holds) == moved == asked
        return heard

    def command(self, verb: str, visit: str, need: str, attempt: int, *rest: Any) -> Command:
        hold = hold_of(visit, need, attempt)
        if verb == "place":
            (quantity, unit, hours), (hold_for_s, consent_s) = rest
            request = parking(need, quantity, unit, hours)
            return place(visit, hold_for_s, consent_s, **{hold: request})
        return confirm(visit, hold) if verb == "confirm" else release(visit, hold)

    def group(self, commands: list[Command]) -> Heard:
        """Messages of one kind that wait together are one group, in the order of the kinds."""
        heard = Heard()
        kinds = dict.fromkeys(type(command) for command in commands)
        for kind in kinds:
            some = [command for command in commands if type(command) is kind]
            for command in some:
                self.tell_oracle(command)
            told = self.desk.handle(self.desk.handler(some[0]), *some)
            assert len(told.events) == len(some), "each command is answered once"
            heard.holds |= told.holds
            self.sent += some
        return heard

    def tell_oracle(self, command: Any) -> None:
        now, visit = self.desk.now, command.visit
        if hasattr(command, "hold_for_s"):
            for one in command.holds:
                lives = (command.hold_for_s, command.consent_within_s)
                self.oracle.place(visit, one.hold, one.request, now, lives)
            return
        act = self.oracle.confirm if command.subject_name() == "confirm_holds" else None
        for hold in command.holds:
            (act or self.oracle.release)(visit, hold, now)

    def compare(self, heard: Heard) -> None:
        """What was answered, what the claims are, and what the cells count: all as the oracle's."""
        for name, hold in heard.holds.items():
            known = self.oracle.holds[name]
            assert (hold.state, hold.revision) == (known.state, known.revision), name
            before = self.seen.get(name)
            if before is not None:
                assert hold.revision >= before.revision
                assert before.state in LIVE or hold == before, "what is resolved stays"
                assert (hold.revision == before.revision) == (hold == before)
            if hold.state in (HoldState.PENDING, HoldState.HELD):
                assert hold.expires_at == known.expires_at
            if hold.state is HoldState.REFUSED and known.lot:
                assert hold.refusal is not None
                if known.answer_by is not None:
                    assert len(hold.refusal.alternatives) >= 2
            self.seen[name] = hold
        cells = self.desk.cells()
        assert cells == self.desk.claimed()
        assert cells == self.oracle.cells()
        assert all(taken <= self.oracle.places[lot] for (lot, _slot), taken in cells.items())


def hold_of(visit: str, need: str, attempt: int) -> str:
    return f"{visit}:{need}:{attempt}"


@settings(
    max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
@given(steps=st.lists(step, min_size=3, max_size=14))
def test_any_history_ends_as_the_oracle_says(desk: Desk, steps: list[Step]) -> None:
    history = History(desk)
    history.live(steps)
    # At the end of all time only what is firm remains; released, nothing does.
    desk.later(10 * 86400)
    history.live([("sweep",)])
    firm = {name for name, known in history.oracle.holds.items() if known.state in LIVE}
    for name in sorted(firm):
        assert history.oracle.holds[name].state is HoldState.CONFIRMED
        history.group([release(name.split(":")[0], name)])
    assert desk.cells() == {}
