"""`/hotel/<token>`: where a hotel without a system answers an order. The link is all that it needs.

The console passes the token on to bookings, which alone can tell whether it is good; it keeps none.
Must not: tell why a link opens nothing, show anything but its one order, or run a script.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.responses import Response

from services.console import audit, bounds
from services.console.access import AGAIN, address_of, by_other_site, slow_down
from services.console.asking import ask, read_as
from services.console.audit import Entry
from services.console.credentials import digest
from services.console.door import Console, Parts
from services.console.hotel_guests import BY, Shown, guest_list
from services.console.pages import forms, frame
from services.console.problems import ProblemError
from shared.contracts.hotel_desk import (
    MAX_SHEET,
    AnswerHotelPage,
    DeskState,
    HotelPage,
    HotelPageAnswered,
    HotelReason,
    HotelSheet,
    HotelSheetRead,
    PreviewHotelSheet,
    ReadHotelPage,
    ReadHotelSheet,
    RoomsLeft,
)
from shared.contracts.message import Query
from shared.sheets.rooms import file_name

M = TypeVar("M", bound=BaseModel)
ROUTE = "/hotel/{token}"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATUS = {"taken": 200, "stale": 409, "closed": 409, "invalid": 422}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
}
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,500}\.[A-Za-z0-9_-]{1,90}")
_LEFT = re.compile(r"left\.(\d{4}-\d{2}-\d{2})\.([a-z0-9][a-z0-9-]{0,62})")

router = APIRouter(include_in_schema=False)


@router.get(ROUTE)
async def show(parts: Parts, request: Request, token: str) -> Response:
    """The order as it is now, and what can be answered."""
    slow_down_link(parts, request, token)
    if not TOKEN.fullmatch(token):
        return nothing(parts, request)
    found = await asked_as(parts, HotelPage, ReadHotelPage(**BY, token=token))
    if not found.found:
        return nothing(parts, request)
    return await page_of(parts, request, token, found)


@router.post(ROUTE)
async def answer(parts: Parts, request: Request, token: str) -> Response:
    """The hotel's word. The same again changes nothing."""
    slow_down_link(parts, request, token)
    if by_other_site(request):
        raise ProblemError("forbidden", "answer from this very page")
    if not TOKEN.fullmatch(token):
        return nothing(parts, request)
    form = await forms.read_form(request)
    said = _said(token, form)
    if said is None:
        found = await asked_as(parts, HotelPage, ReadHotelPage(**BY, token=token))
        done = HotelPageAnswered(outcome="invalid", page=found)
    else:
        done = await asked_as(parts, HotelPageAnswered, said)
    if not done.page.found:
        return nothing(parts, request)
    await note(parts, ROUTE, f"/hotel/{done.page.order}", STATUS[done.outcome])
    if done.outcome == "taken":
        return forms.to(request.url.path, said="hotel_taken")
    failed, status = f"hotel.{done.outcome}", STATUS[done.outcome]
    return await page_of(parts, request, token, done.page, failed, status)


@router.get(f"{ROUTE}/rooms.xlsx")
async def sheet(parts: Parts, request: Request, token: str) -> Response:
    """The order as a workbook: to be filled in, or definite."""
    slow_down_link(parts, request, token)
    found = HotelSheet(found=False)
    if TOKEN.fullmatch(token):
        asked = ReadHotelSheet(**BY, token=token)
        found = await asked_as(parts, HotelSheet, asked, bounds.WORKBOOK_S)
    if not found.found:
        return nothing(parts, request)
    if not found.content:
        return forms.to(f"/hotel/{token}")
    return workbook(file_name(found.order, found.edition), b64decode(found.content))


def workbook(name: str, content: bytes) -> Response:
    """A file that a browser saves and nobody keeps on the way."""
    attached = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, 200, {**HEADERS, **attached}, XLSX)


@router.post(f"{ROUTE}/sheet")
async def preview(parts: Parts, request: Request, token: str) -> Response:
    """What a workbook says that came back. Nothing counts until the hotel sends it."""
    slow_down_link(parts, request, token)
    if by_other_site(request):
        raise ProblemError("forbidden", "answer from this very page")
    if not TOKEN.fullmatch(token):
        return nothing(parts, request)
    content = await uploaded(request)
    asked = PreviewHotelSheet(**BY, token=token, content=b64encode(content).decode())
    read = await asked_as(parts, HotelSheetRead, asked, bounds.WORKBOOK_S)
    if not read.found:
        return nothing(parts, request)
    status = 200 if read.answer else 422
    return rendered(request, "hotel/sheet.html", title="hotel.sheet_read", status=status,
                     read=read, back=f"/hotel/{token}")  # fmt: skip


async def uploaded(request: Request) -> bytes:
    """The one file of a form. Raises ProblemError: 413, 422."""
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            given = form.get("sheet")
            content = b"" if given is None or isinstance(given, str) else await given.read()
    except (HTTPException, MultiPartException) as error:
        raise ProblemError("invalid-request", "the form cannot be read") from error
    if not content:
        raise ProblemError("invalid-request", "choose a file")
    if len(content) > MAX_SHEET:
        raise ProblemError("too-large", f"at most {MAX_SHEET} bytes are read")
    return content


async def asked_as(
    parts: Console, model: type[M], query: Query, within_s: float | None = None
) -> M:
    """What bookings answers. Raises ProblemError (503)."""
    told = await ask(parts.service, query, within_s=within_s)
    return read_as(model, told, "what bookings said")


def slow_down_link(parts: Console, request: Request, token: str) -> None:
    """Raises ProblemError (429) for an address that tried bad links, or a link in a hurry."""
    spent = parts.gate.strangers.spent(address_of(request))
    slow_down(spent, "too many requests without a login")
    slow_down(parts.hotels.take(digest(token)), "this link is followed too often")


def _said(token: str, form: forms.Form) -> AnswerHotelPage | None:
    """What a form says; None when it says nothing that can be read."""
    try:
        reason = HotelReason(form.get("reason")) if form.get("reason") else None
        word = DeskState(form.get("answer"))
        left = tuple(_left(form)) if word is DeskState.REFUSED else ()
        return AnswerHotelPage(
            **BY, token=token, edition=int(form.get("edition", "0")), answer=word,
            reason=reason if word is DeskState.REFUSED else None, left=left,
        )  # fmt: skip
    except (ValidationError, ValueError):
        return None


def _left(form: forms.Form) -> list[RoomsLeft]:
    found = []
    for name, value in form.fields:
        match = _LEFT.fullmatch(name)
        if match and value.strip():
            rooms = int(value)
            night = date.fromisoformat(match[1])
            found.append(RoomsLeft(night=night, kind=match[2], rooms=rooms))
    return found


async def note(parts: Console, route: str, resource: str, status: int) -> None:
    """The audit's line: which order, never the link. Raises ProblemError (503)."""
    entry = Entry("hotel", (), "POST", route, resource, "", status)
    try:
        await parts.service.writer.run(lambda work: audit.append(work.connection, work.now, entry))
    except (SQLAlchemyError, RuntimeError) as error:
        detail = "the answer may be taken; send it again"
        raise ProblemError("store-away", detail, headers=AGAIN) from error


def nothing(parts: Console, request: Request) -> Response:
    """The same for every link that opens nothing."""
    parts.gate.count_stranger(request)
    return rendered(request, "hotel/nothing.html", title="hotel.nothing", status=404)


async def without_guests(
    parts: Console, request: Request, token: str, failed: str, route: str = ""
) -> Response:
    """For whoever follows an older page or list to guests that are not shown: the page of its
    order, which says why. A link that opens no order is a stranger's. `route`: what was to be
    written there, for the audit."""
    found = HotelPage(found=False)
    if TOKEN.fullmatch(token):
        found = await asked_as(parts, HotelPage, ReadHotelPage(**BY, token=token))
    if not found.found:
        return nothing(parts, request)
    if route:
        await note(parts, route, f"/hotel/{found.order}/guests", 409)
    return await page_of(parts, request, token, found, failed, 409, Shown(None))


async def page_of(
    parts: Console,
    request: Request,
    token: str,
    found: HotelPage,
    failed: str = "",
    status: int = 200,
    shown: Shown | None = None,
) -> Response:
    """The page of an order; `shown`: its guests, where they were read already."""
    if shown is None and found.firm:
        shown = Shown(await guest_list(parts, token), page=request.query_params.get("guests", ""))
    by = found.answer_by and found.answer_by.astimezone(ZoneInfo(found.zone))
    return rendered(
        request, "hotel/page.html", title="hotel.title", status=status, page=found,
        failed=failed, answer_by=f"{by:%Y-%m-%d %H:%M}" if by else "", reasons=list(HotelReason),
        here=f"/hotel/{token}", shown=shown, by_night=len(found.rooms) <= bounds.HOTEL_LINES,
    )  # fmt: skip


def rendered(request: Request, template: str, **values: Any) -> Response:
    """A page of a hotel: no script, for no search engine, kept by nobody."""
    shown = frame.render(request, None, template, **values)
    shown.headers.update(HEADERS)
    return shown
