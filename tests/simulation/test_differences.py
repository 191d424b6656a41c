"""Differences are found in stores that the real handlers wrote, and in none that agree."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from deploy import differences as subject
from deploy.differences import COMPARED, Difference, differences
from shared.contracts.catalog import resource_services
from tests.chaos.evidence import Copy
from tests.simulation.histories import History
from tests.simulation.playing import play
from tests.simulation.world import World

STEPS = (
    ("submit", 0, 6, 0), ("flow", 60), ("time", 3.0), ("submit", 0, 16, 0), ("flow", 60),
    ("submit", 1, 5, 0), ("flow", 60), ("time", 3.0),
)  # fmt: skip
"""One visit edited, one not."""


@pytest.fixture
def stores(tmp_path: Path) -> dict[str, str]:
    """The stores of a history that ended well, as files."""
    world = World(History(0, False, True, STEPS))
    assert play(world) == []
    for name, process in world.processes.items():
        copy = Copy()
        process.store.settle()
        process.store.raw.backup(copy.raw)
        copy.save(tmp_path / f"{name}.db")
    for name in resource_services():
        if name not in world.processes:
            with sqlite3.connect(tmp_path / f"{name}.db") as raw:
                raw.execute(f"CREATE TABLE {name}_holds (hold, visit, need, state)")
    with sqlite3.connect(tmp_path / "guests.db") as raw:
        raw.execute("CREATE TABLE guests_visits (visit, revision)")
    return {name: f"sqlite:///{tmp_path / name}.db" for name in COMPARED}


def changed(stores: dict[str, str], service: str, say: str) -> list[Difference]:
    """What is found once this was done to one store."""
    with sqlite3.connect(stores[service].removeprefix("sqlite:///")) as raw:
        assert raw.execute(say).rowcount == 1
    return list(differences(stores))


def test_stores_that_agree_have_none(stores: dict[str, str]) -> None:
    assert list(differences(stores)) == []


def test_an_orchestrator_that_forgot_a_change(stores: dict[str, str]) -> None:
    [one] = changed(
        stores, "visits", "DELETE FROM visits_specs WHERE visit = 'alpha' AND key = '2'"
    )
    assert (one.visit, one.owner, one.other_says) == ("alpha", "console", "absent")
    assert one.owner_says == "accepted as revision 2" and one.what in str(one)


def test_notifications_that_forgot_the_last_arrangement(stores: dict[str, str]) -> None:
    say = "UPDATE notifications_visits SET sequence = 1 WHERE visit = 'alpha'"
    [one] = changed(stores, "notifications", say)
    assert (one.visit, one.what, one.owner_says) == ("alpha", "arrangement", "#1")
    [gone] = changed(
        stores, "notifications", "DELETE FROM notifications_visits WHERE visit = 'alpha'"
    )
    assert gone.owner_says == "absent" and gone.other_says == one.other_says


def test_a_guests_service_that_forgot_a_roster(stores: dict[str, str]) -> None:
    with sqlite3.connect(stores["console"].removeprefix("sqlite:///")) as raw:
        raw.execute("INSERT INTO console_rosters VALUES ('alpha', 5, '2027-01-01', 1, 0, 0)")
    [one] = changed(stores, "guests", "INSERT INTO guests_visits VALUES ('alpha', 4)")
    assert (one.visit, one.what, one.other, one.other_says) == ("alpha", "roster", "console", "#5")
    assert one.owner_says == "#4" and "console says #5, guests says #4" in str(one)
    [gone] = changed(stores, "guests", "DELETE FROM guests_visits")
    assert gone.owner_says == "absent"
    assert changed(stores, "guests", "INSERT INTO guests_visits VALUES ('alpha', 5)") == []


def test_an_owner_that_forgot_a_hold_is_told_by_the_command_line(
    stores: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for name, url in stores.items() for word in ("--store", f"{name}={url}")]
    monkeypatch.setattr("sys.argv", ["differences", *words])
    assert subject.main() == 0
    say = "DELETE FROM venues_holds WHERE visit = 'bravo' AND state = 'confirmed'"
    [one] = changed(stores, "venues", say)
    assert subject.main() == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["differences"] == 1
    assert told["first"][0]["what"] == one.what
    monkeypatch.setattr("sys.argv", ["differences", "--store", "nobody=sqlite://"])
    assert subject.main() == 2 and "no such service" in capsys.readouterr().err
