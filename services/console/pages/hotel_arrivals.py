"""Where a hotel without a system says who has come, room by room or with a spreadsheet.

The console puts names and words together while it answers; bookings gets opaque ids (ADR 29).
Must not: keep, log or cache a name, or decide whether a stay may move.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.console.access import by_other_site
from services.console.arrivals import packed, said_in, unpacked
from services.console.arrivals_sheet import SheetRead, read_sheet
from services.console.door import Console, Parts
from services.console.hotel_guests import BY, GuestList, Shown, guest_list
from services.console.pages import forms, hotel
from services.console.problems import ProblemError
from shared.contracts.guests import MAX_GUESTS
from shared.contracts.hotel_arrivals import (
    ArrivalSaid,
    ArrivalsSaid,
    LineOutcome,
    LineTold,
    PreviewArrivals,
    SayArrivals,
)
from shared.contracts.hotel_desk import HotelPage, ReadHotelPage

ROUTE = f"{hotel.ROUTE}/guests"
WELL = (LineOutcome.TAKEN, LineOutcome.UNCHANGED)
UNSAVED = "hotel.no_guests_saved"
MOST_MISSING = 20
"""Guests who are not in a sheet and told by name."""

router = APIRouter(include_in_schema=False)


@router.post(ROUTE)
async def say(parts: Parts, request: Request, token: str) -> Response:
    """A hotel's word on its guests. Each line counts for itself; the same again changes nothing."""
    listed = await _listed(parts, request, token)
    if listed is None:
        return await hotel.without_guests(parts, request, token, UNSAVED, ROUTE)
    form = await forms.read_form(request)
    lines, wrong = _said(form)
    done = await _told(parts, SayArrivals, token, listed, lines)
    if not done.found:
        return await hotel.without_guests(parts, request, token, UNSAVED, ROUTE)
    results = {one.guest: one.outcome for one in done.lines}
    bad = bool(wrong) or any(one not in WELL for one in results.values())
    status = 409 if bad else 200
    await hotel.note(parts, ROUTE, f"/hotel/{listed.stay.order}/guests", status)
    page = form.get("page")
    if bad:
        return await _again(parts, request, token, Shown(None, results, wrong, page))
    to = f"/hotel/{token}" + (f"?guests={page}" if page.isascii() and page.isdigit() else "")
    if any(_taken(one) for one in done.lines):
        return forms.to(to, said="arrivals_taken")
    return forms.to(to, said="arrivals_same")


@router.post(f"{hotel.ROUTE}/guests-sheet")
async def preview(parts: Parts, request: Request, token: str) -> Response:
    """What a list says that came back. Nothing counts until the hotel sends it."""
    listed = await _listed(parts, request, token)
    if listed is None:
        return await hotel.without_guests(parts, request, token, UNSAVED)
    content = await hotel.uploaded(request)
    # A workbook is unpacked and read; other requests go on meanwhile.
    read = await asyncio.to_thread(read_sheet, content, listed.stay, listed.guests)
    lines = [one.line for one in read.rows if one.line is not None]
    told = await _told(parts, PreviewArrivals, token, listed, lines)
    if not told.found:
        return await hotel.without_guests(parts, request, token, UNSAVED)
    return _previewed(request, token, read, {one.guest: one for one in told.lines})


def _previewed(
    request: Request, token: str, read: SheetRead, told: Mapping[str, LineTold]
) -> Response:
    rows = [(row, told.get(row.line.guest) if row.line else None) for row in read.rows]
    taken = [row.line for row, one in rows if row.line and one and _taken(one)]
    telling = [(row, one) for row, one in rows if one is None or not _same(one)]
    # A row that is well only repeats what stands; a file of such rows is well, too.
    status = 200 if taken or (rows and not telling) else 422
    return hotel.rendered(
        request, "hotel/arrivals.html", title="arrivals.sheet_read", status=status, read=read,
        rows=telling, silent=read.silent + len(rows) - len(telling), taken=len(taken),
        lines=packed(taken), back=f"/hotel/{token}", missing=read.missing[:MOST_MISSING],
        more=max(len(read.missing) - MOST_MISSING, 0),
    )  # fmt: skip


def _taken(one: LineTold) -> bool:
    return one.outcome is LineOutcome.TAKEN


def _same(one: LineTold) -> bool:
    return one.outcome is LineOutcome.UNCHANGED


def _said(form: forms.Form) -> tuple[list[ArrivalSaid], list[str]]:
    """Lines of the form, or those of a sheet that was looked at. Raises ProblemError (422)."""
    try:
        sheet = form.get("lines")
        lines, wrong = (unpacked(sheet), []) if sheet else said_in(form.fields)
    except ValueError as error:
        raise ProblemError("invalid-request", "say it from this very page") from error
    if len(lines) > MAX_GUESTS:
        raise ProblemError("invalid-request", f"at most {MAX_GUESTS} guests")
    return lines, wrong


async def _listed(parts: Console, request: Request, token: str) -> GuestList | None:
    """Who is on the list of a link now; None for a link that opens none. Raises ProblemError:
    403, 429, 503."""
    hotel.slow_down_link(parts, request, token)
    if by_other_site(request):
        raise ProblemError("forbidden", "answer from this very page")
    listed = await guest_list(parts, token) if hotel.TOKEN.fullmatch(token) else None
    if listed is not None and listed.away:
        raise ProblemError("owner-away", "the guests cannot be had now; send it again")
    return listed


async def _told(
    parts: Console, query: type[SayArrivals], token: str, listed: GuestList,
    lines: Sequence[ArrivalSaid],
) -> ArrivalsSaid:  # fmt: skip
    nameless = tuple(one.nameless() for one in listed.guests)
    said = query(**BY, token=token, lines=tuple(lines), listed=nameless)
    return await hotel.asked_as(parts, ArrivalsSaid, said)


async def _again(parts: Console, request: Request, token: str, shown: Shown) -> Response:
    """The page as it is now, with what was not taken beside the guests concerned."""
    found = await hotel.asked_as(parts, HotelPage, ReadHotelPage(**BY, token=token))
    now = replace(shown, listed=await guest_list(parts, token))
    return await hotel.page_of(parts, request, token, found, "arrivals.some_not_taken", 409, now)
