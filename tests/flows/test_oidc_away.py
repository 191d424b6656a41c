"""A provider that is away or talks nonsense: a clear 503, and nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from services.console.oidc import DISCOVERY
from shared.chassis import limits
from tests.support.console import bearer, sort_of
from tests.support.identity import ME, Identity
from tests.support.identity_console import HandClock, console_with, provider_of, sent_away
from tests.support.nats import NatsServer
from tests.support.ports import free_port


async def test_a_key_that_is_not_understood_spoils_no_other(identity: Identity) -> None:
    odd: list[Any] = [{"kty": "AKP", "alg": "ML-DSA-44"}, {}, 5, "x", {"kty": ["EC"]},
                      {"kty": "EC", "kid": "b", "crv": "brainpoolP256r1", "x": "1", "y": "1"},
                      {"kty": "RSA", "n": 5, "e": "AQAB"}]  # fmt: skip
    keys = [*odd, *identity.jwks()["keys"]]
    identity.replaced["/keys"] = lambda: JSONResponse({"keys": keys})
    assert await provider_of(identity, HandClock()).bearer(identity.sign(identity.claims()))


FAILURES: dict[str, Callable[[], Response]] = {
    "500": lambda: Response("broken", 500),
    "no JSON": lambda: Response("<html>", 200),
    "no object": lambda: JSONResponse([]),
    "elsewhere": lambda: Response("", 302, {"Location": "/other"}),
}


def is_away(answer: httpx.Response) -> bool:
    return (
        sort_of(answer) == "provider-away"
        and answer.status_code == 503
        and int(answer.headers["retry-after"]) > 0
    )


async def test_a_provider_that_does_not_answer(nats_server: NatsServer, tmp_path: Path) -> None:
    identity = Identity(f"http://127.0.0.1:{free_port()}")
    async with console_with(nats_server.url, tmp_path, identity.issuer) as client:
        assert is_away(await client.get("/login/oidc"))
        token = identity.sign(identity.claims())
        assert is_away(await client.get("/v1/me", headers=bearer(token)))
        assert (await client.get("/login")).status_code == 200


async def test_a_provider_that_answers_nonsense(
    nats_server: NatsServer, tmp_path: Path, identity: Identity
) -> None:
    odd: dict[str, Any] = {"issuer": "https://login.example.org", "token_endpoint": 7,
                           "jwks_uri": None}  # fmt: skip
    about = {**FAILURES, "404": lambda: Response("", 404), **{
        name: lambda name=name: JSONResponse({**identity.about(), name: odd[name]})
        for name in odd
    }}  # fmt: skip
    keys = {**FAILURES, **{
        str(told): lambda told=told: JSONResponse(told)
        for told in ({}, {"keys": 5}, {"keys": []}, {"keys": [{"kty": "AKP"}]})
    }}  # fmt: skip
    headers = bearer(identity.sign(identity.claims()))
    async with console_with(nats_server.url, tmp_path, identity.issuer) as client:
        for what, told in about.items():
            identity.replaced = {DISCOVERY: told}
            assert is_away(await client.get("/login/oidc")), what
            assert is_away(await client.get("/v1/me", headers=headers)), what
        for what, told in keys.items():
            identity.replaced = {"/keys": told}
            assert is_away(await client.get("/v1/me", headers=headers)), what
        for what, told in FAILURES.items():
            identity.replaced = {"/token": told}
            assert is_away(await client.get(await sent_away(client))), what
            assert "redcrown" not in client.cookies
        # It is back: nothing of all that was kept.
        identity.replaced = {}
        assert (await client.get("/v1/me", headers=headers)).json() == ME
        assert (await client.get(await sent_away(client))).status_code == 200


async def test_an_address_that_is_none(identity: Identity) -> None:
    told = {**identity.about(), "jwks_uri": "http://[::1"}
    identity.replaced[DISCOVERY] = lambda: JSONResponse(told)
    with pytest.raises(Exception, match="provider-away"):
        await provider_of(identity, HandClock()).bearer(identity.sign(identity.claims()))


async def test_keys_known_while_the_provider_is_away(
    nats_server: NatsServer, tmp_path: Path, identity: Identity
) -> None:
    clock = HandClock()
    provider, token = provider_of(identity, clock), identity.sign(identity.claims())
    assert await provider.bearer(token)
    identity.replaced["/keys"] = FAILURES["500"]
    clock.at += timedelta(seconds=limits.PROVIDER_KEYS_S)
    assert await provider.bearer(token)
    with pytest.raises(Exception, match="provider-away"):
        await provider.bearer(token[:-8] + "A" * 8)
    for _ in range(3):
        assert await provider.bearer(token[:-8] + "A" * 8) is None
    assert identity.asked.count("/keys") == 2
    assert await provider.bearer(token)
