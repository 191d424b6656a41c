"""How a store on PostgreSQL is opened, and how its connections are kept.

Must not: know what is stored.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from shared.chassis import limits

FRESH_S = 1.0
"""A connection that answered so long ago or less is taken to be there still."""


def open_postgresql(url: str) -> Engine:
    """Open a store. Nothing is connected yet; the first use may raise OperationalError."""
    options = (
        f"-c statement_timeout={limits.STORE_STATEMENT_S * 1000}"
        f" -c idle_in_transaction_session_timeout={limits.STORE_STATEMENT_S * 2000}"
        " -c timezone=UTC"
    )
    engine = create_engine(
        url,
        # The driver prepares statements by connection: the one that was used last knows most.
        pool_use_lifo=True,
        pool_size=limits.READERS + 2,
        connect_args={
            "connect_timeout": limits.STORE_CONNECT_S,
            "options": options,
            "tcp_user_timeout": 2 * limits.STORE_STATEMENT_S * 1000,
        },
    )
    _ask_first(engine)
    return engine


def _ask_first(engine: Engine) -> None:
    """Ask a connection that has rested whether it is there: a server that went away meanwhile fails
    no work then. Asking one that answered a moment ago would be a question for each transaction."""

    @event.listens_for(engine, "connect")
    def _made(_driver: Any, record: Any) -> None:
        record.info["answered_s"] = time.monotonic()

    @event.listens_for(engine, "checkin")
    def _answered(_driver: Any, record: Any) -> None:
        record.info["answered_s"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _rested(driver: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info["answered_s"] < FRESH_S:
            return
        try:
            engine.dialect.do_ping(driver)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("the connection has ended") from error
