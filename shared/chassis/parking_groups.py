"""What belongs to a group of parked messages: which rows a question counts, and their visits.

Must not: change anything.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, select
from sqlmodel import Session

from shared.contracts.parking_reading import GroupParked


def seen_by(parked: Table, query: GroupParked) -> list[Any]:
    """What of all messages a question about groups counts."""
    wanted = [parked.c.state == query.state.value]
    if query.group is not None:
        wanted.append(parked.c.cause == query.group)
    if query.as_of is not None:
        wanted.append(parked.c.failed_at <= query.as_of)
    return wanted


def visits_of(
    session: Session, parked: Table, state: str, causes: list[str]
) -> dict[str, list[str]]:
    """The visits that the messages of each group are about."""
    wanted = (
        select(parked.c.cause, parked.c.about)
        .where(parked.c.state == state, parked.c.cause.in_(causes))
        .where(parked.c.about.is_not(None))
        .distinct()
        .order_by(parked.c.cause, parked.c.about)
    )
    found: dict[str, list[str]] = {}
    for cause, visit in session.execute(wanted):
        found.setdefault(cause, []).append(visit)
    return found
