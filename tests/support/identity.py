"""An OpenID provider on loopback: discovery, keys, the code flow with PKCE, signed tokens.

Owns: what a provider checks (redirect address, verifier, the client's secret, one use of a code)
and what it can get wrong when a test says so.
Must not: know anything of the console.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.support.ports import free_port

CLIENT = "redcrown"
SECRET = "a secret: with % and / in it"
AUDIENCE = "redcrown-api"
Claims = dict[str, Any]
PERSON: Claims = {
    "sub": "u-17",
    "redcrown_roles": ["station_lead", "unit_liaison", "emperor"],
    "redcrown_stations": ["east", "Not A Station"],
    "redcrown_units": "catering/lotus",
}
ME = {"name": "oidc:u-17", "roles": ["station_lead", "unit_liaison"], "stations": ["east"],
      "units": ["catering/lotus"]}  # fmt: skip
"""What a console says of that person."""


class Identity:
    """One provider with one client and one person, who is logged in already and always agrees."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.rsa = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
        self.ec = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
        self.keys: list[Key] = [self.rsa, self.ec]
        self.person: Claims = dict(PERSON)
        self.sign_identity: Callable[[Claims], str] = self.sign
        self.replaced: dict[str, Callable[[], Response]] = {}
        """Answers in place of the right ones, by path."""
        self.asked: list[str] = []
        """The paths that were asked for."""
        self._codes: dict[str, dict[str, str]] = {}

    def claims(self, audience: str = AUDIENCE, **more: Any) -> Claims:
        """Claims that are right for this audience now, with `more`; None leaves one out."""
        now = int(time.time())
        made = {"iss": self.issuer, "aud": audience, "iat": now, "exp": now + 300}
        return {k: v for k, v in {**made, **self.person, **more}.items() if v is not None}

    def sign(
        self, claims: Claims, key: Key | None = None, alg: str = "RS256", **header: Any
    ) -> str:
        """A token. The header names the key unless `kid` says otherwise."""
        chosen = key or self.rsa
        return jwt.encode({"alg": alg, "kid": chosen.kid, **header}, claims, chosen, [alg])

    def app(self) -> Starlette:
        """The provider's HTTP side."""
        table = {
            "/.well-known/openid-configuration": ("GET", self._about),
            "/keys": ("GET", self._keys),
            "/authorize": ("GET", self._authorize),
            "/token": ("POST", self._token),
        }
        return Starlette(
            routes=[Route(path, self._or_replaced(path, act), methods=[method])
                    for path, (method, act) in table.items()]
        )  # fmt: skip

    def _or_replaced(self, path: str, act: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            self.asked.append(path)
            told: Response = self.replaced[path]() if path in self.replaced else await act(request)
            return told

        return endpoint

    def about(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        }

    def jwks(self) -> dict[str, Any]:
        """The public keys."""
        return dict(KeySet(self.keys).as_dict(private=False))

    async def _about(self, _request: Request) -> Response:
        return JSONResponse(self.about())

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse(self.jwks())

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        right = {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256",
                 "scope": "openid"}  # fmt: skip
        wrong = [name for name, value in right.items() if asked.get(name) != value]
        back = asked.get("redirect_uri", "")
        if wrong or not back.endswith("/login/oidc/done") or not asked.get("code_challenge"):
            return JSONResponse({"error": "invalid_request", "about": wrong}, 400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return RedirectResponse(f"{back}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    async def _token(self, request: Request) -> Response:
        if request.headers.get("authorization", "").partition(" ")[0] != "Basic":
            return JSONResponse({"error": "invalid_client"}, 401)
        given = b64decode(request.headers["authorization"].partition(" ")[2]).decode()
        if [unquote(one) for one in given.split(":")] != [CLIENT, SECRET]:
            return JSONResponse({"error": "invalid_client"}, 401)
        form = {name: some[0] for name, some in parse_qs((await request.body()).decode()).items()}
        asked = self._codes.pop(form.get("code", ""), None)
        hashed = sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(hashed).rstrip(b"=").decode()
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self.sign_identity(self.claims(CLIENT, nonce=asked["nonce"]))
        return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "id_token": token})


@asynccontextmanager
async def running_identity() -> AsyncIterator[Identity]:
    """A provider on a free port of loopback."""
    port = free_port()
    identity = Identity(f"http://127.0.0.1:{port}")
    config = uvicorn.Config(
        identity.app(), host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # `serve` would take the test's signals.
    try:
        async with asyncio.timeout(60):
            while not server.started:
                await asyncio.sleep(0.01)
        yield identity
    finally:
        server.should_exit = True
        await serving
