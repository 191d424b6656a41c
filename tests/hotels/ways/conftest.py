"""The hotels of ours for the ways that call one, and for each test its own way.

A way has one store for the whole run, whose rows go before each test: neither tables nor compiled
statements are made anew each time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Engine, event, inspect, text

from services.bookings.orders import opening
from shared.chassis.store import open_store
from tests.conformance import desk

pytest.register_assert_rewrite(
    "tests.hotels.ways.agreeing", "tests.hotels.ways.by_hand", "tests.hotels.ways.called",
    "tests.hotels.ways.linked", "tests.hotels.ways.way",
)  # fmt: skip

from tests.hotels.ways.linked import Linked, Served, serving  # noqa: E402 - after the line above
from tests.hotels.ways.way import Way  # noqa: E402

Stores = dict[tuple[type[Way], str], Engine]


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """All hotels of ours that are called."""
    with serving() as found:
        yield found


@pytest.fixture(scope="session")
def stores() -> Iterator[Stores]:
    """The store of each way on each database, once a test has wanted it."""
    found: Stores = {}
    yield found
    for one in found.values():
        one.dispose()


@pytest.fixture
def store(
    request: pytest.FixtureRequest, stores: Stores, tmp_path_factory: pytest.TempPathFactory
) -> Engine:
    """Of the way and the database of the parameter, empty."""
    database = (key := request.param)[1]
    if key not in stores:
        if database == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}"
        else:
            url = request.getfixturevalue("postgres").create_database()
        stores[key] = open_store(url)
        if database == "sqlite":
            event.listen(stores[key], "connect", _hurried)
    with stores[key].begin() as connection:
        for name in inspect(connection).get_table_names():
            if not name.endswith("_version"):
                connection.execute(text(f'DELETE FROM "{name}"'))
    return stores[key]


def _hurried(connection: Any, _record: Any) -> None:
    """Processes die in these tests, machines do not: nothing waits for the disk."""
    connection.execute("PRAGMA synchronous = OFF")


@pytest_asyncio.fixture
async def way(
    request: pytest.FixtureRequest, store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Way]:
    """After the test, what must always be true is looked at once more."""
    kind, _database = request.param
    monkeypatch.setattr(desk, "open_store", lambda _url: store)
    if issubclass(kind, Linked):
        monkeypatch.setattr(kind, "served", request.getfixturevalue("served"), raising=False)
        monkeypatch.setattr(opening, "PACES", {})
        # Of plain HTTP: no certificates are read, which takes longer than a test.
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    way = kind(str(store.url), tmp_path)
    yield way
    way.silent = way.declining = False
    await way.rest()
    await way.close()
