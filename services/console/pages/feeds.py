"""`/feeds`: secret addresses of calendars, made, shown once, and revoked.

Must not: offer anything that the JSON API does not, nor put a secret into an address of a page.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.console import feed_store
from services.console.access import Who
from services.console.api_feeds import FeedId, NewFeed, address_of, made, revoked, whose
from services.console.door import Console, Parts
from services.console.feed_store import Kind
from services.console.pages import forms, frame
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.words import LANGUAGES
from shared.contracts.values import Slug

ROUTE = "/feeds"
PAGE = 50

router = APIRouter(include_in_schema=False)
frame.Link("feeds", ROUTE, "planning", 40)


@router.get(ROUTE)
async def feeds_page(
    parts: Parts, who: Who, request: Request,
    kind: Annotated[str, Query(max_length=20)] = "",
    target: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[Slug | None, Query()] = None,
) -> Response:  # fmt: skip
    """Those of this account, or of all for operations; and the form that makes one."""
    tried = {"kind": kind, "target": target, "language": frame.language_for(request)}
    return await _page(parts, who, request, tried, after=after)


@router.post(ROUTE)
async def make(parts: Parts, who: Who, request: Request) -> Response:
    """Make one. Its address is in this answer, and nowhere again."""
    form = await forms.read_form(request)
    tried = {name: form.get(name) for name in ("kind", "target", "language")}
    try:
        _, secret = await made(parts, who, NewFeed.model_validate(tried))
        return await _page(parts, who, request, tried, address=address_of(request, secret))
    except ValidationError as error:
        told, status = error.errors()[0]["msg"], 422
    except ProblemError as error:
        told, status = error.details.detail, error.status
    return await _page(parts, who, request, tried, error=told, status=status)


@router.post("/feeds/{feed}/revoke")
async def revoke(parts: Parts, who: Who, feed: FeedId) -> Response:
    """End one."""
    await revoked(parts, who, feed)
    return forms.to(ROUTE, said="feed_revoked")


async def _page(
    parts: Console, who: Principal, request: Request, tried: dict[str, str], *,
    after: str | None = None, address: str = "", error: str = "", status: int = 200,
) -> Response:  # fmt: skip
    some, cursor = await parts.service.read(
        lambda session: feed_store.page(session, whose(who), after, PAGE)
    )
    return frame.render(
        request, who, "feeds/page.html", title="feeds.title", status=status, feeds=some,
        next=cursor, after=after, tried=tried, address=address, error=error, kinds=list(Kind),
        languages=LANGUAGES, may_make=who.may("POST", ROUTE), at=parts.service.clock.now(),
        may_revoke=who.may("POST", "/feeds/{feed}/revoke"),
    )  # fmt: skip
