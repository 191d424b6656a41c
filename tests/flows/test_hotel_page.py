"""The door to a hotel's page: what it lets through to bookings, how often, what it never says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from nats.aio.msg import Msg

from services.console import bounds
from shared.chassis.limits import STRANGER_PACE, Pace
from shared.contracts.hotel_desk import HotelPage, HotelPageAnswered, RoomLine
from shared.contracts.values import Text
from tests.support.console import CONSOLES, FakeOwner, running_console, running_owner
from tests.support.nats import NatsServer

GOOD = "good.token"
PAGE = HotelPage(
    found=True, order="rc1", hotel=Text(zh="园", en="<b>Garden</b>"), visit="v", edition=1,
    state="asked",  # type: ignore[arg-type]
    names_by="2027-09-04",  # type: ignore[arg-type]
    rooms=(RoomLine(night="2027-09-14", kind="twin", name=Text(zh="双", en="Twin"), rooms=4),),  # type: ignore[arg-type]
)  # fmt: skip


class Bookings(FakeOwner):
    """Knows one link."""

    async def _query(self, arrived: Msg) -> None:
        body: dict[str, Any] = orjson.loads(arrived.data)
        if "token" in body:  # The console's watch asks by itself, too.
            self.queries.append((arrived.subject, body))
        found = PAGE if body.get("token") == GOOD else HotelPage(found=False)
        if ".answer_hotel_page." in arrived.subject:
            outcome = "taken" if found.found else "missing"
            told = HotelPageAnswered(outcome=outcome, page=found).model_dump_json()
        else:
            told = found.model_dump_json()
        await arrived.respond(told.encode())


async def test_the_door_to_a_hotels_page(
    bus: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "HOTEL_PACE", Pace(20, 600.0))
    async with running_owner(bus.url) as plain:
        owner = Bookings(plain.client)
        for sub in list(plain.client._subs.values()):
            await sub.unsubscribe()
        await owner.start()
        async with running_console(bus.url, tmp_path) as address:
            headers = {"Accept": "text/html", "Accept-Language": "en"}
            async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as api:
                await _looks(api, owner)
                await _answers(api, owner)
                await _paces(api, owner, address)


async def _looks(api: httpx.AsyncClient, owner: Bookings) -> None:
    page = await api.get(f"/hotel/{GOOD}")
    assert page.status_code == 200
    assert "&lt;b&gt;Garden" in page.text and "<script" not in page.text
    assert "Guests are named by" in page.text and "2027-09-04" in page.text
    chinese = await api.get(f"/hotel/{GOOD}", headers={"Accept-Language": "zh"})
    assert "住客姓名提供至" in chinese.text
    owner.queries.pop()
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert page.headers["x-robots-tag"].startswith("noindex")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    bad = await api.get("/hotel/bad.token")
    odd = await api.get("/hotel/" + "x" * 900)
    assert bad.status_code == odd.status_code == 404
    assert bad.text == odd.text.replace("x" * 900, "bad.token"), "no cause is told"
    assert [body["token"] for _, body in owner.queries] == [GOOD, "bad.token"]


async def _answers(api: httpx.AsyncClient, owner: Bookings) -> None:
    owner.queries.clear()
    done = await api.post(f"/hotel/{GOOD}", data={"edition": "1", "answer": "accepted"})
    assert done.status_code == 303 and done.headers["location"].startswith(f"/hotel/{GOOD}?")
    ((subject, body),) = owner.queries
    assert subject == "qry.bookings.answer_hotel_page.v1"
    assert (body["edition"], body["answer"], body["left"]) == (1, "accepted", [])
    refused = {"edition": "1", "answer": "refused"}
    for fields in (
        {"x": ""},
        {"answer": "accepted"},
        {"edition": "x", "answer": "accepted"},
        {"edition": "1", "answer": "definite"},
        {**refused, "reason": "they are rude"},
        {**refused, "left.2027-13-99.twin": "1"},
        {**refused, "left.2027-09-14.twin": "-1"},
    ):
        answer = await api.post(f"/hotel/{GOOD}", data=fields)
        assert answer.status_code == 422, fields
    asked = [subject for subject, _ in owner.queries if "answer" in subject]
    assert len(asked) == 1, "what cannot be read is no answer"
    other = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    fields = {"edition": "1", "answer": "accepted"}
    assert (await api.post(f"/hotel/{GOOD}", data=fields, headers=other)).status_code == 403


async def _paces(api: httpx.AsyncClient, owner: Bookings, address: str) -> None:
    codes = [(await api.get(f"/hotel/{GOOD}")).status_code for _ in range(25)]
    assert codes[-1] == 429 and codes[0] == 200
    # An address that tried too many bad links is told to wait, and bookings is not asked.
    gate = CONSOLES[address].gate
    for _ in range(STRANGER_PACE.most):
        gate.strangers.take("127.0.0.1")
    owner.queries.clear()
    late = await api.get("/hotel/an.other")
    assert late.status_code == 429 and late.headers["retry-after"]
    assert owner.queries == []
