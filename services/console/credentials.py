"""Passwords and tokens: made, shown once, and kept only as what they can be checked by.

Owns: the form of a token, argon2 for passwords, and how many hashes run at a time.
Must not: store or log a secret.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from base64 import b64encode
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import ARGON2_VERSION

from shared.chassis import limits

_HASHER = PasswordHasher()


def _of_nobody(hasher: PasswordHasher) -> str:
    """What no password fits, and what takes as long to check as a hash of one: the form of a hash
    with random bytes where the hash would be. To make a real one takes every start 64 MiB."""
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (
        b64encode(secrets.token_bytes(many)).decode().rstrip("=")
        for many in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


_NOBODY = _of_nobody(_HASHER)
"""Checked for names that do not exist, so that they take as long as those that do."""
_TOKEN = re.compile(r"rct_([0-9a-f]{16})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token at the one moment when its text is known."""

    id: str
    text: str
    digest: str


def digest(text: str) -> str:
    """What of a token is stored. A random 256-bit text needs no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_token() -> Token:
    """A token of 256 random bits; its public id stands in front, to be named in lists."""
    id_ = secrets.token_hex(8)
    text = f"rct_{id_}_{secrets.token_urlsafe(32)}"
    return Token(id_, text, digest(text))


def token_id(text: str) -> str | None:
    """The id in a token; None for a text that is no token of ours."""
    found = _TOKEN.fullmatch(text)
    return found[1] if found else None


def hash_password(password: str) -> str:
    """The argon2id string of a password. Takes tens of milliseconds."""
    return _HASHER.hash(password)


def is_password(password: str, stored: str | None) -> bool:
    """Whether the password fits. Takes as long when there is nothing stored."""
    try:
        fits = _HASHER.verify(stored or _NOBODY, password)
    except (Argon2Error, InvalidHashError):
        return False
    return fits and stored is not None


class PasswordDesk:
    """Checks passwords in threads, few at a time: each takes 64 MiB and a core."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(limits.HASHES)
        self._waiting = 0

    @property
    def busy(self) -> bool:
        """Whether so many wait that one more would wait too long."""
        return self._waiting >= limits.HASHES_WAITING

    async def check(self, password: str, stored: str | None) -> bool:
        """Whether the password fits, in its turn."""
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(is_password, password, stored)
        finally:
            self._waiting -= 1
