"""How a world begins: the first day, the city, a fresh store for each service, empty mailboxes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType

from sqlalchemy import Connection

from services.notifications.channels.port import Letter
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Work
from tests.simulation.cast import ROLES, seed
from tests.simulation.stores import Store, blank

START = datetime(2027, 9, 1, 6, tzinfo=UTC)
CITY = Path(__file__).parent / "city"


@cache
def _first_day(name: str, layers: tuple[ModuleType, ...]) -> tuple[Store, bytes]:
    """The store of a service, and how it looks on the first day."""
    store = Store()
    store.load(blank(name, layers))
    ids = iter(range(10_000))
    with store.begin() as connection:
        seed(name, work_on(connection, name, lambda: f"seed-{next(ids)}"), CITY)
    return store, store.image()


def fresh_store(name: str, more: tuple[ModuleType, ...] = ()) -> Store:
    """The store of a service on the first day, with tables of `more` that it does not always have.
    There is one per service and process of ours."""
    store, image = _first_day(name, (*ROLES[name].layers, *more))
    store.crash = lambda _point: None
    store.handled.clear()
    store.failing = 0
    store.begin_again(image)
    return store


def work_on(connection: Connection, name: str, new_id: Callable[[], str]) -> Work:
    """A transaction of a service."""
    return Work(connection, START, name, chassis_tables(name), new_id)


class Mailbox:
    """The recipients: what they got, in order."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> None:
        """Take a letter."""
        self.letters.append(letter)
