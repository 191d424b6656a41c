"""Hotels of ours as a process on loopback: `python -m tests.hotels DIALECT PORT [PORT ...]`.

With `--links FILE` it writes the links to them first, as `REDCROWN_HOTELS` wants them, and the
files with their secrets beside it; `--named` says which hotels they are there, `--rooms` how many
rooms of each of their two types they have. `deploy.hotels` starts it for the demo and for
measurements.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn
import yaml
from starlette.types import Receive, Scope, Send

from tests.hotels import apaleo_desk, cloudbeds_desk, haip_desk, ohip_desk
from tests.hotels.apaleo_desk import ApaleoDesk
from tests.hotels.cloudbeds_desk import CloudbedsDesk
from tests.hotels.doors import Wire
from tests.hotels.haip_desk import HaipDesk
from tests.hotels.house import House
from tests.hotels.linking import link_to
from tests.hotels.names import (
    APALEO_HOTEL,
    APALEO_PLANS,
    APP_KEY,
    CLIENT,
    CLOUDBEDS_HOTEL,
    CLOUDBEDS_KEY,
    CLOUDBEDS_OPTIONS,
    CLOUDBEDS_PLAN,
    CLOUDBEDS_RATES,
    HAIP_HOTEL,
    HAIP_KING,
    HAIP_RATE,
    HAIP_TWIN,
    KEY,
    OHIP_HOTEL,
    OHIP_KING,
    OHIP_RATE,
    OHIP_TWIN,
    PROOF,
    SYSTEM,
    WEBHOOK,
)
from tests.hotels.ohip_desk import OhipDesk
from tests.hotels.ohip_stream import speaking


class Street:
    """Hotels side by side, each behind a port of its own."""

    def __init__(self, hotels: dict[int, Wire]) -> None:
        self.hotels = hotels

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.hotels[scope["server"][1]](scope, receive, send)


def haip(rooms: int) -> Wire:
    house = House({HAIP_KING: rooms, HAIP_TWIN: rooms}, [HAIP_RATE], haip_desk.QUIRKS)
    return HaipDesk(house, HAIP_HOTEL, KEY, WEBHOOK).app()


def ohip(rooms: int) -> Wire:
    house = House({OHIP_KING: rooms, OHIP_TWIN: rooms}, [OHIP_RATE], ohip_desk.QUIRKS)
    return OhipDesk(house, OHIP_HOTEL, APP_KEY, f"{CLIENT}:{PROOF}", SYSTEM).app()


def apaleo(rooms: int) -> Wire:
    house = House(
        dict.fromkeys(APALEO_PLANS.values(), rooms), list(APALEO_PLANS), apaleo_desk.QUIRKS
    )
    return ApaleoDesk(house, APALEO_HOTEL, APALEO_PLANS, f"{CLIENT}:{PROOF}").app()


def cloudbeds(rooms: int) -> Wire:
    house = House(dict.fromkeys(CLOUDBEDS_RATES, rooms), [CLOUDBEDS_PLAN], cloudbeds_desk.QUIRKS)
    group = CLOUDBEDS_OPTIONS["group"]
    return CloudbedsDesk(house, CLOUDBEDS_HOTEL, CLOUDBEDS_KEY, group, CLOUDBEDS_RATES).app()


DIALECTS = {"haip": haip, "ohip": ohip, "apaleo": apaleo, "cloudbeds": cloudbeds}


def write_links(path: Path, dialect: str, named: dict[int, str]) -> None:
    """Hotels by their ports. Each is its own gateway."""
    found = [
        link_to(dialect, f"http://127.0.0.1:{port}", path.parent, name, name)
        for port, name in named.items()
    ]
    links = [one.model_dump(mode="json") for one in found]
    path.write_text(yaml.safe_dump({"hotels": links}), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.hotels", description="Hotels on loopback.")
    parser.add_argument("dialect", choices=DIALECTS)
    parser.add_argument("ports", type=int, nargs="+", help="one for each hotel")
    parser.add_argument("--named", nargs="+", help="our names of the hotels, one for each port")
    parser.add_argument("--rooms", type=int, default=10, help="of each type in each hotel")
    parser.add_argument("--links", type=Path, help="file to write the links into")
    told = parser.parse_args()
    named = told.named or [f"grand-{told.dialect}"]
    if told.links is not None:
        if len(named) != len(told.ports):
            parser.error(f"{len(told.ports)} ports want as many names, not {len(named)}")
        write_links(told.links, told.dialect, dict(zip(told.ports, named, strict=True)))
    street = Street({port: DIALECTS[told.dialect](told.rooms) for port in told.ports})
    streams = speaking({port: one.streams for port, one in street.hotels.items()})
    settings = [
        uvicorn.Config(street, port=port, log_level="error", lifespan="off", ws=streams)
        for port in told.ports
    ]
    uvicorn.Server(settings[0]).run([one.bind_socket() for one in settings])


if __name__ == "__main__":
    main()
