"""What faults ask of PostgreSQL, past the proxies.

Must not: choose when; `faults` does.
"""

from __future__ import annotations

from contextlib import suppress
from typing import LiteralString

import psycopg

from tests.support.postgres import PostgresServer

END_CONNECTIONS: LiteralString = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
SWITCH_LOG: LiteralString = "SELECT pg_switch_wal()"
"""What is written next goes to a new file of 16 MB; the server ends where that cannot be made."""


def ask(url: str, statement: LiteralString) -> None:
    """Execute it. Raises psycopg.Error."""
    address = url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
        connection.execute(statement)


def well(postgres: PostgresServer) -> None:
    """Whatever state it was left in, it is up and answers."""
    with suppress(RuntimeError):
        postgres.wait()
    if not postgres.runs:
        postgres.start()
