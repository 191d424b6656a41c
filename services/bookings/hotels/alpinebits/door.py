"""The door: AlpineBits over HTTP, one address for all hotels, to be mounted by a service.

Owns: what the standard says of HTTP (basic access, form, gzip, headers) and the bounds on a body.
Must not: know an action; `calls` does. It stands behind TLS: the standard allows nothing else.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections import Counter
from collections.abc import AsyncGenerator

from fastapi import APIRouter, Request
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.calls import Call, Reply, handle, refusal
from services.bookings.hotels.alpinebits.credentials import Credentials
from services.bookings.hotels.alpinebits.port import Busy, Desk

MAX_BODY = xml.MAX_BYTES + 64 * 1024
"""Of a form, as sent and unpacked."""
MAX_FIELDS = 8
AT_ONCE = 32
"""Calls in work at a time; more are told to come again."""
AT_ONCE_OF_HOTEL = 2
"""The same for one hotel, so that a slow one takes no place from others."""
BODY_S = 30.0
"""How long a body may take to arrive."""
AGAIN_S = 30
PACK_FROM = 2_048
"""Bytes from which an answer is packed for a client that takes gzip."""
NO_FORM = "ERROR:send action and request as multipart/form-data, packed by gzip"
TOO_LONG = f"ERROR:longer than {MAX_BODY} bytes"
_SAYS = {"X-AlpineBits-Server-Accept-Encoding": "gzip", "Cache-Control": "no-store"}


class TooLong(Exception):
    """A body beyond the bounds."""


def router(desk: Desk, credentials: Credentials, path: str = "/alpinebits") -> APIRouter:
    """The door as a router; `path` is the address that hotels are given."""
    door = _Door(desk, credentials)
    made = APIRouter()
    made.add_api_route(path, door.post, methods=["POST"], include_in_schema=False)
    return made


class _Door:
    def __init__(self, desk: Desk, credentials: Credentials) -> None:
        self._desk = desk
        self._credentials = credentials
        self._busy: Counter[str] = Counter()

    async def post(self, request: Request) -> Response:
        hotel = self._credentials.hotel(request.headers.get("authorization"))
        if hotel is None:
            told = {"WWW-Authenticate": 'Basic realm="AlpineBits", charset="UTF-8"'}
            return _response(refusal("ERROR:not authorized", 401), request, told)
        if self._busy[hotel] >= AT_ONCE_OF_HOTEL or self._busy.total() >= AT_ONCE:
            return _come_again(request)
        self._busy[hotel] += 1
        try:
            return _response(await self._answer(request, hotel), request)
        except Busy:
            return _come_again(request)
        finally:
            self._busy[hotel] -= 1

    async def _answer(self, request: Request, hotel: str) -> Reply:
        try:
            async with asyncio.timeout(BODY_S):
                packed = await _body(request)
        except TooLong:
            return refusal(TOO_LONG, 413)
        except TimeoutError:
            return refusal("ERROR:too slow", 408)
        except ClientDisconnect:
            return refusal(NO_FORM)
        return await answered(hotel, request.headers, packed, self._desk)


async def answered(hotel: str, headers: Headers, packed: bytes, desk: Desk) -> Reply:
    """The answer to a call of a hotel's system, by its headers and its body as they arrived. Raises
    what the desk raises."""
    try:
        body = unpack(packed, headers.get("content-encoding"))
        action, document = await _form(headers, body)
    except TooLong:
        return refusal(TOO_LONG, 413)
    except ValueError:
        return refusal(NO_FORM)
    version = headers.get("x-alpinebits-clientprotocolversion")
    client = headers.get("x-alpinebits-clientid", "")
    return await handle(Call(hotel, action, document, version, client), desk)


async def _body(request: Request) -> bytes:
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > MAX_BODY:
            raise TooLong
    return bytes(parts)


def unpack(body: bytes, encoding: str | None) -> bytes:
    """A body as it was before it was packed. Raises ValueError; TooLong before it gets too long."""
    match (encoding or "identity").strip().lower():
        case "identity" | "":
            return body
        case "gzip":
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        case _:
            raise ValueError("packed in an unknown way")
    try:
        text = unpacker.decompress(body, MAX_BODY + 1)
    except zlib.error:
        raise ValueError("not gzip") from None
    if len(text) > MAX_BODY:
        raise TooLong
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("not one whole gzip stream")
    return text


async def _form(headers: Headers, body: bytes) -> tuple[str | None, bytes | None]:
    """`action` and `request` of a form, either as a field or as a file. Raises ValueError."""
    if not headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise ValueError("not a form")

    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(
        headers, whole(), max_files=MAX_FIELDS, max_fields=MAX_FIELDS, max_part_size=MAX_BODY
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeError) as error:
        raise ValueError("not a form") from error
    try:
        action, document = form.get("action"), form.get("request")
        if isinstance(action, UploadFile):
            raise ValueError("the action is a file")
        if isinstance(document, UploadFile):
            return action, await document.read()
        return action, None if document is None else document.encode("utf-8", "surrogateescape")
    finally:
        await form.close()


def _come_again(request: Request) -> Response:
    return _response(refusal("ERROR:busy", 503), request, {"Retry-After": str(AGAIN_S)})


def _response(reply: Reply, request: Request, more: dict[str, str] | None = None) -> Response:
    headers = {**_SAYS, **(more or {}), "Content-Type": reply.media, "Vary": "Accept-Encoding"}
    body = reply.body
    takes = request.headers.get("accept-encoding", "").lower()
    if len(body) >= PACK_FROM and "gzip" in takes and "gzip;q=0" not in takes:
        body, headers["Content-Encoding"] = gzip.compress(body, 6), "gzip"
    return Response(body, reply.status, headers)
