"""One service of the bare ceiling: `python -m bench.bare.service NAME NATS_URL STORE`.

Must not: validate, remember what it has answered, or survive anything.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable

import nats
import orjson
import uvloop
from nats.aio.msg import Msg

from bench.bare.steps import SUBJECT

CAPACITY = 1_000_000
SCHEMA = """
    PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
    CREATE TABLE cells (day INTEGER PRIMARY KEY, taken INTEGER NOT NULL);
    CREATE TABLE holds (visit TEXT PRIMARY KEY, day INTEGER NOT NULL, amount INTEGER NOT NULL,
                        state TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE letters (visit TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""
Step = Callable[[sqlite3.Connection, dict[str, object]], bool]


def hold(store: sqlite3.Connection, asked: dict[str, object]) -> bool:
    """Take capacity on a day, or say no."""
    store.execute("INSERT OR IGNORE INTO cells VALUES (:day, 0)", asked)
    fits = "UPDATE cells SET taken = taken + :amount WHERE day = :day AND taken + :amount <= :most"
    if store.execute(fits, {**asked, "most": CAPACITY}).rowcount == 0:
        return False
    store.execute("INSERT INTO holds VALUES (:visit, :day, :amount, 'held')", asked)
    return True


def confirm(store: sqlite3.Connection, asked: dict[str, object]) -> bool:
    """Make a hold firm."""
    found = "UPDATE holds SET state = 'confirmed' WHERE visit = :visit"
    return store.execute(found, asked).rowcount == 1


def notice(store: sqlite3.Connection, asked: dict[str, object]) -> bool:
    """Write a letter down."""
    store.execute("INSERT INTO letters VALUES (:visit, 'your visit stands')", asked)
    return True


STEPS: dict[str, Step] = {"hold": hold, "confirm": confirm, "notice": notice}


class Groups:
    """What arrives while a group is committed is the next group."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store
        self._waiting: list[Msg] = []
        self._something = asyncio.Event()

    async def take(self, message: Msg) -> None:
        """A request arrives."""
        self._waiting.append(message)
        self._something.set()

    async def run(self) -> None:
        """Commit and answer, group by group."""
        while True:
            await self._something.wait()
            self._something.clear()
            some, self._waiting = self._waiting, []
            self._store.execute("BEGIN IMMEDIATE")
            said = [self._do(message) for message in some]
            self._store.execute("COMMIT")
            for message, yes in zip(some, said, strict=True):
                await message.respond(b"1" if yes else b"0")

    def _do(self, message: Msg) -> bool:
        return STEPS[message.subject.rpartition(".")[2]](self._store, orjson.loads(message.data))


async def main() -> None:
    """Serve until stopped."""
    name, url, path = sys.argv[1:4]
    store = sqlite3.connect(path, isolation_level=None)
    store.executescript(SCHEMA)
    groups = Groups(store)
    client = await nats.connect(url)
    await client.subscribe(SUBJECT.format(service=name, step="*"), cb=groups.take)
    await groups.run()


if __name__ == "__main__":
    uvloop.run(main())
