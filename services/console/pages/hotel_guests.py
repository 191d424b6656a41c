"""The guests of a definite order as a workbook, behind a hotel's link.

Bookings writes it without names; they are put in here, at the moment of sending (ADR 29).
Must not: keep, log or cache a name.
"""

from __future__ import annotations

import io
from base64 import b64decode
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.console import bounds
from services.console.door import Parts
from services.console.hotel_guests import BY, lodged, stay_of
from services.console.pages import hotel
from shared.chassis.cells import safe
from shared.contracts.hotel_desk import HotelSheet
from shared.contracts.hotel_guests import ReadRoomingSheet

REF, NAME = 1, 2
"""Columns of the workbook, as bookings writes it."""

router = APIRouter(include_in_schema=False)


@router.get(f"{hotel.ROUTE}/guests.xlsx")
async def sheet(parts: Parts, request: Request, token: str) -> Response:
    """The guests as a workbook."""
    hotel.slow_down_link(parts, request, token)
    stay = await stay_of(parts, token) if hotel.TOKEN.fullmatch(token) else None
    if stay is None:
        return await hotel.without_guests(parts, request, token, "hotel.no_guests")
    guests = await lodged(parts, stay)
    nameless = tuple(one.nameless() for one in guests)
    asked = ReadRoomingSheet(**BY, token=token, guests=nameless)
    found = await hotel.asked_as(parts, HotelSheet, asked, bounds.WORKBOOK_S)
    if not found.found:
        return await hotel.without_guests(parts, request, token, "hotel.no_guests")
    content = named(b64decode(found.content), {one.guest: one.name for one in guests})
    return hotel.workbook(f"{found.order}-guests.xlsx", content)


def named(content: bytes, names: Mapping[str, str]) -> bytes:
    """A workbook of ours with the name beside each guest's id, as text that no program runs."""
    # Imported here: openpyxl takes ten megabytes and a fifth of a second, and few ask for it.
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content))
    for row in book.worksheets[0].iter_rows(max_col=NAME):
        name = names.get(str(row[REF - 1].value))
        if name is not None:
            row[NAME - 1].value = safe(name)
            row[NAME - 1].data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
