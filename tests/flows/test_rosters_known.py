"""What the console knows of rosters, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session

from services.console import migrations, rosters
from services.console.rosters import LEFT_OUT, ROSTERS, Doubt, Put
from shared.chassis import migrations as chassis
from shared.chassis.store import migrate, open_store
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Delivery, Work
from shared.contracts.rosters import RosterChanged

NOW = datetime(2027, 9, 1, 8, tzinfo=UTC)
ONE, TWO, THREE = (f"g-{number:026}" for number in (1, 2, 3))


@pytest.fixture
def store(store_url: str) -> Iterator[Engine]:
    engine = open_store(store_url)
    for layer in (chassis, migrations):
        migrate(engine, "console", layer)
    yield engine
    engine.dispose()


@contextmanager
def at_work(store: Engine, now: datetime = NOW) -> Iterator[Work]:
    with store.begin() as line:
        yield Work(line, now, "console", chassis_tables("console"), lambda: "")


def note(store: Engine, *some: Put, now: datetime = NOW) -> None:
    with at_work(store, now) as work:
        rosters.note(work, some)


def put(revision: int, *erased: str, visit: str = "v") -> Put:
    return Put(visit, revision, "ann", erased)


def known(store: Engine) -> dict[str, tuple[int, bool]]:
    with store.connect() as line:
        return {row.visit: (row.revision, row.behind) for row in line.execute(select(ROSTERS))}


def ask(store: Engine, there: int) -> list[str]:
    """The guests service answers once, about each that is in doubt; which were."""
    with Session(store) as session:
        some = rosters.doubted(session)
    with at_work(store) as work:
        rosters.answered(work, [(one, there < one.revision) for one in some])
    return [one.visit for one in some]


def test_the_newest_stays_whatever_comes_late(store: Engine) -> None:
    note(store, put(2, TWO), put(1, ONE), put(7, visit="w"))
    note(store, put(1, ONE))
    assert known(store) == {"v": (2, False), "w": (7, False)}
    event = RosterChanged(cause="c", actor="bob", visit="v", revision=3, erased=(THREE, ONE))
    with at_work(store) as work:
        rosters.heard(work, [Delivery(event, "m-1")])
    assert known(store)["v"] == (3, False)
    with Session(store) as session:
        gone = rosters.left_out(session, NOW, "")
        assert [(one.guest, one.visit, one.actor) for one in gone] == [
            (ONE, "v", "ann"), (TWO, "v", "ann"), (THREE, "v", "bob")]  # fmt: skip
        assert [one.guest for one in rosters.left_out(session, NOW, TWO)] == [THREE]
        assert rosters.left_out(session, NOW + timedelta(seconds=1), "") == []


def test_one_that_went_back_is_so_until_it_is_put_again(store: Engine) -> None:
    note(store, put(2), put(5, visit="w"))
    assert ask(store, there=9) == ["v", "w"]
    assert ask(store, there=9) == [], "what was answered is in no doubt"
    with at_work(store) as work:
        rosters.doubt(work)
    assert ask(store, there=3) == ["v", "w"]
    with Session(store) as session:
        assert rosters.behind(session) == ("w",)
    note(store, put(5, visit="w"), put(4, visit="w"))
    assert known(store)["w"] == (5, True), "old news do not bring it back"
    note(store, put(800, visit="w"))
    assert known(store)["w"] == (800, False)


def test_one_that_went_back_and_is_wanted_so_is_behind_no_more(store: Engine) -> None:
    note(store, put(5))
    assert ask(store, there=3) == ["v"]
    with at_work(store) as work:
        rosters.told(work, put(3))
    assert known(store) == {"v": (3, False)}
    with at_work(store) as work:
        rosters.told(work, put(2))
    assert known(store) == {"v": (3, False)}, "one that is not behind does not go back"


def test_an_answer_from_before_the_last_doubt_counts_for_nothing(store: Engine) -> None:
    note(store, put(5))
    with Session(store) as session:
        assert rosters.doubted(session) == [Doubt("v", 5, 1)]
    with at_work(store) as work:
        rosters.doubt(work)
        rosters.answered(work, [(Doubt("v", 5, 1), False)])
    assert ask(store, there=4) == ["v"]
    assert known(store) == {"v": (5, True)}
    note(store, put(6))
    with at_work(store) as work:
        rosters.answered(work, [(Doubt("v", 5, 2), True)])
    assert known(store) == {"v": (6, False)}


def test_what_is_older_than_any_copy_is_forgotten(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(store, put(1, ONE, TWO), now=NOW - rosters.KEEP - timedelta(seconds=1))
    note(store, put(1, THREE, visit="w"), now=NOW - rosters.KEEP)
    monkeypatch.setattr(rosters, "FORGET_ROWS", 1)
    for more in (True, True, False):
        with at_work(store) as work:
            assert rosters.forget(work) is more
    with store.connect() as line:
        assert line.execute(select(ROSTERS.c.visit)).scalars().all() == ["w"]
        assert line.execute(select(func.count()).select_from(LEFT_OUT)).scalar() == 1
