"""Visits in hotels where a person answers: real services, a real bus, letters as files, and
the page behind the link over HTTP. Both databases."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import openpyxl
import pytest
import pytest_asyncio
import yaml
from sqlalchemy import create_engine, text

from deploy.master_key import hotel_link_key
from shared.contracts.hotel_desk import MAX_SHEET
from shared.contracts.hotel_pickup import ReadHotelCuts
from shared.contracts.spec import VisitSpec
from tests.live.test_linked_hotels import need, stay, until
from tests.support.nats import NatsServer
from tests.support.ports import free_port
from tests.support.system import READY_WITHIN_S, Planner, Replica, System

SERVICES = ("visits", "bookings", "venues", "notifications")
GRAND, SMALL = "hecheng-hotel", "hubin-hotel"
NAMES_BY = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=3)
"""What letters to the first of them name: near, so that rooms with a guest are counted."""
CUT_OFF_DAYS = (date(2027, 9, 14) - NAMES_BY).days
WORDS = re.compile(r"https?://\S+/hotel/\S+")


@pytest.fixture
def system(stores: Callable[[str], str], tmp_path: Path, bus: NatsServer) -> System:
    links: list[dict[str, Any]] = [
        {"hotel": name, "system": "by_hand", "zone": "Asia/Shanghai"} for name in (GRAND, SMALL)
    ]
    links[0] = {**links[0], "cut_off_days": CUT_OFF_DAYS}
    path = tmp_path / "links.yaml"
    path.write_text(yaml.safe_dump({"hotels": links}), "utf-8")
    port = free_port()
    env = {
        "REDCROWN_HOTELS": str(path),
        "REDCROWN_HOTEL_SWEEP_S": "1",
        "REDCROWN_HOTEL_LINK_KEYS_FILE": str(hotel_link_key(tmp_path)),
        "REDCROWN_CONSOLE_URL": f"http://127.0.0.1:{port}",
        "REDCROWN_NOTICE_GRACE_S": "0",
        "REDCROWN_CONSENT_WITHIN_S": "600",
    }
    return System(tmp_path, bus.url, stores, **env)


@pytest.fixture
def console(system: System, planner: Planner, tmp_path: Path) -> Iterator[Replica]:
    """The door, with a store of its own, at the address that letters name."""
    port = int(system.extra["REDCROWN_CONSOLE_URL"].rpartition(":")[2])
    env = {
        **system._environment("visits"),
        "REDCROWN_STORE_URL": f"sqlite:///{tmp_path / 'console'}.db",
    }  # fmt: skip
    replica = Replica("console", env, tmp_path / "console.log", port).start()
    system.replicas.append(replica)
    system.await_ready([replica])
    yield replica


@pytest_asyncio.fixture
async def hotel(console: Replica) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at a hotel with a browser, and without an account."""
    headers = {"Accept-Language": "en", "Accept": "text/html"}
    async with httpx.AsyncClient(headers=headers, timeout=READY_WITHIN_S) as client:
        yield client


async def letters(folder: Path, recipient: str, count: int) -> list[tuple[str, str]]:
    """Subject and text of the letters of orders to a contact, once there are so many."""
    read = await messages(folder, recipient, count)
    bodies = [one.get_body(("plain",)) for one in read]
    return [
        (str(one["subject"]), body.get_content() if body else "")
        for one, body in zip(read, bodies, strict=True)
    ]


async def messages(folder: Path, recipient: str, count: int) -> list[EmailMessage]:
    """The letters of orders to a contact as a mail program reads them, once there are so many."""
    found: list[Path] = []
    for _ in range(600):
        found = sorted((folder / "letters").glob(f"*-{recipient}-order-*.eml"))
        if len(found) >= count:
            break
        await asyncio.sleep(0.1)
    assert len(found) == count, found
    return [message_from_bytes(one.read_bytes(), policy=policy.default) for one in found]


async def attached(folder: Path, count: int) -> dict[str, bytes]:
    """The workbooks in the letters to the first hotel, by name; no letter has any other file."""
    found = [list(one.iter_attachments()) for one in await messages(folder, GRAND, count)]
    assert all(len(some) == 1 for some in found)
    return {str(one.get_filename()): one.get_content() for (one,) in found}


def filled(content: bytes, word: str) -> dict[str, tuple[str, bytes]]:
    """A workbook with that answer in each line, as a form sends it."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row in book.active.iter_rows():  # type: ignore[union-attr]
        if "/twin" in str(row[0].value):
            row[8].value = word  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return {"sheet": ("back.xlsx", out.getvalue())}


async def not_known(planner: Planner, hotel: str) -> list[dict[str, Any]]:
    """The cut-offs of a hotel that are to come, once one was looked at, and nobody could say who is
    named. While its rooms were not definite yet it was known that nobody is."""
    for _ in range(600):
        told = await planner.ask(ReadHotelCuts(cause="read", actor="ann", hotel=hotel))
        cuts: list[dict[str, Any]] = told["cuts"]
        if any(one["looked_at"] and one["picked"] is None for one in cuts):
            return cuts
        await asyncio.sleep(0.1)
    raise TimeoutError(hotel)


def link_in(letter: str) -> str:
    (found,) = WORDS.findall(letter)
    return str(found)


async def test_yes_no_and_taken_back(
    planner: Planner, hotel: httpx.AsyncClient, tmp_path: Path
) -> None:
    await planner.submit(stay("one", GRAND))
    await until(planner, "one", "waiting")
    ((subject, letter),) = await letters(tmp_path, GRAND, 1)
    assert "one" in subject and "请答复订房" in subject
    assert f"我方于 {NAMES_BY} 前（含当日）在链接页面上提供住客姓名" in letter
    link = link_in(letter)
    page = await hotel.get(link)
    assert page.status_code == 200 and "waits for your answer" in page.text
    assert page.headers["x-robots-tag"].startswith("noindex")
    assert page.headers["cache-control"] == "no-store"
    done = await hotel.post(link, data={"edition": "1", "answer": "accepted"})
    assert done.status_code == 303
    await until(planner, "one", "ready")
    said = await letters(tmp_path, GRAND, 2)
    assert any("已确定" in subject for subject, _ in said)
    assert "definite" in (await hotel.get(link)).text
    (coming,) = await not_known(planner, GRAND)
    assert (coming["cut_off"], coming["contracted"]) == (f"{NAMES_BY}", 4)
    assert coming["at_risk"] is None, "no guests service is there to tell"

    await planner.submit(stay("two", SMALL, "hecheng-hotel-hall"))
    await until(planner, "two", "waiting")
    ((_, letter),) = await letters(tmp_path, SMALL, 1)
    other = link_in(letter)
    fields = {"edition": "1", "answer": "refused", "reason": "full", "left.2027-09-14.twin": "2"}
    assert (await hotel.post(other, data=fields)).status_code == 303
    view = await until(planner, "two", "blocked")
    no = need(view, "room")["refusal"]
    assert no["code"] == "hotel_full" and "2 left" in no["sentence"]["en"]
    assert no["alternatives"], "what would fit is said"

    # The first takes back what it had agreed to; the rest of the visit is kept.
    done = await hotel.post(link, data={"edition": "1", "answer": "withdrawn"})
    assert done.status_code == 303
    old = await hotel.get(f"{link}/rooms.xlsx")
    assert old.status_code == 303 and old.headers["location"] == f"/hotel/{link.rpartition('/')[2]}"
    view = await until(planner, "one", "blocked")
    assert need(view, "room")["refusal"]["code"] == "hotel_withdrew"
    assert need(view, "hall")["state"] == "confirmed"


async def test_a_changed_order_and_strangers(
    planner: Planner, hotel: httpx.AsyncClient, tmp_path: Path, console: Replica
) -> None:
    await planner.submit(stay("one", GRAND))
    ((_, letter),) = await letters(tmp_path, GRAND, 1)
    link = link_in(letter)
    grown: VisitSpec = stay("one", GRAND, pairs=6)
    await planner.submit(grown, revision=1)
    said = await letters(tmp_path, GRAND, 2)
    assert "第 2 版" in said[-1][1] or "第 2 版" in said[0][1]
    late = await hotel.post(link, data={"edition": "1", "answer": "accepted"})
    assert late.status_code == 409 and "changed before you answered" in late.text
    assert (await planner.visit("one") or {})["phase"] == "waiting"
    by_other = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    forged = await hotel.post(link, data={"edition": "2", "answer": "accepted"}, headers=by_other)
    assert forged.status_code == 403
    for bad in (f"{link}x", link[:-1], f"{link.rpartition('/')[0]}/a.b"):
        answer = await hotel.get(bad)
        assert answer.status_code == 404 and "opens nothing" in answer.text
        assert (await hotel.post(bad, data={"answer": "accepted"})).status_code == 404
    done = await hotel.post(link, data={"edition": "2", "answer": "accepted"})
    assert done.status_code == 303
    await until(planner, "one", "ready")

    # A link is a secret: it stands in letters, and in no log and no audit.
    token = link.rpartition("/")[2]
    for log in tmp_path.glob("*.log"):
        assert token not in log.read_text("utf-8"), log
    engine = create_engine(f"sqlite:///{tmp_path / 'console'}.db")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT resource FROM console_audit")).scalars().all()
    engine.dispose()
    assert [one for one in rows if one.startswith("/hotel/rc")] and token not in str(rows)


async def test_a_sheet_that_comes_back(
    planner: Planner, hotel: httpx.AsyncClient, tmp_path: Path
) -> None:
    """From the page and from the letter: it is one file, of one version."""
    await planner.submit(stay("one", GRAND))
    ((_, letter),) = await letters(tmp_path, GRAND, 1)
    link = link_in(letter)
    sent = await hotel.get(f"{link}/rooms.xlsx")
    assert sent.status_code == 200 and sent.headers["content-type"].endswith("sheet")
    ((name, first),) = (await attached(tmp_path, 1)).items()
    assert first == sent.content and name in sent.headers["content-disposition"]

    unclear = await hotel.post(f"{link}/sheet", files=filled(first, "perhaps"))
    assert unclear.status_code == 422 and "Nothing counts yet" in unclear.text
    read = await hotel.post(f"{link}/sheet", files=filled(first, "接受"))
    assert read.status_code == 200 and "Every line is accepted" in read.text
    assert "waits for your answer" in (await hotel.get(link)).text, "reading changes nothing"
    big = {"sheet": ("big.xlsx", b"x" * (MAX_SHEET + 1))}
    assert (await hotel.post(f"{link}/sheet", files=big)).status_code == 413
    assert (await hotel.get(f"{link}x/rooms.xlsx")).status_code == 404
    assert (await hotel.post(f"{link}x/sheet", files=filled(first, "接受"))).status_code == 404

    # The order grows: what came with the first letter counts no more, the next one has its own.
    await planner.submit(stay("one", GRAND, pairs=6), revision=1)
    second = (await attached(tmp_path, 2))[name.replace("-v1", "-v2")]
    late = await hotel.post(f"{link}/sheet", files=filled(first, "接受"))
    assert late.status_code == 422 and "this is version 1; the last one sent is 2" in late.text
    read = await hotel.post(f"{link}/sheet", files=filled(second, "接受"))
    assert read.status_code == 200 and "Every line is accepted" in read.text
    done = await hotel.post(link, data={"edition": "2", "answer": "accepted"})
    assert done.status_code == 303
    late = await hotel.post(f"{link}/sheet", files=filled(second, "接受"))
    assert late.status_code == 422 and "waits for no answer any more" in late.text
    assert "Nothing counts yet" not in late.text, "it is over, and not unclear"
    await until(planner, "one", "ready")
    assert need(await planner.visit("one") or {}, "room")["state"] == "confirmed"

    found = await messages(tmp_path, GRAND, 3)
    (firm,) = [one for one in found if "已确定" in str(one["subject"])]
    (definite,) = [one.get_content() for one in firm.iter_attachments()]
    assert definite == (await hotel.get(f"{link}/rooms.xlsx")).content != second
    page = (await hotel.get(link)).text
    assert "/rooms.xlsx" in page and 'type="file"' not in page, "there, too, it asks for nothing"
    for one in found:
        body = one.get_body(("plain",))
        assert body is not None and "见附件" in body.get_content()


async def test_killed_while_the_hotel_thinks(
    planner: Planner, hotel: httpx.AsyncClient, tmp_path: Path, system: System
) -> None:
    await planner.submit(stay("one", GRAND))
    ((_, letter),) = await letters(tmp_path, GRAND, 1)
    (bookings,) = [one for one in system.replicas if one.service == "bookings"]
    bookings.kill()
    fields = {"edition": "1", "answer": "accepted"}
    away = await hotel.post(link_in(letter), data=fields)
    assert away.status_code == 503
    bookings.start()
    system.await_ready()
    done = await hotel.post(link_in(letter), data=fields)
    assert done.status_code == 303
    await until(planner, "one", "ready")
    assert len(await letters(tmp_path, GRAND, 2)) == 2, "asked once, and told that it is definite"
