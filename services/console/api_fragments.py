"""`GET /stream`: the one stream of a browser, with the fragments of all its tabs' topics.

Must not: decide who may listen; `topics` asks the table of `roles`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.access import Who, cookie_name
from services.console.credentials import digest
from services.console.door import Parts
from services.console.roles import Principal
from services.console.topics import MOST_TEXT, read
from shared.chassis import limits

router = APIRouter(include_in_schema=False)
Topics = Annotated[list[str], Query(min_length=1, max_length=limits.FRAGMENT_TOPICS)]


@router.get("/stream")
async def stream(parts: Parts, who: Who, request: Request, topic: Topics) -> Response:
    """Server-sent events: first each topic whole, then what changes."""
    keys = [read(text[: MOST_TEXT + 1], who) for text in dict.fromkeys(topic)]
    return parts.desk.stream(keys, login_of(who, request))


def login_of(who: Principal, request: Request) -> str:
    """Whose streams are counted together. A cookie counts only where it is what let them in: beside
    a token it could be anything."""
    cookie = request.cookies.get(cookie_name(request))
    if cookie and "authorization" not in request.headers:
        return digest(cookie)
    return f"name {who.name}"
