"""What every request passes first and every answer last.

Owns: the size limit of bodies, security headers, and that nothing unforeseen leaves as a trace.
Must not: know any endpoint.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.console.admission import Admission
from services.console.bounds import ALPINEBITS_BYTES
from services.console.problems import ProblemError, problem_response
from services.console.tree import MAX_BYTES

log = structlog.get_logger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

PROBES = frozenset({"/live", "/ready", "/metrics"})
"""Whoever watches the console must get through to it while it is busy."""
SECRET_BELOW = ("/hotel/", "/feeds/")
LONGER = {"/alpinebits": ALPINEBITS_BYTES}
"""Addresses that read longer bodies, once they know who sends them."""
DRAIN_BYTES = 32 * 1024 * 1024
DRAIN_S = 5.0


class _TooLarge(Exception):
    """The body went beyond the limit while it was read."""

    status = 413


class Guard:
    """Outermost ASGI layer of the application."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app, self._admission = app, admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, within the limits."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun, ended, read, most = False, False, 0, LONGER.get(scope["path"], MAX_BYTES)
        place = ExitStack()

        async def guarded_send(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                place.close()
                _add_headers(message)
            await send(message)

        async def guarded_receive() -> Message:
            nonlocal read, ended
            message = await receive()
            ended = not message.get("more_body", False)
            read += len(message.get("body", b""))
            if read > most:
                raise _TooLarge
            return message

        try:
            if scope["path"] not in PROBES:
                place.enter_context(self._admission.request())
            if _announced(scope) > most:
                raise _TooLarge
            await self._app(scope, guarded_receive, guarded_send)
        except ClientDisconnect:
            pass
        except Exception as error:
            if begun:
                raise
            if not ended and isinstance(error, _TooLarge | ProblemError):
                await _drain(scope, receive)
            told = _problem(error, scope["path"], most)
            await problem_response(told)(scope, receive, guarded_send)
        finally:
            place.close()


async def _drain(scope: Scope, receive: Receive) -> None:
    """Let a sender finish, within reason: most never read an answer while they still send."""
    if "expect" in Headers(scope=scope):
        return  # It asked first, and has sent nothing.
    left = DRAIN_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 16 else 0


def _problem(error: Exception, path: str, most: int) -> ProblemError:
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, _TooLarge):
        detail = f"at most {most} bytes are read"
        return ProblemError("too-large", detail, headers={"Connection": "close"})
    log.error("request_failed", path=_without_secret(path), exc_info=error)
    return ProblemError("internal", "the log of the console says more")


def _without_secret(path: str) -> str:
    """An address that is a secret itself stands in no log."""
    return next((f"{one}…" for one in SECRET_BELOW if path.startswith(one)), path)


def _add_headers(message: Message) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")
