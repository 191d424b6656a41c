"""TLS to the store, by the parameters of its URL."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import trustme
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from shared.chassis.settings import Settings
from tests.support.postgres import PostgresServer
from tests.support.tls_door import issue, tls_door


async def test_the_store_is_reached_by_tls(postgres: PostgresServer, tmp_path: Path) -> None:
    """PostgreSQL's own library does it, or refuses to connect."""
    files = issue(trustme.CA(), tmp_path, "127.0.0.1")
    url = postgres.create_database()
    trustme.CA().cert_pem.write_to_path(tmp_path / "another")
    (tmp_path / "password").write_text("unused")
    trusted, another = (
        f"sslmode=verify-full&sslrootcert={folder}"
        for folder in (files / "nats_authority", tmp_path / "another")
    )
    with pytest.raises(OperationalError, match="does not support SSL"):
        await asyncio.to_thread(ask, f"{url}?{trusted}", tmp_path / "password")
    pair = files / "nats_certificate", files / "nats_key"
    async with tls_door(postgres.port, *pair) as port:
        inside = url.replace(f":{postgres.port}/", f":{port}/")
        assert await asyncio.to_thread(ask, f"{inside}?{trusted}", tmp_path / "password") == 1
        with pytest.raises(OperationalError, match="certificate verify failed"):
            await asyncio.to_thread(ask, f"{inside}?{another}", tmp_path / "password")


def ask(url: str, password: Path) -> object:
    settings = Settings(_env_file=None, store_url=url, store_password_file=password)  # type: ignore[call-arg]
    engine = create_engine(settings.store_for("venues"))
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT 1")).scalar()
    finally:
        engine.dispose()
