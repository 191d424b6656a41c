"""The keys of the users of the bus: one secret file each.

Must not: replace a key that is there; whoever wants a new one deletes the old file.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import nkeys

ADMIN = "admin"
"""The one user beside the services: changes streams, and looks where no service may."""


def seed_file(folder: Path, user: str) -> Path:
    """Where the secret half of a user's key lies."""
    return folder / f"{user}_nats_seed"


def make_keys(folder: Path, users: Iterable[str]) -> None:
    """Make a key for each user that has none yet; nobody but the owner of the files reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for user in users:
        seed = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)
        _write_new(seed_file(folder, user), seed)


def route_password(folder: Path) -> str:
    """What the servers of a cluster show each other; made when there is none."""
    path = folder / "routes_password"
    _write_new(path, secrets.token_urlsafe(32).encode())
    return path.read_text().strip()


def _write_new(path: Path, content: bytes) -> None:
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(file, "wb") as there:
        there.write(content)


def public_key(folder: Path, user: str) -> str:
    """The half that may be known. Raises ValueError when the file holds no seed."""
    path = seed_file(folder, user)
    try:
        pair = nkeys.from_seed(bytearray(path.read_bytes().strip()))
        return str(pair.public_key.decode())
    except nkeys.NkeysError as error:
        raise ValueError(f"{path} holds no nkey seed: delete it to get a new one") from error
