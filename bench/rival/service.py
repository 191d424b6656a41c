"""One service of the comparison: `python -m bench.rival.service NAME`, its own process.

Owns: HTTP on a loopback port, a few connections to the service's own database.
Must not: decide anything; the database does, in one transaction per request.

A statement in autocommit is a transaction of its own, and psycopg prepares it after a few uses.
Environment: RIVAL_PORT, RIVAL_DSN (libpq), RIVAL_CONNECTIONS.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import uvicorn
from fastapi import FastAPI
from psycopg.abc import Params
from pydantic import BaseModel

from bench.rival import store
from bench.rival.work import NOTIFICATIONS, SERVICES


class Asked(BaseModel):
    """How many units of which day a hold wants."""

    day: int
    units: int


class State(BaseModel):
    """What became of a hold or a notice."""

    state: str


class Database:
    """A fixed number of connections; whoever finds none free waits for one."""

    def __init__(self, dsn: str, connections: int) -> None:
        self._dsn, self._number = dsn, connections
        self._free: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()

    async def open(self) -> None:
        """Connect. Raises psycopg.OperationalError when the server is not there."""
        for _ in range(self._number):
            self._free.put_nowait(await self._connect())

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(self._dsn, autocommit=True)

    async def close(self) -> None:
        """Close what is free, which at the end is everything."""
        while not self._free.empty():
            await self._free.get_nowait().close()

    async def state(self, statement: str, given: Params) -> State:
        """Run one statement in a transaction of its own; its single value, `done` without one."""
        connection = await self._free.get()
        try:
            if connection.closed:
                connection = await self._connect()
            cursor = await connection.execute(statement.encode(), given)
            row = await cursor.fetchone() if cursor.description else ("done",)
        finally:
            self._free.put_nowait(connection)
        return State(state=str(row[0]) if row else "unknown")


def build(service: str, database: Database) -> FastAPI:
    """The application: holds for a resource, notices for notifications, `/ready` for both."""

    @asynccontextmanager
    async def connected(_app: FastAPI) -> AsyncIterator[None]:
        await database.open()
        yield
        await database.close()

    app = FastAPI(lifespan=connected, openapi_url=None)

    @app.get("/ready")
    async def ready() -> State:
        return State(state="ready")

    if service == NOTIFICATIONS:

        @app.put("/notices/{key}")
        async def note(key: str) -> State:
            return await database.state(store.NOTE, (key,))

        return app

    @app.put("/holds/{key}")
    async def place(key: str, asked: Asked) -> State:
        return await database.state(store.PLACE, (key, asked.day, asked.units))

    @app.post("/holds/{key}/confirm")
    async def confirm(key: str) -> State:
        return await database.state(store.CONFIRM, (key,))

    @app.delete("/holds/{key}")
    async def release(key: str) -> State:
        return await database.state(store.RELEASE, (key,))

    return app


def serve(app: FastAPI) -> None:
    """Listen on loopback until told to stop; connections are kept longer than any quiet spell."""
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["RIVAL_PORT"]), loop="uvloop",
        log_level="warning", access_log=False, timeout_keep_alive=600,
        timeout_graceful_shutdown=5,
    )  # fmt: skip


def main() -> int:
    """Serve one of SERVICES. The exit status is 2 for another name."""
    name = sys.argv[-1]
    if name not in SERVICES:
        print(f"one of {', '.join(SERVICES)}", file=sys.stderr)
        return 2
    dsn, connections = os.environ["RIVAL_DSN"], int(os.environ["RIVAL_CONNECTIONS"])
    serve(build(name, Database(dsn, connections)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
