"""Reading notices: pages of what was told to whom.

Must not: show an address, or change anything.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import Session

from services.notifications.store import NOTICES
from shared.contracts.notices import ListNotices, NoticePage, NoticeView


def list_notices(session: Session, query: ListNotices) -> NoticePage:
    """Notices in order of number."""
    wanted = select(NOTICES).where(NOTICES.c.seq > query.after)
    if query.visit is not None:
        wanted = wanted.where(NOTICES.c.visit == query.visit)
    if query.state is not None:
        wanted = wanted.where(NOTICES.c.state == query.state.value)
    rows = session.execute(wanted.order_by(NOTICES.c.seq).limit(query.limit + 1)).all()
    same = [name for name in NoticeView.model_fields if name not in ("notice", "number")]
    notices = tuple(
        NoticeView.model_validate(
            {"notice": row.id, "number": row.seq} | {name: getattr(row, name) for name in same}
        )
        for row in rows[: query.limit]
    )
    more = len(rows) > query.limit
    return NoticePage(notices=notices, next=notices[-1].number if more else None)
