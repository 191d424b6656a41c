"""The signed link by which staff of a hotel answer without an account.

A token says which hotel, which order, until when, and its generation: counting the generation of an
order up revokes every link to it. It holds nothing of a person, and nothing that a reader could
change: it is signed with a key from a file. Two keys can be good at a time, so that one is replaced
without breaking links that are out; the first one signs.

Must not: keep a token, or know what the page behind the link shows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

KEY_BYTES = 32
MAX_TOKEN = 600
MAX_KEYS = 3
_ABOUT = b"redcrown hotel link 1\0"
"""What is signed begins with this, so that no signature made for another purpose fits."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")


class Refused(StrEnum):
    """Why a token opens nothing. Outside, all of them are told as one."""

    FORGED = "forged"
    """Not ours, or not whole."""
    EXPIRED = "expired"
    REVOKED = "revoked"


class LinkRefused(Exception):
    """A token that opens nothing."""

    def __init__(self, why: Refused) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link opens: one order of one hotel."""

    hotel: str
    order: str
    expires_at: datetime
    generation: int


def read_keys(path: Path) -> tuple[bytes, ...]:
    """Keys from a file, one per line: 32 random bytes in base64. Raises ValueError."""
    lines = [line.strip() for line in path.read_text("ascii").splitlines() if line.strip()]
    try:
        keys = tuple(base64.b64decode(line, validate=True) for line in lines)
    except binascii.Error:
        raise ValueError(f"{path.name}: not base64") from None
    if not 1 <= len(keys) <= MAX_KEYS or any(len(key) != KEY_BYTES for key in keys):
        raise ValueError(f"{path.name}: 1 to {MAX_KEYS} keys of {KEY_BYTES} bytes are needed")
    return keys


def issue(keys: Sequence[bytes], grant: Grant) -> str:
    """The token of a grant, fit for a link. Raises ValueError for ids that are no plain names."""
    if not (_NAME.fullmatch(grant.hotel) and _NAME.fullmatch(grant.order)):
        raise ValueError("hotel and order are plain names of at most 100 characters")
    if grant.generation < 0:
        raise ValueError("generations count from 0")
    told = [grant.hotel, grant.order, int(grant.expires_at.timestamp()), grant.generation]
    body = json.dumps(told, separators=(",", ":")).encode()
    return f"{_wrapped(body)}.{_wrapped(_signed(keys[0], body))}"


def check(
    keys: Sequence[bytes],
    token: str,
    now: datetime,
    generation_of: Callable[[str, str], int | None],
) -> Grant:
    """What a token opens. Raises LinkRefused.

    `generation_of` tells the generation of a hotel's order now, None when there is no such order;
    it is asked about tokens of ours only.
    """
    grant = _of_ours(keys, token)
    if now >= grant.expires_at:
        raise LinkRefused(Refused.EXPIRED)
    if generation_of(grant.hotel, grant.order) != grant.generation:
        raise LinkRefused(Refused.REVOKED)
    return grant


def _of_ours(keys: Sequence[bytes], token: str) -> Grant:
    body, signature = _parts(token)
    # Every key is tried, so that the time tells nothing about which one fits.
    fits = [hmac.compare_digest(_signed(key, body), signature) for key in keys]
    if not any(fits):
        raise LinkRefused(Refused.FORGED)
    hotel, order, expires, generation = json.loads(body)
    return Grant(hotel, order, datetime.fromtimestamp(expires, UTC), generation)


def _parts(token: str) -> tuple[bytes, bytes]:
    body, dot, signature = token.partition(".")
    if len(token) > MAX_TOKEN or not dot:
        raise LinkRefused(Refused.FORGED)
    try:
        return _unwrapped(body), _unwrapped(signature)
    except ValueError:
        raise LinkRefused(Refused.FORGED) from None


def _signed(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, _ABOUT + body, hashlib.sha256).digest()


def _wrapped(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def _unwrapped(text: str) -> bytes:
    """Raises ValueError; also for a second way to write the same bytes."""
    body = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _wrapped(body) != text:
        raise ValueError("not the one way to write it")
    return body
