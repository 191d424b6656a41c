"""The journal on both databases: what was written before a crash is there after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, inspect

from services.bookings import migrations
from services.bookings.hotels.book import TABLES, Book
from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import Hint
from services.bookings.orders import tables as orders_tables  # noqa: F401
from shared.chassis.store import migrate, open_store

AT = datetime(2027, 8, 1, 8, tzinfo=UTC)


def opened(url: str) -> Book:
    engine = open_store(url)
    TABLES.create_all(engine)

    async def run(act: Callable[[Connection], object]) -> object:
        with engine.begin() as connection:
            return act(connection)

    return Book(run)


def hint(number: int) -> Hint:
    return Hint(f"e{number}", "stay", f"s{number % 2}", AT + timedelta(minutes=number))


async def test_an_intent_is_open_until_its_outcome_is_known(store_url: str) -> None:
    book = opened(store_url)
    one, other = Intent("grand", "reserve", "a"), Intent("grand", "reserve", "b")
    await book.intend(one, AT)
    await book.intend(one, AT)
    await book.intend(other, AT + timedelta(seconds=1))
    await book.outcome(other, "unknown", AT + timedelta(seconds=2))
    assert [found for found, _at in await opened(store_url).open_intents("grand")] == [one, other]
    await book.outcome(one, "done", AT)
    await book.outcome(other, "invalid", AT)
    assert await book.open_intents("grand") == []


async def test_a_hint_is_known_for_good(store_url: str) -> None:
    book = opened(store_url)
    hints = [hint(2), hint(1), hint(1)]
    assert {one.event for one in await book.store("grand", hints, "c1")} == {"e1", "e2"}
    assert await book.store("grand", [hint(1)], "c2") == []
    assert await book.store("other", [hint(1)], "c9") == [hint(1)]
    again = opened(store_url)
    assert await again.cursor("grand") == "c2"
    assert await again.cursor("nobody") == ""
    assert list(await again.waiting("grand", 10)) == [hint(1), hint(2)]
    await again.handled("grand", ["e1"])
    assert list(await again.waiting("grand", 10)) == [hint(2)]
    assert await again.store("grand", [hint(1)], "c3") == []


async def test_hints_and_cursor_are_one_transaction(store_url: str) -> None:
    book = opened(store_url)
    bad = Hint("e1", "stay", "s", None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"(?i)null"):
        await book.store("grand", [bad], "c1")
    assert await book.cursor("grand") == ""


def test_migrations_make_the_tables_that_the_code_writes_to(store_url: str) -> None:
    engine = open_store(store_url)
    migrate(engine, "bookings", migrations)
    made = inspect(engine)
    for table in TABLES.sorted_tables:
        columns = {one["name"]: one["nullable"] for one in made.get_columns(table.name)}
        assert columns == {one.name: one.nullable for one in table.columns}, table.name
        indexes = {one["name"]: one["column_names"] for one in made.get_indexes(table.name)}
        wanted = {one.name: [c.name for c in one.columns] for one in table.indexes}
        assert {n: c for n, c in indexes.items() if n in wanted} == wanted
