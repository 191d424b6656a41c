"""Growth, aims and profiles are judged rightly, whatever was measured."""

from __future__ import annotations

import pytest

from bench.aims import AIMS, Aim, table
from bench.figures import carried
from bench.flame import top_of, top_table
from bench.growth import BOUNDS, growth_of, judge, thirds
from bench.lanes import NONE, Answer
from bench.overload import Load
from bench.rest import resting


@pytest.mark.parametrize(
    ("visits_s", "cpu_ms", "processors", "most"),
    [(186.3, 15.0, 2, 133.3), (186.3, 15.0, 4, 186.3), (100.0, 15.0, 2, 100.0)],
)
def test_what_goes_on_is_no_more_than_the_processors_do(
    visits_s: float, cpu_ms: float, processors: int, most: float
) -> None:
    told = {"visits_s": visits_s, "cpu_ms": cpu_ms}
    assert carried(told, processors) == pytest.approx(most, abs=0.05)


def test_thirds_leave_out_the_middle_and_what_was_before() -> None:
    readings = [(float(second), float(second)) for second in range(-3, 9)]
    assert thirds(readings, 9.0) == ([0.0, 1.0, 2.0], [6.0, 7.0, 8.0])


def test_a_stretch_without_readings_at_an_end_is_no_figure() -> None:
    with pytest.raises(ValueError, match="last third"):
        thirds([(0.0, 1.0)], 9.0)


@pytest.mark.parametrize(
    ("name", "first", "last", "grew"),
    [
        ("memory_mb", 400.0, 430.0, False),
        ("memory_mb", 400.0, 430.1, True),
        ("memory_mb", 400.0, 300.0, False),
        ("unpublished", 0.0, 200.0, False),
        ("unpublished", 0.0, 201.0, True),
        ("p99_ms", 100.0, 230.0, False),
        ("p99_ms", 100.0, 231.0, True),
    ],
)
def test_growth_is_what_lies_beyond_share_and_swing(
    name: str, first: float, last: float, grew: bool
) -> None:
    assert judge(name, first, last).grew is grew


def test_growth_takes_medians_of_readings_and_percentiles_of_waits() -> None:
    memory = [(0.0, 100.0), (1.0, 900.0), (2.0, 101.0), (7.0, 500.0), (8.0, 501.0)]
    waits = [(0.0, 10.0), (1.0, 10.0), (7.0, 10.0), (8.0, 2_000.0)]
    found = growth_of({"memory_mb": memory}, waits, 9.0)
    assert (found["memory_mb"].first, found["memory_mb"].last) == (101.0, 500.5)
    assert found["memory_mb"].grew
    assert found["p99_ms"].grew
    assert set(found) <= set(BOUNDS)


@pytest.mark.parametrize(
    ("aim", "value", "met"),
    [
        (Aim("", "", least=2), 2.0, True),
        (Aim("", "", least=2), 1.9, False),
        (Aim("", "", most=2), 2.0, True),
        (Aim("", "", most=2), 2.1, False),
        (Aim("", ""), 2.0, None),
    ],
)
def test_an_aim_is_met_at_its_bound(aim: Aim, value: float, met: bool | None) -> None:
    assert aim.met(value) is met


def test_the_table_says_what_was_measured_missed_and_left_out() -> None:
    figures = {"warm_start_s": 3.9, "idle_cpu_percent": 2.5, "ratio_visits_s_two_replicas": 1.1}
    lines = table(figures)
    assert len(lines) == 2 + len(AIMS)
    assert "| warm start until a visit is accepted | 3.9 s | ≤ 4 s | met |" in lines
    assert "| at rest: processor share of a core | 2.5 % | ≤ 2 % | missed |" in lines
    assert any("1.1× | told |  |" in line for line in lines)
    assert any("not measured" in line for line in lines)


def test_a_function_that_calls_itself_counts_once() -> None:
    own, whole, total = top_of(["main;walk;walk 3", "main;sum 1"])
    assert (own["walk"], whole["walk"], whole["main"], total) == (3, 3, 4, 4)
    assert "main" not in own
    assert "| 75.0 | 75.0 | `walk` |" in top_table("visits", ["main;walk;walk 3", "main;sum 1"])


def test_what_the_starter_has_is_what_nobody_else_has() -> None:
    found = resting(
        {"run": 5.0, "visits": 3.0}, {"run": 300.0, "visits": 100.0}, {"run": 90.0, "visits": 80.0}
    )
    assert (found["idle_cpu_percent"], found["idle_rss_mb"], found["idle_pss_mb"]) == (5, 300, 90)
    assert found["idle_by"] == {"run": [2.0, 200.0, 10.0], "visits": [3.0, 100.0, 80.0]}


@pytest.mark.parametrize(
    ("answer", "told", "wrong"),
    [
        (Answer(201), {}, {}),
        (Answer(202), {}, {}),
        (NONE, {"no answer": 1}, {}),
        (Answer(503, {"retry-after": "1"}, b'{"type":"urn:x:busy"}'), {"503 busy": 1}, {}),
        (
            Answer(429, {}, b'{"type":"urn:x:slow"}'),
            {"429 slow": 1},
            {"429 without Retry-After": 1},
        ),
        (Answer(500), {}, {"500": 1}),
    ],
)
def test_a_no_must_say_when_to_come_again(
    answer: Answer, told: dict[str, int], wrong: dict[str, int]
) -> None:
    load = Load([])
    load._judge(answer)
    assert (dict(load.told), dict(load.wrong)) == (told, wrong)
