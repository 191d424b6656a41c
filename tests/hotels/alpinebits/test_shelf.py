"""An order stays on the shelf until its newest state that was handed out is taken over."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.bookings.hotels.alpinebits.outcomes import Kind
from services.bookings.hotels.alpinebits.reports import Record, Refusal, Report
from services.bookings.hotels.alpinebits.shelf import Shelf, due, hand_out, put, refused, take
from tests.hotels.alpinebits.world import NOW

TAKEN = Report((Record("a", False),))
NO = Refusal("a", 3, 450, "no such room")


def ids(shelf: Shelf) -> list[str]:
    return [one.id for one in due(shelf, None)]


def test_handed_out_again_until_taken_over_and_then_no_more() -> None:
    shelf = put({}, "a", 1, NOW)
    for _ in range(3):
        assert ids(shelf) == ["a"]
        shelf = hand_out(shelf, ["a"])
    shelf, outcome = take(shelf, TAKEN)
    assert (ids(shelf), outcome.kind) == ([], Kind.SUCCESS)
    again, outcome = take(shelf, TAKEN)
    assert (again, outcome.kind) == (shelf, Kind.SUCCESS)


def test_a_change_between_handing_out_and_report_is_not_lost() -> None:
    shelf = hand_out(put({}, "a", 1, NOW), ["a"])
    shelf, _ = take(put(shelf, "a", 2, NOW), TAKEN)
    assert ids(shelf) == ["a"]


def test_a_change_whose_answer_was_lost_is_not_cleared_by_a_report_about_the_state_before() -> None:
    shelf = hand_out(put({}, "a", 1, NOW), ["a"])
    shelf = hand_out(put(shelf, "a", 2, NOW), ["a"])  # lost on the way
    shelf, _ = take(*take(shelf, TAKEN)[:1], TAKEN)
    assert ids(shelf) == ["a"]
    shelf, _ = take(hand_out(shelf, ["a"]), TAKEN)
    assert ids(shelf) == []


def test_the_end_is_told_until_the_end_is_taken_over() -> None:
    shelf = hand_out(put({}, "a", 1, NOW), ["a"])
    shelf = hand_out(put(shelf, "a", 2, NOW, cancelled=True), ["a"])
    shelf, outcome = take(shelf, TAKEN)  # a late report about the reservation
    assert (ids(shelf), outcome.kind) == (["a"], Kind.SUCCESS)
    shelf, outcome = take(shelf, Report((Record("a", True),)))
    assert (ids(shelf), outcome.kind) == ([], Kind.SUCCESS)


def test_what_ended_before_it_was_seen_is_not_told() -> None:
    shelf = put(put({}, "a", 1, NOW), "a", 2, NOW, cancelled=True)
    assert due(shelf, None) == due(shelf, NOW - timedelta(1)) == ()


def test_a_report_about_what_was_never_handed_out_clears_nothing() -> None:
    shelf = put({}, "a", 1, NOW)
    after, outcome = take(shelf, Report((Record("a", False), Record("b", False)), (NO,)))
    assert (after, outcome.kind) == (shelf, Kind.WARNING)
    assert [note.record for note in outcome.notes] == ["a", "b"]


def test_a_refusal_is_kept_for_a_person_and_counts_over_a_receipt() -> None:
    shelf = hand_out(put({}, "a", 1, NOW), ["a"])
    shelf, outcome = take(shelf, Report((Record("a", False),), (NO,)))
    assert outcome.kind is Kind.SUCCESS
    assert ids(shelf) == []
    assert [one.refusal for one in refused(shelf)] == [NO]
    changed = put(shelf, "a", 2, NOW)
    assert refused(changed) == ()
    assert ids(changed) == ["a"]


def test_an_older_state_never_comes_back() -> None:
    shelf = put(put({}, "a", 2, NOW), "a", 1, NOW, cancelled=True)
    assert shelf["a"].revision == 2
    assert not shelf["a"].cancelled


def test_a_question_about_a_time_brings_also_what_was_taken_over() -> None:
    shelf = put(put({}, "a", 1, NOW), "b", 1, NOW + timedelta(hours=1))
    shelf, _ = take(hand_out(shelf, ["a", "b"]), Report((Record("a", False), Record("b", False))))
    assert [one.id for one in due(shelf, NOW)] == ["b"]
    assert [one.id for one in due(shelf, NOW - timedelta(1))] == ["a", "b"]


class Histories(RuleBasedStateMachine):
    """A hotel's system that asks, loses answers, and reports what it got, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.shelf: Shelf = {}
        self.wanted: dict[str, int] = {}
        self.has: dict[str, int] = {}
        self.reports: list[Report] = []

    @rule(name=st.sampled_from("abc"))
    def decide(self, name: str) -> None:
        self.wanted[name] = self.wanted.get(name, 0) + 1
        self.shelf = put(self.shelf, name, self.wanted[name], NOW)

    @rule(lost=st.booleans())
    def ask(self, lost: bool) -> None:
        handed = due(self.shelf, None)
        self.shelf = hand_out(self.shelf, [one.id for one in handed])
        if not lost:
            self.reports = []  # one system asks at a time: what it got before, it has reported
            self.has |= {one.id: one.revision for one in handed}
            self.reports.append(Report(tuple(Record(one.id, False) for one in handed)))

    @rule(times=st.integers(1, 2))
    def report(self, times: int) -> None:
        """A report whose answer is lost is sent once more, before anything else is asked."""
        for one in self.reports * times:
            self.shelf, _ = take(self.shelf, one)
        self.reports = []

    @invariant()
    def nothing_is_lost(self) -> None:
        waits = {one.id for one in due(self.shelf, None)}
        for name, revision in self.wanted.items():
            assert name in waits or self.has.get(name) == revision


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
