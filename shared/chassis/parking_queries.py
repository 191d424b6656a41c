"""Reading parked messages, their groups, acts and replays.

Must not: change anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlmodel import Session

from shared.chassis import replays
from shared.chassis.parking import check
from shared.chassis.parking_groups import seen_by, visits_of
from shared.chassis.parking_rules import base64_of, bytes_of, difference, raw_of
from shared.chassis.tables import ChassisTables
from shared.contracts.message import Message, Problem
from shared.contracts.naming import named_in
from shared.contracts.parking_reading import (
    VISITS_OF_GROUP,
    ActPage,
    ActView,
    CheckEdit,
    EditChecked,
    GroupParked,
    ListActs,
    ListParked,
    ParkedAnswer,
    ParkedGroup,
    ParkedGroups,
    ParkedLine,
    ParkedPage,
    ParkedView,
    ReadParked,
    ReadReplay,
    ReplayAnswer,
    ReplayView,
)

SHOWN = 60_000
"""Characters of one text in an answer. With all else that an answer has, in a script of three bytes
a character, it must fit a message of the bus."""
HEADERS_SHOWN = 50
CHANGES_SHOWN = 100
CHANGES_OF_ACT = 10
ACTS_SHOWN = 50
FAILURES_SHOWN = 100


class Reading:
    """The answers of one service. `kinds`: which class each of its consumers takes."""

    def __init__(
        self, service: str, tables: ChassisTables, kinds: Mapping[str, type[Message]]
    ) -> None:
        self._service, self._tables, self._kinds = service, tables, kinds

    def page(self, session: Session, query: ListParked, now: datetime) -> ParkedPage:
        """Messages in order of parking, then id."""
        parked = self._tables.parked
        wanted = select(parked)
        if query.state is not None:
            wanted = wanted.where(parked.c.state == query.state.value)
        if query.group is not None:
            wanted = wanted.where(parked.c.cause == query.group)
        if query.as_of is not None:
            wanted = wanted.where(parked.c.failed_at <= query.as_of)
        if query.after is not None:
            wanted = wanted.where(beyond(parked.c.parked_at, parked.c.id, query.after))
        ordered = wanted.order_by(parked.c.parked_at, parked.c.id).limit(query.limit + 1)
        rows = session.execute(ordered).all()
        shown = rows[: query.limit]
        more = (
            f"{shown[-1].parked_at.isoformat()}|{shown[-1].id}" if len(rows) > len(shown) else None
        )
        lines = tuple(ParkedLine.model_validate(self._line(row)) for row in shown)
        return ParkedPage(as_of=now, messages=lines, next=more)

    def groups(self, session: Session, query: GroupParked, now: datetime) -> ParkedGroups:
        """Groups, the largest first."""
        parked = self._tables.parked
        many = func.count().label("many")
        wanted = (
            select(
                parked.c.cause,
                func.min(parked.c.subject).label("subject"),
                func.min(parked.c.consumer).label("consumer"),
                func.min(parked.c.error_class).label("error_class"),
                func.min(parked.c.error_line).label("error"),
                many,
                func.min(parked.c.parked_at).label("first_at"),
                func.max(parked.c.failed_at).label("last_at"),
            )
            .where(*seen_by(parked, query))
            .group_by(parked.c.cause)
            .order_by(many.desc(), parked.c.cause)
            .limit(query.limit + 1)
        )
        rows = session.execute(wanted).all()
        totals = select(parked.c.state, func.count()).group_by(parked.c.state)
        about = visits_of(session, parked, query.state.value, [row.cause for row in rows])
        found = tuple(
            ParkedGroup(
                group=row.cause, service=self._service, subject=row.subject, consumer=row.consumer,
                error_class=row.error_class, error=row.error, count=row.many,
                first_at=row.first_at, last_at=row.last_at,
                visits=tuple(about.get(row.cause, ())[:VISITS_OF_GROUP]),
                visits_total=len(about.get(row.cause, ())),
            )
            for row in rows[: query.limit]
        )  # fmt: skip
        return ParkedGroups(
            as_of=now,
            groups=found,
            more=len(rows) > query.limit,
            totals={state: int(count) for state, count in session.execute(totals)},
        )

    def one(self, session: Session, query: ReadParked) -> ParkedAnswer:
        """One message whole."""
        parked, tables = self._tables.parked, self._tables
        row = session.execute(select(parked).where(parked.c.id == query.message)).one_or_none()
        if row is None:
            return ParkedAnswer(message=None)
        acts = (
            select(tables.acts)
            .join(tables.touched, tables.touched.c.act == tables.acts.c.id)
            .where(tables.touched.c.message == row.id)
            .order_by(tables.acts.c.at.desc(), tables.acts.c.id)
            .limit(ACTS_SHOWN)
        )
        texts = (row.body, row.edited or "", row.raw or b"")
        now = raw_of(bytes_of(row.body, row.raw, row.edited))[0]
        view = {
            **self._line(row),
            "headers": dict(list(_short(row.headers).items())[:HEADERS_SHOWN]),
            "body": row.body[:SHOWN],
            "body_base64": base64_of(row.raw, SHOWN),
            "body_edited": None if row.edited is None else row.edited[:SHOWN],
            "cut": any(len(text) > SHOWN for text in texts),
            "difference": difference(row.body, now)[:CHANGES_SHOWN],
            "error_text": row.error,
            "history": row.history,
            "acts": [self._act(one) for one in session.execute(acts)],
        }
        return ParkedAnswer(message=ParkedView.model_validate(view))

    def check(self, session: Session, query: CheckEdit) -> EditChecked:
        """What is wrong with a body, and what it changes."""
        parked = self._tables.parked
        row = session.execute(select(parked).where(parked.c.id == query.message)).one_or_none()
        if row is None:
            return EditChecked(found=False)
        original = bytes_of(row.body, row.raw)
        problems = check(self._kinds, row.consumer, original, query.body)
        return EditChecked(
            found=True, problems=problems, difference=difference(row.body, query.body)
        )

    def replay(self, session: Session, query: ReadReplay) -> ReplayAnswer:
        """How far a replay has come."""
        tables = self._tables
        jobs, acts, touched = tables.replays, tables.acts, tables.touched
        wanted = (
            select(jobs, acts.c.actor, acts.c.reason)
            .join(acts, acts.c.id == jobs.c.id)
            .where(jobs.c.id == query.replay)
        )
        row = session.execute(wanted).one_or_none()
        if row is None:
            return ReplayAnswer(replay=None)
        counted = replays.outcomes(session.connection(), tables, row.id)
        failures = (
            select(touched.c.message)
            .where(touched.c.act == row.id, touched.c.outcome == "failed")
            .order_by(touched.c.message)
            .limit(FAILURES_SHOWN)
        )
        view = ReplayView(
            replay=row.id, service=self._service, state=row.state, actor=row.actor,
            reason=row.reason, per_s=row.per_s, stop_at_first_failure=row.stop_at_first_failure,
            total=sum(counted.values()), waiting=counted.get("waiting", 0),
            done=counted.get("done", 0), failed=counted.get("failed", 0),
            left=counted.get("left", 0), failures=tuple(session.execute(failures).scalars()),
            started_at=row.started_at, ended_at=row.ended_at,
        )  # fmt: skip
        return ReplayAnswer(replay=view)

    def acts(self, session: Session, query: ListActs) -> ActPage:
        """All acts, newest first."""
        acts = self._tables.acts
        wanted = select(acts)
        if query.after is not None:
            wanted = wanted.where(~beyond(acts.c.at, acts.c.id, query.after, included=True))
        ordered = wanted.order_by(acts.c.at.desc(), acts.c.id.desc()).limit(query.limit + 1)
        rows = session.execute(ordered).all()
        shown = rows[: query.limit]
        more = f"{shown[-1].at.isoformat()}|{shown[-1].id}" if len(rows) > len(shown) else None
        return ActPage(acts=tuple(self._act(row) for row in shown), next=more)

    def _line(self, row: Any) -> dict[str, Any]:
        same = ("id", "state", "reason", "subject", "consumer", "attempts", "replays", "revision",
                "parked_at", "failed_at")  # fmt: skip
        return {
            **{name: getattr(row, name) for name in same},
            "service": self._service,
            "group": row.cause,
            "error": f"{row.error_class}: {row.error_line}",
            "edited": row.edited is not None,
            "names": named_in(row.subject, row.body),
        }

    def _act(self, row: Any) -> ActView:
        changes = [line[:120] for line in row.detail.get("difference", ())][:CHANGES_OF_ACT]
        detail = {**row.detail, **({"difference": changes} if changes else {})}
        return ActView(
            act=row.id, service=self._service, kind=row.kind, actor=row.actor, at=row.at,
            reason=row.reason, outcome=row.outcome, count=row.count, detail=detail,
            problems=tuple(Problem.model_validate(one) for one in row.problems),
        )  # fmt: skip


def _short(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name[:200]: str(value)[:500] for name, value in headers.items()}


def beyond(at: Any, name: Any, cursor: str, included: bool = False) -> Any:
    """What comes after a cursor, in order of time and name. Raises ValueError for no cursor."""
    moment, _, last = cursor.partition("|")
    when = datetime.fromisoformat(moment)
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return or_(at > when, and_(at == when, name >= last if included else name > last))
