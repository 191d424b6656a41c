"""A console that trusts a provider, and a browser that goes from one to the other.

Must not: decide what is right; tests do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from services.console.oidc import Provider
from services.console.settings import ConsoleSettings
from tests.support.console import client_of, running_console
from tests.support.identity import AUDIENCE, SECRET, Identity


class HandClock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC).replace(microsecond=0)

    def now(self) -> datetime:
        return self.at


def trust_in(issuer: str, folder: Path) -> dict[str, Any]:
    """The settings of a console that knows a provider."""
    secret = folder / "client-secret"
    secret.write_text(SECRET + "\n")
    return {"oidc_issuer": issuer, "oidc_audience": AUDIENCE, "oidc_client_secret_file": secret}


@asynccontextmanager
async def console_with(
    bus: str, folder: Path, issuer: str, **more: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A console that knows a provider; yields a browser without any session."""
    told = {**trust_in(issuer, folder), **more}
    async with (
        running_console(bus, folder, **told) as address,
        client_of(address, "") as client,
    ):
        yield client


async def sent_away(client: httpx.AsyncClient) -> str:
    """The address at which the provider sends the browser back."""
    left = await client.get("/login/oidc")
    assert left.status_code == 302
    async with httpx.AsyncClient() as browser:
        agreed = await browser.get(left.headers["location"])
    assert agreed.status_code == 302, agreed.text
    return str(agreed.headers["location"])


def refused(answer: httpx.Response, client: httpx.AsyncClient) -> bool:
    """The form again, no session, and no errand that could be used another time."""
    return answer.status_code == 401 and "<form" in answer.text and not dict(client.cookies)


def provider_of(identity: Identity, clock: HandClock) -> Provider:
    told = ConsoleSettings(oidc_issuer=identity.issuer, oidc_audience=AUDIENCE)
    return Provider(told, clock)
