"""Reading what names no one: head-counts.

Must not: open anything, or change anything.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import Session

from services.guests.store import TOTALS, VISITS
from shared.contracts.guests import ReadTotals, RosterTotals


def read_totals(session: Session, query: ReadTotals) -> RosterTotals:
    """Counts of a roster, guests who were erased among them; zeros when there is none."""
    rows = session.execute(select(TOTALS).where(TOTALS.c.visit == query.visit)).all()
    revision = session.execute(select(VISITS.c.revision).where(VISITS.c.visit == query.visit))
    counts: dict[str, dict[str, int]] = {"guests": {}, "category": {}, "diet": {}}
    erased = 0
    for row in rows:
        counts[row.kind][row.name] = row.present + row.erased
        erased += row.erased if row.kind == "guests" else 0
    return RosterTotals(
        visit=query.visit,
        revision=revision.scalar() or 0,
        guests=counts["guests"].get("all", 0),
        erased=erased,
        categories=counts["category"],
        diets=counts["diet"],
    )
