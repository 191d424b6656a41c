"""A session is made by the console at each login, and ends where it was made."""

from __future__ import annotations

import secrets
from pathlib import Path

import httpx

from services.console.roles import Role
from tests.support.accounts import make_account
from tests.support.console import FakeOwner, client_of, running_console
from tests.support.crawl import leads_away, look
from tests.support.nats import NatsServer

SECRET = secrets.token_urlsafe(16)
FIELDS = {"name": "desk", "password": SECRET}
CHOSEN = secrets.token_urlsafe(32)
"""An id that an attacker has planted, of the form that ours have."""


def cookie(value: str) -> dict[str, str]:
    return {"Cookie": f"redcrown={value}"}


async def me(client: httpx.AsyncClient, session: str) -> int:
    client.cookies.clear()
    return (await client.get("/v1/me", headers=cookie(session))).status_code


async def login(client: httpx.AsyncClient, session: str, **more: str) -> httpx.Response:
    client.cookies.clear()
    return await client.post("/login", data=FIELDS | more, headers=cookie(session))


async def test_a_chosen_session_is_never_taken(nats_server: NatsServer, tmp_path: Path) -> None:
    async with (
        running_console(nats_server.url, tmp_path) as address,
        client_of(address, "") as client,
    ):
        make_account(tmp_path, "desk", Role.PLANNER, password=SECRET)
        assert await me(client, CHOSEN) == 401
        # Neither by the cookie, nor by the address, nor as a field beside the password.
        fields = {"redcrown": CHOSEN, "session": CHOSEN}
        done = await client.post(
            f"/login?redcrown={CHOSEN}&session={CHOSEN}", data=FIELDS | fields,
            headers=cookie(CHOSEN),
        )  # fmt: skip
        first = done.cookies["redcrown"]
        assert done.status_code == 303 and first != CHOSEN and len(first) >= 43
        assert (await me(client, CHOSEN), await me(client, first)) == (401, 200)
        # A failed login opens nothing.
        wrong = await login(client, CHOSEN, password="no")
        assert wrong.status_code == 401 and "redcrown" not in wrong.cookies
        assert await me(client, CHOSEN) == 401


async def test_a_login_ends_the_session_before(nats_server: NatsServer, tmp_path: Path) -> None:
    async with (
        running_console(nats_server.url, tmp_path) as address,
        client_of(address, "") as client,
    ):
        make_account(tmp_path, "desk", Role.PLANNER, password=SECRET)
        first = (await login(client, CHOSEN)).cookies["redcrown"]
        second = (await login(client, first)).cookies["redcrown"]
        assert first != second
        assert (await me(client, first), await me(client, second)) == (401, 200)


async def test_a_login_leads_to_the_front_page(nats_server: NatsServer, tmp_path: Path) -> None:
    """Whatever an address that somebody was sent says."""
    names = ("next", "to", "back", "return", "redirect", "redirect_uri", "url", "continue")
    async with (
        running_console(nats_server.url, tmp_path) as address,
        client_of(address, "") as client,
    ):
        make_account(tmp_path, "desk", Role.PLANNER, password=SECRET)
        for evil in ("//evil.example", "https:evil.example", "\\\\evil.example", "%2f%2fevil"):
            told = dict.fromkeys(names, evil)
            asked = await client.get("/", params=told, headers={"Accept": "text/html"})
            assert (asked.status_code, asked.headers["location"]) == (303, "/login")
            form = look((await client.get("/login", params=told)).text)
            assert not [one for one in form.addresses if leads_away(one)]
            done = await client.post("/login", params=told, data=FIELDS | told)
            assert (done.status_code, done.headers["location"]) == (303, "/")
            client.cookies.clear()


async def test_logging_out_ends_it_at_the_server(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    async with (
        running_console(nats_server.url, tmp_path) as address,
        client_of(address, "") as client,
    ):
        make_account(tmp_path, "desk", Role.PLANNER, password=SECRET)
        here = (await login(client, CHOSEN)).cookies["redcrown"]
        there = (await login(client, CHOSEN)).cookies["redcrown"]
        client.cookies.clear()
        out = await client.post("/logout", headers=cookie(here) | {"Origin": address})
        assert out.status_code == 303
        gone = out.headers["set-cookie"].lower()
        assert gone.startswith("redcrown=") and "max-age=0" in gone
        # A copy of it is worth nothing; the person's other browser stays.
        assert (await me(client, here), await me(client, there)) == (401, 200)
        # Nor does it follow a stream that was open.
        assert (
            await client.get("/stream?topic=visits:en", headers=cookie(here))
        ).status_code == 401


async def test_cookies_are_for_the_browser_alone(nats_server: NatsServer, tmp_path: Path) -> None:
    async with (
        running_console(nats_server.url, tmp_path) as address,
        client_of(address, "") as client,
    ):
        make_account(tmp_path, "desk", Role.PLANNER, password=SECRET)
        for proto, name in (("http", "redcrown"), ("https", "__Host-redcrown")):
            tls = {"X-Forwarded-Proto": proto}
            done = await client.post("/login", data=FIELDS, headers=tls)
            shown = await client.get("/login?lang=en", headers=tls)
            told = done.headers.get_list("set-cookie") + shown.headers.get_list("set-cookie")
            kept = [one for one in told if "Max-Age=0" not in one]
            assert {one.partition("=")[0] for one in kept} == {name, "redcrown_lang"}
            for one in kept:
                parts = {part.strip().lower() for part in one.split(";")}
                assert {"httponly", "path=/"} <= parts, one
                assert not any(part.startswith("domain=") for part in parts), one
                assert ("secure" in parts) is (proto == "https"), one
                strict = "samesite=lax" if one.startswith("redcrown_lang") else "samesite=strict"
                assert strict in parts, one
