"""The hotels of ours for the ways that call one, and a way with a store of its own for each test."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.bookings.orders import opening

pytest.register_assert_rewrite(
    "tests.hotels.ways.agreeing", "tests.hotels.ways.by_hand", "tests.hotels.ways.called",
    "tests.hotels.ways.linked", "tests.hotels.ways.way",
)  # fmt: skip

from tests.hotels.ways.linked import Linked, Served, serving  # noqa: E402 - after the line above
from tests.hotels.ways.way import Way  # noqa: E402


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """All hotels of ours that are called."""
    with serving() as found:
        yield found


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store for each way, made once and copied: as bookings has it before the first hold."""
    return tmp_path_factory.mktemp("stores")


async def _store(kind: type[Way], stores: Path, to: Path) -> str:
    made = stores / kind.hotel
    if not made.exists():
        first = stores / f"of-{kind.hotel}"
        first.mkdir()
        way = kind(f"sqlite:///{first / 'store.db'}", first)
        await way.close()
        made.write_bytes((first / "store.db").read_bytes())
    shutil.copy(made, to)
    return f"sqlite:///{to}"


@pytest_asyncio.fixture
async def way(
    request: pytest.FixtureRequest, stores: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Way]:
    """The way of the parameter, on the database of it. After the test, what must always be true
    is looked at once more."""
    kind, database = request.param
    if issubclass(kind, Linked):
        monkeypatch.setattr(kind, "served", request.getfixturevalue("served"), raising=False)
        monkeypatch.setattr(opening, "PACES", {})
    if database == "sqlite":
        url = await _store(kind, stores, tmp_path / "store.db")
    else:
        url = request.getfixturevalue("postgres").create_database()
    way = kind(url, tmp_path)
    yield way
    way.silent = way.declining = False
    await way.rest()
    await way.close()
