"""Consumers over time: stuck, storming, growing, paused; forecasts; and the commands' law."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.console.board import SPAN_S
from services.console.picture import Flow, Level
from services.console.rings import POINTS, STEPS, Rings
from shared.chassis.pulse import Tally, at_rank, behind_s
from shared.contracts.message import COMMANDS
from shared.contracts.vitals import ConsumerBeat, Pausing
from tests.rules.vitals_case import NOON, Desk, at, consumer, stream

Figures = Callable[[float], tuple[ConsumerBeat, ...]]


def flow(desk: Desk) -> Flow:
    [found] = desk.board.picture(at(desk.now_s)).flows
    return found


def run(seconds: float, figures: Figures, desk: Desk | None = None) -> Desk:
    made = desk or Desk("venues")
    made.run(seconds, venues={"consumers": figures})
    return made


def test_rates_and_the_moment_when_it_will_be_empty() -> None:
    desk = run(60, lambda s: (consumer(waiting=int(1_000 - 5 * s), handled=int(20 * s)),))
    now = flow(desk)
    assert (now.out_per_s, now.in_per_s) == (20.0, 15.0)
    assert now.empty_at == at(desk.now_s + 700 / 5)
    assert desk.codes == []


def test_what_waits_while_nothing_is_handled_is_stuck_after_half_a_minute() -> None:
    desk = run(10, lambda s: (consumer(waiting=5, handled=int(s)),))
    run(28, lambda s: (consumer(waiting=5, handled=10),), desk)
    assert desk.codes == []
    run(4, lambda s: (consumer(waiting=5, handled=10),), desk)
    [stuck] = desk.findings
    assert (stuck.code, stuck.level, stuck.since) == ("stuck", Level.ALARM, at(10))
    run(2, lambda s: (consumer(waiting=5, handled=11),), desk)
    assert desk.codes == []


def test_work_that_no_one_gets_done_with_hangs() -> None:
    desk = run(110, lambda s: (consumer(in_flight=1),))
    assert desk.codes == []
    run(20, lambda s: (consumer(in_flight=1),), desk)
    assert desk.codes == ["hanging"]


def test_failing_again_and_again_is_a_storm() -> None:
    desk = run(40, lambda s: (consumer(in_flight=30, retried=int(5 * s), handled=int(s)),))
    assert desk.codes == ["storm"]
    well = run(40, lambda s: (consumer(in_flight=30, retried=int(5 * s), handled=int(9 * s)),))
    assert well.codes == []
    assert run(10, lambda s: (consumer(in_flight=60, redelivered=60),)).codes == ["storm"]


def test_more_coming_than_going_is_told_and_a_shrinking_backlog_only_when_it_is_old() -> None:
    desk = run(60, lambda s: (consumer(waiting=int(300 + 20 * s), handled=int(30 * s)),))
    assert desk.codes == ["growing"]

    def shrinking(behind: float) -> Figures:
        return lambda s: (consumer(waiting=int(9_000 - 20 * s), handled=int(30 * s),
                                   behind_s=behind),)  # fmt: skip

    assert run(60, shrinking(10)).codes == []
    [behind] = run(60, shrinking(50)).findings
    assert (behind.code, behind.until) == ("behind", at(60 + 7_800 / 20))


def test_a_pause_is_a_note_and_no_sign_of_being_stuck() -> None:
    pause = Pausing(until=at(900), actor="ann", reason="a fix is on its way")
    desk = run(90, lambda s: (consumer(waiting=5, paused_until=at(900), pause=pause),))
    [paused] = desk.findings
    assert (paused.code, paused.level, paused.until) == ("paused", Level.NOTE, at(900))
    assert "ann" in paused.sentence.en
    found = flow(desk)
    assert (found.paused_by, found.reason, found.drained) == ("ann", pause.reason, False)
    # Over: half a minute from then on counts.
    run(20, lambda s: (consumer(waiting=5),), desk)
    assert desk.codes == []


def test_figures_of_several_processes_are_of_the_newest_look_and_counts_add_up() -> None:
    desk = Desk("venues")
    figures = {"consumers": lambda s: (consumer(waiting=4, handled=int(3 * s), behind_s=7.0),)}
    for _ in range(10):
        desk.run(2, venues=figures)
        other = desk._beat("venues", {"consumers": (consumer(waiting=9, handled=int(desk.now_s),
                                                             behind_s=2.0),)})  # fmt: skip
        desk.board.hear(other.model_copy(update={"instance": "i2"}), at(desk.now_s))
    found = flow(desk)
    assert (found.waiting, found.behind_s) == (9, 2.0)
    assert found.out_per_s == pytest.approx(4.0, rel=0.15)


def law(desk: Desk, seconds: float, messages: Any, waiting: Any) -> Desk:
    desk.run(seconds, venues={
        "streams": lambda s: (stream(messages(s)),),
        "consumers": lambda s: (consumer(waiting=waiting(s)),),
    })  # fmt: skip
    return desk


def test_a_command_that_no_consumer_has_before_it_is_told_after_half_a_minute() -> None:
    desk = law(Desk("venues"), 60, lambda s: 5, lambda s: 5)
    assert desk.board.commands(at(desk.now_s)).over == 0
    # Half a minute after the figures of a whole span (`board.SPAN_S`) say so.
    law(desk, int(SPAN_S) + 28, lambda s: 6, lambda s: 5)
    assert "zombies" not in desk.codes
    law(desk, 6, lambda s: 6, lambda s: 5)
    assert "zombies" in desk.codes
    law(desk, 2, lambda s: 5, lambda s: 5)
    assert "zombies" not in desk.codes


@settings(deadline=None, max_examples=30)
@given(
    rates=st.lists(st.integers(-50, 50), min_size=1, max_size=4),
    lags=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    share=st.floats(0.1, 0.9),
)
def test_no_load_makes_a_false_zombie(
    rates: list[int], lags: tuple[int, int], share: float
) -> None:
    """Two services look at different moments, each at its consumer and at the stream."""

    def depth(s: float) -> int:
        return max(0, 400 + sum(rate * max(0, min(s - 30 * i, 30)) for i, rate in enumerate(rates)))

    def told(name: str, lag: int, own: Callable[[int], int]) -> dict[str, Any]:
        return {
            "streams": lambda s: (stream(depth(s - lag)),),
            "consumers": lambda s: (consumer(name, waiting=own(depth(s - lag))),),
        }

    def mine(many: int) -> int:
        return int(many * share)

    desk = Desk("venues", "visits")
    for _ in range(15):
        desk.run(10, venues=told("venues-a-v1", lags[0], mine),
                 visits=told("visits-b-v1", lags[1], lambda many: many - mine(many)))  # fmt: skip
        assert "zombies" not in desk.codes


def test_while_someone_is_silent_the_law_says_nothing() -> None:
    desk = Desk("venues", "visits")
    desk.run(90, silent=("visits",), venues={"streams": (stream(6),), "consumers": (consumer(),)})
    assert desk.board.commands(at(desk.now_s)).whole is False
    assert "zombies" not in desk.codes


def test_another_stream_is_not_in_the_law() -> None:
    desk = Desk("venues")
    desk.run(60, venues={"streams": (stream(2), stream(9, name="EVENTS")),
                         "consumers": (consumer(waiting=2),
                                       consumer("x", stream="EVENTS", waiting=7))})  # fmt: skip
    assert desk.board.commands(at(desk.now_s)).counted == 2
    assert desk.board.picture(at(desk.now_s)).commands.in_stream == 2
    assert COMMANDS == "COMMANDS"


# ------------------------------------------------------------------ small things


def test_an_hour_is_kept_and_no_more_and_a_short_peak_stays() -> None:
    rings = Rings()
    for step in range(STEPS + 100):
        rings.step({"a": 1_000.0 if step == STEPS else 1.0, "b": 0.0})
    trend = rings.trend("a")
    assert (len(trend), max(trend), rings.trend("b")) == (POINTS, 1_000.0, ())
    rings.step({"late": 3.0})
    assert len(rings.trend("late")) == POINTS
    assert rings.trend("late")[-1] == 3.0


def test_the_age_of_the_oldest_follows_what_was_handled_since_waiting_began() -> None:
    now = datetime(2027, 3, 1, tzinfo=UTC)
    old = Tally(stored_at=now - timedelta(hours=3), handled_at=100.0)
    assert behind_s(200.0, now, 0, 50.0, old) == 0
    # Handled since it began to wait: the next one was stored after that one.
    assert behind_s(200.0, now, 5, 50.0, old) == 3 * 3_600
    # Handled before: what waits came when waiting began.
    assert behind_s(200.0, now, 5, 190.0, old) == 10
    assert behind_s(200.0, now, 5, 190.0, None) == 10


def test_ranks() -> None:
    assert at_rank([1.0], 0.99) == 1.0
    assert [at_rank(list(map(float, range(1, 101))), one) for one in (0.5, 0.99)] == [50, 99]
    assert at(1) > NOON
