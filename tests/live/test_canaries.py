"""Names, phones and document numbers go through a whole running system and are found nowhere.

And the same search finds a word that was planted where it may be seen, in each kind of place.
"""

from __future__ import annotations

import asyncio
import base64
import html
import io
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from deploy.client import Client
from deploy.master_key import hotel_link_key
from services.guests.vault import new_master_key
from tests.conformance.receivers import MailServer
from tests.hotels.running import HotelProcess
from tests.support import canaries, canary_hotel
from tests.support.canaries import Hay, Wire, search
from tests.support.console import bearer
from tests.support.nats import NatsServer
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.system import ROOT, System

SERVICES = ("bookings", "venues", "catering", "escorts", "notifications", "visits", "guests",
            "console")  # fmt: skip
VISIT = "inspection-2027-08"
ROSTER = f"/v1/visits/{VISIT}/roster"
SEEN = "Seenbeforehand"
"""Planted in the title of the visit: the search must find this one."""
PERSON = {
    "family_name": "Quetzalqanary",
    "given_name": "金丝雀专名",
    "document_kind": "passport",
    "document_number": "XQ77310942",
    "phone": "+86 452 7731 0943",
    "unit": "Quillfeatheroffice",
    "post": "Quillfeatherpost",
    "rank": "quillrank",
    "room_group": "quillroom",
    "room_need": "stay/rooms",
    "table": "quilltable",
    "diets": ["halal"],
    "diet_reason": "Quillfaith",
    "consented_on": "2027-08-01",
}
PAGES = ("/", "/v1/visits", f"/v1/visits/{VISIT}", f"/v1/visits/{VISIT}/timeline", "/v1/notices",
         f"/v1/visits/{VISIT}/arrivals", f"{ROSTER}/totals", "/v1/guests/audit",
         "/v1/guests/audit/verification")  # fmt: skip
PURPOSES = ("desk", "planner", "rooming", "rooms", "kitchen", "transport", "seating", "badge",
            "settlement")  # fmt: skip
OPEN = ("document_kind", "diets", "consented_on", "room_need")
HOTEL = "hecheng-villa"
"""Answers by hand; its page has the guests once the rooms are definite."""
AS_TYPED = str(PERSON["phone"])
CANARIES = [str(value) for name, value in PERSON.items() if name not in (*OPEN, "phone")]
CANARIES.append(AS_TYPED.replace(" ", ""))


@dataclass(frozen=True)
class Stores:
    """A store for each service, and the files in which the database has them."""

    urls: Mapping[str, str]
    folder: Path
    patterns: tuple[str, ...]


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Stores:
    data = tmp_path / "data"
    if request.param == "sqlite":
        urls = {service: f"sqlite:///{data / service}.db" for service in SERVICES}
        return Stores(urls, data, ("*.db", "*.db-wal", "*.db-shm"))
    server: PostgresServer = request.getfixturevalue("postgres")
    made = {service: server.create_database() for service in SERVICES}
    # The log of the database has every row that was ever written.
    return Stores(made, server.data, ("pg_wal/*",))


@pytest.fixture
def linked(tmp_path: Path) -> Iterator[HotelProcess]:
    """A hotel with a system of its own: it is told the names, and nobody else."""
    (tmp_path / "linked").mkdir()
    process = HotelProcess("haip", tmp_path / "linked")
    try:
        yield process.start()
    finally:
        process.stop()


@pytest.fixture
def system(
    stores: Stores, tmp_path: Path, bus: NatsServer, mail: MailServer, linked: HotelProcess
) -> Iterator[System]:
    links, port = tmp_path / "links.yaml", free_port()
    by_hand = {"hotel": HOTEL, "system": "by_hand", "zone": "Asia/Shanghai"}
    links.write_text(json.dumps({"hotels": [by_hand, canary_hotel.link_to(linked)]}))
    running = System(
        tmp_path / "data", bus.url, lambda service: stores.urls[service],
        REDCROWN_LOG_LEVEL="DEBUG", REDCROWN_SMTP_URL=mail.url,
        REDCROWN_TRACES=f"file:{tmp_path / 'data' / 'traces.jsonl'}",
        REDCROWN_GUESTS_KEY=new_master_key(), REDCROWN_ACCESS_DIR=str(tmp_path / "access"),
        REDCROWN_HOTELS=str(links), REDCROWN_CONSOLE_URL=f"http://127.0.0.1:{port}",
        REDCROWN_HOTEL_LINK_KEYS_FILE=str(hotel_link_key(tmp_path)), REDCROWN_NOTICE_GRACE_S="0",
    )  # fmt: skip
    try:
        running.start(*SERVICES)
        running.await_ready()
        yield running
    finally:
        running.stop()


async def test_canaries_are_found_nowhere(
    system: System, stores: Stores, bus: NatsServer, mail: MailServer, tmp_path: Path,
    linked: HotelProcess,
) -> None:  # fmt: skip
    wire = await Wire.tapped(bus.url)
    [console] = [f"http://127.0.0.1:{one.port}" for one in system.replicas
                 if one.service == "console"]  # fmt: skip
    token = (tmp_path / "access" / "token").read_text().strip()
    answers = await asyncio.to_thread(receive, console, token, mail)
    await asyncio.to_thread(canary_hotel.is_told, console, token, linked, PERSON)
    hay = [*wire.heard, *await canaries.streams(bus.url)]
    hay += canaries.shown(system, console, PAGES, bearer(token))
    hay += canaries.letters(mail.letters)
    await wire.close()
    system.stop()
    bus.stop()
    for service in SERVICES:
        hay += canaries.tables(service, stores.urls[service])
    data = tmp_path / "data"
    hay += canaries.files("log", data, "*.log")
    hay += canaries.files("log", bus.folder, "log")
    # It shows rows that it refused.
    of_database = [*canaries.files("database log", stores.folder.parent, "log")]
    assert bool(of_database) == stores.urls["visits"].startswith("postgresql")
    hay += of_database
    hay += canaries.files("trace", data, "traces.jsonl")
    hay += canaries.files("store file", stores.folder, *stores.patterns)
    hay += canaries.files("bus file", bus.folder, "jetstream/**/*")

    every_kind_of_place_was_read(hay)
    assert {word for word, _, _ in search(CANARIES, answers)} == set(CANARIES), (
        "who was entitled saw all of it, so it was there to be found"
    )
    assert search([*CANARIES, AS_TYPED], hay) == set()


def receive(console: str, token: str, mail: MailServer) -> list[Hay]:
    """A visit from roster to letters, with mistakes on the way; what the looks answered."""
    client = Client(console, token)
    spec = (ROOT / "deploy" / "seed" / "visits" / "inspection.yaml").read_text()
    spec = spec.replace("Provincial agriculture", f"Provincial {SEEN}")
    with httpx.Client(base_url=console, timeout=60, headers=bearer(token)) as http:
        named = spec.replace("count: 2,", f"count: 2, guests: [{PERSON['family_name']}],")
        headers = {"Content-Type": "application/yaml", "Idempotency-Key": "named"}
        assert http.post("/v1/visits", content=named.encode(), headers=headers).status_code == 422
        guest = put_rosters(http)
        linked = spec.replace("count: 2,", f"count: 2, guests: [{guest}],")
        assert client.submit(linked)["visit"] == VISIT
        link = hotel_agrees(http, console, mail)
        client.wait_for(VISIT, lambda view: view["phase"] == "ready")
        answers = [*looks(http), *hotel_looks(http, link)]
        client.propose(VISIT, 1, linked.replace("companions: 4", "companions: 3"))
        client.drop(VISIT, 1)
        assert http.delete(f"{ROSTER}/guests/{guest}").status_code == 204
    deadline = time.monotonic() + 120
    while not mail.letters:
        assert time.monotonic() < deadline, "no letter came"
        time.sleep(0.1)
    client.close()
    return answers


def hotel_agrees(http: httpx.Client, console: str, mail: MailServer) -> str:
    """The hotel says yes behind the link in its letter; where the link leads."""
    deadline = time.monotonic() + 120
    while True:
        texts = [str(hay.content, "utf-8") for hay in canaries.letters(mail.letters)]
        found = [match for text in texts for match in re.findall(r"/hotel/[\w.-]+", text)]
        if found:
            break
        assert time.monotonic() < deadline, "the hotel got no letter"
        time.sleep(0.1)
    link = f"{console}{found[0]}"
    said = http.post(link, data={"edition": "1", "answer": "accepted"})
    assert said.status_code == 303, said.text
    return link


def hotel_looks(http: httpx.Client, link: str) -> list[Hay]:
    """The page with its guests, once the rooms are definite, and the workbook of them."""
    deadline = time.monotonic() + 120
    while str(PERSON["family_name"]) not in (page := http.get(link)).text:
        assert page.status_code == 200 and time.monotonic() < deadline, page.text
        time.sleep(0.5)  # the link may be followed only so often
    book = http.get(f"{link}/guests.xlsx")
    assert book.status_code == 200
    read: Any = openpyxl.load_workbook(io.BytesIO(book.content)).active
    cells = "\n".join(str(cell.value) for row in read.iter_rows() for cell in row).encode()
    told = hotel_says(http, link, read)
    numbered = http.get(f"/v1/visits/{VISIT}/rooming-list", params={"format": "csv"})
    assert ",812," in numbered.text
    found = [Hay("answer", "hotel page", page.content), Hay("answer", "hotel book", cells),
             Hay("answer", "what the book says", told),
             Hay("answer", "rooming list", numbered.content)]  # fmt: skip
    for hay in found:
        seen = {word for word, _, _ in search(CANARIES, [hay])}
        assert seen == {PERSON["family_name"], PERSON["given_name"]}, "and no more than that"
    return found


def hotel_says(http: httpx.Client, link: str, sheet: Any) -> bytes:
    """The workbook comes back with a room number, and with a name where none belongs; what the
    page then showed."""
    (row,) = [one for one in sheet.iter_rows() if one[1].value and "Quetz" in str(one[1].value)]
    row[6].value = "812"
    sheet.cell(row[0].row, 12).value = f"{PERSON['family_name']} {PERSON['given_name']}"
    out = io.BytesIO()
    sheet.parent.save(out)
    look = http.post(f"{link}/guests-sheet", files={"sheet": out.getvalue()})
    assert look.status_code == 200, look.text
    lines = html.unescape(re.findall(r'name="lines" value="([^"]*)"', look.text)[0])
    done = http.post(f"{link}/guests", data={"lines": lines})
    assert done.status_code == 303, done.text
    return look.content


def put_rosters(http: httpx.Client) -> str:
    """Bad rosters and a good one; the guest's id."""
    name, phone = PERSON["family_name"], PERSON["phone"]
    for bad in (
        {**PERSON, "phone": name}, {**PERSON, "sex": name}, {**PERSON, name: phone},
        {**PERSON, "document_number": phone, "document_kind": name}, {"guest": name},
        {**PERSON, "diets": [name]}, {**PERSON, "consented_on": phone}, {"given_name": [name]},
    ):  # fmt: skip
        assert http.put(ROSTER, json={"guests": [bad]}).status_code == 422
    broken = f'{{"guests": [{{"family_name": "{name}", "phone": "{phone}"'.encode()
    for media in ("application/json", "application/yaml", "text/csv", "application/xml"):
        answer = http.put(ROSTER, content=broken, headers={"Content-Type": media})
        assert 400 <= answer.status_code < 500, answer.text
    put = http.put(ROSTER, json={"guests": [PERSON, {"family_name": "B", "given_name": "C"}]})
    assert put.status_code == 200, put.text
    stale = http.put(ROSTER, json={"guests": [PERSON]}, headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    return str(put.json()["rows"][0]["guest"])


def looks(http: httpx.Client) -> list[Hay]:
    """All purposes, and some that are refused."""
    found: list[Hay] = []
    for purpose in PURPOSES:
        answer = http.get(ROSTER, params={"purpose": purpose})
        assert answer.status_code == 200, answer.text
        found.append(Hay("answer", purpose, answer.content))
    name = str(PERSON["family_name"])
    refused: list[dict[str, Any]] = [
        {"purpose": "kitchen", "fields": name}, {"purpose": name.lower()}, {"purpose": name},
        {"purpose": "desk", "guest": name}, {"purpose": "guest"},
    ]  # fmt: skip
    assert {http.get(ROSTER, params=one).status_code for one in refused} == {403, 422}
    return found


def every_kind_of_place_was_read(hay: list[Hay]) -> None:
    """What was planted in the title is found where titles go; other places show known words."""
    where = {(kind, place) for _word, kind, place in search([SEEN], hay)}
    kinds = {kind for kind, _place in where}
    assert {"wire", "stream", "foreign store", "page", "letter", "bus file", "store file"} <= kinds
    assert ("foreign store", "visits: visits_outbox") in where
    assert ("foreign store", "notifications: notifications_notices") in where
    for kind, known in (
        ("metrics", "redcrown_messages_total"), ("trace", "evt.visits.arrangement_changed"),
        ("log", "guests-visit_changed-v1"), ("own store", "reason:withdrawn"),
        ("letter", "redcrown:rc"),  # in a workbook that one carries
    ):  # fmt: skip
        assert search([known], [one for one in hay if one.kind == kind]), kind
    assert {one.where for one in hay if one.kind == "metrics"} == set(SERVICES)
    assert {f"{service}.log" for service in SERVICES} <= {one.where for one in hay}


@pytest.mark.parametrize(
    "content",
    [
        b"a Quetzalqanary here",
        b"A QUETZALQANARY HERE",
        json.dumps("金丝雀专名").encode(),
        "金丝雀专名".encode(),
        repr("金丝雀专名".encode()).encode(),
        "Quetzalqanary".encode("utf-16-le"),
        *(base64.b64encode(b"x" * n + b"Quetzalqanary and so on") for n in range(3)),
    ],
)
def test_the_search_finds_a_word_however_it_is_written(content: bytes) -> None:
    hay = [Hay("log", "here", b"before " + content + b" after"), Hay("log", "not here", b"nothing")]
    assert {(kind, where) for _, kind, where in search(CANARIES, hay)} == {("log", "here")}
