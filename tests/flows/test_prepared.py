"""The short way to a store: the same rows, the same errors, and nothing done twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.types import JSON, String

from shared.chassis.prepared import Plans, prepared
from shared.chassis.store import UtcDateTime, open_store

THINGS = Table(
    "things",
    MetaData(),
    Column("name", String, primary_key=True),
    Column("taken", Integer, nullable=False),
    Column("at", UtcDateTime),
    Column("more", JSON),
    Column("rank", Integer, default=7),
)
ADD = THINGS.insert()
ALL = select(THINGS).order_by(THINGS.c.name)
SOME = ALL.where(THINGS.c.name.in_(bindparam("names", expanding=True)))
TAKE = (
    update(THINGS)
    .where(THINGS.c.name == bindparam("_name"))
    .values(taken=THINGS.c.taken + bindparam("_more"))
)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def thing(name: str, taken: int = 0) -> dict[str, Any]:
    return {"name": name, "taken": taken, "at": NOON, "more": {"zh": "一"}}


@pytest.fixture
def line(store_url: str) -> Iterator[Connection]:
    """A connection whose statements have each been seen once: from here on the short way."""
    engine = open_store(store_url)
    with engine.connect() as real:
        THINGS.create(real)
        quick = prepared(real, Plans())
        quick.execute(ADD, [thing("a")])
        quick.execute(ALL)
        quick.execute(SOME, {"names": ["a"]})
        quick.execute(TAKE, [{"_name": "a", "_more": 0}])
        yield quick
    engine.dispose()


def test_rows_come_out_as_sqlalchemy_gives_them(line: Connection) -> None:
    line.execute(ADD, [thing("b"), thing("c", 3)])
    (first, *_others) = rows = line.execute(ALL).all()
    assert [row.name for row in rows] == ["a", "b", "c"]
    assert first.at == NOON and first.more == {"zh": "一"}
    assert dict(rows[2]._mapping)["taken"] == 3
    for names in ([], ["c"], ["a", "c"]):
        assert [row.name for row in line.execute(SOME, {"names": names})] == names


def test_what_is_asked_for_seldom_is_answered_too(line: Connection) -> None:
    assert line.execute(SOME, {"names": ["a"]}).one().name == "a"
    assert line.execute(SOME, {"names": ["x"]}).one_or_none() is None
    assert line.execute(ALL).mappings().all()[0]["at"] == NOON


def test_counts_add_up(line: Connection) -> None:
    line.execute(ADD, [thing("b")])
    done = line.execute(TAKE, [{"_name": n, "_more": 2} for n in ("a", "b", "nobody")])
    assert done.rowcount == 2
    assert [row.taken for row in line.execute(ALL)] == [2, 2]


def test_a_row_twice_is_an_integrity_error(line: Connection) -> None:
    for rows in ([thing("b"), thing("a")], thing("a")):
        point = line.begin_nested()
        with pytest.raises(IntegrityError):
            line.execute(ADD, rows)
        point.rollback()
    assert [row.name for row in line.execute(ALL)] == ["a"]


def test_a_set_that_fails_is_not_tried_again(line: Connection) -> None:
    """The sets before it were counted; counting them again would be a double effect."""
    if line.dialect.name != "sqlite":
        pytest.skip("PostgreSQL takes back what a failed statement's transaction did")
    line.connection.dbapi_connection.execute(  # type: ignore[union-attr]
        "CREATE TRIGGER no_more BEFORE UPDATE ON things WHEN new.taken > 5"
        " BEGIN SELECT RAISE(FAIL, 'no more'); END"
    )
    line.execute(ADD, [thing("b")])
    with pytest.raises(IntegrityError, match="no more"):
        line.execute(TAKE, [{"_name": "a", "_more": 2}, {"_name": "b", "_more": 9}])
    assert [row.taken for row in line.execute(ALL)] == [2, 0]


def test_instants_keep_their_zone_rule(line: Connection) -> None:
    with pytest.raises(Exception, match="naive"):
        line.execute(ADD, thing("b") | {"at": NOON.replace(tzinfo=None)})
    east = NOON.astimezone(tz=None) + timedelta(hours=1)
    line.execute(ADD, thing("b") | {"at": east})
    assert line.execute(SOME, {"names": ["b"]}).one().at == east


def test_a_default_is_not_forgotten(line: Connection) -> None:
    some = {"name": "b", "taken": 0, "at": None, "more": None}
    line.execute(ADD, [some])
    line.execute(ADD, [{**some, "name": "c"}])
    assert [row.rank for row in line.execute(ALL)] == [7, 7, 7]


@pytest.mark.parametrize(
    ("instant", "kept"),
    [
        (NOON, "2026-06-01 12:00:00.000000"),
        (NOON.astimezone(timezone(timedelta(hours=8))), "2026-06-01 12:00:00.000000"),
        (NOON.replace(microsecond=1), "2026-06-01 12:00:00.000001"),
        (None, None),
    ],
)
def test_an_instant_is_kept_as_text_that_sorts(
    line: Connection, instant: datetime | None, kept: str | None
) -> None:
    line.execute(ADD, [{**thing("b"), "at": instant}])
    if line.dialect.name == "sqlite":
        plain = text("SELECT at FROM things WHERE name = 'b'")
        assert line.execute(plain).scalar() == kept
    (found,) = line.execute(SOME, {"names": ["b"]})
    assert found.at == instant and (instant is None or found.at.tzinfo is UTC)


def test_an_instant_without_a_zone_is_refused(line: Connection) -> None:
    with pytest.raises((ValueError, StatementError), match="naive"):
        line.execute(ADD, [{**thing("b"), "at": NOON.replace(tzinfo=None)}])
