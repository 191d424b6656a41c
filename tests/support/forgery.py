"""Tokens that prove nothing, each wrong in one place.

Must not: hold one that is right.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

from joserfc.jwk import RSAKey

from tests.support.identity import Claims, Identity

STRANGER = RSAKey.generate_key(2048, {"kid": "unknown"})
"""A key that no provider publishes."""


def _halves(header: Claims, claims: Claims) -> str:
    return ".".join(_text(json.dumps(one).encode()) for one in (header, claims))


def _text(some: bytes) -> str:
    return urlsafe_b64encode(some).rstrip(b"=").decode()


def unsigned(claims: Claims, alg: str) -> str:
    """A token without any signature, that says so."""
    return _halves({"alg": alg, "typ": "JWT"}, claims) + "."


def signed_with_the_public_key(one: Identity, claims: Claims) -> str:
    """A token whose shared secret is what everybody can read; by hand, as libraries refuse it."""
    text = _halves({"alg": "HS256", "typ": "JWT", "kid": one.rsa.kid}, claims)
    secret = one.rsa.as_pem(private=False)
    return f"{text}.{_text(hmac.digest(secret, text.encode(), 'sha256'))}"


def forgeries(one: Identity, audience: str, **more: Any) -> dict[str, str | None]:
    """Tokens that prove nothing, by what is wrong with each; None: no token at all."""
    good = one.claims(audience, **more)
    now = int(datetime.now(UTC).timestamp())
    head, body, sign = one.sign(good).split(".")
    changed = one.sign({**good, "redcrown_roles": ["planner"]}).split(".")[1]
    return {
        "issuer": one.sign({**good, "iss": "https://login.example.org"}),
        "issuer with a slash": one.sign({**good, "iss": f"{one.issuer}/"}),
        "no issuer": one.sign({k: v for k, v in good.items() if k != "iss"}),
        "audience": one.sign({**good, "aud": "another"}),
        "audiences": one.sign({**good, "aud": ["another", f"{audience}2"]}),
        "no audience": one.sign({k: v for k, v in good.items() if k != "aud"}),
        "expired": one.sign({**good, "exp": now - 3_600}),
        "never expires": one.sign({k: v for k, v in good.items() if k != "exp"}),
        "expires as a text": one.sign({**good, "exp": "tomorrow"}),
        "not yet valid": one.sign({**good, "nbf": now + 3_600}),
        "from the future": one.sign({**good, "iat": now + 3_600}),
        "no subject": one.sign({k: v for k, v in good.items() if k != "sub"}),
        "a subject with a blank": one.sign({**good, "sub": "u 17"}),
        "a subject too long": one.sign({**good, "sub": "u" * 196}),
        "another's key": one.sign(good, STRANGER, kid="rsa"),
        "unknown key": one.sign(good, STRANGER),
        "changed": ".".join([head, changed, sign]),
        "no signature": f"{head}.{body}.",
        "none": unsigned(good, "none"),
        "None": unsigned(good, "NONE"),
        "HS256 with the public key": signed_with_the_public_key(one, good),
        "the other key's algorithm": one.sign(good, one.ec, "ES256", kid="rsa"),
        "nothing": "",
        "no token": None,
    }
