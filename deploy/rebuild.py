"""`make rebuild-bus`: empty the bus and fill it again from the stores, while everything runs.

For a bus that is damaged, or whose streams disagree among its servers. Nothing is lost by it: every
service makes the streams anew within seconds and sends again what its outbox keeps and is not known
to be handled (ADR 17), and what was handled the inboxes know. Parked announcements are not made
again; the parked messages are in the stores.

Owns: deleting the streams, and telling when they are full again.
Must not: publish anything; the services do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from deploy.bus.keys import ADMIN, seed_file
from deploy.bus.provisioning import admin_of
from deploy.local import ADDRESSES, ROOT
from shared.chassis import bus, limits
from shared.chassis.settings import Settings
from shared.contracts.message import COMMANDS, EVENTS, PARKED

STREAMS = (COMMANDS, EVENTS, PARKED)
QUIET_S = limits.BUS_WATCH_S + 2 * limits.SWEEP_S
"""Every service has looked at the bus and swept its outbox by then."""
WITHIN_S = 300.0


async def rebuild(js: JetStreamContext, within_s: float = WITHIN_S) -> dict[str, dict[str, int]]:
    """Delete the streams, wait until they are back and grow no more; messages before and after.

    Raises TimeoutError when they are not back in time: no service runs, or none reaches the bus.
    """
    before = await _counts(js)
    for stream in before:
        await js.delete_stream(stream)
    after: dict[str, int] = {}
    deadline = time.monotonic() + within_s
    changed_at = time.monotonic()
    while len(after) < len(STREAMS) or time.monotonic() - changed_at < QUIET_S:
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {within_s:.0f} s the bus has {after or 'no streams'}")
        await asyncio.sleep(0.5)
        now = await _counts(js)
        if now != after:
            after, changed_at = now, time.monotonic()
            print("  ".join(f"{stream} {many}" for stream, many in now.items()), flush=True)
    return {"before": before, "after": after}


async def _counts(js: JetStreamContext) -> dict[str, int]:
    """Last sequence of each stream that is there: commands leave theirs when they are taken."""
    found = {}
    for stream in STREAMS:
        try:
            found[stream] = (await js.stream_info(stream)).state.last_seq
        except (NotFoundError, *bus.ERRORS):
            continue
    return found


def bus_settings() -> Settings:
    """As the environment says, or as the running embedded system noted it."""
    folder = Path(os.environ.get("REDCROWN_DATA_DIR", ROOT / "var"))
    noted = folder / ADDRESSES
    if "REDCROWN_NATS_URL" in os.environ or not noted.exists():
        return Settings()
    found = json.loads(noted.read_text())
    return Settings(nats_url=found["nats"], nats_seed_file=seed_file(folder / "bus", ADMIN))


async def _run(settings: Settings) -> dict[str, dict[str, int]]:
    async with admin_of(settings) as client:
        return await rebuild(client.jetstream(timeout=limits.PUBLISH_TIMEOUT_S))


def main() -> int:
    """Rebuild; 0 when the streams are full again. The last line is one JSON object."""
    parser = argparse.ArgumentParser(prog="rebuild", description=__doc__)
    parser.parse_args()
    settings, started = bus_settings(), time.monotonic()
    try:
        figures = asyncio.run(_run(settings))
    except (OSError, TimeoutError, ValueError, *bus.ERRORS) as error:
        print(f"the bus at {settings.nats_url} was not rebuilt: {error!r}", file=sys.stderr)
        return 1
    print(json.dumps({**figures, "seconds": round(time.monotonic() - started, 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
