"""Where hotels' systems call: `/hotel-calls/<hotel>`, whose calls are signed, and `/alpinebits`.

The console reads a bounded body and passes it on; bookings alone checks who calls. Neither needs a
login of ours, and no cookie counts here, so that no page of another site can borrow one.

A call leaves no line in the console's audit. Sixty systems that ask each minute would be 86,400
lines a day around the few of our own people, nearly all about nothing that changed; and bookings
alone knows what a call was about. It keeps it: a signed call as a row of `bookings_hotel_hints`
for 30 days, a call by AlpineBits as a line of its log (`alpinebits`: hotel, action, outcome) and
as the hotel's last contact. What it changed is in the visit's timeline, as every change of a hold.
Must not: keep, log or trace a body or a header, or tell why a call is not believed.
"""

from __future__ import annotations

import asyncio
import gzip
import re
from base64 import b64decode, b64encode

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.console import bounds
from services.console.access import address_of, slow_down
from services.console.asking import ask, read_as
from services.console.door import Console, Parts
from services.console.problems import ProblemError
from shared.contracts.hotel_calls import (
    MAX_CALL,
    MAX_HEADER,
    MAX_HEADERS,
    MAX_LOGIN,
    MAX_PACKED,
    AlpineBitsAnswer,
    CallOutcome,
    CarryAlpineBits,
    CheckHotelLogin,
    HotelCallTold,
    HotelLoginChecked,
    TellHotelCall,
)

BY = {"cause": "hotel-call", "actor": "hotel"}
"""Of what only a hotel's system is behind."""
STATUS = {
    CallOutcome.TAKEN: 204,
    CallOutcome.MISSING: 404,
    CallOutcome.FORGED: 403,
    CallOutcome.INVALID: 422,
}
HOTEL = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
OURS = ("x-forwarded-", "x-real-ip")
"""Set by proxies before us, and no part of a signed call."""
WHO = {"WWW-Authenticate": 'Basic realm="AlpineBits", charset="UTF-8"'}
SAYS = {"X-AlpineBits-Server-Accept-Encoding": "gzip", "Cache-Control": "no-store",
        "Vary": "Accept-Encoding"}  # fmt: skip
LATER = {"Retry-After": str(bounds.ALPINEBITS_AGAIN_S)}
TEXT = "text/plain; charset=utf-8"

router = APIRouter(include_in_schema=False)


@router.post("/hotel-calls/{hotel}")
async def signed(parts: Parts, request: Request, hotel: str) -> Response:
    """A signed call. 204 once it is stored; the same again changes nothing."""
    address = address_of(request)
    slow_down(parts.gate.strangers.spent(address), "too many requests without a login")
    slow_down(parts.callers.signed.take(f"{hotel} {address}"), "this hotel calls too often")
    outcome = CallOutcome.MISSING
    if HOTEL.fullmatch(hotel):
        body = await _body(request, MAX_CALL, bounds.HOTEL_CALL_S)
        if body is None:
            return Response(status_code=408, headers={"Connection": "close"})
        call = TellHotelCall(
            **BY, hotel=hotel, headers=_signing(request), body=b64encode(body).decode()
        )
        told = await ask(parts.service, call)
        outcome = read_as(HotelCallTold, told, "what bookings said").outcome
    if outcome in (CallOutcome.MISSING, CallOutcome.FORGED):
        parts.gate.count_stranger(request)
    return Response(status_code=STATUS[outcome])


def _signing(request: Request) -> dict[str, str]:
    """The headers that a signature may be in."""
    found = {
        name: value
        for name, value in request.headers.items()
        if name.startswith("x-") and not name.startswith(OURS) and len(value) <= MAX_HEADER
    }
    return dict(list(found.items())[:MAX_HEADERS])


@router.post("/alpinebits")
async def alpinebits(parts: Parts, request: Request) -> Response:
    """A call by AlpineBits: its body is read once its login is known."""
    spent = parts.gate.strangers.spent(address_of(request))
    slow_down(spent, "too many requests without a login")
    login = request.headers.get("authorization", "")
    hotel = await _caller(parts, login)
    if hotel is None:
        parts.gate.count_stranger(request)
        return _line("ERROR:not authorized", 401, WHO)
    slow_down(parts.callers.alpinebits.take(hotel), "this hotel calls too often")
    with parts.callers.place(hotel) as free:
        if not free:
            return _line("ERROR:busy", 503, LATER)
        return await _carried(parts, request, login)


async def _caller(parts: Console, login: str) -> str | None:
    if not login or len(login) > MAX_LOGIN:
        return None
    found = await ask(parts.service, CheckHotelLogin(**BY, login=login))
    return read_as(HotelLoginChecked, found, "what bookings said").hotel


async def _carried(parts: Console, request: Request, login: str) -> Response:
    body = await _body(request, bounds.ALPINEBITS_BYTES, bounds.ALPINEBITS_BODY_S)
    if body is None:
        return _line("ERROR:too slow", 408, {"Connection": "close"})
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        body = await asyncio.to_thread(gzip.compress, body, 1)
    elif encoding != "gzip":
        return _line("ERROR:packed in an unknown way", 400)
    if len(body) > MAX_PACKED:
        return _line(f"ERROR:longer than {MAX_PACKED} bytes when packed by gzip", 413)
    call = CarryAlpineBits(
        **BY, login=login, body=b64encode(body).decode(),
        content_type=_header(request, "content-type"),
        protocol=_header(request, "x-alpinebits-clientprotocolversion"),
        client=_header(request, "x-alpinebits-clientid"),
    )  # fmt: skip
    told = await ask(parts.service, call, within_s=bounds.ALPINEBITS_ANSWER_S)
    return await _answer(request, read_as(AlpineBitsAnswer, told, "what bookings said"))


async def _answer(request: Request, told: AlpineBitsAnswer) -> Response:
    headers, content = dict(SAYS), b64decode(told.body)
    takes = request.headers.get("accept-encoding", "").lower()
    if content and "gzip" in takes and "gzip;q=0" not in takes:
        headers["Content-Encoding"] = "gzip"
    elif content:
        content = await asyncio.to_thread(gzip.decompress, content)
    if told.status == 503:
        headers |= LATER
    return Response(content, told.status, {**headers, "Content-Type": told.media})


async def _body(request: Request, most: int, within_s: float) -> bytes | None:
    """The body; None when it comes too slowly. Raises ProblemError (413)."""
    announced = request.headers.get("content-length", "0")
    if len(announced) > 12 or (announced.isdigit() and int(announced) > most):
        raise _too_large(most)
    parts = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for part in request.stream():
                parts += part
                if len(parts) > most:
                    raise _too_large(most)
    except TimeoutError:
        return None
    return bytes(parts)


def _too_large(most: int) -> ProblemError:
    detail = f"at most {most} bytes are read"
    return ProblemError("too-large", detail, headers={"Connection": "close"})


def _header(request: Request, name: str) -> str:
    return request.headers.get(name, "")[:MAX_HEADER]


def _line(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(text, status, {**SAYS, **(headers or {}), "Content-Type": TEXT})
