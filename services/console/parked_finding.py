"""Finding parked messages at the services that keep them: lists, groups, one whole, acts, replays.

Every service keeps its own. A list without a service asks all of them; one that gives no answer is
named in `away`, and its messages are missing.

Must not: know who shows what is found; the API and the pages do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.console.asking import AGAIN, ask
from services.console.problems import ProblemError
from shared.chassis.service import Service
from shared.contracts.catalog import resource_services
from shared.contracts.message import Query
from shared.contracts.parking import ParkedState
from shared.contracts.parking_reading import (
    GroupParked,
    ListActs,
    ListParked,
    ReadParked,
    ReadReplay,
)

SERVICES = tuple(sorted({*resource_services(), "console", "guests", "notifications", "visits"}))
"""Every service parks what it cannot handle, this one too."""


def known(service: str) -> str:
    """The service. Raises ProblemError (404) for one that there is not."""
    if service not in SERVICES:
        raise ProblemError("not-found", f"no such service; there are {', '.join(SERVICES)}")
    return service


async def find_messages(service: Service, query: ListParked, only: str | None) -> dict[str, Any]:
    """A page of the messages of one service or of all, as `ParkedList` but for the addresses.

    Raises ProblemError.
    """
    pages, away = await ask_all(service, query, only)
    found = [one for each in pages for one in each["messages"]]
    found.sort(key=lambda one: (datetime.fromisoformat(one["parked_at"]), one["id"]))
    shown = found[: query.limit]
    more = len(found) > query.limit or any(each["next"] for each in pages)
    last = f"{shown[-1]['parked_at']}|{shown[-1]['id']}" if shown and more else None
    return {"messages": shown, "away": away, "next": last}


async def find_groups(service: Service, query: GroupParked, only: str | None) -> dict[str, Any]:
    """The groups of one service or of all, as `GroupList`. Raises ProblemError."""
    pages, away = await ask_all(service, query, only)
    found = [{**one, "as_of": each["as_of"]} for each in pages for one in each["groups"]]
    found.sort(key=lambda one: (-one["count"], one["service"], one["group"]))
    totals: dict[str, int] = {state.value: 0 for state in ParkedState}
    for each in pages:
        for name, many in each["totals"].items():
            totals[name] += many
    more = len(found) > query.limit or any(each["more"] for each in pages)
    return {"groups": found[: query.limit], "totals": totals, "more": more, "away": away}


async def find_acts(service: Service, query: ListActs, only: str | None) -> dict[str, Any]:
    """A page of the acts at one service or at all, newest first: `acts`, `away`, `next`.

    Raises ProblemError.
    """
    pages, away = await ask_all(service, query, only)
    found = [one for each in pages for one in each["acts"]]
    found.sort(key=lambda one: (datetime.fromisoformat(one["at"]), one["act"]), reverse=True)
    shown = found[: query.limit]
    more = len(found) > query.limit or any(each["next"] for each in pages)
    last = f"{shown[-1]['at']}|{shown[-1]['act']}" if shown and more else None
    return {"acts": shown, "away": away, "next": last}


async def find_message(service: Service, query: ReadParked, owner: str) -> dict[str, Any]:
    """One message, as `ParkedView`. Raises ProblemError (404, 503)."""
    found = (await ask(service, query, known(owner)))["message"]
    if found is None:
        raise ProblemError("not-found", f"{owner} has no parked message {query.message}")
    return dict(found)


async def find_replay(service: Service, query: ReadReplay, owner: str) -> dict[str, Any]:
    """One replay, as `ReplayView`. Raises ProblemError (404, 503)."""
    found = (await ask(service, query, known(owner)))["replay"]
    if found is None:
        raise ProblemError("not-found", f"{owner} has no replay {query.replay}")
    return dict(found)


async def ask_all(
    service: Service, query: Query, only: str | None
) -> tuple[Sequence[dict[str, Any]], list[str]]:
    """The answers of one service or of all, and which gave none. Raises ProblemError."""
    names = SERVICES if only is None else (known(only),)
    told = await asyncio.gather(
        *(ask(service, query, name) for name in names), return_exceptions=True
    )
    pages, away = [], []
    for name, one in zip(names, told, strict=True):
        if isinstance(one, dict):
            pages.append(one)
        elif isinstance(one, ProblemError):
            away.append(name)
        else:
            raise one
    if not pages:
        raise ProblemError("owner-away", f"no answer from {', '.join(away)}", headers=AGAIN)
    return pages, away
