"""Parked messages over HTTP, read: lists, groups by cause, one whole, acts, replays.

Every service keeps its own. A list without a service asks all of them; one that gives no answer is
named in `away`, and its messages are missing.

Must not: change anything; `api_parked_acts` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi import Query as Given
from pydantic import BaseModel
from starlette.responses import Response

from services.console.access import Who
from services.console.asking import AGAIN, ask, read_by
from services.console.door import PROBLEMS, Parts, answer, page
from services.console.problems import ProblemError
from services.console.shapes import Page
from services.console.weighing import weigh_groups, weigh_lines
from shared.chassis.service import Service
from shared.contracts.catalog import resource_services
from shared.contracts.impact import Impact, Verdict
from shared.contracts.message import Query
from shared.contracts.parking import ParkedId, ParkedState
from shared.contracts.parking_reading import (
    ActView,
    Cursor,
    GroupParked,
    ListActs,
    ListParked,
    ParkedGroup,
    ParkedLine,
    ParkedView,
    ReadParked,
    ReadReplay,
    ReplayView,
)
from shared.contracts.values import Instant, Key, Text

SERVICES = tuple(sorted({*resource_services(), "console", "guests", "notifications", "visits"}))
"""Every service parks what it cannot handle, this one too."""

router = APIRouter(prefix="/v1/parked", tags=["parked"], responses=PROBLEMS)
ServiceName = Annotated[str, Path(description="The service that parked the message.")]
MessageId = Annotated[ParkedId, Path(description="Transport id of the message.")]
OneService = Annotated[str | None, Given(description="Only this service's.")]


class WeighedLine(ParkedLine):
    """A message, and what it means for the visit that it is about."""

    verdict: Verdict | None
    """None for a message that is about no visit, or when the visits service did not answer."""
    why: Text | None
    impact: Impact | None
    """None when its visit is settled."""


class WeighedView(ParkedView, WeighedLine):
    """One message whole, and what it means for the visit that it is about."""


class ParkedList(Page):
    """A page of parked messages."""

    messages: list[WeighedLine]
    away: list[str]
    """Services that did not answer."""
    weighed: bool
    """False when the visits service did not answer: verdicts and impacts are missing."""


class GroupImpact(BaseModel):
    """What a group means for the visits that its messages are about, as far as they are named."""

    visits_at_risk: int
    guests: int
    """Of these visits, together."""
    slack_s: int
    """The least of them."""
    first: Impact
    """The most pressing of them."""


class SeenGroup(ParkedGroup):
    """A group, and when it was seen: name both to act on what was on the screen."""

    as_of: Instant
    impact: GroupImpact | None
    """None when no visit that it is about is at risk."""


class GroupList(BaseModel):
    """The largest groups, and how many messages are in each state."""

    groups: list[SeenGroup]
    totals: dict[str, int]
    more: bool
    away: list[str]
    weighed: bool
    """False when the visits service did not answer: impacts are missing."""


class ActList(Page):
    """A page of acts."""

    acts: list[ActView]


def known(service: str) -> str:
    """The service. Raises ProblemError (404) for one that there is not."""
    if service not in SERVICES:
        raise ProblemError("not-found", f"no such service; there are {', '.join(SERVICES)}")
    return service


@router.get("", response_model=ParkedList)
async def list_parked(
    parts: Parts,
    who: Who,
    request: Request,
    service: OneService = None,
    state: ParkedState | Literal["any"] = ParkedState.PARKED,
    group: Key | None = None,
    after: Cursor | None = None,
    limit: Annotated[int, Given(ge=1, le=200)] = 50,
) -> Response:
    """Parked messages, oldest first."""
    wanted = None if state == "any" else state
    query = ListParked(**read_by(who), state=wanted, group=group, after=after, limit=limit)
    pages, away = await _ask_all(parts.service, query, service)
    found = [one for each in pages for one in each["messages"]]
    found.sort(key=lambda one: (datetime.fromisoformat(one["parked_at"]), one["id"]))
    shown = found[:limit]
    more = len(found) > limit or any(each["next"] for each in pages)
    last = f"{shown[-1]['parked_at']}|{shown[-1]['id']}" if shown and more else None
    weighed = await weigh_lines(parts.service, who, shown)
    return page({"messages": shown, "away": away, "weighed": weighed, "next": last}, request)


@router.get("/groups", response_model=GroupList)
async def groups(
    parts: Parts,
    who: Who,
    service: OneService = None,
    state: ParkedState = ParkedState.PARKED,
    limit: Annotated[int, Given(ge=1, le=200)] = 100,
) -> Response:
    """Parked messages folded by cause, the largest group first."""
    query = GroupParked(**read_by(who), state=state, limit=limit)
    pages, away = await _ask_all(parts.service, query, service)
    found = [{**one, "as_of": each["as_of"]} for each in pages for one in each["groups"]]
    found.sort(key=lambda one: (-one["count"], one["service"], one["group"]))
    totals: dict[str, int] = {state.value: 0 for state in ParkedState}
    for each in pages:
        for name, many in each["totals"].items():
            totals[name] += many
    more = len(found) > limit or any(each["more"] for each in pages)
    shown = found[:limit]
    told = {"groups": shown, "totals": totals, "more": more, "away": away}
    return answer({**told, "weighed": await weigh_groups(parts.service, who, shown)})


@router.get("/{service}/acts", response_model=ActList)
async def acts(
    parts: Parts,
    who: Who,
    request: Request,
    service: ServiceName,
    after: Cursor | None = None,
    limit: Annotated[int, Given(ge=1, le=100)] = 50,
) -> Response:
    """Who did what with this service's parked messages, and why; newest first."""
    query = ListActs(**read_by(who), after=after, limit=limit)
    return page(await ask(parts.service, query, known(service)), request)


@router.get("/{service}/replays/{replay}", response_model=ReplayView)
async def read_replay(
    parts: Parts, who: Who, service: ServiceName, replay: Annotated[Key, Path()]
) -> Response:
    """How far a replay has come."""
    found = await ask(parts.service, ReadReplay(**read_by(who), replay=replay), known(service))
    if found["replay"] is None:
        raise ProblemError("not-found", f"{service} has no replay {replay}")
    return answer(found["replay"])


@router.get("/{service}/messages/{message:path}", response_model=WeighedView)
async def read_parked(parts: Parts, who: Who, service: ServiceName, message: MessageId) -> Response:
    """One message whole, with its history. Its ETag is its revision: send it back when editing."""
    found = await ask(parts.service, ReadParked(**read_by(who), message=message), known(service))
    if found["message"] is None:
        raise ProblemError("not-found", f"{service} has no parked message {message}")
    await weigh_lines(parts.service, who, [found["message"]])
    revision = found["message"]["revision"]
    return answer(found["message"], headers={"ETag": f'"{revision}"'})


async def _ask_all(
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
