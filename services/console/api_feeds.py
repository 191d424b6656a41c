"""Calendar feeds over HTTP: made, listed, revoked; and the one address that needs no login.

An address is shown once. Whoever has it can read the calendar until it is revoked, or until the
account that made it is disabled; it is as much as that account could see when it was made.

Must not: tell whether an address ever existed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from services.console import feed_store
from services.console.access import Who, slow_down
from services.console.api_hotels import orders_of
from services.console.asking import ask, read_by, visit_of
from services.console.credentials import digest
from services.console.door import PROBLEMS, Console, Parts, answer, page, read_fields
from services.console.feed_store import Feed, Kind
from services.console.feeds import is_secret, new_secret
from services.console.problems import ProblemError
from services.console.roles import Principal, Role
from services.console.shapes import Page, fields_of
from shared.contracts.inventory import ReadInventory
from shared.contracts.values import Key, Slug

CALENDAR = "text/calendar; charset=utf-8"
AGAIN = {"Retry-After": "300"}
SOON = {"Retry-After": "1"}
UNIT_PAGES = 20
OWNERS = {Kind.HALL: ("venues", "halls"), Kind.ESCORT: ("escorts", "people")}
FeedId = Annotated[Slug, Path(description="Id of the feed.")]
log = structlog.get_logger(__name__)

router = APIRouter(responses=PROBLEMS)


class NewFeed(BaseModel):
    """What it is to show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    target: Key
    language: Literal["zh", "en"] = "zh"


class MadeFeed(BaseModel):
    """A new feed with its address, which is shown this once."""

    feed: Feed
    address: str


class FeedList(Page):
    """A page of feeds, newest first."""

    feeds: list[Feed]


MAKE = {"requestBody": {"required": True, "content": fields_of(NewFeed)}}
FILE: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/calendar": {"schema": {"type": "string"}}}},
    304: {"description": "As it was."},
}


@router.post("/v1/feeds", response_model=MadeFeed, status_code=201, openapi_extra=MAKE,
             tags=["feeds"])  # fmt: skip
async def make_feed(parts: Parts, who: Who, request: Request) -> Response:
    """Make a secret address of the calendar of a visit, a hall, somebody who accompanies, or of a
    hotel's cut-offs."""
    _, told = await read_fields(request, NewFeed)
    feed, secret = await made(parts, who, told)
    content = {"feed": feed.model_dump(mode="json"), "address": address_of(request, secret)}
    return answer(content, 201, {"Cache-Control": "no-store"})


@router.get("/v1/feeds", response_model=FeedList, tags=["feeds"])
async def list_feeds(
    parts: Parts,
    who: Who,
    request: Request,
    after: Annotated[Slug | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Feeds of this account; operations and auditors see those of all."""
    some, cursor = await parts.service.read(
        lambda session: feed_store.page(session, whose(who), after, limit)
    )
    return page({"feeds": [one.model_dump(mode="json") for one in some], "next": cursor}, request)


@router.delete("/v1/feeds/{feed}", response_model=Feed, tags=["feeds"])
async def revoke_feed(parts: Parts, who: Who, feed: FeedId) -> Response:
    """End a feed at once."""
    return answer((await revoked(parts, who, feed)).model_dump(mode="json"))


@router.get("/feeds/{secret}.ics", responses=FILE, include_in_schema=False)
async def serve(parts: Parts, request: Request, secret: str) -> Response:
    """The calendar."""
    now = parts.service.clock.now()
    found = None
    if is_secret(secret):
        kept = digest(secret)
        found = await parts.service.read(lambda session: feed_store.by_digest(session, kept, now))
    if found is None:
        parts.gate.count_stranger(request)
        raise ProblemError("not-found", "there is no such calendar")
    slow_down(parts.feeds.rate.take(found.id), "this calendar is asked for too often")
    file = await parts.feeds.file(found)
    if found.stale:
        await _mark_used(parts, found.id)
    headers = {"ETag": file.tag, "Cache-Control": "private, max-age=300",
               "Content-Disposition": 'inline; filename="calendar.ics"'}  # fmt: skip
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    return Response(file.body, 200, {**headers, "Content-Type": CALENDAR})


async def _mark_used(parts: Console, feed: str) -> None:
    try:
        await parts.service.writer.run(lambda work: feed_store.mark_used(work, feed))
    except (SQLAlchemyError, RuntimeError) as error:  # A full disk must not lock readers out.
        log.warning("use_not_marked", error=repr(error)[:300])


# -------------------------------------------------------------------- for pages, too


def whose(who: Principal) -> str | None:
    """Whose feeds this principal sees and ends: its own, or everybody's."""
    return None if who.roles & {Role.OPERATIONS, Role.AUDITOR} else who.name


def address_of(request: Request, secret: str) -> str:
    """The whole address, as the caller reached this console."""
    return f"{str(request.base_url).rstrip('/')}/feeds/{secret}.ics"


async def made(parts: Console, who: Principal, told: NewFeed) -> tuple[Feed, str]:
    """A new feed and its secret. Raises ProblemError: 404, 409, 503."""
    await _check_target(parts, who, told)
    secret, stations = new_secret(), who.station_filter
    row = {
        "digest": digest(secret), "kind": told.kind.value, "target": told.target,
        "language": told.language, "account": who.name,
        "stations": None if stations is None else list(stations),
    }  # fmt: skip
    try:
        feed = await parts.service.writer.run(lambda work: feed_store.add(work, row))
    except (SQLAlchemyError, RuntimeError) as error:
        raise ProblemError("store-away", "repeat the request", headers=SOON) from error
    if feed is None:
        raise ProblemError("conflict", "this account has too many feeds; revoke some")
    return feed, secret


async def revoked(parts: Console, who: Principal, feed: str) -> Feed:
    """End a feed. Raises ProblemError: 404, 503."""
    try:
        found = await parts.service.writer.run(
            lambda work: feed_store.revoke(work, feed, who.name, whose(who))
        )
    except (SQLAlchemyError, RuntimeError) as error:
        raise ProblemError("store-away", "repeat the request", headers=SOON) from error
    if found is None:
        raise ProblemError("not-found", f"there is no feed {feed}")
    parts.feeds.forget(feed)
    return found


async def _check_target(parts: Console, who: Principal, told: NewFeed) -> None:
    """Raises ProblemError: 404 for a visit that is hidden, or a unit that is not there; 403 for a
    hotel when some visits are hidden."""
    if told.kind is Kind.VISIT:
        await visit_of(parts.service, told.target, who)
        return
    if told.kind is Kind.HOTEL:
        if who.station_filter is not None:
            raise ProblemError("forbidden", "a hotel's cut-offs are of visits of all stations")
        await orders_of(parts, who, told.target, False, None, 1)
        return
    owner, kind = OWNERS[told.kind]
    now, after = datetime.now(UTC), None
    for _ in range(UNIT_PAGES):
        query = ReadInventory(**read_by(who), starts_at=now, ends_at=now + timedelta(minutes=1),
                              kind=kind, after=after, limit=200)  # fmt: skip
        found = await ask(parts.service, query, owner)
        if any(one["unit"] == told.target for one in found["units"]):
            return
        after = found.get("next")
        if after is None:
            break
    raise ProblemError("not-found", f"{owner} has no {kind} {told.target}")
