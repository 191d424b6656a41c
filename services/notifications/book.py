"""Everything about some visits in one transaction: read at once, changed, written at once.

Owns: making and withholding notices as rows, so that handlers say what, not how.
Must not: decide who is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from services.notifications import store
from services.notifications.documents import Contact, Way
from services.notifications.programme import Programme
from shared.chassis.work import Work
from shared.contracts.notices import NoticeKind, NoticeState
from shared.contracts.visits import ArrangementChanged

Stream = tuple[str, str, str]
"""Recipient, channel, visit: letters of one stream leave one after the other."""

UNSENT = {
    "lease_until": None,
    "sent_at": None,
    "attempts": 0,
    "in_doubt": False,
    "reason": "",
    "superseded_by": None,
    "error": "",
}
"""What every notice starts with."""


class Book:
    """Open it on the visits of a group; `save` writes what has changed."""

    def __init__(self, work: Work, visits: Collection[str], causes: Collection[str] = ()) -> None:
        """Locks the visits: replicas take turns, visit by visit."""
        self.work = work
        self.visits = {
            one: dict(row._mapping) for one, row in store.lock_visits(work, visits).items()
        }
        self.contacts = store.contacts(work.connection)
        self.open: defaultdict[Stream, list[dict[str, Any]]] = defaultdict(list)
        for row in store.open_notices(work, visits):
            self.open[stream_of(row)].append(row)
        self.told = store.told_of(work, visits)
        self.made: defaultdict[Stream, list[dict[str, Any]]] = defaultdict(list)
        """Notices of the causes at hand, and all questions, with their present state."""
        for found in store.topics(work, visits, causes):
            self.made[stream_of(found._mapping)].append(dict(found._mapping))
        self._arrived: set[str] = set()
        self._new: list[dict[str, Any]] = []
        self._withheld: list[dict[str, Any]] = []

    # ------------------------------------------------------------ arrangements

    def sequence(self, visit: str) -> int:
        """Of the last firm arrangement known; 0 when there is none."""
        return int(self.visits[visit]["sequence"])

    def zone(self, visit: str, fallback: str) -> str:
        """The site's zone, where an arrangement told it."""
        known = self.visits[visit]["arrangement"]
        return ArrangementChanged.model_validate_json(known).time_zone if known else fallback

    def remember(self, event: ArrangementChanged) -> None:
        """Keep the last firm arrangement."""
        row = self.visits[event.visit]
        row.update(sequence=event.sequence, arrangement=event.model_dump_json())
        self._arrived.add(event.visit)

    def close_early(self, visit: str, hold: str) -> None:
        """Remember that a question never heard of is closed."""
        row = self.visits[visit]
        row["closed"] = sorted({*row["closed"], hold})
        self._arrived.add(visit)

    def is_closed(self, visit: str, hold: str) -> bool:
        """Whether that is remembered."""
        return hold in self.visits[visit]["closed"]

    # ------------------------------------------------------------ notices

    def taken(self, stream: Stream) -> set[tuple[str, str]]:
        """Causes and topics of visible notices of the causes at hand."""
        visible = (row for row in self.made[stream] if row["state"] != NoticeState.WITHHELD)
        return {(row["cause"], row["topic"]) for row in visible}

    def state(self, stream: Stream, topic: str) -> str | None:
        """The state of the last notice on a topic, where it was loaded."""
        found = [row["state"] for row in self.made[stream] if row["topic"] == topic]
        return found[-1] if found else None

    def make(
        self,
        contact: Contact,
        way: Way,
        visit: str,
        *,
        kind: NoticeKind,
        cause: str,
        topic: str,
        content: BaseModel,
        subject: str,
        due_at: datetime,
        expires_at: datetime | None = None,
    ) -> str:
        """Make a notice that waits; returns its id."""
        row = {
            "id": self.work.new_id(),
            "visit": visit,
            "recipient": contact.id,
            "role": contact.role.value,
            "channel": way.key,
            "language": contact.language,
            "kind": kind.value,
            "cause": cause,
            "topic": topic,
            "content": content.model_dump_json(),
            "subject": subject,
            "state": NoticeState.WAITING.value,
            "created_at": self.work.now,
            "due_at": due_at,
            "expires_at": expires_at,
            **UNSENT,
        }
        self._new.append(row)
        self.open[stream_of(row)].append(row)
        self.made[stream_of(row)].append(row)
        return str(row["id"])

    def withhold(self, row: dict[str, Any], reason: str) -> None:
        """Let a waiting notice never be sent."""
        move = {"state": NoticeState.WITHHELD.value, "reason": reason, "superseded_by": None}
        row.update(move)
        stream = stream_of(row)
        self.open[stream] = [one for one in self.open[stream] if one["id"] != row["id"]]
        for one in self.made[stream]:
            if one["id"] == row["id"]:
                one.update(move)
        if not any(one["id"] == row["id"] for one in self._new):
            self._withheld.append({"id": row["id"], **move})

    def superseded(self, row: dict[str, Any], newer: str) -> None:
        """Say which notice takes the place of one that was just withheld."""
        row["superseded_by"] = newer
        for one in self._withheld:
            if one["id"] == row["id"]:
                one["superseded_by"] = newer

    def content(self, notice: str) -> str:
        """What a notice says, as JSON."""
        found = [
            one["content"] for rows in self.open.values() for one in rows if one["id"] == notice
        ]
        return str(found[0]) if found else store.content(self.work, notice)

    def waiting(self, stream: Stream) -> list[dict[str, Any]]:
        """Notices of a stream that surely have not left, oldest first."""
        return [row for row in self.open[stream] if not left(row)]

    def on_the_way(self, stream: Stream) -> list[dict[str, Any]]:
        """Notices of a stream of which nobody can say yet whether they arrived."""
        return [row for row in self.open[stream] if left(row)]

    def streams_made(self, visit: str) -> list[Stream]:
        """The streams of a visit that have a notice of the causes at hand."""
        return [stream for stream, rows in self.made.items() if stream[2] == visit and rows]

    def streams(self, visit: str) -> list[Stream]:
        """The streams of a visit that have something open."""
        return [stream for stream, rows in self.open.items() if stream[2] == visit and rows]

    def known(self, stream: Stream) -> Programme | None:
        """What the recipient really got last."""
        return self.told.get(stream)

    def save(self) -> None:
        """Write everything. Withholding comes first: it makes room for the newer notice."""
        rows = [self.visits[one] for one in sorted(self._arrived)]
        store.change(self.work, store.VISITS, "visit", rows)
        store.change(self.work, store.NOTICES, "id", self._withheld)
        store.add(self.work, store.NOTICES, self._new)


def left(row: Any) -> bool:
    """Whether a notice may be in its recipient's hands already."""
    return bool(row["in_doubt"]) or row["state"] in (NoticeState.SENDING, NoticeState.SENT)


def stream_of(row: Any) -> Stream:
    """The stream of a notice row."""
    return (row["recipient"], row["channel"], row["visit"])
