"""The relay's statements over the outbox, built once: building one costs more than running it.

Must not: run anything; `outbox` does.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Select, Update, bindparam, case, or_, select, update

from shared.chassis import limits
from shared.chassis.tables import ChassisTables


@cache
def marking(tables: ChassisTables) -> Update:
    """Note when and where the bus stored a row, unless it is to be sent again since then."""
    outbox = tables.outbox
    return (
        update(outbox)
        .where(outbox.c.id == bindparam("row_id"), outbox.c.again == bindparam("was"))
        .values(
            published_at=bindparam("at"),
            stream_seq=bindparam("seq"),
            stream_born=bindparam("born"),
            look=select(tables.looks.c.number).scalar_subquery(),
        )
    )


@cache
def unsent(tables: ChassisTables) -> Select[Any]:
    """Rows that were committed before `old` and never published; and those from beyond `ahead`,
    which a clock that was wrong has stamped: nobody else would send them until then.

    In this order: what no bus has ever had, then what a restored store has forgotten, both oldest
    first; then what a bus has lost, newest first: the older a row is, the likelier it was handled.
    """
    outbox = tables.outbox
    made = outbox.c.created_at
    due = or_(made < bindparam("old"), made > bindparam("ahead"))
    turn = case((outbox.c.look.is_(None), 0), (outbox.c.again > 0, 1), else_=2)
    return (
        select(outbox)
        .where(outbox.c.published_at.is_(None), due)
        .order_by(turn, case((turn < 2, outbox.c.id)), outbox.c.id.desc())
        .limit(limits.SWEEP_ROWS)
    )


@cache
def any_unsent(tables: ChassisTables) -> Select[Any]:
    """A row that was never published, however young."""
    return select(tables.outbox.c.id).where(tables.outbox.c.published_at.is_(None)).limit(1)
