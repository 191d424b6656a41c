"""People log in at a provider; who was not sent there, or comes back without proof, does not."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from shared.chassis import limits
from tests.support.console import FakeOwner, client_of, key, running_console, sort_of, spec
from tests.support.forgery import forgeries
from tests.support.identity import CLIENT, ME, Claims, Identity
from tests.support.identity_console import console_with, refused, sent_away
from tests.support.nats import NatsServer

DONE = "/login/oidc/done"


async def test_a_person_logs_in(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner, identity: Identity
) -> None:
    async with console_with(nats_server.url, tmp_path, identity.issuer) as client:
        assert "/login/oidc" in (await client.get("/login")).text
        done = await client.get("/login/oidc", follow_redirects=True)
        assert done.status_code == 200 and done.url.path == DONE
        assert [one.url.path for one in done.history] == ["/login/oidc", "/authorize"]
        told = done.headers.get_list("set-cookie")[0].lower()
        assert "httponly" in told and "samesite=strict" in told
        assert list(dict(client.cookies)) == ["redcrown"]
        assert (await client.get("/v1/me")).json() == ME
        page = await client.get("/")
        assert page.status_code == 200 and "oidc:u-17" in page.text
        own = {"Origin": str(client.base_url)}
        east = spec("east-1", station="east")
        made = await client.post("/v1/visits", content=east, headers=key("a") | own)
        assert made.status_code == 201 and owner.commands[0][1]["actor"] == "oidc:u-17"
        west = spec("west-1", station="west")
        other = await client.post("/v1/visits", content=west, headers=key("b") | own)
        assert sort_of(other) == "forbidden"
        assert (await client.post("/logout", headers=own)).status_code == 303
        assert sort_of(await client.get("/v1/me")) == "login-needed"


async def test_each_way_out_is_its_own(
    nats_server: NatsServer, tmp_path: Path, identity: Identity
) -> None:
    async with console_with(nats_server.url, tmp_path, identity.issuer) as client:
        asked = []
        for _ in range(2):
            left = await client.get("/login/oidc")
            asked.append(parse_qs(urlsplit(left.headers["location"]).query))
        for name in ("state", "nonce", "code_challenge"):
            assert asked[0][name] != asked[1][name]
        told = left.headers["set-cookie"].lower()
        assert "httponly" in told and "samesite=lax" in told and "path=/login" in told
        assert asked[1]["redirect_uri"] == [f"{client.base_url}{DONE}"] and "secure" not in told
        left = await client.get("/login/oidc", headers={"X-Forwarded-Proto": "https"})
        back = parse_qs(urlsplit(left.headers["location"]).query)["redirect_uri"][0]
        assert back.startswith("https://") and "; Secure" in left.headers["set-cookie"]


async def test_a_browser_that_was_not_sent_gets_nothing(
    nats_server: NatsServer, tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LOGIN_PACE", limits.Pace(1_000, 300.0))
    deep = urlsplit("/" + urlsafe_b64encode(b"[" * 20_000).decode()).path[1:]
    async with console_with(nats_server.url, tmp_path, identity.issuer) as client:
        for state in ("", "x" * 32, "é" * 32, "\u4e2d"):
            back = httpx.URL(await sent_away(client)).copy_set_param("state", state)
            assert refused(await client.get(back), client), state
        for cookie in ("", "x", "a.b.c", deep, "W10=", '"\u00e9"'.encode().decode("latin-1")):
            back = httpx.URL(await sent_away(client))
            client.cookies.clear()
            raw = {"Cookie": b"redcrown_login=" + cookie.encode("latin-1")}
            assert refused(await client.get(back, headers=raw), client), cookie[:20]
        assert "/token" not in identity.asked
        no_code = httpx.URL(await sent_away(client)).copy_remove_param("code")
        said_no = no_code.copy_set_param("error", "access_denied")
        assert refused(await client.get(said_no), client)
        made_up = httpx.URL(await sent_away(client)).copy_set_param("code", "made-up")
        assert refused(await client.get(made_up), client)
        assert refused(await client.get(made_up), client)


async def test_what_was_used_once_is_used_up(
    nats_server: NatsServer, tmp_path: Path, identity: Identity
) -> None:
    async with console_with(nats_server.url, tmp_path, identity.issuer) as client:
        back = await sent_away(client)
        errand = dict(client.cookies)
        assert (await client.get(back)).status_code == 200
        assert list(dict(client.cookies)) == ["redcrown"]
        client.cookies.clear()
        assert refused(await client.get(back), client)
        # Whoever kept the cookie too has a code that the provider takes no second time.
        assert identity.asked.count("/token") == 1
        client.cookies.update(errand)
        assert (await client.get(back)).status_code == 401 and "redcrown" not in client.cookies
        assert identity.asked.count("/token") == 2
        # A code that somebody else was given does not fit the own verifier.
        client.cookies.clear()
        theirs = parse_qs(urlsplit(await sent_away(client)).query)["code"][0]
        client.cookies.clear()
        own = httpx.URL(await sent_away(client)).copy_set_param("code", theirs)
        assert refused(await client.get(own), client)


async def test_a_client_that_the_provider_does_not_know(
    nats_server: NatsServer, tmp_path: Path, identity: Identity
) -> None:
    wrong = tmp_path / "wrong-secret"
    wrong.write_text("wrong")
    more = {"oidc_client_secret_file": wrong}
    async with console_with(nats_server.url, tmp_path, identity.issuer, **more) as client:
        assert refused(await client.get(await sent_away(client)), client)


async def test_identity_tokens_that_prove_nothing(
    nats_server: NatsServer, tmp_path: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LOGIN_PACE", limits.Pace(1_000, 300.0))
    async with console_with(nats_server.url, tmp_path, identity.issuer) as client:

        async def logged_in(sign: Callable[[Claims], str | None]) -> bool:
            identity.sign_identity = sign  # type: ignore[assignment]
            answer = await client.get(await sent_away(client))
            if answer.status_code == 200 and "redcrown" in client.cookies:
                client.cookies.clear()
                return True
            assert refused(answer, client)
            return False

        for what in forgeries(identity, CLIENT):

            def forge(claims: Claims, what: str = what) -> str | None:
                return forgeries(identity, CLIENT, nonce=claims["nonce"])[what]

            assert not await logged_in(forge), what
        for nonce in ("other", "", None, ["x"]):

            def renonced(claims: Claims, nonce: object = nonce) -> str:
                return identity.sign({**claims, "nonce": nonce})

            assert not await logged_in(renonced), nonce
        assert await logged_in(identity.sign)


async def test_a_console_without_a_provider(nats_server: NatsServer, tmp_path: Path) -> None:
    async with (
        running_console(nats_server.url, tmp_path) as address,
        client_of(address, "") as client,
    ):
        assert "/login/oidc" not in (await client.get("/login")).text
        for path in ("/login/oidc", DONE):
            assert sort_of(await client.get(path)) == "not-found"
