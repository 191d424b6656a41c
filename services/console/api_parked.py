"""Parked messages over HTTP, read: lists, groups by cause, one whole, acts, replays.

Must not: change anything; `api_parked_acts` does.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from fastapi import Query as Given
from pydantic import BaseModel
from starlette.responses import Response

from services.console.access import Who
from services.console.asking import ask, read_by
from services.console.door import PROBLEMS, Parts, answer, page
from services.console.parked_finding import find_replay, known
from services.console.shapes import Page
from services.console.weighing import weighed_groups, weighed_message, weighed_messages
from shared.contracts.impact import Impact, Verdict
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
    return page(await weighed_messages(parts.service, who, query, service), request)


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
    return answer(await weighed_groups(parts.service, who, query, service))


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
    return answer(await find_replay(parts.service, ReadReplay(**read_by(who), replay=replay),
                                    service))  # fmt: skip


@router.get("/{service}/messages/{message:path}", response_model=WeighedView)
async def read_parked(parts: Parts, who: Who, service: ServiceName, message: MessageId) -> Response:
    """One message whole, with its history. Its ETag is its revision: send it back when editing."""
    query = ReadParked(**read_by(who), message=message)
    found = await weighed_message(parts.service, who, query, service)
    return answer(found, headers={"ETag": f'"{found["revision"]}"'})
