"""One store copied while its service runs, and brought back while it does not.

SQLite is copied by its own backup interface, PostgreSQL by its own `pg_dump` and `pg_restore`: both
give one moment of the store, whatever is written meanwhile.

Must not: know what is stored.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError

PAGES = 2_000
"""SQLite pages copied in one go; writers get in between."""
TOOL_WITHIN_S = 3_600
KINDS = ("sqlite", "postgresql")
"""Kinds of stores."""


class CopyError(Exception):
    """A store could not be copied or brought back; says why, and what would help."""


def check_address(store: str) -> None:
    """Raises CopyError for what is no address of a store, without it: it may hold a password."""
    try:
        known = make_url(store).get_backend_name() in KINDS
    except (ArgumentError, ValueError):
        known = False
    if not known:
        raise CopyError(
            "no address of a store: write sqlite:////folder/file.db"
            " or postgresql+psycopg://role@host/database"
        )


def check_there(store: str) -> None:
    """Raises CopyError where a file is missing: to look into it would make an empty one."""
    url = make_url(store)
    if url.get_backend_name() == "sqlite" and not _file_of(url).is_file():
        raise CopyError(f"there is no store {url.database}")


def copy_out(store: str, target: Path) -> None:
    """Copy the store at this URL into the file `target`. Raises CopyError."""
    check_there(store)
    url = make_url(store)
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(_file_of(url), target)
    else:
        _run("pg_dump", url, ["--format=custom", "--no-owner", f"--file={target}"])


def bring_back(source: Path, store: str) -> None:
    """Replace the store at this URL by the copy. Raises CopyError while anyone has it open."""
    url = make_url(store)
    if url.get_backend_name() == "sqlite":
        _bring_back_sqlite(source, _file_of(url))
    else:
        _nobody_is_connected(url)
        how = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
        _run("pg_restore", url, [*how, f"--dbname={url.database}", str(source)])


def _file_of(url: URL) -> Path:
    return Path(url.database or "")


def _copy_sqlite(store: Path, target: Path) -> None:
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy, pages=PAGES)
        copy.execute("PRAGMA journal_mode=DELETE")
        found = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise CopyError(f"the copy of {store} is damaged: {found}")


def _bring_back_sqlite(source: Path, store: Path) -> None:
    store.parent.mkdir(parents=True, exist_ok=True)
    if store.exists():
        _nobody_has_open(store)
    fresh = store.with_suffix(".restoring")
    shutil.copyfile(source, fresh)
    for rest in ("-wal", "-shm"):
        store.with_name(store.name + rest).unlink(missing_ok=True)
    fresh.replace(store)


def _nobody_has_open(store: Path) -> None:
    """Only the last connection to a store may end its write-ahead log."""
    with closing(sqlite3.connect(store, timeout=0)) as mine:
        try:
            mine.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise CopyError(f"{store} is in use: stop its service first") from error


def _nobody_is_connected(url: URL) -> None:
    others = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            many = connection.execute(others).scalar_one()
    finally:
        engine.dispose()
    if many:
        raise CopyError(f"{many} connections to {url.database}: stop its service first")


def _run(tool: str, url: URL, arguments: Sequence[str]) -> None:
    """Run a tool of PostgreSQL's; found in REDCROWN_PG_BIN, or as usual."""
    found = shutil.which(tool, path=os.environ.get("REDCROWN_PG_BIN") or None)
    if found is None:
        raise CopyError(f"{tool} is not there: install PostgreSQL's client or set REDCROWN_PG_BIN")
    given = {"PGHOST": url.host, "PGUSER": url.username, "PGPASSWORD": url.password,
             "PGDATABASE": url.database, "PGPORT": str(url.port) if url.port else None}  # fmt: skip
    environment = {**os.environ, **{name: value for name, value in given.items() if value}}
    done = subprocess.run(
        [found, *arguments],
        env=environment, capture_output=True, text=True, timeout=TOOL_WITHIN_S, check=False,
    )  # fmt: skip
    if done.returncode:
        raise CopyError(f"{tool}: {done.stderr.strip()[:2_000]}")
