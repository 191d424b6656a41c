"""Arrangements, contacts and one office of the notifications service without bus and channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import text

from services.notifications import claims, migrations, store
from services.notifications.claims import Claimed, Pace, Round, Unsent
from services.notifications.diary import NEXT_DUE, due_visits
from services.notifications.documents import Contact
from services.notifications.handlers import Desk
from services.notifications.programme import Programme
from shared.chassis import migrations as chassis_migrations
from shared.chassis.quiet import soonest
from shared.chassis.store import migrate, open_store
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Delivery, Work
from shared.contracts.holds import Consent, Hold, HoldState, Refusal
from shared.contracts.notices import ListNotices, NoticePage
from shared.contracts.values import Text, Window
from shared.contracts.visits import ArrangementChanged, ConsentAsked, FirmNeed

T = TypeVar("T")
NOW = datetime(2027, 8, 10, 0, 0, tzinfo=UTC)
DAY = datetime(2027, 8, 18, 0, 0, tzinfo=UTC)
SENDER = "Reception desk <desk@example.org>"
TABLES = ("contacts", "visits", "told", "notices", "reminders", "inbox", "outbox")


def both(words: str) -> Text:
    return Text(zh=f"{words}（中）", en=words)


def contact(name: str, role: str = "unit", language: str = "en", **fields: Any) -> Contact:
    ways = fields.pop("ways", [{"channel": "email", "address": f"{name}@example.org"}])
    return Contact.model_validate(
        {"id": name, "name": both(name), "role": role, "language": language, "ways": ways} | fields
    )


DESK = contact("desk", "desk")
HOTEL = contact("hotel", units=["hotel"])
OTHER = contact("other", units=["other"], language="zh")
KITCHEN = contact(
    "kitchen",
    units=["kitchen"],
    ways=[
        {"channel": "email", "address": "kitchen@example.org"},
        {"channel": "webhook", "address": "http://127.0.0.1:9/hook"},
    ],
)
DISPATCH = contact("dispatch", "dispatch", kinds=["vehicle", "escort"])
CONTACTS = (DESK, HOTEL, OTHER, KITCHEN, DISPATCH)


def window(hour: float, hours: float = 2) -> Window:
    starts = DAY + timedelta(hours=hour)
    return Window(starts_at=starts, ends_at=starts + timedelta(hours=hours))


def rooms(hour: float = 6, **by_hotel: int) -> FirmNeed:
    """A stay with so many rooms per hotel."""
    lines = {
        hotel: [{"type": "twin", "rooms": number, "from_block": 0, "use": "pair"}]
        for hotel, number in by_hotel.items()
    }
    return FirmNeed(
        need="stay/rooms", kind="room", item=both("Lodging"), window=window(hour, 44),
        unit=next(iter(by_hotel)), summary=both(f"rooms {by_hotel}"),
        allotted={
            "unit": next(iter(by_hotel)),
            "hotels": [{"hotel": one, "rooms": lines[one], "accessible": 0} for one in by_hotel],
            "check_in": "2027-08-18", "check_out": "2027-08-20",
        },
    )  # fmt: skip


def hall(number: int, place: str = "hotel", hour: float = 10) -> FirmNeed:
    unit = f"{place}-hall"
    return FirmNeed(
        need="dinner/hall", kind="hall", item=both("Dinner"), window=window(hour), unit=unit,
        summary=both(f"hall for {number}"), allotted={"unit": unit, "place": place},
    )  # fmt: skip


def meal(covers: int, hour: float = 10, guarantee_by: datetime | None = None) -> FirmNeed:
    allotted: dict[str, Any] = {"unit": "kitchen"}
    if guarantee_by:
        allotted["guarantee_by"] = guarantee_by.isoformat()
    return FirmNeed(
        need="dinner/meal", kind="meal", item=both("Dinner"), window=window(hour), unit="kitchen",
        summary=both(f"{covers} covers"), allotted=allotted,
    )  # fmt: skip


def coach(seats: int, hour: float = 5) -> FirmNeed:
    return FirmNeed(
        need="arrival/coach", kind="vehicle", item=both("Arrival"), window=window(hour),
        unit="coach-1", summary=both(f"{seats} seats"), allotted={"unit": "coach-1"},
    )  # fmt: skip


def arrangement(sequence: int, *needs: FirmNeed, visit: str = "v", **fields: Any) -> Any:
    """A firm arrangement; without needs it is cancelled."""
    return ArrangementChanged.model_validate(
        {
            "cause": f"act-{sequence}", "actor": "planner", "visit": visit, "revision": sequence,
            "sequence": sequence, "line": "business", "title": both("Eastern delegation"),
            "host": "host", "time_zone": "Asia/Shanghai", "guests": 38, "cancelled": not needs,
            "starts_at": DAY, "ends_at": DAY + timedelta(days=2), "needs": needs, **fields,
        }
    )  # fmt: skip


def asked(
    state: HoldState = HoldState.PENDING, hold: str = "v/dinner/meal/1", open_: bool = True,
    code: str = "", cause: str = "act-9", answer_by: datetime = NOW + timedelta(hours=1),
) -> ConsentAsked:  # fmt: skip
    """A question to the kitchen, or its end."""
    consent = Consent(asked_of="kitchen", answer_by=answer_by, question=both("58 instead of 38?"))
    return ConsentAsked(
        cause=cause, actor="planner", visit="v", title=both("Eastern delegation"), open=open_,
        hold=Hold(
            hold=hold, visit="v", need="dinner/meal", kind="meal", state=state, revision=1,
            consent=consent if state is HoldState.PENDING else None,
            refusal=Refusal(code=code, sentence=both("no")) if code else None,
            summary=both("58 covers"), window=window(10),
        ),
    )  # fmt: skip


class Office:
    """One replica: store, handlers and claims, with a clock turned by hand. Letters stay here."""

    def __init__(self, url: str, contacts: Sequence[Contact] = CONTACTS, pace: Pace | None = None):
        self.engine = open_store(url)
        for layer in (chassis_migrations, migrations):
            migrate(self.engine, "notifications", layer)
        self.desk, self.pace = Desk(grace_s=2.0, zone="Asia/Shanghai"), pace or Pace()
        self.now, self._ids = NOW, count(1)
        self._contacts = contacts
        with self.work() as work:
            store.save_contacts(work, contacts)

    def close(self) -> None:
        self.engine.dispose()

    def reset(self) -> None:
        """As it was when it was made."""
        with self.engine.begin() as connection:
            for table in TABLES:
                connection.execute(text(f"DELETE FROM notifications_{table}"))
        self.now = NOW
        with self.work() as work:
            store.save_contacts(work, self._contacts)

    @contextmanager
    def work(self) -> Iterator[Work]:
        tables = chassis_tables("notifications")
        with self.engine.begin() as connection:
            new_id = lambda: f"n{next(self._ids):06d}{id(self) % 1000:03d}"  # noqa: E731
            yield Work(connection, self.now, "notifications", tables, new_id)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def arrange(self, *events: ArrangementChanged) -> None:
        self._handle(self.desk.arrange, events)

    def consent(self, *events: ConsentAsked) -> None:
        self._handle(self.desk.consent, events)

    def _handle(self, handler: Callable[..., None], events: Sequence[Any]) -> None:
        with self.work() as work:
            handler(work, [Delivery(event, f"m{index}") for index, event in enumerate(events)])

    def remind(self) -> None:
        with self.work() as work:
            due = soonest(NEXT_DUE)(work)
            assert bool(due_visits(work, 1)) == (due is not None and due <= self.now)
            assert self.desk.remind(work) is False

    def claim(self, limit: int = 100) -> Round:
        with self.work() as work:
            found = claims.claim(work, limit, SENDER, self.pace)
        assert not found.idle or found.next_at is None or found.next_at > self.now
        return found

    def sent(self, claimed: Claimed) -> bool:
        with self.work() as work:
            return claims.mark_sent(work, claimed)

    def unsent(self, claimed: Claimed, final: bool = False, in_doubt: bool = False) -> bool:
        why = Unsent("no", final, in_doubt)
        with self.work() as work:
            return claims.mark_unsent(work, claimed, why, self.pace, 0.5)

    def send_all(self) -> list[Claimed]:
        """Wait out the grace and deliver everything that is due, as a working channel would."""
        self.later(self.desk._grace.total_seconds())
        done: list[Claimed] = []
        while (found := self.claim()).moved:
            for one in found.letters:
                assert self.sent(one)
                done.append(one)
        return done

    def notices(self, **filters: Any) -> Any:
        from sqlmodel import Session

        from services.notifications.queries import list_notices

        query = ListNotices(cause="read", actor="test", limit=500, **filters)
        with Session(self.engine) as session:
            page: NoticePage = list_notices(session, query)
        return page.notices

    def told(self) -> dict[tuple[str, str, str], Programme]:
        with self.work() as work:
            visits = [row.visit for row in work.connection.execute(text("SELECT visit FROM notifications_visits"))]  # fmt: skip  # noqa: E501
            return store.told_of(work, visits)

    def reminders(self) -> list[dict[str, Any]]:
        with self.work() as work:
            return store.reminders(work, ["v"])
