"""Changes of an inventory's units over HTTP: asked first, then saved.

Must not: decide what a change hits, or withdraw anything; the owner of the unit does.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict
from starlette.responses import Response

from services.console.access import Who
from services.console.api_inventory import check_service
from services.console.api_visits import WRITTEN
from services.console.asking import ask, question, read_as, read_by
from services.console.door import PROBLEMS, Console, Parts, answer, read_fields, seen_revision
from services.console.intents import to_change
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.shapes import DoneUnit, inlined, write_of
from shared.contracts.changes import (
    NO_SUCH_UNIT,
    ChangePreview,
    ChangesPage,
    Counted,
    ListChanges,
    PreviewChange,
    Priced,
    UnitChange,
)
from shared.contracts.values import Slug

router = APIRouter(
    prefix="/v1/inventory/{service}/{unit}/changes", tags=["inventory"], responses=PROBLEMS
)


class CountBody(Counted):
    """How many there are from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PriceBody(Priced):
    """What it costs from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ChangeBody(UnitChange):
    """One of seven: add a closure, lift one, set how many there are or what it costs, describe the
    unit, retire it or take it back; or add a unit. Typos are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: CountBody | None = None
    price: PriceBody | None = None


Kind = Annotated[str | None, Query(max_length=64)]
"""Of document, where several kinds have a unit of that id: a sight, and the place where it is."""
BODY = {"application/json": {"schema": inlined(ChangeBody)}}


async def preview_of(
    parts: Console, who: Principal, service: str, unit: str, change: UnitChange,
    after: str | None, limit: int, kind: str | None = None,
) -> ChangePreview:  # fmt: skip
    """What the owner says of a change; `problems` where it cannot be made. Raises ProblemError."""
    query = question(
        PreviewChange, **read_by(who), unit=unit, kind=kind, change=change, after=after, limit=limit
    )
    return read_as(ChangePreview, await ask(parts.service, query, service), f"what {service} said")


async def _read(request: Request) -> tuple[bytes, UnitChange]:
    body, told = await read_fields(request, ChangeBody)
    return body, UnitChange.model_validate(told.model_dump(mode="json"))


@router.post("/preview", response_model=ChangePreview,
             openapi_extra={"requestBody": {"required": True, "content": BODY}})  # fmt: skip
async def preview(
    parts: Parts,
    who: Who,
    request: Request,
    service: str,
    unit: Slug,
    after: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    kind: Kind = None,
) -> Response:
    """Which visits a change would hit, as things stand. Changes nothing; the ETag is the unit's."""
    check_service(service)
    _body, change = await _read(request)
    found = await preview_of(parts, who, service, unit, change, after, limit, kind)
    check_valid(found)
    return answer(found.model_dump(mode="json"), headers={"ETag": f'"{found.revision}"'})


def check_valid(found: ChangePreview) -> None:
    """Raise ProblemError: 404 without such a unit, 422 for a change that cannot be made."""
    if not found.problems:
        return
    detail = found.problems[0].message
    sort = "not-found" if found.problems[0].code == NO_SUCH_UNIT else "invalid-request"
    raise ProblemError(sort, detail, found.problems)


@router.post("", response_model=DoneUnit, responses=WRITTEN, openapi_extra=write_of(BODY))
async def save(
    parts: Parts, who: Who, request: Request, service: str, unit: Slug, kind: Kind = None
) -> Response:
    """Save a change of the unit as it was seen; what no longer fits is withdrawn right after it.

    Needs If-Match with the ETag of the preview, and an Idempotency-Key.
    """
    check_service(service)
    expected = seen_revision(request)
    body, change = await _read(request)
    intent = to_change(who, service, (unit, kind), expected, change)
    return await parts.writes.run(request, body, intent, who)


@router.get("", response_model=ChangesPage)
async def made(
    parts: Parts, who: Who, service: str, unit: Slug,
    limit: Annotated[int, Query(ge=1, le=100)] = 20, kind: Kind = None,
) -> Response:  # fmt: skip
    """The newest changes of a unit: who, when, what, and how many holds each has withdrawn."""
    check_service(service)
    found = await changes_of(parts, who, service, unit, limit, kind)
    return answer(found.model_dump(mode="json"))


async def changes_of(
    parts: Console, who: Principal, service: str, unit: str, limit: int, kind: str | None = None
) -> ChangesPage:
    """The newest changes of a unit. Raises ProblemError (503) without an answer."""
    query = question(ListChanges, **read_by(who), unit=unit, kind=kind, limit=limit)
    return read_as(ChangesPage, await ask(parts.service, query, service), f"what {service} said")
