"""Random histories of arrangements, sends, failures and crashes: what is told is what is firm."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notifications.channels.port import Letter
from services.notifications.claims import Claimed, Pace
from services.notifications.programme import Programme, alike
from services.notifications.rendering import programme_text
from services.notifications.rules import compare, part_of
from shared.contracts.visits import ArrangementChanged
from tests.rules.notice_case import CONTACTS, Office, arrangement, coach, hall, meal, rooms

PATIENT = Pace(lease_s=30, backoff_s=(1, 4), attempts=1_000)
Stream = tuple[str, str, str]


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with tempfile.TemporaryDirectory() as folder:
        office = Office(f"sqlite:///{Path(folder) / 'n.db'}", pace=PATIENT)
        yield office
        office.close()


parts = st.fixed_dictionaries(
    {
        "hall": st.sampled_from([None, hall(50), hall(80), hall(80, hour=12), hall(80, "other")]),
        "meal": st.sampled_from([None, meal(48), meal(68)]),
        "rooms": st.sampled_from([None, rooms(hotel=25), rooms(hotel=31, other=8)]),
        "coach": st.sampled_from([None, coach(38)]),
    }
)
steps = st.one_of(
    st.tuples(st.just("arrange"), st.sampled_from(["v", "w"]), parts),
    st.tuples(st.just("late"), st.integers(0, 3)),
    st.tuples(st.just("claim"), st.integers(1, 8)),
    st.tuples(
        st.just("end"),
        st.integers(0, 9),
        st.sampled_from(["sent", "sent", "refused", "lost before", "lost after", "in doubt"]),
    ),
    st.tuples(st.just("later"), st.sampled_from([0.5, 2, 5, 31])),
)


class History:
    """Plays steps, and keeps what the recipients have in their hands."""

    def __init__(self, office: Office) -> None:
        self.office, self.sequence = office, 0
        self.firm: dict[str, ArrangementChanged] = {}
        self.past: list[ArrangementChanged] = []
        self.out: list[Claimed] = []
        self.received: dict[str, Letter] = {}
        self.hands: dict[Stream, Programme] = {}
        """What each recipient's last letter about each visit said."""

    def arrange(self, visit: str, wanted: dict[str, Any]) -> None:
        self.sequence += 1
        needs = [need for need in wanted.values() if need is not None]
        event = arrangement(self.sequence, *needs, visit=visit)
        self.firm[visit] = event
        self.past.append(event)
        self.office.arrange(event)

    def late(self, back: int) -> None:
        """An arrangement of the past arrives again."""
        if self.past:
            self.office.arrange(self.past[-1 - back % len(self.past)])

    def claim(self, limit: int) -> None:
        self.out += self.office.claim(limit).letters

    def later(self, seconds: float) -> None:
        self.office.later(seconds)

    def end(self, which: int, how: str) -> None:
        """What becomes of a letter on its way. Lost: its sender died; in doubt: it fell silent."""
        if not self.out:
            return
        one = self.out.pop(which % len(self.out))
        if how in ("sent", "lost after", "in doubt"):
            self._receive(one)
        if how == "sent":
            self.office.sent(one)
        elif how in ("refused", "in doubt"):
            self.office.unsent(one, in_doubt=how == "in doubt")

    def _receive(self, one: Claimed) -> None:
        letter, row = one.letter, one.row
        again = self.received.setdefault(letter.message_id, letter)
        assert again == letter, "the same Message-ID is the same letter"
        if again is not letter:
            return
        stream = (row["recipient"], row["channel"], row["visit"])
        wanted = Programme.model_validate_json(row["content"])
        change = compare(self.hands.get(stream), wanted)
        assert change is not None, "a letter that says nothing new"
        contact = next(one for one in CONTACTS if one.id == row["recipient"])
        assert letter.text == programme_text(change, wanted, contact), "old → new of what was sent"
        assert wanted.sequence in {event.sequence for event in self.past}
        self.hands[stream] = wanted

    def settle(self) -> None:
        """Senders come back, channels work, time passes."""
        for one in self.out:
            self._receive(one)
            self.office.sent(one)
        self.out = []
        for _ in range(200):
            self.office.later(31)
            found = self.office.claim()
            for one in found.letters:
                self._receive(one)
                self.office.sent(one)
            if not found.moved and found.next_at is None:
                return
        raise AssertionError("notices stay open")


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(steps, min_size=4, max_size=30))
def test_what_is_told_is_what_is_firm(office: Office, played: list[tuple[Any, ...]]) -> None:
    office.reset()
    history = History(office)
    for name, *arguments in played:
        getattr(history, name)(*arguments)
    history.settle()
    told = office.told()
    for visit, event in history.firm.items():
        for contact in CONTACTS:
            for way in contact.ways:
                stream, wanted = (contact.id, way.key, visit), part_of(event, contact)
                assert alike(told.get(stream), wanted)
                assert alike(history.hands.get(stream), wanted)
    notices = office.notices()
    visible = [n for n in notices if n.state != "withheld"]
    per_cause = Counter((n.recipient, n.cause, n.channel) for n in visible)
    assert set(per_cause.values()) <= {1}
    withheld = {n.notice for n in notices if n.state == "withheld"}
    assert withheld.isdisjoint(letter.id for letter in history.received.values())
    assert {n.state.value for n in notices} <= {"sent", "withheld"}
