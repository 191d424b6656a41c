"""OpenID Connect: people log in at a provider, programs bring its signed tokens.

Owns: discovery, the provider's keys, the code flow with PKCE, and what a token must prove.
Must not: accept a token without checking signature, issuer, audience and time; nor an algorithm
that signs with a shared secret or with nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import structlog
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key

from services.console.account_store import principal_of
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.settings import ConsoleSettings
from services.console.slugs import is_slug
from shared.chassis import limits
from shared.chassis.clock import Clock

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
DISCOVERY = "/.well-known/openid-configuration"
AWAY = {"Retry-After": "5"}
FAULTS = (httpx.HTTPError, httpx.InvalidURL, ValueError)
"""What asking a provider can end with."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_NAME = re.compile(r"[\x21-\x7e]{1,195}")
_ERRAND = re.compile(r"([A-Za-z0-9]{32})\.([A-Za-z0-9]{32})\.([A-Za-z0-9]{64})")
_UNIT = re.compile(r"[\x21-\x7e]{1,100}")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser keeps while its user is at the provider."""

    state: str
    nonce: str
    verifier: str

    def as_text(self) -> str:
        """As a cookie's value."""
        return f"{self.state}.{self.nonce}.{self.verifier}"


def _is_scope(text: str) -> bool:
    """Whether a claim names a station, or a unit as `service/unit`."""
    head, slash, unit = text.partition("/")
    return is_slug(head) and (not slash or bool(_UNIT.fullmatch(unit)))


def errand_of(text: str) -> Errand | None:
    """The errand in a cookie's value; None when there is none."""
    found = _ERRAND.fullmatch(text)
    return Errand(*found.groups()) if found else None


class Provider:
    """One provider. Asked for nothing before somebody needs it."""

    def __init__(self, settings: ConsoleSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._about: Mapping[str, Any] | None = None
        self._keys: KeySet | None = None
        self._keys_at: datetime | None = None
        self._asking: asyncio.Task[KeySet] | None = None

    async def bearer(self, text: str) -> Principal | None:
        """Who a signed token speaks for; None when it proves nothing. Raises ProblemError (503)."""
        audience = self._settings.oidc_audience
        claims = await self._claims(text, audience) if audience else None
        return self._principal(claims) if claims is not None else None

    async def begin(self, back: str) -> tuple[str, Errand]:
        """Where to send a browser, and what it must bring back to the address `back`."""
        errand = Errand(generate_token(32), generate_token(32), generate_token(64))
        about = await self._discovery()
        address = prepare_grant_uri(
            about["authorization_endpoint"], self._settings.oidc_client_id, "code", back, "openid",
            errand.state, nonce=errand.nonce, code_challenge_method="S256",
            code_challenge=create_s256_code_challenge(errand.verifier),
        )  # fmt: skip
        return str(address), errand

    async def finish(self, code: str, errand: Errand, back: str) -> Principal | None:
        """Who came back with a code; None when the provider does not say so. Raises ProblemError
        (503) when it cannot be asked."""
        about = await self._discovery()
        token = await self._exchange(about["token_endpoint"], code, errand, back)
        if token is None:
            return None
        claims = await self._claims(token, self._settings.oidc_client_id)
        if claims is None or claims.get("nonce") != errand.nonce:
            return None
        return self._principal(claims)

    async def _exchange(self, endpoint: str, code: str, errand: Errand, back: str) -> str | None:
        """The identity token for a code; None when the provider refuses it."""
        name, secret = self._settings.oidc_client_id, self._settings.oidc_secret()
        body = prepare_token_request(
            "authorization_code", "", redirect_uri=back, code=code, client_id=name,
            code_verifier=errand.verifier,
        )  # fmt: skip
        auth = httpx.BasicAuth(quote(name, ""), quote(secret, "")) if secret else None
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            async with httpx.AsyncClient(timeout=limits.PROVIDER_S, auth=auth) as client:
                answer = await client.post(endpoint, content=body, headers=form)
            if answer.is_client_error:
                log.warning("code_refused", status=answer.status_code)
                return None
            token = _object(answer).get("id_token")
        except FAULTS as error:
            raise _away(error) from error
        return token if isinstance(token, str) else None

    async def _claims(self, text: str, audience: str) -> dict[str, Any] | None:
        try:
            try:
                token = jwt.decode(text, await self._key_set(), algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                # Perhaps signed with a key that is newer than those we know.
                token = jwt.decode(text, await self._key_set(anew=True), algorithms=ALGORITHMS)
            rules = jwt.JWTClaimsRegistry(
                now=int(self._clock.now().timestamp()),
                leeway=limits.PROVIDER_LEEWAY_S,
                iss={"essential": True, "value": str(self._settings.oidc_issuer)},
                aud={"essential": True, "value": audience},
                exp={"essential": True},
                sub={"essential": True},
            )
            rules.validate(token.claims)
        except (JoseError, ValueError, TypeError) as error:
            log.info("token_refused", reason=type(error).__name__)
            return None
        return dict(token.claims)

    def _principal(self, claims: Mapping[str, Any]) -> Principal | None:
        """The principal of checked claims. Its name can be no local account's, and is never cut:
        two people with one name would be one actor."""
        name = str(claims["sub"])
        if not _NAME.fullmatch(name):
            return None
        own = self._settings
        roles = _texts(claims.get(own.oidc_roles_claim))
        claimed = (own.oidc_stations_claim, own.oidc_units_claim)
        scope = [_texts(claims.get(claim)) for claim in claimed]
        slugs = [[one for one in some if _is_scope(one)] for some in scope]
        return principal_of(f"oidc:{name}", roles, *slugs)

    async def _key_set(self, anew: bool = False) -> KeySet:
        """The provider's keys; fetched again at most once a minute, once for all who wait."""
        if self._keys is not None and not anew:
            return self._keys
        if self._asking is None:
            if self._keys is not None and self._asked_lately():
                return self._keys
            self._asking = asyncio.create_task(self._ask_for_keys())
        return await asyncio.shield(self._asking)  # Whoever hangs up ends it for nobody else.

    def _asked_lately(self) -> bool:
        age = timedelta(seconds=limits.PROVIDER_KEYS_S)
        return self._keys_at is not None and self._clock.now() - self._keys_at < age

    async def _ask_for_keys(self) -> KeySet:
        try:
            about = await self._discovery()
            # Before the question: a provider that is away is not asked for every bad token.
            self._keys_at = self._clock.now()
            self._keys = _keys_in(await _fetch(about["jwks_uri"]))
            return self._keys
        finally:
            self._asking = None

    async def _discovery(self) -> Mapping[str, Any]:
        if self._about is None:
            issuer = str(self._settings.oidc_issuer)
            about = await _fetch(issuer.rstrip("/") + DISCOVERY)
            whole = all(isinstance(about.get(name), str) for name in ENDPOINTS)
            if about.get("issuer") != issuer or not whole:
                raise _away(ValueError(f"the discovery document is not that of {issuer}"))
            self._about = about
        return self._about


def _texts(value: Any) -> list[str]:
    """A claim as a list of texts; providers write a single one bare."""
    some = value if isinstance(value, list) else [value]
    return [one for one in some[: limits.PROVIDER_ROLES] if isinstance(one, str)]


def _keys_in(found: Mapping[str, Any]) -> KeySet:
    """The keys of a set. One that is not understood does not spoil the others (RFC 7517, 5)."""
    some, keys = found.get("keys"), []
    for one in some if isinstance(some, list) else []:
        try:
            keys.append(import_key(dict(one)))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            log.warning("key_not_understood", error=type(error).__name__)
    if not keys:
        raise _away(ValueError("the provider has no key that is understood"))
    return KeySet(keys)


async def _fetch(address: str) -> Mapping[str, Any]:
    try:
        async with httpx.AsyncClient(timeout=limits.PROVIDER_S) as client:
            return _object(await client.get(address))
    except FAULTS as error:
        raise _away(error) from error


def _object(answer: httpx.Response) -> dict[str, Any]:
    """The object in an answer. Raises one of FAULTS."""
    found = answer.raise_for_status().json()
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _away(error: Exception) -> ProblemError:
    log.warning("provider_away", error=repr(error)[:300])
    return ProblemError("provider-away", "try again a little later", headers=AWAY)
