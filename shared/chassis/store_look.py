"""What waits in a service's store, and how large the store is: a look that costs next to nothing.

Must not: change anything, or count further than it has to.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Select, Table, func, select, text
from sqlalchemy.orm import Session

from shared.chassis import limits
from shared.chassis.parked import UNRESOLVED
from shared.chassis.tables import ChassisTables

Undecided = Callable[[Session], int]
"""How much of a service's own work waits for a person."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One look. Before the first one all is unknown."""

    looked_at: datetime | None = None
    away: bool = False
    bytes: int | None = None
    free_bytes: int | None = None
    outbox_waiting: int = 0
    outbox_oldest_s: float = 0.0
    parked: int = 0
    undecided: int = 0

    def at(self, now: datetime) -> Figures:
        """The same, found again later; of a store in which nothing waits and grows older."""
        return replace(self, looked_at=now)

    def gone(self) -> Figures:
        """The store could not be read."""
        return replace(self, away=True)


def figures_of(
    session: Session, tables: ChassisTables, now: datetime, known: Figures | None,
    undecided: Undecided | None = None,
) -> Figures:  # fmt: skip
    """Look at a store; sizes are taken from `known` where it is given."""
    many, oldest = session.execute(_waiting(tables.outbox)).one()
    parked = session.execute(_parked(tables.parked)).scalar() or 0
    size, free = (known.bytes, known.free_bytes) if known else _size(session)
    return Figures(
        looked_at=now,
        bytes=size,
        free_bytes=free,
        outbox_waiting=many,
        outbox_oldest_s=max(0.0, round((now - oldest).total_seconds(), 1)) if oldest else 0.0,
        parked=parked,
        undecided=undecided(session) if undecided else 0,
    )


@cache
def _waiting(outbox: Table) -> Select[Any, Any]:
    unsent = (
        select(outbox.c.created_at)
        .where(outbox.c.published_at.is_(None))
        .limit(limits.OUTBOX_COUNTED)
        .subquery()
    )
    return select(func.count(), func.min(unsent.c.created_at))


@cache
def _parked(parked: Table) -> Select[Any]:
    return select(func.count()).select_from(parked).where(parked.c.state.in_(UNRESOLVED))


def _size(session: Session) -> tuple[int | None, int | None]:
    """Bytes of the store, and those left for it where this machine can tell."""
    bind = session.get_bind()
    if bind.dialect.name == "postgresql":
        return session.execute(text("SELECT pg_database_size(current_database())")).scalar(), None
    named = bind.engine.url.database
    if not named or named == ":memory:":
        return None, None
    files = [Path(f"{named}{end}") for end in ("", "-wal", "-shm")]
    size = sum(path.stat().st_size for path in files if path.exists())
    return size, shutil.disk_usage(Path(named).parent).free
