"""The gate: every request through a route gets a principal here, or a clear no.

Owns: how a caller is recognised, rates, the guard of cookies against other sites, and the question
to the table of `roles`. It is a dependency of the whole application, so a route cannot forget it.
Must not: know what a route does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Request
from sqlalchemy.exc import SQLAlchemyError

from services.console import account_store
from services.console.account_store import Found
from services.console.credentials import PasswordDesk, digest, token_id
from services.console.problems import ProblemError
from services.console.rates import Rate, address_key
from services.console.roles import OPEN, Principal
from services.console.settings import ConsoleSettings
from shared.chassis import limits
from shared.chassis.clock import Clock
from shared.chassis.service import Service

if TYPE_CHECKING:
    from services.console.oidc import Provider

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NO_PAGES = ("/v1/", "/stream")
"""What is below these is called by programs; all other routes are pages, whose readers are shown
the form instead of an error."""
NOBODY = Principal("nobody", frozenset())
AGAIN = {"Retry-After": "1"}
log = structlog.get_logger(__name__)


def provider_of(settings: ConsoleSettings, clock: Clock) -> Provider | None:
    """The login provider, if there is one."""
    if not settings.oidc_issuer:
        return None
    from services.console.oidc import Provider  # A tenth of a second; most have no provider.

    return Provider(settings, clock)


class LoginNeededError(Exception):
    """A browser asked for the page without a session."""


class Gate:
    """Recognises callers. One per process."""

    def __init__(self, service: Service, provider: Provider | None) -> None:
        self.service, self.provider = service, provider
        self.desk = PasswordDesk()

        def now_s() -> float:
            return service.clock.now().timestamp()

        self.reads, self.writes = Rate(limits.READ_PACE, now_s), Rate(limits.WRITE_PACE, now_s)
        self.strangers = Rate(limits.STRANGER_PACE, now_s)
        self.logins = Rate(limits.LOGIN_PACE, now_s)

    async def recognise(self, request: Request) -> Principal | None:
        """Who asks: by bearer token, or by the page's session. Raises ProblemError (503)."""
        try:
            header = request.headers.get("authorization")
            if header is not None:
                return await self._by_bearer(header)
            return await self._by_cookie(request)
        except (SQLAlchemyError, RuntimeError) as error:
            log.warning("store_away", error=repr(error)[:300])
            raise ProblemError("store-away", "nobody can be recognised", headers=AGAIN) from error

    async def _by_bearer(self, header: str) -> Principal | None:
        scheme, _, text = header.partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer":
            return None
        id_ = token_id(text)
        if id_ is None:
            return await self.provider.bearer(text) if self.provider else None
        kept, now = digest(text), self.service.clock.now()
        found = await self.service.read(
            lambda session: account_store.by_token(session, kept, id_, now)
        )
        return await self._seen(found, kept)

    async def _by_cookie(self, request: Request) -> Principal | None:
        text = request.cookies.get(cookie_name(request))
        if not text:
            return None
        kept, now = digest(text), self.service.clock.now()
        found = await self.service.read(
            lambda session: account_store.by_session(session, kept, now)
        )
        if found is not None and request.method not in SAFE and not same_origin(request):
            raise ProblemError("forbidden", "a write with a session must come from this very site")
        return await self._seen(found, kept)

    async def _seen(self, found: Found | None, kept: str) -> Principal | None:
        if found is None:
            return None
        if found.stale:
            try:
                await self.service.writer.run(lambda work: account_store.mark_used(work, kept))
            except SQLAlchemyError as error:  # A full disk must not lock readers out.
                log.warning("use_not_marked", error=repr(error)[:300])
        return found.principal

    def count(self, who: Principal, method: str) -> None:
        """Count a request of a principal. Raises ProblemError (429)."""
        rate = self.reads if method in SAFE else self.writes
        slow_down(rate.take(who.name), "this account asks too often")

    def count_stranger(self, request: Request) -> None:
        """Count a request that nobody stands behind. Raises ProblemError (429)."""
        slow_down(self.strangers.take(address_of(request)), "too many requests without a login")


def slow_down(wait_s: int | None, detail: str) -> None:
    """Raise ProblemError (429) when there is something to wait for."""
    if wait_s is not None:
        raise ProblemError("too-many-requests", detail, headers={"Retry-After": str(wait_s)})


def address_of(request: Request) -> str:
    """The key of the address that a request came from."""
    return address_key(request.client.host if request.client else None)


def is_secure(request: Request) -> bool:
    """Whether the browser speaks TLS to us, or to a proxy on this machine that says so."""
    return request.url.scheme == "https"


def cookie_name(request: Request) -> str:
    """The session's cookie. With TLS its name forbids other hosts to set it."""
    return "__Host-redcrown" if is_secure(request) else "redcrown"


def same_origin(request: Request) -> bool:
    """Whether a request was made by our own page, or by something that is no browser's page.

    A page of another site can set none of these headers to what is asked for here.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is not None:
        try:
            return urlsplit(origin).netloc == request.headers.get("host")
        except ValueError:  # No origin that a browser has.
            return False
    return request.headers.get("x-redcrown") == "1"


def by_other_site(request: Request) -> bool:
    """Whether a browser says that a page of another site made a request. A program says nothing."""
    says = "origin" in request.headers or "sec-fetch-site" in request.headers
    return says and not same_origin(request)


async def admit(request: Request) -> Principal:
    """Recognise the caller and ask the table. Raises ProblemError: 401, 403, 429."""
    method, path = request.method, str(request.scope["route"].path)
    if (method, path) in OPEN:
        return NOBODY
    gate: Gate = request.app.state.console.gate
    who = await gate.recognise(request)
    if who is None:
        gate.count_stranger(request)
        if not path.startswith(NO_PAGES) and "authorization" not in request.headers:
            raise LoginNeededError
        told: dict[str, Any] = {"headers": {"WWW-Authenticate": 'Bearer realm="redcrown"'}}
        raise ProblemError("login-needed", "send Authorization: Bearer <token>", **told)
    gate.count(who, method)
    request.state.principal, request.state.route = who, path
    if not who.may(method, path):
        roles = ", ".join(sorted(who.roles)) or "none"
        raise ProblemError("forbidden", f"{who.name} may not do this; its roles: {roles}")
    return who


Who = Annotated[Principal, Depends(admit)]
"""The caller, in the signature of an endpoint."""
