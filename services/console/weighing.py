"""Parked messages tied to the visits that they are about: verdicts and impacts, from their owner.

Owns: asking in bounded questions, and fitting the answers to messages and groups.
Must not: judge; `services.visits` does. Without its answer lists are shown all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.console.asking import ask, read_by
from services.console.parked_finding import find_groups, find_message, find_messages
from services.console.problems import ProblemError
from services.console.roles import Principal
from shared.chassis.service import Service
from shared.contracts.impact import MAX_WEIGHED, Named, ToWeigh, WeighMessages
from shared.contracts.parking_reading import GroupParked, ListParked, ReadParked

MOST_QUESTIONS = 20
"""Questions for one list: its lines, or the visits of its groups, beyond that stay unweighed."""


async def weighed_messages(
    service: Service, who: Principal, query: ListParked, only: str | None
) -> dict[str, Any]:
    """A page of messages with what each means, as `ParkedList`. Raises ProblemError."""
    found = await find_messages(service, query, only)
    return {**found, "weighed": await weigh_lines(service, who, found["messages"])}


async def weighed_groups(
    service: Service, who: Principal, query: GroupParked, only: str | None
) -> dict[str, Any]:
    """Groups with what each means, as `GroupList`. Raises ProblemError."""
    found = await find_groups(service, query, only)
    return {**found, "weighed": await weigh_groups(service, who, found["groups"])}


async def weighed_message(
    service: Service, who: Principal, query: ReadParked, owner: str
) -> dict[str, Any]:
    """One message with what it means, as `WeighedView`. Raises ProblemError (404, 503)."""
    found = await find_message(service, query, owner)
    await weigh_lines(service, who, [found])
    return found


async def weigh_lines(service: Service, who: Principal, lines: Sequence[dict[str, Any]]) -> bool:
    """Give each line its `verdict`, `why` and `impact`; False when the owner did not answer."""
    named = [one for one in lines if one.get("names")]
    for line in lines:
        line.update(verdict=None, why=None, impact=None)
    for some in _chunks(named):
        asked = tuple(
            ToWeigh(ref=str(number), named=Named.model_validate(line["names"]),
                    readable=line["reason"] != "unreadable")
            for number, line in enumerate(some)
        )  # fmt: skip
        told = await _ask(service, WeighMessages(**read_by(who), messages=asked))
        if told is None:
            return False
        impacts = {one["visit"]: one for one in told["impacts"]}
        for one in told["weighings"]:
            line = some[int(one["ref"])]
            line.update(verdict=one["verdict"], why=one["why"],
                        impact=impacts.get(line["names"]["visit"]))  # fmt: skip
    return True


async def weigh_groups(service: Service, who: Principal, groups: Sequence[dict[str, Any]]) -> bool:
    """Give each group its `impact`: the most pressing of its visits, and how many guests there are
    in those that are at risk. False when the owner did not answer."""
    visits = sorted({visit for group in groups for visit in group.get("visits", ())})
    impacts: dict[str, dict[str, Any]] = {}
    answered = True
    for some in _chunks(visits):
        told = await _ask(service, WeighMessages(**read_by(who), visits=tuple(some)))
        if told is None:
            answered = False
            break
        impacts |= {one["visit"]: one for one in told["impacts"]}
    for group in groups:
        mine = [impacts[visit] for visit in group.get("visits", ()) if visit in impacts]
        group["impact"] = _of_group(mine) if mine else None
    return answered


def _of_group(impacts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    first = min(impacts, key=lambda one: (one["slack_s"], -one["guests"], one["visit"]))
    return {
        "visits_at_risk": len(impacts),
        "guests": sum(one["guests"] for one in impacts),
        "slack_s": first["slack_s"],
        "first": first,
    }


async def _ask(service: Service, query: WeighMessages) -> dict[str, Any] | None:
    try:
        return await ask(service, query)
    except ProblemError:
        return None


def _chunks(some: Sequence[Any]) -> list[Sequence[Any]]:
    most = range(0, min(len(some), MAX_WEIGHED * MOST_QUESTIONS), MAX_WEIGHED)
    return [some[start : start + MAX_WEIGHED] for start in most]
