"""What an act on parked messages would reach, asked before it is done.

Owns: counting a selection, and reading which visits its first messages are about.
Must not: choose; the service that parked the messages does, by the same selection.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.console.api_parked import GroupList, WeighedView
from services.console.asking import read_by
from services.console.door import Console
from services.console.pages.parked_message import body_of, read_message
from services.console.parked_finding import find_messages
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.slugs import is_slug
from services.console.weighing import weighed_groups
from shared.chassis import limits
from shared.chassis.parking_rules import NEEDED
from shared.contracts.parking import Chosen, ParkedState
from shared.contracts.parking_reading import GroupParked, ListParked

MOST_READ, READ_AT_ONCE = 25, 5
"""Messages whose bodies are read to say which visits they are about."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What an act would reach now."""

    count: int
    there: int
    """Messages of the selection; an act takes the oldest of them when it may not have all."""
    state: ParkedState
    """In which state it takes messages."""
    found: ParkedState | None
    """In which state the one message is, when only one was named."""
    visits: Sequence[str]
    read: int
    """Of so many messages it was read which visits they are about."""


async def reach_of(
    parts: Console, who: Principal, service: str, chosen: Chosen, verb: str
) -> Reach:
    """What it would be. Raises ProblemError (404, 503)."""
    needed = NEEDED[verb]
    if len(chosen.messages) > 1:
        return await _of_named(parts, who, service, chosen.messages, needed)
    if chosen.group is None:
        seen = await read_message(parts, who, service, chosen.messages[0])
        count = int(seen.state is needed)
        return Reach(count, count, needed, seen.state, visits_in([body_of(seen)]), 1)
    wanted = {"state": needed, "group": chosen.group, "as_of": chosen.as_of}
    groups = GroupParked(**read_by(who), **wanted)
    told = GroupList.model_validate(await weighed_groups(parts.service, who, groups, service))
    there = next((one.count for one in told.groups if one.group == chosen.group), 0)
    count = min(there, chosen.most or there, limits.PARKED_ACT_ROWS)
    if not count:
        return Reach(0, 0, needed, None, (), 0)
    first = ListParked(**read_by(who), **wanted, limit=min(count, MOST_READ))
    lines = (await find_messages(parts.service, first, service))["messages"]
    bodies = await _bodies(parts, who, service, [one["id"] for one in lines])
    return Reach(count, there, needed, None, visits_in(bodies), len(bodies))


async def _of_named(
    parts: Console, who: Principal, service: str, names: Sequence[str], needed: ParkedState
) -> Reach:
    """Of messages that were chosen: those that are still in the state that the act wants."""
    seen = [one for one in await _messages(parts, who, service, names) if one.state is needed]
    bodies = [body_of(one) for one in seen[:MOST_READ]]
    return Reach(len(seen), len(names), needed, None, visits_in(bodies), len(bodies))


async def _bodies(
    parts: Console, who: Principal, service: str, messages: Sequence[str]
) -> Sequence[str]:
    """The bodies of messages, but of those that cannot be read now."""
    return [body_of(one) for one in await _messages(parts, who, service, messages)]


async def _messages(
    parts: Console, who: Principal, service: str, names: Sequence[str]
) -> Sequence[WeighedView]:
    """Messages by name, but those that cannot be read now."""
    room = asyncio.Semaphore(READ_AT_ONCE)

    async def one(name: str) -> WeighedView | None:
        async with room:
            try:
                return await read_message(parts, who, service, name)
            except ProblemError:
                return None

    told = await asyncio.gather(*map(one, names))
    return [one for one in told if one is not None]


def visits_in(bodies: Iterable[str]) -> Sequence[str]:
    """The visits that bodies name, each once, in their order; a broken body names none."""
    found: dict[str, None] = {}
    for body in bodies:
        try:
            said: Any = json.loads(body)
        except (ValueError, RecursionError):
            continue
        if not isinstance(said, dict):
            continue
        state = said.get("state")
        inner = state.get("visit") if isinstance(state, dict) else None
        visit = said.get("visit") or inner
        if isinstance(visit, str) and is_slug(visit):
            found[visit] = None
    return tuple(found)
