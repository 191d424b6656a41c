"""Reminders: when, to whom, and what becomes of them when things change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.rules.notice_case import (
    NOW,
    Office,
    arrangement,
    coach,
    hall,
    meal,
    rooms,
)

SEED = Path(__file__).parents[2] / "deploy" / "seed" / "notifications.yaml"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(f"sqlite:///{tmp_path / 'n.db'}")
    yield office
    office.close()


def by(office: Office, recipient: str) -> list[tuple[str, str]]:
    return [(n.kind.value, n.state.value) for n in office.notices() if n.recipient == recipient]


class TestReminders:
    deadline = NOW + timedelta(hours=72)

    def go(self, office: Office, hours: float) -> list[tuple[str, str]]:
        office.now = NOW + timedelta(hours=hours)
        office.remind()
        return [
            (one.letter.recipient, one.letter.subject)
            for one in office.send_all()
            if one.letter.kind == "reminder"
        ]

    def test_a_day_and_two_hours_before_the_guarantee(self, office: Office) -> None:
        office.arrange(arrangement(1, meal(48, guarantee_by=self.deadline)))
        count = ("desk", "Reminder: final count due soon: Eastern delegation")
        assert [self.go(office, hour) for hour in (47.9, 48, 69.9, 70, 80)] == [
            [], [count], [], [count], [],
        ]  # fmt: skip

    def test_after_a_time_of_being_down_only_the_last_is_sent(self, office: Office) -> None:
        office.arrange(arrangement(1, meal(48, guarantee_by=self.deadline)))
        assert len(self.go(office, 71)) == 1
        states = {(row["state"], row["reason"]) for row in office.reminders()}
        assert ("dropped", "overtaken by a later one") in states

    def test_after_the_deadline_it_is_dropped_with_a_reason(self, office: Office) -> None:
        office.arrange(arrangement(1, meal(48, guarantee_by=self.deadline)))
        assert self.go(office, 73) == []
        assert {r["reason"] for r in office.reminders() if r["state"] == "dropped"} == {
            "its deadline had passed"
        }

    def test_a_moved_deadline_moves_the_reminder(self, office: Office) -> None:
        later = self.deadline + timedelta(hours=10)
        office.arrange(arrangement(1, meal(48, guarantee_by=self.deadline)))
        office.arrange(arrangement(2, meal(48, guarantee_by=later)))
        assert self.go(office, 48) == []
        assert len(self.go(office, 58)) == 1

    def test_a_cancelled_visit_reminds_nobody(self, office: Office) -> None:
        office.arrange(arrangement(1, meal(48, guarantee_by=self.deadline)), arrangement(2))
        assert [self.go(office, hour) for hour in (48, 70)] == [[], []]
        assert {row["state"] for row in office.reminders()} == {"cancelled"}

    def test_an_unsent_reminder_says_the_newest_count(self, office: Office) -> None:
        office.arrange(arrangement(1, meal(48, guarantee_by=self.deadline)))
        office.send_all()
        office.now = NOW + timedelta(hours=48)
        office.remind()
        office.arrange(arrangement(2, meal(50, guarantee_by=self.deadline)))
        office.remind()
        texts = [o.letter.text for o in office.send_all() if o.letter.kind == "reminder"]
        assert len(texts) == 1 and "50 covers" in texts[0]

    def test_units_are_reminded_the_afternoon_before(self, office: Office) -> None:
        office.arrange(arrangement(1, hall(50), coach(38)))
        told = self.go(office, 7 * 24 + 8)  # 16:00 in Shanghai on the 17th
        subject = "Reminder: tomorrow's programme: Eastern delegation"
        assert sorted(told) == [("dispatch", subject), ("hotel", subject)]

    def test_the_cut_off_of_a_block(self, office: Office) -> None:
        stay = rooms(hotel=25)
        allotted = stay.allotted | {"cut_off": self.deadline.isoformat()}
        office.arrange(arrangement(1, stay.model_copy(update={"allotted": allotted})))
        assert self.go(office, 48) == [
            ("desk", "Reminder: room block cut-off soon: Eastern delegation")
        ]
