"""How far each roster has come, and whom a new one left out: what a guests service that is brought
back from a copy has forgotten.

Kept for two days, for a copy is not older than one. Heard from the guests service, and noted before
a planner is answered, so that whatever a planner was told is known here.

Owns: the tables `console_rosters` and `console_left_out`.
Must not: know anything of a guest but the opaque id, or what a roster says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import Field, Session, SQLModel

from services.console import bounds
from shared.chassis.store import BigInt, UtcDateTime, table
from shared.chassis.tables import core
from shared.chassis.work import Delivery, Work
from shared.contracts.rosters import RosterChanged

KEEP = timedelta(hours=48)
FORGET_ROWS = 1_000


class RosterRow(SQLModel):
    """The roster of one visit, as it was heard of last."""

    visit: str = Field(primary_key=True, max_length=63)
    revision: int = Field(sa_type=BigInt)
    heard_at: datetime = Field(sa_type=UtcDateTime, index=True)
    doubts: int = 0
    """How often there was a reason to ask whether the guests service still has it."""
    asked: int = 0
    """How many of these reasons its last answer came after."""
    behind: bool = False
    """It has an older one."""


class LeftOutRow(SQLModel):
    """A guest whom a roster left out, and who has been erased."""

    guest: str = Field(primary_key=True, max_length=28)
    visit: str = Field(max_length=63)
    actor: str = Field(max_length=210)
    heard_at: datetime = Field(sa_type=UtcDateTime, index=True)


ROSTERS = core(table(RosterRow, "console", "rosters"))
LEFT_OUT = core(table(LeftOutRow, "console", "left_out"))


@dataclass(frozen=True, slots=True)
class Put:
    """A roster that was put: by whom, and whom it left out."""

    visit: str
    revision: int
    actor: str
    erased: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A roster of which it is not known whether the guests service still has it."""

    visit: str
    revision: int
    doubts: int


# Built once: building a statement costs more than running it.
_NEWER = (
    update(ROSTERS)
    .where(ROSTERS.c.visit == bindparam("_visit"), ROSTERS.c.revision < bindparam("_revision"))
    .values(revision=bindparam("_revision"), heard_at=bindparam("_now"), behind=False,
            doubts=ROSTERS.c.doubts + 1)
)  # fmt: skip
_ANSWERED = (
    update(ROSTERS)
    .where(ROSTERS.c.visit == bindparam("_visit"), ROSTERS.c.revision == bindparam("_revision"),
           ROSTERS.c.doubts == bindparam("_doubts"))
    .values(asked=bindparam("_doubts"), behind=bindparam("_behind"))
)  # fmt: skip
_CONFIRMED = (
    update(ROSTERS)
    .where(ROSTERS.c.visit == bindparam("_visit"), ROSTERS.c.revision > bindparam("_revision"),
           ROSTERS.c.behind)
    .values(revision=bindparam("_revision"), behind=False)
)  # fmt: skip
_DOUBTED = (
    select(ROSTERS.c.visit, ROSTERS.c.revision, ROSTERS.c.doubts)
    .where(ROSTERS.c.asked < ROSTERS.c.doubts)
    .order_by(ROSTERS.c.visit)
    .limit(bounds.ROSTERS_ASKED)
)
_BEHIND = (
    select(ROSTERS.c.visit)
    .where(ROSTERS.c.behind)
    .order_by(ROSTERS.c.visit)
    .limit(bounds.ROSTERS_BEHIND)
)
_LEFT_OUT = (
    select(LEFT_OUT)
    .where(LEFT_OUT.c.heard_at >= bindparam("since"), LEFT_OUT.c.guest > bindparam("after"))
    .order_by(LEFT_OUT.c.guest)
    .limit(bounds.ROSTERS_ASKED)
)


def heard(work: Work, some: Sequence[Delivery[RosterChanged]]) -> None:
    """Note what was heard; older news than known change nothing."""
    news = [one.message for one in some]
    note(work, [Put(one.visit, one.revision, one.actor, one.erased) for one in news])


def note(work: Work, some: Sequence[Put]) -> None:
    """Note rosters that were put; in one order everywhere, so that replicas take turns."""
    newest = {one.visit: one.revision for one in sorted(some, key=lambda one: one.revision)}
    nothing = {"revision": 0, "heard_at": work.now, "doubts": 0, "asked": 0, "behind": False}
    work.insert_if_missing(ROSTERS, [{"visit": visit, **nothing} for visit in sorted(newest)])
    news = [
        {"_visit": visit, "_revision": revision, "_now": work.now}
        for visit, revision in sorted(newest.items())
    ]
    if news:
        work.connection.execute(_NEWER, news)
    gone = {guest: one for one in some for guest in one.erased}
    work.insert_if_missing(LEFT_OUT, [
        {"guest": guest, "visit": one.visit, "actor": one.actor, "heard_at": work.now}
        for guest, one in sorted(gone.items())
    ])  # fmt: skip


def told(work: Work, one: Put) -> None:
    """Note what a planner is about to be told. One that went back and that he wants as it is now is
    behind no more."""
    note(work, [one])
    work.connection.execute(_CONFIRMED, {"_visit": one.visit, "_revision": one.revision})


def doubt(work: Work) -> None:
    """The guests service was brought back: whether it has any of them is to be asked anew."""
    work.connection.execute(update(ROSTERS).values(doubts=ROSTERS.c.doubts + 1))


def doubted(session: Session) -> list[Doubt]:
    """Some rosters that are to be asked for."""
    return [Doubt(*row) for row in session.execute(_DOUBTED)]


def answered(work: Work, some: Sequence[tuple[Doubt, bool]]) -> None:
    """What the guests service said: whether it has an older one. Not where there is news since."""
    if some:
        work.connection.execute(_ANSWERED, [
            {"_visit": one.visit, "_revision": one.revision, "_doubts": one.doubts,
             "_behind": behind}
            for one, behind in some
        ])  # fmt: skip


def behind(session: Session) -> tuple[str, ...]:
    """Visits of which the guests service has an older roster than planners were told."""
    return tuple(session.execute(_BEHIND).scalars())


def left_out(session: Session, since: datetime, after: str) -> list[Any]:
    """Some guests whom rosters left out since then, behind an id."""
    return list(session.execute(_LEFT_OUT, {"since": since, "after": after}))


def forget(work: Work) -> bool:
    """Delete what is older than any copy that may be brought back. True when there may be more."""
    more = False
    for one, name in ((ROSTERS, ROSTERS.c.visit), (LEFT_OUT, LEFT_OUT.c.guest)):
        old = select(name).where(one.c.heard_at < work.now - KEEP).limit(FORGET_ROWS)
        gone = work.connection.execute(delete(one).where(name.in_(old)))
        more = more or gone.rowcount >= FORGET_ROWS
    return more
