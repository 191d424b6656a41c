"""Fixtures that every test may use: real servers, one per run; fresh stores, one per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.conformance.receivers import MailServer
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresServer

# On a busy machine anything can be slow; what is slow there is not wrong.
settings.register_profile(
    "patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")
# Left to itself structlog draws a traceback with every local in it: seconds of processor time each.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; a run that cannot have it fails."""
    server = PostgresServer()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A nats-server for tests that leave it running."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[NatsServer]:
    """A nats-server of the test's own, empty, to be killed and wiped at will."""
    server = NatsServer(tmp_path / "bus")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A real SMTP server that keeps what it gets."""
    server = MailServer().start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh empty store on each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create_database()
