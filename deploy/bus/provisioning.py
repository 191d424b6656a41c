"""What only the admin of the bus does: connect as such, and bring the streams up to date.

Must not: touch a message.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
from nats.aio.client import Client

from deploy.bus.keys import ADMIN
from shared.chassis import limits
from shared.chassis.bus import ERRORS, update_streams
from shared.chassis.credentials import client_options
from shared.chassis.settings import Settings


@asynccontextmanager
async def admin_of(settings: Settings) -> AsyncIterator[Client]:
    """A connection of the admin. Raises an error of the client, ValueError for wrong settings, or
    TimeoutError when there is no bus for a while."""
    last: list[Exception] = []

    async def note(error: Exception) -> None:
        last[:] = [error]

    options = client_options(ADMIN, settings)
    connecting = nats.connect(**options, allow_reconnect=False, error_cb=note)
    try:
        client = await asyncio.wait_for(connecting, limits.PUBLISH_TIMEOUT_S)
    except TimeoutError as error:
        raise TimeoutError(f"no bus at {settings.nats_url}: {last}") from error
    try:
        yield client
    finally:
        await client.close()


def brought_up() -> list[str] | None:
    """`provision` as a process does it: settings from its environment; None when the bus could not
    be asked, which is told on the standard error."""
    try:
        return asyncio.run(provision(Settings()))
    except (OSError, TimeoutError, ValueError, *ERRORS) as error:
        print(f"the bus was not provisioned: {error!r}", file=sys.stderr, flush=True)
        return None


async def provision(settings: Settings) -> list[str]:
    """Make the streams or bring them to this configuration; the names of those that differed."""
    async with admin_of(settings) as client:
        js = client.jetstream(timeout=limits.PUBLISH_TIMEOUT_S)
        return await update_streams(js, settings.stream_replicas)
