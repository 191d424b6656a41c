"""The way in for people: the login page, the session's cookie, logging out, and the provider's way.

Owns: the routes below `/login` and `/logout`, and their lines in the audit.
Must not: tell whether it was the name or the password that was wrong, not by the time it takes
either.
"""

from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, FastAPI, Query, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.console import account_store, audit
from services.console.access import (
    AGAIN,
    Gate,
    LoginNeededError,
    Who,
    address_of,
    by_other_site,
    cookie_name,
    is_secure,
    slow_down,
)
from services.console.audit import Entry
from services.console.credentials import digest
from services.console.door import Parts
from services.console.pages import frame
from services.console.problems import ProblemError
from services.console.roles import Principal
from shared.chassis import limits
from shared.chassis.work import Work

router = APIRouter(include_in_schema=False)
MOST_OF_A_FIELD = 1_000
ERRAND = "redcrown_login"


@router.get("/login")
async def show(parts: Parts, request: Request) -> Response:
    """The form."""
    return _form(parts.gate, request)


@router.post("/login")
async def log_in(parts: Parts, request: Request) -> Response:
    """Check name and password; the answer is a session, or the form again."""
    gate = parts.gate
    if by_other_site(request):
        raise ProblemError("forbidden", "log in from this very site")
    fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=20)
    name = fields.get("name", [""])[0][:MOST_OF_A_FIELD]
    password = fields.get("password", [""])[0][:MOST_OF_A_FIELD]
    by_name, by_address = f"name {name}", f"address {address_of(request)}"
    for key in (by_name, by_address):
        slow_down(gate.logins.spent(key), "too many failed logins")
    if gate.desk.busy:
        raise ProblemError("too-many-requests", "many log in right now", headers=AGAIN)
    stored = await _stored(gate, name)
    if not await gate.desk.check(password, stored):
        for key in (by_name, by_address):
            gate.logins.take(key)
        known = name if stored else "unknown"
        await _note(gate, Entry(known, (), "POST", "/login", "/login", "", 401))
        return _form(gate, request, failed=True)
    return await _enter(gate, request, Principal(name, frozenset()), given=False)


async def _stored(gate: Gate, name: str) -> str | None:
    try:
        return await gate.service.read(lambda session: account_store.password_of(session, name))
    except (SQLAlchemyError, RuntimeError) as error:
        raise ProblemError("store-away", "nobody can be recognised", headers=AGAIN) from error


async def _note(gate: Gate, entry: Entry) -> None:
    try:
        await gate.service.writer.run(lambda work: audit.append(work.connection, work.now, entry))
    except (SQLAlchemyError, RuntimeError) as error:
        raise ProblemError("store-away", "no login can be noted", headers=AGAIN) from error


async def _enter(gate: Gate, request: Request, who: Principal, given: bool) -> Response:
    """Open a new session, end the one that the browser had, and write it down."""
    text = secrets.token_urlsafe(32)
    old = request.cookies.get(cookie_name(request), "")
    entry = Entry(who.name, sorted(who.roles), "POST", "/login", "/login", "", 303)

    def begin(work: Work) -> None:
        account_store.close_session(work, digest(old))
        account_store.open_session(work, digest(text), who, given)
        audit.append(work.connection, work.now, entry)

    try:
        await gate.service.writer.run(begin)
    except (SQLAlchemyError, RuntimeError) as error:
        raise ProblemError("store-away", "no session can be opened", headers=AGAIN) from error
    # A redirect would still count as sent by the provider's site, and a strict cookie stay behind.
    html = '<!doctype html><meta http-equiv="refresh" content="0;url=/"><a href="/">Redcrown</a>'
    answer: Response = HTMLResponse(html) if given else RedirectResponse("/", 303)
    answer.set_cookie(
        cookie_name(request), text, max_age=int(limits.SESSION_S), path="/", httponly=True,
        secure=is_secure(request), samesite="strict",
    )  # fmt: skip
    answer.delete_cookie(ERRAND, path="/login")
    return answer


@router.post("/logout")
async def log_out(parts: Parts, who: Who, request: Request) -> Response:
    """End the session here and now."""
    text = request.cookies.get(cookie_name(request), "")
    service = parts.gate.service
    await service.writer.run(lambda work: account_store.close_session(work, digest(text)))
    parts.desk.cut(digest(text))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookie_name(request), path="/", secure=is_secure(request))
    return answer


@router.get("/login/oidc")
async def leave_for_provider(parts: Parts, request: Request) -> Response:
    """Send the browser to the provider."""
    gate = parts.gate
    if gate.provider is None:
        raise ProblemError("not-found", "no login provider is configured")
    gate.count_stranger(request)
    address, errand = await gate.provider.begin(_back(request))
    answer = RedirectResponse(address, 302)
    answer.set_cookie(
        ERRAND, errand.as_text(), max_age=limits.ERRAND_S, path="/login", httponly=True,
        secure=is_secure(request), samesite="lax",
    )  # fmt: skip
    return answer


@router.get("/login/oidc/done")
async def come_back(
    parts: Parts,
    request: Request,
    state: Annotated[str, Query(max_length=500)] = "",
    code: Annotated[str, Query(max_length=4_000)] = "",
) -> Response:
    """The browser comes back with a code; only to the one that was sent out with this state."""
    gate = parts.gate
    if gate.provider is None:
        raise ProblemError("not-found", "no login provider is configured")
    from services.console.oidc import errand_of  # Where there is a provider, it is imported.

    slow_down(gate.logins.spent(f"address {address_of(request)}"), "too many failed logins")
    errand = errand_of(request.cookies.get(ERRAND, ""))
    who = None
    if errand is not None and code and _same(errand.state, state):
        who = await gate.provider.finish(code, errand, _back(request))
    if who is None or not who.roles:
        gate.logins.take(f"address {address_of(request)}")
        name = who.name if who else "unknown"
        await _note(gate, Entry(name, (), "GET", "/login/oidc/done", "/login", "", 401))
        refused = _form(gate, request, failed=True)
        refused.delete_cookie(ERRAND, path="/login")  # An errand is good for one return.
        return refused
    return await _enter(gate, request, who, given=True)


def _back(request: Request) -> str:
    return f"{request.base_url}login/oidc/done"


def _same(kept: str, told: str) -> bool:
    return secrets.compare_digest(kept.encode(), told.encode("utf-8", "replace"))


def _form(gate: Gate, request: Request, failed: bool = False) -> Response:
    return frame.render(
        request, None, "login.html", title="login.title", status=401 if failed else 200,
        failed=failed, provider=gate.provider is not None,
    )  # fmt: skip


def install(app: FastAPI) -> None:
    """Send browsers without a session to the form."""

    async def to_the_form(_request: Request, _error: Exception) -> Response:
        return RedirectResponse("/login", 303)

    app.add_exception_handler(LoginNeededError, to_the_form)
