"""Comparing the blocks that we hold with what a hotel shows, at intervals.

Owns: what becomes of a finding: the order is due again with what was seen, or a person's; and that
older data of a hotel changes nothing (`hotels.merging`).
Must not: conclude anything from a hotel that could not be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import structlog
from sqlalchemy import bindparam, select, update

from services.bookings.guestlists.noting import moved
from services.bookings.hotels.block_desk import BlockDesk
from services.bookings.hotels.drift import Finding
from services.bookings.hotels.feed_desk import FeedDesk
from services.bookings.hotels.merging import newer
from services.bookings.hotels.model import BlockView
from services.bookings.orders.switching import OF_HOTEL, Switch, by_letter, switch_of
from services.bookings.orders.tables import ORDERS, view_of, view_text
from shared.chassis.limits import HOTEL_PAGE, HOTEL_SAID
from shared.chassis.work import Work
from shared.contracts.values import Text

log = structlog.get_logger(__name__)
DIFFERENCES = ("missing", "other_state", "other_contract")
Seen = Mapping[str, tuple[BlockView | None, Text | None]]
"""By our reference: the block as it is (None: it is not there), and what differs; nothing where
only rooms were taken up out of it, which is a fact and no difference of ours."""


def standing_blocks(
    work: Work, hotel: str, today: date, after: str
) -> tuple[Sequence[BlockView], str]:
    """A page of blocks that should stand and have not begun, and where the next page begins."""
    if switch_of(work.connection, hotel).paused(work.now):
        return (), ""
    asked = {"hotel": hotel, "after": after, "today": today}
    rows = list(work.connection.execute(_STANDING, asked))
    found = [view_of(row.ours, row.first_night, row.standing) for row in rows]
    return [one for one in found if one is not None], rows[-1].ours if rows else ""


_STANDING = (
    select(ORDERS)
    .where(
        ORDERS.c.hotel == OF_HOTEL, ORDERS.c.ours > bindparam("after"), ORDERS.c.ended.is_(False),
        ORDERS.c.standing.is_not(None), ORDERS.c.due_at.is_(None), ORDERS.c.owned.is_(False),
        ORDERS.c.first_night > bindparam("today"), ~by_letter(OF_HOTEL, Switch()),
    )
    .order_by(ORDERS.c.ours)
    .limit(HOTEL_PAGE)
)  # fmt: skip


async def look(desk: BlockDesk, blocks: Sequence[BlockView]) -> Seen:
    """What differs of these blocks. Raises the hotel's error, and then nothing is known."""
    findings = await FeedDesk(desk.office).sweep(blocks, ())
    ours = {one.ref.ours: one for one in blocks}
    differs: dict[str, list[Finding]] = {}
    for one in findings:
        if one.ref in ours and one.kind in (*DIFFERENCES, "other_pick_up"):
            differs.setdefault(one.ref, []).append(one)
    seen: dict[str, tuple[BlockView | None, Text | None]] = {}
    for name, some in differs.items():
        told = [one.why for one in some if one.kind in DIFFERENCES]
        zh, en = "；".join(one.zh for one in told), "; ".join(one.en for one in told)
        why = Text(zh=zh[:HOTEL_SAID], en=en[:HOTEL_SAID]) if told else None
        missing = any(one.kind == "missing" for one in some)
        seen[name] = (None if missing else await desk.read(ours[name].ref), why)
    return seen


def note(work: Work, blocks: Sequence[BlockView], seen: Seen) -> bool:
    """Orders that differ are due again; one that the hotel does not have is a person's. Whether
    there was any."""
    held = {one.ref.ours: one for one in blocks}
    known = {ours: view_text(one) for ours, one in held.items()}
    differ = False
    for ours, (view, why) in sorted(seen.items()):
        if not newer(held[ours], view):
            # Said, as a hotel that was put back to an older state shows nothing else from then on.
            log.info("older_hotel_data", ours=ours)
            continue
        differ = differ or why is not None
        # What has moved meanwhile is looked at another time.
        same = (ORDERS.c.ours == ours, ORDERS.c.due_at.is_(None), ORDERS.c.ended.is_(False),
                ORDERS.c.standing == known[ours])  # fmt: skip
        if why is None:
            if view is None:
                continue
            found: dict[str, Any] = {"standing": view_text(view), "cut_off": view.cut_off}
            work.connection.execute(update(ORDERS).where(*same).values(**found))
            moved(work, [ours])
            continue
        if view is None:
            found = {"owned": True, "state": "owned", "said": "missing"}
        else:
            found = {"standing": view_text(view), "wanted": ORDERS.c.wanted + 1,
                     "due_at": work.now, "cut_off": view.cut_off}  # fmt: skip
        values = {**found, "drift": why.en, "drift_zh": why.zh, "changed_at": work.now}
        work.connection.execute(update(ORDERS).where(*same).values(**values))
    return differ
