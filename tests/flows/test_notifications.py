"""Letters on their way: real stores, a real mail server, real web receivers, a real bus."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from services.notifications import claims, workbooks
from services.notifications.claims import Pace
from services.notifications.courier import Courier, scrub
from services.notifications.hotels import Hotels
from services.notifications.main import channels_of
from services.notifications.orders import order_of, rooms_of
from services.notifications.settings import NotificationsSettings
from services.notifications.store import NOTICES
from shared.chassis.clock import SystemClock
from shared.chassis.tables import chassis_tables
from shared.chassis.writer import Writer
from shared.contracts.notices import ListNotices
from shared.contracts.visits import ArrangementChanged
from shared.sheets.rooms import RoomsOrder, workbook_of
from tests.conformance.receivers import MailServer, WebServer
from tests.rules.notice_case import SENDER, Office, arrangement, contact, hall, meal
from tests.rules.test_notices_hotels import letter
from tests.support.nats import NatsServer
from tests.support.system import Planner, System

KEY = b"shared key"
SOON_S = 60.0
QUICK = Pace(lease_s=3, backoff_s=(0.05,), attempts=40)
SURE = replace(QUICK, lease_s=Pace().lease_s)
"""For tests in which no sender dies: three seconds can be less than a busy machine takes, and a
lease that ends under a living sender rightly lets another one send."""


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer().start()
    yield server
    server.stop()


@pytest.fixture
def office(store_url: str, web: WebServer) -> Iterator[Office]:
    ways = [
        {"channel": "email", "address": "kitchen@example.org"},
        {"channel": "webhook", "address": f"http://{web.address}"},
        {"channel": "apprise", "address": f"json://{web.address}"},
    ]
    hotel, kitchen = contact("hotel", units=["hotel"]), contact("kitchen", units=["kitchen"])
    kitchen = kitchen.model_validate(kitchen.model_dump() | {"ways": ways, "language": "zh"})
    office = Office(store_url, [contact("desk", "desk"), hotel, kitchen], QUICK)
    office.now = SystemClock().now()
    yield office
    office.close()


def settings_for(mail: MailServer | None, folder: Path) -> NotificationsSettings:
    url = mail.url if mail else None
    return NotificationsSettings.model_validate(
        {"smtp_url": url, "data_dir": folder, "webhook_secret": KEY.decode()}
    )


@asynccontextmanager
async def courier(
    office: Office, mail: MailServer | None, folder: Path, replicas: int = 1, pace: Pace = QUICK
) -> AsyncIterator[None]:
    """Couriers on this office's store, until the block ends."""
    clock, tables = SystemClock(), chassis_tables("notifications")
    tasks, writers = [], []
    for _ in range(replicas):
        writer = Writer("notifications", office.engine, tables, clock, str, lambda rows: None)
        writer.start()
        channels = channels_of(settings_for(mail, folder), clock)
        one = Courier(lambda writer=writer: writer, channels, clock, SENDER, pace)  # type: ignore[misc]
        tasks.append(asyncio.create_task(one.run()))
        writers.append(writer)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            await writer.stop()


async def until(done: Callable[[], bool], within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not done():
            await asyncio.sleep(0.02)


def due(office: Office, *events: ArrangementChanged) -> None:
    """Take in arrangements whose grace has passed."""
    office.later(-10)
    office.arrange(*events)
    office.later(10)


def states(office: Office) -> Counter[str]:
    return Counter(notice.state.value for notice in office.notices())


async def test_everyone_is_told_by_his_channel(office, mail, web, tmp_path) -> None:
    due(office, arrangement(1, hall(50), meal(48)))
    async with courier(office, mail, tmp_path, pace=SURE):
        await until(lambda: states(office) == {"sent": 5})
    assert sorted(str(one["To"]) for one in mail.letters) == [
        "desk@example.org", "hotel@example.org", "kitchen@example.org",
    ]  # fmt: skip
    hooks = [post for post in web.posts if "webhook-id" in post[1]]
    [(_path, headers, body)] = hooks
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    right = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{right}"
    texts = [one.get("text") or one.get("message") for one in web.bodies()]
    assert len(texts) == 2 and all(
        "人数" not in text and "48 covers（中）" in text for text in texts
    )


async def test_a_mail_server_that_heals(office, mail, tmp_path) -> None:
    mail.answer = "451 kitchen@example.org is busy"
    due(office, arrangement(1, hall(50)))
    async with courier(office, mail, tmp_path, pace=SURE):
        await until(lambda: all(n.attempts >= 3 for n in office.notices()))
        assert all(n.state.value in ("waiting", "sending") for n in office.notices())
        assert not any("@" in notice.error for notice in office.notices())
        mail.answer = None
        await until(lambda: states(office) == {"sent": 2})
    assert len({one["Message-ID"] for one in mail.letters}) == len(mail.letters) == 2


async def test_a_refused_letter_is_parked_where_it_is_seen(office, mail, tmp_path) -> None:
    mail.answer = "550 no"
    due(office, arrangement(1, hall(50)))
    async with courier(office, mail, tmp_path, pace=SURE):
        await until(lambda: states(office) == {"failed": 2})
        mail.answer = None
        office.now = SystemClock().now()
        due(office, arrangement(2, hall(80)))
        await until(lambda: states(office) == {"failed": 2, "sent": 2})
    failed = [notice for notice in office.notices() if notice.state == "failed"]
    assert all(one.attempts == 1 and "550" in one.error for one in failed)
    assert {str(one["Subject"]).split(":")[0] for one in mail.letters} == {"Arrangement"}


async def test_a_crash_between_send_and_mark(office, mail, tmp_path) -> None:
    due(office, arrangement(1, hall(50)))
    channels = channels_of(settings_for(mail, tmp_path), SystemClock())
    for one in office.claim().letters:
        await channels[one.channel].send(one.letter)
    office.arrange(arrangement(2, hall(80)))
    # What the dead one claimed is given back in three seconds; whoever sends now lives.
    async with courier(office, mail, tmp_path, pace=SURE):
        await until(lambda: states(office) == {"sent": 4})
    assert all(notice.kind == "changed" for notice in office.notices()[2:])
    for recipient in ("desk@example.org", "hotel@example.org"):
        first, again, newer = (one for one in mail.letters if one["To"] == recipient)
        assert first.as_bytes() == again.as_bytes()
        assert newer["Message-ID"] != first["Message-ID"]
        body = newer.get_body(("plain",))
        assert body is not None and "hall for 50 → hall for 80" in body.get_content()


async def test_replicas_send_each_letter_once(office, mail, tmp_path) -> None:
    events = [arrangement(1, hall(50), meal(48), visit=f"visit-{n}") for n in range(15)]
    due(office, *events)
    async with courier(office, mail, tmp_path, replicas=3, pace=SURE):
        await until(lambda: states(office) == {"sent": 75})
    sent = Counter(one["Message-ID"] for one in mail.letters)
    assert len(sent) == 45
    assert set(sent.values()) == {1}
    assert {notice.attempts for notice in office.notices()} == {1}


async def test_without_a_mail_server_letters_are_files(office, tmp_path) -> None:
    due(office, arrangement(1, hall(50)))
    async with courier(office, None, tmp_path, pace=SURE):
        await until(lambda: states(office) == {"sent": 2})
    letters = sorted((tmp_path / "letters").glob("*.eml"))
    subjects = {str(message_from_bytes(one.read_bytes(), policy=policy.default)["Subject"])
                for one in letters}  # fmt: skip
    assert len(letters) == 2 and subjects == {"Arrangement: Eastern delegation"}


@pytest.mark.parametrize(
    ("error", "clean"),
    [
        ("550 <kitchen@example.org> unknown", "550 <…> unknown"),
        ("POST https://hook.example.org/key failed", "POST … failed"),
        ("550 other@example.org\r\nno", "550 … no"),
    ],
)
def test_no_address_in_an_error(error: str, clean: str) -> None:
    assert scrub(error, "kitchen@example.org") == clean


def end_the_grace(store_url: str) -> None:
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(NOTICES.update().values(due_at=SystemClock().now()))
    engine.dispose()


class Told:
    """The service as a process, a bus, and somebody who publishes for visits and asks."""

    def __init__(self, system: System, planner: Planner) -> None:
        self.system, self.planner = system, planner

    async def publish(self, event: ArrangementChanged) -> None:
        await self.planner.raw(event.subject(), event.model_dump_json().encode())

    async def notices(self) -> list[dict[str, Any]]:
        page = await self.planner.ask(ListNotices(cause="read", actor="test"))
        return list(page["notices"])

    async def sent(self, number: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(SOON_S):
            while True:
                found = await self.notices()
                if [one["state"] for one in found] == ["sent"] * number:
                    return found
                await asyncio.sleep(0.05)


async def test_the_service_on_a_bus(store_url: str, bus: NatsServer, tmp_path: Path) -> None:
    grace = {"REDCROWN_NOTICE_GRACE_S": "3600"}  # Over when this test says so.
    system = System(tmp_path, bus.url, lambda _name: store_url, **grace)
    try:
        [replica] = system.start("notifications")
        system.await_ready()
        told = Told(system, await Planner.connect(bus.url))
        await told.publish(arrangement(1, hall(50, "nenjiang-hotel")))
        async with asyncio.timeout(SOON_S):
            while not await told.notices():
                await asyncio.sleep(0.02)
        replica.kill()  # within the grace: nothing has left
        assert not (tmp_path / "letters").exists()
        end_the_grace(store_url)
        system.start("notifications")
        system.await_ready(system.replicas[-1:])
        notices = await told.sent(3)
        await told.planner.close()
        assert {one["recipient"] for one in notices} == {
            "reception-desk", "host-liaison", "nenjiang-hotel",
        }  # fmt: skip
        assert len(list((tmp_path / "letters").glob("*.eml"))) == 3
        assert "@example.org" not in str(notices) + system.logs(["notifications"])
    finally:
        system.stop()


async def test_an_order_takes_its_workbook_along_and_not_on_the_loop(
    office, mail, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def made(order: RoomsOrder) -> bytes:
        threads.append(threading.current_thread())
        return workbook_of(order)

    monkeypatch.setattr(workbooks, "workbook_of", made)
    orders = [letter(1), letter(2, order="rc2", edition=3)]
    office._handle(Hotels().write, orders)
    async with courier(office, mail, tmp_path, pace=SURE):
        await until(lambda: states(office) == {"sent": 2})
    files = [file for one in mail.letters for file in one.iter_attachments()]
    assert {file.get_filename(): file.get_content() for file in files} == {
        name: workbook_of(order)
        for name, one in zip(("rc1-v1.xlsx", "rc2-v3.xlsx"), orders, strict=True)
        if (order := rooms_of(order_of(one)))
    }
    assert len(threads) == 2 and threading.main_thread() not in threads


async def test_a_store_that_is_away_when_a_letter_is_to_be_marked(
    office, mail, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letter has left; nobody has died; so it must not leave again when its lease ends."""
    failures = iter(range(6))
    mark = claims.mark_sent

    def away(work: Any, claimed: Any) -> bool:
        if next(failures, None) is not None:
            raise OperationalError("UPDATE", {}, Exception("the server closed the connection"))
        return mark(work, claimed)

    monkeypatch.setattr(claims, "mark_sent", away)
    due(office, arrangement(1, hall(50)))
    async with courier(office, mail, tmp_path):
        await until(lambda: states(office) == {"sent": 2})
    assert len(mail.letters) == 2
