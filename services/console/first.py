"""The first account: made once, when a console comes up that has none.

Owns: its random password and token, and the files they are left in, readable by their owner alone.
Must not: run where accounts exist, or print a secret.
"""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import structlog

from services.console import account_store, audit
from services.console.audit import Entry
from services.console.credentials import Token, hash_password, new_token
from services.console.roles import Principal, Role
from services.console.settings import ConsoleSettings
from shared.chassis import limits
from shared.chassis.service import Service
from shared.chassis.work import Work

NAME = "planner"
TOKEN_FILE, PASSWORD_FILE = "token", "password"
log = structlog.get_logger(__name__)


async def make_first_account(service: Service, settings: ConsoleSettings) -> None:
    """Make the account `planner` (planner, operations, auditor) unless there is any account."""
    folder = settings.first_access
    if folder is None:
        return
    if not await service.read(lambda session: account_store.is_empty(session.connection())):
        return
    password, token = secrets.token_urlsafe(18), new_token()
    hashed = await asyncio.to_thread(hash_password, password)
    made = await service.writer.run(lambda work: _make(work, folder, password, hashed, token))
    if made:
        log.warning("first_account", name=NAME, folder=str(folder))


def _make(work: Work, folder: Path, password: str, hashed: str, token: Token) -> bool:
    work.alone("first-account")
    if not account_store.is_empty(work.connection):
        return False
    who = Principal(NAME, frozenset((Role.PLANNER, Role.OPERATIONS, Role.AUDITOR)))
    account_store.add_account(work.connection, who, hashed, work.now)
    account_store.add_token(work.connection, NAME, token, "first", work.now, limits.TOKEN_DAYS)
    entry = Entry("console", (), "INIT", "first account", NAME, token.id, 201)
    audit.append(work.connection, work.now, entry)
    # Before the commit: an account whose secrets nobody has could never be used.
    leave(folder, {PASSWORD_FILE: password, TOKEN_FILE: token.text})
    return True


def leave(folder: Path, texts: dict[str, str]) -> None:
    """Write secrets into files that only their owner reads."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name, text in texts.items():
        path = folder / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text + "\n")
