"""The audit over HTTP, for auditors; and who the caller is.

Must not: change anything.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from services.console import audit
from services.console.access import Who
from services.console.account_store import scope_of
from services.console.door import PROBLEMS, Parts, answer, page
from services.console.shapes import Page
from shared.chassis import limits

router = APIRouter(prefix="/v1", tags=["access"], responses=PROBLEMS)
After = Annotated[int, Query(ge=0, le=2**53)]


class Me(BaseModel):
    """Who the caller is, and what it may reach."""

    name: str
    roles: list[str]
    stations: list[str]
    units: list[str]


class AuditLine(BaseModel):
    """One act. `status` is null in the line that is committed together with the command itself."""

    seq: int
    at: str
    principal: str
    roles: list[str]
    method: str
    route: str
    resource: str
    key: str
    status: int | None
    before: str
    hash: str


class AuditList(Page):
    """A page of the audit."""

    lines: list[AuditLine]


class AuditCheck(Page):
    """How many lines of the chain are sound, and the number of the first that is not."""

    sound: bool
    rows: int
    broken_at: int | None
    head: str


@router.get("/me", response_model=Me)
async def me(who: Who) -> Response:
    """The account behind the token or session."""
    return answer({"name": who.name, **scope_of(who)})


@router.get("/audit", response_model=AuditList)
async def read_audit(
    parts: Parts,
    request: Request,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=limits.AUDIT_ROWS)] = 100,
) -> Response:
    """Every write and login, oldest first."""
    rows, more = await parts.service.read(lambda session: audit.page(session, after, limit))
    return page({"lines": rows, "next": more}, request)


@router.get("/audit/verification", response_model=AuditCheck)
async def verify_audit(parts: Parts, request: Request, after: After = 0) -> Response:
    """Check the chain from a line on that counts as sound, page by page. Keep `head` elsewhere:
    lines that were cut off at the end show only by it."""
    found = await parts.service.read(lambda session: audit.verify(session, after))
    return page({"sound": found.broken_at is None, **asdict(found)}, request)
