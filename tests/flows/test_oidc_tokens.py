"""Programs bring a provider's signed tokens; a principal is what the claims say and no more."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey, RSAKey

from services.console.oidc import DISCOVERY
from services.console.roles import Role
from shared.chassis import limits
from tests.support.console import bearer, key, sort_of, spec
from tests.support.forgery import forgeries
from tests.support.identity import AUDIENCE, CLIENT, ME, PERSON, Identity
from tests.support.identity_console import HandClock, console_with, provider_of, refused, sent_away
from tests.support.nats import NatsServer


async def test_tokens_of_programs(
    nats_server: NatsServer, tmp_path: Path, identity: Identity
) -> None:
    ed = OKPKey.generate_key("Ed25519", {"kid": "ed"})
    identity.keys.append(ed)
    good = identity.claims()
    async with console_with(nats_server.url, tmp_path, identity.issuer) as client:
        right = [
            identity.sign(good), identity.sign(good, alg="PS256"),
            identity.sign(good, identity.ec, "ES256"), identity.sign(good, ed, "Ed25519"),
            identity.sign({**good, "aud": ["another", AUDIENCE]}),
        ]  # fmt: skip
        for token in right:
            assert (await client.get("/v1/me", headers=bearer(token))).json() == ME
        for what, wrong in forgeries(identity, AUDIENCE).items():
            answer = await client.get("/v1/me", headers=bearer(wrong or ".."))
            assert sort_of(answer) == "login-needed", what
        for_login = identity.sign(identity.claims(CLIENT))
        assert sort_of(await client.get("/v1/me", headers=bearer(for_login))) == "login-needed"
        assert (await client.get("/v1/me", headers=bearer(right[0]))).json() == ME
        # However many fit no key, the provider is asked for its keys once a minute.
        assert identity.asked == [DISCOVERY, "/keys"]


async def test_without_an_audience_no_token_is_taken(
    nats_server: NatsServer, tmp_path: Path, identity: Identity
) -> None:
    async with console_with(
        nats_server.url, tmp_path, identity.issuer, oidc_audience=None
    ) as client:
        for audience in (AUDIENCE, CLIENT, "None", ""):
            token = identity.sign(identity.claims(audience))
            assert sort_of(await client.get("/v1/me", headers=bearer(token))) == "login-needed"


@pytest.mark.parametrize("roles", [None, [], "emperor", {"planner": True}, [["planner"]], 7])
async def test_without_a_role_nothing_may_be_done(
    nats_server: NatsServer, tmp_path: Path, identity: Identity, roles: object
) -> None:
    identity.person = {**PERSON, "redcrown_roles": roles}
    async with console_with(nats_server.url, tmp_path, identity.issuer) as client:
        headers = bearer(identity.sign(identity.claims()))
        for path in ("/v1/me", "/v1/visits", "/"):
            assert sort_of(await client.get(path, headers=headers)) == "forbidden"
        sent = await client.post("/v1/visits", content=spec(), headers=key("k") | headers)
        assert sort_of(sent) == "forbidden"
        assert refused(await client.get(await sent_away(client)), client)


async def test_claims_have_the_names_that_are_configured(
    nats_server: NatsServer, tmp_path: Path, identity: Identity
) -> None:
    identity.person = {"sub": "s" * 195, "groups": ["auditor"], "redcrown_roles": ["planner"]}
    more = {"oidc_roles_claim": "groups"}
    async with console_with(nats_server.url, tmp_path, identity.issuer, **more) as client:
        await client.get(await sent_away(client))
        me = (await client.get("/v1/me")).json()
        assert me["roles"] == [Role.AUDITOR] and me["name"] == "oidc:" + "s" * 195
        lines = (await client.get("/v1/audit")).json()
        assert any(one["principal"] == me["name"] for one in next(iter(lines.values())))


async def test_its_clock_may_be_a_little_off(identity: Identity) -> None:
    clock = HandClock()
    provider, now = provider_of(identity, clock), int(clock.at.timestamp())
    leeway = limits.PROVIDER_LEEWAY_S
    times = {"exp": [(now - leeway + 1, True), (now - leeway, False)],
             "nbf": [(now + leeway, True), (now + leeway + 1, False)]}  # fmt: skip
    for claim, some in times.items():
        for at, good in some:
            token = identity.sign(identity.claims(**{"iat": now, "exp": now + 300, claim: at}))
            assert (await provider.bearer(token) is not None) is good, (claim, at - now)


async def test_new_keys_are_found_and_old_ones_forgotten(identity: Identity) -> None:
    clock = HandClock()
    provider, claims = provider_of(identity, clock), identity.claims()
    old, fresh = identity.sign(claims), RSAKey.generate_key(2048, {"kid": "fresh"})
    assert await provider.bearer(old)
    identity.keys = [fresh]
    assert await provider.bearer(identity.sign(claims, fresh)) is None
    clock.at += timedelta(seconds=limits.PROVIDER_KEYS_S)
    assert await provider.bearer(identity.sign(claims, fresh))
    assert await provider.bearer(old) is None
    assert identity.asked.count("/keys") == 2


async def test_however_many_wait_the_provider_is_asked_once(identity: Identity) -> None:
    clock = HandClock()
    provider, token = provider_of(identity, clock), identity.sign(identity.claims())
    known = await asyncio.gather(*(provider.bearer(token) for _ in range(50)))
    assert None not in known and identity.asked == [DISCOVERY, "/keys"]
    newer = RSAKey.generate_key(2048, {"kid": "newer"})
    identity.keys = [newer]
    clock.at += timedelta(seconds=limits.PROVIDER_KEYS_S)
    token = identity.sign(identity.claims(), newer)
    known = await asyncio.gather(*(provider.bearer(token) for _ in range(50)))
    assert None not in known and identity.asked == [DISCOVERY, "/keys", "/keys"]


async def test_who_hangs_up_ends_the_question_for_nobody_else(identity: Identity) -> None:
    provider, token = provider_of(identity, HandClock()), identity.sign(identity.claims())
    first, second = (asyncio.create_task(provider.bearer(token)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is not None and first.cancelled()
    assert identity.asked == [DISCOVERY, "/keys"]
