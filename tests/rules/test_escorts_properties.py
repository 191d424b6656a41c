"""Escorts under random requests: what must never happen, checked without the code under test."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.escorts.documents import Person
from services.escorts.duty import Duty, duty_of, minutes_by_day, shift
from shared.contracts.holds import NeedRequest, Refusal
from shared.contracts.values import Window
from shared.holds.port import Allotment
from tests.rules.escort_case import (
    Board,
    assert_fit,
    city,
    decide,
    driver,
    escorts_of,
    person,
    stretches,
    vehicle,
    wish,
)

Span = tuple[datetime, datetime]
MINUTE = timedelta(minutes=1)
ZONES = ("Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "America/Havana", "Europe/Berlin")
CHANGES = (date(2027, 8, 18), date(2027, 3, 13), date(2027, 3, 27), date(2027, 11, 6))
"""A plain day, and the days before the clock changes in New York and Havana, and in Berlin."""


def small(zone: str) -> Board:
    """A city in which everything is scarce; nobody's hours alone see to the rest."""
    wide = {"zone": zone, "duty_starts": "05:00", "duty_ends": "23:30", "max_duty_minutes": 540}
    night = {"zone": zone, "duty_starts": "15:00", "duty_ends": "08:00", "max_duty_minutes": 420}
    return Board(
        escorts_of(
            people=[
                person("liaison-1", languages=["zh", "en"], **wide),
                person("liaison-2", buffer_minutes=25, **night),
                person("liaison-3", zone=zone, duty_starts="00:00", duty_ends="00:00"),
                person("liaison-4", zone=zone, duty_starts="08:00", duty_ends="20:00"),
                driver("driver-1", "coach", "minibus", **wide),
                driver("driver-2", "minibus", "car", **night),
                driver("driver-3", "car", zone=zone, buffer_minutes=40),
            ],
            vehicles=[
                vehicle("coach-1", 45, zone=zone),
                vehicle("coach-2", 40, zone=zone, buffer_minutes=50),
                vehicle("minibus-1", 18, zone=zone, buffer_minutes=20),
                vehicle("car-1", 4, zone=zone, buffer_minutes=0),
            ],
        )
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, list[NeedRequest]]:
    """A zone and requests around one night; some stays, most of them stretches."""
    zone, day = draw(st.sampled_from(ZONES)), draw(st.sampled_from(CHANGES))
    wishes = []
    for _ in range(draw(st.integers(2, 14))):
        starts = datetime.combine(day, time()) + draw(st.integers(0, 24 * 12)) * 10 * MINUTE
        minutes = draw(st.sampled_from([20, 45, 60, 120, 240, 400, 600, 1500, 2900]))
        kind, details = draw(st.sampled_from([
            ("escort", {"role": "liaison"}),
            ("escort", {"role": "liaison", "count": 2}),
            ("escort", {"role": "liaison", "languages": ["zh", "en"], "person": "liaison-3"}),
            ("vehicle", {}),
            ("vehicle", {"seats": 3}),
            ("vehicle", {"seats": 15, "type": "coach"}),
            ("vehicle", {"seats": 60}),
        ]))  # fmt: skip
        begins = starts.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        window = Window(starts_at=begins, ends_at=begins + minutes * MINUTE)
        any_time = wish(kind, "2027-08-18T00:00", "2027-08-18T01:00", 38, zone, **details)
        wishes.append(any_time.model_copy(update={"window": window}))
    return zone, wishes


Work = list[tuple[Window, Span]]
"""What a unit does: the window it was asked for, and the time it is taken."""


def play(board: Board, wishes: list[NeedRequest]) -> dict[str, Work]:
    """Place one after another; what each unit then does. Everything that is said is checked."""
    work: dict[str, Work] = defaultdict(list)
    for request in wishes:
        answer = decide(request, board)
        if isinstance(answer, Refusal):
            assert_fit(request, answer, board)
            continue
        board.take(answer.claims)
        for unit in units_of(answer):
            work[unit] += [(request.window, span) for span in stretches(answer, unit)]
    return work


def units_of(answer: Allotment) -> list[str]:
    """Every person and vehicle that an answer names."""
    rides = answer.allotted.get("vehicles", ())
    named = [unit for ride in rides for unit in (ride["vehicle"], ride["driver"])]
    return [*answer.allotted.get("people", ()), *named]


@settings(max_examples=60, deadline=None)
@given(histories())
def test_nobody_and_nothing_is_in_two_places_travel_included(
    history: tuple[str, list[NeedRequest]],
) -> None:
    zone, wishes = history
    board = small(zone)
    for unit, work in play(board, wishes).items():
        owner = board.escorts.people.get(unit) or board.escorts.vehicles[unit]
        buffer = owner.buffer_minutes * MINUTE
        for window, (begins, ends) in work:
            if window.ends_at - window.starts_at <= timedelta(hours=16):
                assert begins <= window.starts_at - buffer and window.ends_at + buffer <= ends
        for (_, before), (_, after) in pairwise(sorted(work, key=lambda one: one[1])):
            assert before[1] <= after[0]


@settings(max_examples=60, deadline=None)
@given(histories())
def test_duty_limit_hours_and_rest_are_never_broken(
    history: tuple[str, list[NeedRequest]],
) -> None:
    zone, wishes = history
    board = small(zone)
    for unit, work in play(board, wishes).items():
        if unit in board.escorts.people:
            assert_lawful(board.escorts.people[unit], work)


def assert_lawful(who: Person, work: Work) -> None:
    """Minutes per local day, duty hours, and rest between duty days, minute by wall clock."""
    plain: dict[date, float] = defaultdict(float)
    stays: dict[tuple[date, Window], float] = defaultdict(float)
    days: dict[date, list[Span]] = defaultdict(list)
    for window, (begins, ends) in work:
        days[duty_day(who, begins, ends)].append((begins, ends))
        for day, minutes in by_midnight(begins, ends, who.zone).items():
            if window.ends_at - window.starts_at <= timedelta(hours=16):
                plain[day] += minutes
            else:
                stays[day, window] += minutes
    for (day, _), minutes in stays.items():
        plain[day] += min(minutes, who.max_duty_minutes)
    assert all(minutes <= who.max_duty_minutes for minutes in plain.values()), (who.id, plain)
    order = sorted(days)
    for before, after in pairwise(order):
        gap = min(one[0] for one in days[after]) - max(one[1] for one in days[before])
        assert gap >= who.min_rest_minutes * MINUTE, (who.id, gap)


def duty_day(who: Person, begins: datetime, ends: datetime) -> date:
    """The day whose duty hours contain the work; fails when none does."""
    zone = ZoneInfo(who.zone)
    for by in (-1, 0):
        day = begins.astimezone(zone).date() + timedelta(days=by)
        last = day + timedelta(days=who.duty_ends <= who.duty_starts)
        opens = datetime.combine(day, who.duty_starts, zone).timestamp()
        closes = datetime.combine(last, who.duty_ends, zone).timestamp()
        if opens <= begins.timestamp() and ends.timestamp() <= closes:
            return day
    raise AssertionError(f"{who.id} works outside duty hours: {begins} to {ends}")


def by_midnight(begins: datetime, ends: datetime, zone: str) -> dict[date, float]:
    """Minutes per local day, counted minute by minute in steps of five."""
    count: dict[date, float] = defaultdict(float)
    while begins < ends:
        count[begins.astimezone(ZoneInfo(zone)).date()] += 5
        begins += 5 * MINUTE
    return count


@settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_the_same_answer_twice_and_asking_again_moves_nothing(
    history: tuple[str, list[NeedRequest]], data: st.DataObject
) -> None:
    zone, wishes = history
    board = small(zone)
    placed = []
    for request in wishes:
        answer = decide(request, board)
        assert answer == decide(request, board), "not deterministic"
        if isinstance(answer, Allotment):
            board.take(answer.claims)
            placed.append((request, answer))
    if placed:
        request, stands = data.draw(st.sampled_from(placed))
        again = decide(request, board, stands)
        if request.details.get("person") is None:
            assert isinstance(again, Allotment)
            assert sorted(units_of(again)) == sorted(units_of(stands))


@pytest.mark.parametrize(
    ("day", "hours"), [("2027-03-14", 9), ("2027-11-07", 11), ("2027-11-10", 10)]
)
def test_days_on_which_the_clock_changes(day: str, hours: int) -> None:
    someone = escorts_of(
        people=[person("p-1", zone="America/New_York", duty_starts="00:00", duty_ends="10:00")]
    ).people["p-1"]
    start, stop = shift(someone, date.fromisoformat(day).toordinal())
    assert stop - start == hours * 4
    assert minutes_by_day([(start, stop)], someone.zone) == {
        date.fromisoformat(day).toordinal(): hours * 60
    }


def test_a_person_keeps_the_hours_of_home_whatever_zone_is_asked_in() -> None:
    someone = escorts_of(people=[person("p-1")]).people["p-1"]
    asked = wish("escort", "2027-08-17T19:00", "2027-08-17T21:00", zone="America/New_York")
    duty = duty_of(someone, asked.window, 15)
    assert isinstance(duty, Duty)
    assert duty.minutes == ((date(2027, 8, 18).toordinal(), 150),)


def test_twenty_delegations_mostly_move() -> None:
    board, answers = Board(city()), []
    for _ in range(20):
        needs: list[dict[str, Any]] = [{"kind": "vehicle"}, {"kind": "escort", "role": "liaison"}]
        for need in needs:
            request = wish(need.pop("kind"), "2027-08-18T14:00", "2027-08-18T17:00", 14, **need)
            answer = decide(request, board)
            answers.append(answer)
            if isinstance(answer, Allotment):
                board.take(answer.claims)
            else:
                assert_fit(request, answer, board)
                assert answer.alternatives
    assert sum(isinstance(one, Allotment) for one in answers) >= 28
    assert any(isinstance(one, Refusal) for one in answers)
