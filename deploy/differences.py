"""`make differences`: where orchestrator and owners of holds do not agree, by direct queries.

In a running system most differences are messages on their way and gone a moment later; after a
restoration they are what the services still have to mend, and do.

Owns: the comparison.
Must not: mend anything, or use the code that keeps the two in step.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import create_engine, text

from deploy.backup import store_urls
from deploy.copies import CopyError
from shared.contracts.catalog import resource_services
from shared.contracts.holds import LIVE

SHOWN = 50
LIVING = {state.value for state in LIVE}


@dataclass(frozen=True, slots=True)
class Difference:
    """One hold that the two sides see differently; `absent` where one does not know it."""

    visit: str
    need: str
    hold: str
    owner: str
    visits_say: str
    owner_says: str

    def __str__(self) -> str:
        told = f"visits say {self.visits_say}, {self.owner} says {self.owner_says}"
        return f"{self.visit} {self.need} ({self.hold}): {told}"


Seen = tuple[str, str, str]
"""Visit, need, state of a hold."""


def differences(stores: Mapping[str, str]) -> Iterator[Difference]:
    """Compare the orchestrator's store with each owner's. A dead hold may be unknown to either."""
    said = _what_visits_say(stores["visits"])
    for owner in resource_services():
        known = _what_owner_says(owner, stores[owner])
        ours = said.get(owner, {})
        for hold in sorted(known.keys() | ours.keys()):
            here, there = ours.get(hold), known.get(hold)
            states = [one[2] if one else "absent" for one in (here, there)]
            if states[0] != states[1] and LIVING.intersection(states):
                visit, need, _state = here or there or ("", "", "")
                yield Difference(visit, need, hold, owner, *states)


def _what_visits_say(url: str) -> dict[str, dict[str, Seen]]:
    engine = create_engine(url)
    found: dict[str, dict[str, Seen]] = {}
    try:
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT visit, state FROM visits_visits"))
            for visit, state in rows.yield_per(500):
                for held in json.loads(state)["holds"]:
                    seen = held["seen"]["state"] if held["seen"] else "asked"
                    mine = found.setdefault(held["service"], {})
                    mine[held["hold"]] = (visit, held["need"], seen)
    finally:
        engine.dispose()
    return found


def _what_owner_says(owner: str, url: str) -> dict[str, Seen]:
    engine = create_engine(url)
    say = text(f"SELECT hold, visit, need, state FROM {owner}_holds")  # noqa: S608 - our own name
    try:
        with engine.connect() as connection:
            rows = connection.execute(say).all()
    finally:
        engine.dispose()
    return {hold: (visit, need or "", state) for hold, visit, need, state in rows}


def main() -> int:
    """Print what differs; 0 when nothing does. The last line is one JSON object."""
    parser = argparse.ArgumentParser(prog="differences", description=__doc__)
    parser.add_argument("--store", action="append", default=[], metavar="SERVICE=URL")
    chosen = parser.parse_args()
    try:
        found = list(differences(store_urls(["visits", *resource_services()], chosen.store)))
    except CopyError as error:
        print(error, file=sys.stderr)
        return 2
    for one in found[:SHOWN]:
        print(one)
    if len(found) > SHOWN:
        print(f"... and {len(found) - SHOWN} more")
    first = [asdict(one) for one in found[:SHOWN]]
    print(json.dumps({"differences": len(found), "first": first}, ensure_ascii=False))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
