"""That an alarm is over is told once, to those whom a call reached or may have reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.notifications.duty import Duty
from shared.contracts.alarms import AlarmCleared, AlarmRang
from shared.contracts.notices import NoticeState
from tests.rules.notice_case import DESK, NOW, Office, both, contact

ALARM = "alarm-1"
WAYS = [
    {"channel": "email", "address": "duty@example.org"},
    {"channel": "webhook", "address": "http://127.0.0.1:9/hook"},
]
POST = contact("duty", "duty", ways=WAYS)
CHINESE = contact("night", "duty", language="zh")
DUTY = Duty("Asia/Shanghai")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(f"sqlite:///{tmp_path / 'store.db'}", [DESK, POST, CHINESE])
    made.reset()
    yield made
    made.close()


def rang(call: int = 1) -> AlarmRang:
    return AlarmRang(
        cause=ALARM, actor="console", alarm=ALARM, call=call, rule="store_slow", level="alarm",
        sentence=both("Slow"), harm=both("All"), raised_at=NOW, called_at=NOW,
        page=f"/alarms/{ALARM}",
    )  # fmt: skip


def over() -> AlarmCleared:
    return AlarmCleared(
        cause=ALARM, actor="console", alarm=ALARM, rule="store_slow", level="alarm",
        sentence=both("Slow"), raised_at=NOW, cleared_at=NOW + timedelta(minutes=3),
        page=f"/alarms/{ALARM}",
    )  # fmt: skip


def subjects(office: Office) -> list[tuple[str, str, str, str]]:
    return sorted((one.recipient, one.channel, one.subject, one.state.value)
                  for one in office.notices())  # fmt: skip


def test_whom_the_call_reached_is_told_by_the_same_way(office: Office) -> None:
    office._handle(DUTY.call, [rang()])
    assert len(office.send_all()) == 3
    office._handle(DUTY.clear, [over()])
    letters = office.send_all()
    assert sorted(one.letter.subject for one in letters) == [
        "Over: Slow",
        "Over: Slow",
        "告警解除：Slow（中）",
    ]
    texts = {one.letter.subject: one.letter.text for one in letters}
    assert "it held from" in texts["Over: Slow"]
    assert "Acknowledge" not in texts["Over: Slow"] and ALARM in texts["Over: Slow"]
    assert "告警已解除" in texts["告警解除：Slow（中）"]
    # Once: the same word again, as from a bus that was put back, makes nothing.
    before = subjects(office)
    office._handle(DUTY.clear, [over()])
    assert subjects(office) == before and office.send_all() == []


def test_a_call_that_was_not_sent_is_withheld_and_nothing_is_told(office: Office) -> None:
    office._handle(DUTY.call, [rang()])
    office._handle(DUTY.clear, [over()])
    assert {one.state for one in office.notices()} == {NoticeState.WITHHELD}
    assert {one.reason for one in office.notices()} == {"the alarm was over before it was sent"}
    assert office.send_all() == []


def test_each_way_is_told_for_itself(office: Office) -> None:
    office._handle(DUTY.call, [rang()])
    office.later(office.desk._grace.total_seconds())
    for one in office.claim().letters:
        if one.row["recipient"] == "duty" and one.channel == "email":
            assert office.sent(one)
        else:
            assert office.unsent(one)
    office._handle(DUTY.clear, [over()])
    told = [(who, way) for who, way, subject, state in subjects(office)
            if state != "withheld" and "Over" in subject]  # fmt: skip
    assert told == [("duty", "email")]


def test_who_may_have_got_the_call_is_told(office: Office) -> None:
    office._handle(DUTY.call, [rang()])
    office.later(office.desk._grace.total_seconds())
    for one in office.claim().letters:
        assert office.unsent(one, in_doubt=True)
    office._handle(DUTY.clear, [over()])
    assert len([one for one in office.notices() if "Slow" in one.subject]) == 6


def test_a_call_that_was_overtaken_calls_nobody(office: Office) -> None:
    office._handle(DUTY.clear, [over()])
    office._handle(DUTY.call, [rang()])
    assert office.notices() == ()


def test_of_several_calls_one_word(office: Office) -> None:
    for call in (1, 2):
        office._handle(DUTY.call, [rang(call)])
        office.send_all()
    office._handle(DUTY.call, [rang(3)])
    office._handle(DUTY.clear, [over()])
    sent = [one.letter.subject for one in office.send_all()]
    assert len(sent) == 3 and all("Over" in one or "解除" in one for one in sent)
