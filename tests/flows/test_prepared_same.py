"""The short way to a store and SQLAlchemy's own way, side by side: same rows, same errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import JSON
from sqlmodel import AutoString

from shared.chassis import store_postgresql
from shared.chassis.prepared import Plans, prepared
from shared.chassis.prepared_postgresql import PostgresPlan
from shared.chassis.store import BigInt, UtcDateTime, open_store
from shared.chassis.tables import chassis_tables
from shared.chassis.work import if_missing, insertion
from shared.holds.tables import hold_tables
from tests.support.postgres import PostgresServer

THINGS = Table(
    "things",
    MetaData(),
    Column("name", AutoString(12), primary_key=True),
    Column("words", Text),
    Column("taken", Integer, CheckConstraint("taken >= 0"), nullable=False),
    Column("seq", BigInt),
    Column("at", UtcDateTime),
    Column("more", JSON),
    Column("busy", Boolean),
    Column("raw", LargeBinary),
    Column("rate", Float),
)
ALL = select(THINGS).order_by(THINGS.c.name)
LISTED = ALL.where(
    THINGS.c.name.in_(bindparam("names", expanding=True)),
    THINGS.c.taken.in_(bindparam("many", expanding=True)),
)
UNLISTED = ALL.where(THINGS.c.name.not_in(bindparam("names", expanding=True)))
ADD = THINGS.insert()
SET = (
    update(THINGS)
    .where(THINGS.c.name == bindparam("_name"))
    .values(taken=THINGS.c.taken - bindparam("_less"))
)
DROP = delete(THINGS).where(THINGS.c.name == bindparam("_name")).returning(THINGS.c.at)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ODD = [
    "",
    " ",
    "NULL",
    "null",
    'a"b',
    "a\\b",
    "a,b",
    "{a}",
    "it's",
    "%s",
    "王",
    "é\n\t",
    "\U0001f600",
]


def row(name: str, **but: Any) -> dict[str, Any]:
    plain = {
        "name": name, "words": None, "taken": 1, "seq": 2**62, "at": NOON, "more": {"a": [1, "é"]},
        "busy": True,
    }  # fmt: skip
    return plain | but


Told = Callable[..., Any]


def _told(line: Connection, statement: Any, sets: Any, reads: bool) -> Any:
    point = line.begin_nested()
    try:
        found = line.execute(statement, sets)
        told = [tuple(one) for one in found] if reads else found.rowcount
    except Exception as error:
        point.rollback()
        return type(error)
    point.commit()
    return told


@pytest.fixture
def tell(store_url: str, postgres: PostgresServer, tmp_path: Any) -> Iterator[Told]:
    """Tell two stores the same, and give what both answered. Statements are known to the quick
    one from the second time on, so everything is told as often as it takes."""
    other = f"sqlite:///{tmp_path / 'b.db'}"
    if not store_url.startswith("sqlite"):
        other = postgres.create_database()
    engines = [open_store(store_url), open_store(other)]
    with engines[0].connect() as under, engines[1].connect() as real:
        for line in (under, real):
            THINGS.create(line)
        plans = Plans()
        quick = prepared(under, plans)

        def both(statement: Any, sets: Any = None, reads: bool = False) -> Any:
            plans.setdefault(statement, {})
            answers = [_told(line, statement, sets, reads) for line in (quick, real)]
            # Of many rows SQLAlchemy does not always know how many there were.
            assert answers[0] == answers[1] or answers[1] == -1
            return answers[0]

        yield both
    for engine in engines:
        engine.dispose()


def test_rows_of_every_kind_come_back_alike(tell: Told) -> None:
    tell(ADD, [row(f"n{n}", words=odd) for n, odd in enumerate(ODD)])
    tell(ADD, row("one", words="\u2028", taken=0, seq=-(2**63), busy=None))
    later = NOON.replace(microsecond=1).astimezone(timezone(timedelta(hours=8)))
    kinds = [[], "text", 1.5, {"zh": '"一"'}, True]
    tell(ADD, [row(f"k{n}", at=later, more=kind) for n, kind in enumerate(kinds)])
    tell(ADD, [row("null", at=None, more=None), row("none", at=None, more=None, seq=None)])
    tell(ADD, [row("raw1", raw=b"\x00\xff"), row("raw2", raw=None)])
    tell(ADD, [row("rate1", rate=0.1), row("rate2", rate=None)])
    tell(ADD, row("empty", more={}))
    assert len(tell(ALL, reads=True)) == len(ODD) + 13
    assert tell(text("SELECT count(*) FROM things WHERE more IS NULL"), reads=True) == [(0,)]


def test_lists_find_the_same(tell: Told) -> None:
    tell(ADD, [row(odd[:12] or "empty", taken=n) for n, odd in enumerate(ODD)])
    for names in ([], ["NULL"], ODD, ['a"b', "nobody"]):
        for many in ([], [0], list(range(-3, 20))):
            tell(LISTED, {"names": names, "many": many}, reads=True)
        tell(UNLISTED, {"names": names}, reads=True)
    assert len(tell(LISTED, {"names": ODD, "many": list(range(20))}, reads=True)) == len(ODD) - 1


def test_errors_are_the_same_and_leave_nothing(tell: Told) -> None:
    tell(ADD, [row("a"), row("b")])
    wrong = [
        [row("c"), row("a")], [row("c"), row("d", taken=-1)], [row("c"), row("d", taken=None)],
        [row("c"), row("d", seq=2**70)],
    ]  # fmt: skip
    for rows in wrong:
        assert isinstance(tell(ADD, rows), type) and isinstance(tell(ADD, rows[1]), type)
    assert len(tell(ALL, reads=True)) == 2
    assert tell(SET, [{"_name": "a", "_less": 1}, {"_name": "b", "_less": 2}]).__name__ == (
        "IntegrityError"
    )
    assert [one[2] for one in tell(ALL, reads=True)] == [1, 1]


def test_what_postgresql_refuses_it_refuses_by_every_way(tell: Told, store_url: str) -> None:
    if store_url.startswith("sqlite"):
        pytest.skip("SQLite takes a text of any length")
    for rows in ([row("a"), row("a" * 13)], [row("a"), row("b", words="\x00")]):
        assert tell(ADD, rows).__name__ == "DataError"
        assert tell(ADD, rows[1]).__name__ == "DataError"
    assert tell(ALL, reads=True) == []


def test_what_is_missing_is_added_and_told(tell: Told, store_url: str) -> None:
    dialect = "sqlite" if store_url.startswith("sqlite") else "postgresql"
    add, quietly = if_missing(THINGS, dialect, "name"), if_missing(THINGS, dialect)
    assert tell(add, [row("a"), row("b"), row("a")], reads=True) == [("a",), ("b",)]
    assert tell(add, [row("b"), row("c", words="new")], reads=True) == [("c",)]
    tell(quietly, [row("c", words="newer"), row("d")])
    assert [one[1] for one in tell(ALL, reads=True)] == [None, None, "new", None]


HOLDS, CHASSIS = hold_tables("venues").statements, chassis_tables("venues")


@pytest.mark.parametrize(
    ("statement", "names", "in_bulk"),
    [
        (HOLDS.holds, ("holds", "visits"), False), (HOLDS.claims, ("holds",), False),
        (HOLDS.visits_of, ("holds",), False),
        (HOLDS.new_claims, ("hold", "unit", "start", "stop", "quantity"), True),
        (HOLDS.take_cells["postgresql"], ("unit", "slot", "taken", "capacity"), True),
        (if_missing(CHASSIS.inbox, "postgresql", "id"), ("id", "handled_at"), True),
        (insertion(CHASSIS.outbox), tuple(one.name for one in CHASSIS.outbox.c), True),
    ],
)  # fmt: skip
def test_the_hot_path_takes_the_short_way(
    statement: Any, names: tuple[str, ...], in_bulk: bool
) -> None:
    engine: Any = open_store("postgresql+psycopg://nobody@localhost/none")
    plan = PostgresPlan(statement, dict.fromkeys(names, ()), engine)
    assert plan.whole and (plan._insertion is not None) is in_bulk


def test_what_goes_is_told(tell: Told) -> None:
    tell(ADD, [row("a"), row("b", at=None)])
    found = tell(DROP, {"_name": "a"}, reads=True)
    assert found == [(NOON,)] and tell(DROP, {"_name": "a"}, reads=True) == []


async def test_a_connection_that_ended_is_told_apart(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.create_database()
    engine, other, plans = open_store(url), open_store(url), Plans()
    me, end = text("SELECT pg_backend_pid()"), text("SELECT pg_terminate_backend(:pid)")
    plans[me] = {}

    def killed() -> None:
        with engine.connect() as line:
            pid = prepared(line, plans).execute(me).scalar()
        with other.begin() as killer:
            assert killer.execute(end, {"pid": pid}).scalar()

    monkeypatch.setattr(store_postgresql, "FRESH_S", 0)
    killed()
    with engine.begin() as line:
        assert prepared(line, plans).execute(me).scalar()
    monkeypatch.setattr(store_postgresql, "FRESH_S", 1e9)
    killed()
    with pytest.raises(OperationalError) as caught, engine.begin() as line:
        prepared(line, plans).execute(me)
    assert caught.value.connection_invalidated
    with engine.begin() as line:
        assert prepared(line, plans).execute(me).scalar()
    engine.dispose()
    other.dispose()
