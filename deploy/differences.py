"""`make differences`: where services do not agree, by direct queries: the orchestrator with owners
about holds, with the console about what was accepted, with notifications about what they heard
last; the console with guests about rosters that planners put. All but holds are compared as far
back as a day; nobody keeps older messages.

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
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from deploy.backup import store_urls
from deploy.copies import CopyError, check_there
from shared.contracts.catalog import resource_services
from shared.contracts.holds import LIVE
from shared.contracts.message import CommandAnswered
from shared.contracts.visits import ArrangementChanged, CommitProposal, SubmitVisit

SHOWN = 50
COMPARED = ("visits", *resource_services(), "console", "notifications", "guests")
LIVING = {state.value for state in LIVE}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the two sides see differently; `absent` where one does not know it."""

    visit: str
    need: str
    """Empty where it is not about a hold."""
    what: str
    """A hold, a command, `arrangement` or `roster`."""
    owner: str
    other_says: str
    owner_says: str
    other: str = "visits"

    def __str__(self) -> str:
        told = f"{self.other} says {self.other_says}, {self.owner} says {self.owner_says}"
        return f"{' '.join(filter(None, (self.visit, self.need)))} ({self.what}): {told}"


Seen = tuple[str, str, str]
"""Visit, need, state of a hold."""


def differences(stores: Mapping[str, str]) -> Iterator[Difference]:
    """Compare the stores that are named; the orchestrator's and those of owners of holds must be.
    A dead hold may be unknown to either side."""
    yield from _of_owners(stores)
    if "console" in stores:
        yield from _of_commands(stores["visits"], stores["console"])
    if "notifications" in stores:
        yield from _of_arrangements(stores["visits"], stores["notifications"])
    if {"console", "guests"} <= stores.keys():
        yield from _of_rosters(stores["console"], stores["guests"])


def _of_owners(stores: Mapping[str, str]) -> Iterator[Difference]:
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


def _of_commands(visits: str, console: str) -> Iterator[Difference]:
    """What planners were told is in effect is; what makes no revision is not looked at."""
    done = {cause for (cause,) in _rows(visits, "SELECT cause FROM visits_specs")}
    told = _rows(
        console,
        "SELECT a.command, a.answer FROM console_acts a JOIN console_outbox o ON o.id = a.message"
        " WHERE a.outcome = 'accepted' AND o.subject IN (:submit, :commit)",
        submit=SubmitVisit.subject("visits"), commit=CommitProposal.subject("visits"),
    )  # fmt: skip
    for command, answer in told:
        if command not in done:
            one = CommandAnswered.model_validate_json(answer)
            says = f"accepted as revision {one.revision}"
            yield Difference(one.about, "", command, "console", "absent", says)


def _of_arrangements(visits: str, notifications: str) -> Iterator[Difference]:
    """The last firm arrangement of a visit is the one that letters are written from."""
    last: dict[str, int] = {}
    for (body,) in _rows(
        visits, "SELECT body FROM visits_outbox WHERE subject = :subject",
        subject=ArrangementChanged.subject("visits"),
    ):  # fmt: skip
        event = json.loads(body)
        last[event["visit"]] = max(last.get(event["visit"], 0), event["sequence"])
    heard = dict(_rows(notifications, "SELECT visit, sequence FROM notifications_visits"))
    for visit, sequence in sorted(last.items()):
        if heard.get(visit) != sequence:
            says = f"#{heard[visit]}" if visit in heard else "absent"
            yield Difference(visit, "", "arrangement", "notifications", f"#{sequence}", says)


def _of_rosters(console: str, guests: str) -> Iterator[Difference]:
    """A roster that planners were told of, or a later one, is there."""
    there = dict(_rows(guests, "SELECT visit, revision FROM guests_visits"))
    told = _rows(console, "SELECT visit, revision FROM console_rosters ORDER BY visit")
    for visit, revision in told:
        if there.get(visit, 0) < revision:
            says = f"#{there[visit]}" if there.get(visit) else "absent"
            yield Difference(visit, "", "roster", "guests", f"#{revision}", says, "console")


def _rows(url: str, say: str, **values: str) -> list[tuple[Any, ...]]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(say), values)]
    finally:
        engine.dispose()


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
    rows = _rows(url, f"SELECT hold, visit, need, state FROM {owner}_holds")  # noqa: S608 - our own
    return {hold: (visit, need or "", state) for hold, visit, need, state in rows}


def main() -> int:
    """Print what differs; 0 when nothing does. The last line is one JSON object."""
    parser = argparse.ArgumentParser(prog="differences", description=__doc__)
    parser.add_argument("--store", action="append", default=[], metavar="SERVICE=URL")
    chosen = parser.parse_args()
    try:
        stores = store_urls(COMPARED, chosen.store)
        for url in stores.values():
            check_there(url)
        found = list(differences(stores))
    except (CopyError, DBAPIError) as error:
        told = error.orig if isinstance(error, DBAPIError) else error
        print(f"not compared: {told}", file=sys.stderr)
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
