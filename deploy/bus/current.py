"""Whether `accounts.conf` still says what this code declares, without importing any of it.

To ask the services takes seconds, which every start would wait for; to read their files takes
hundredths of one.
Owns: `accounts.of`, the print of all that the accounts follow from and of the file itself.
Must not: import a service or the chassis.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLLOWS_FROM = ("services", "shared", "deploy/bus")
ACCOUNTS, PRINT = "accounts.conf", "accounts.of"


def print_of(folder: Path, tls: Path | None) -> str:
    """The print of code, keys and certificate folder, and of the accounts as they are now."""
    digest = hashlib.sha256(f"{tls}\n".encode())
    for path in _files(folder):
        digest.update(f"{path}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(folder: Path, tls: Path | None) -> bool:
    """Whether the accounts were written from this code for these keys, and not touched since."""
    known = folder / PRINT
    there = known.is_file() and (folder / ACCOUNTS).is_file()
    return there and known.read_text() == print_of(folder, tls)


def note_current(folder: Path, tls: Path | None) -> None:
    """Remember what the accounts, just written, were written from."""
    (folder / PRINT).write_text(print_of(folder, tls))


def _files(folder: Path) -> Iterator[Path]:
    for part in FOLLOWS_FROM:
        yield from sorted((ROOT / part).rglob("*.py"))
    yield from sorted(folder.glob("*_nats_seed"))
    if (folder / ACCOUNTS).is_file():
        yield folder / ACCOUNTS
