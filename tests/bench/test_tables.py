"""The tables of a run have all that was measured, and say what was not."""

from __future__ import annotations

from typing import Any

import pytest

from bench.compare import middle
from bench.tables import by_process, compared, shares_of_ceilings, shown_shares

OURS: dict[str, Any] = {
    "system": "sqlite", "flying": 128, "refused": 0.0, "visits_s": 200.0, "p50_ms": 560.1,
    "p99_ms": 817.7, "cpu_ms": 9.8, "cpu_ms_by": {"console": 0.7, "visits": 3.9},
    "written_kb_by": {"visits": 80.0, "console": 20.5}, "messages": 17.0, "commits": 4.1,
    "written_kb": 100.5, "memory_mb": 616.0, "wrong": 0,
}  # fmt: skip
BARE = {name: OURS[name] for name in ("flying", "refused", "visits_s", "p50_ms", "p99_ms")}
BARE |= {"system": "bare", "cpu_ms": 0.23, "memory_mb": 96.0}
CEILINGS = {"disk_fsync_s": 4_000.0, "sqlite_single_s": 8_000.0, "jetstream_publish_s": 34_000.0}


def test_a_row_has_every_column_that_is_promised() -> None:
    head, _rule, ours, bare = compared([OURS, BARE])
    assert head == (
        "| system | in flight | refused | visits/s | p50 ms | p99 ms | processor ms | messages"
        " | commits | kB written | MB |"
    )
    assert ours == ("| `sqlite` | 128 | 0 % | 200 | 560.1 | 817.7 | 9.8 | 17 | 4.1 | 100.5 | 616 |")
    assert bare == "| `bare` | 128 | 0 % | 200 | 560.1 | 817.7 | 0.23 | – | – | – | 96 |"


def test_processes_are_told_the_busiest_first() -> None:
    assert by_process([OURS, BARE])[2:] == [
        "| `sqlite` | 128 | 0 % | visits 3.9, console 0.7 | visits 80, console 20.5 |",
        "| `bare` | 128 | 0 % | – | – |",
    ]


def test_shares_are_of_what_was_measured_in_the_same_run() -> None:
    refused, alone = {**OURS, "refused": 0.2, "commits": 99.0}, {**OURS, "flying": 1}
    found = shares_of_ceilings([refused, alone, OURS], CEILINGS, "sqlite", 128)
    assert list(found.values()) == pytest.approx([0.205, 0.102, 0.1], abs=0.001)
    assert shown_shares(found)[2] == "| commits of the disk's syncs | 20.5 % |"
    assert shares_of_ceilings([alone], CEILINGS, "sqlite", 128) == {}


def test_rounds_come_to_their_median_by_process_too() -> None:
    rounds = [
        {**OURS, "cpu_ms": cpu, "cpu_ms_by": {"visits": cpu - 1, "console": 1.0}, "wrong": wrong}
        for cpu, wrong in ((30.0, 1), (10.0, 0), (11.0, 2))
    ]
    found = middle(rounds)
    assert (found["cpu_ms"], found["cpu_ms_by"]) == (11.0, {"visits": 10.0, "console": 1.0})
    assert (found["system"], found["wrong"]) == ("sqlite", 3)
