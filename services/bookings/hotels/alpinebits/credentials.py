"""Who calls: HTTP basic access, one secret file per hotel.

The folder holds one file per hotel, named by our id of it, with one line `user:password` (a second
line during a change of password). Passwords are long and made by a machine, so a fast digest keeps
them; a short one is refused at the start.

Must not: show a password, or take longer for a known user than for an unknown one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

MIN_PASSWORD = 20
MAX_HEADER = 1_024
MAX_LOGINS = 2_000


@dataclass(frozen=True, slots=True)
class _Login:
    hotel: str
    digest: bytes = field(repr=False)


class Credentials:
    """Logins of all hotels. Each user name belongs to one hotel."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        """`lines` are pairs of a hotel's id and `user:password`. Raises ValueError without it."""
        self._salt = secrets.token_bytes(16)
        self._logins: dict[str, tuple[_Login, ...]] = {}
        for hotel, line in lines:
            user, colon, password = line.partition(":")
            if not user or not colon or len(password) < MIN_PASSWORD:
                raise ValueError(
                    f"{hotel}: write user:password, with {MIN_PASSWORD} or more characters in it"
                )
            known = self._logins.get(user, ())
            if any(one.hotel != hotel for one in known):
                raise ValueError(f"{hotel}: the user name is that of another hotel")
            self._logins[user] = (*known, _Login(hotel, self._digest(password)))
        if len(self._logins) > MAX_LOGINS:
            raise ValueError(f"more than {MAX_LOGINS} logins")

    @classmethod
    def read(cls, folder: Path) -> Credentials:
        """Those in a folder of secret files; names that begin with a dot are skipped."""
        files = sorted(path for path in folder.iterdir() if path.name[0] != "." and path.is_file())
        return cls(
            (path.name, line)
            for path in files
            for line in path.read_text("utf-8").split("\n")
            if line.strip()
        )

    def hotel(self, header: str | None) -> str | None:
        """The hotel of an `Authorization` header; None when it is not that of any."""
        user, password = _basic(header) or ("", "")
        digest = self._digest(password)
        logins = self._logins.get(user) or (_Login("", bytes(32)),)
        fits = [hmac.compare_digest(one.digest, digest) for one in logins]
        return logins[0].hotel if any(fits) and user in self._logins else None

    def _digest(self, password: str) -> bytes:
        return hmac.new(self._salt, password.encode("utf-8", "replace"), hashlib.sha256).digest()


def _basic(header: str | None) -> tuple[str, str] | None:
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() != "basic" or len(value) > MAX_HEADER:
        return None
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None
