"""The door over real HTTP: a hotel's system shakes hands, tells its rooms and fetches orders."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from services.bookings.hotels.alpinebits import door, shelf, xml
from services.bookings.hotels.alpinebits.calls import PING, READ, REPORT, ROOMS, WORDS
from services.bookings.hotels.alpinebits.credentials import Credentials
from services.bookings.hotels.alpinebits.door import MAX_BODY, TooLong, unpack
from services.bookings.hotels.alpinebits.freerooms import Notice
from services.bookings.hotels.alpinebits.house import House, unmapped
from services.bookings.hotels.alpinebits.orders import Status, wire_id
from services.bookings.hotels.alpinebits.outcomes import Kind, Note, Outcome
from tests.hotels.alpinebits.world import (
    FRANGART,
    NOW,
    OTHER,
    PASSWORD,
    Client,
    Memory,
    ids,
    order,
    ping,
    read,
    report,
    sample,
    served,
    told,
    word,
)

ROOMS_RQ = "FreeRooms-OTA_HotelInvCountNotifRQ"


async def test_a_handshake_tells_what_both_can_do() -> None:
    theirs = {
        "versions": [
            {
                "version": "2024-10",
                "actions": [
                    {"action": "action_OTA_HotelInvCountNotif",
                     "supports": ["OTA_HotelInvCountNotif_accept_rooms",
                                  "OTA_HotelInvCountNotif_accept_deltas"]},
                    {"action": "action_OTA_Read"},
                    {"action": "action_OTA_HotelRatePlan_BaseRates"},
                ],
            },
            {"version": "2022-10", "actions": [{"action": "action_OTA_Ping"}]},
        ]
    }  # fmt: skip
    async with served(Memory(FRANGART)) as http:
        client = Client(http)
        client.headers["X-AlpineBits-ClientProtocolVersion"] = "2022-10"
        root = await client.ask(PING, ping(theirs))
    [found] = root.iter(xml.tag("Warning"))
    assert (found.get("Type"), found.get("Status")) == ("11", "ALPINEBITS_HANDSHAKE")
    assert json.loads(found.text) == {
        "versions": [
            {
                "version": "2024-10",
                "actions": [
                    {"action": "action_OTA_HotelInvCountNotif",
                     "supports": ["OTA_HotelInvCountNotif_accept_deltas"]},
                    {"action": "action_OTA_Read"},
                ],
            }
        ]
    }  # fmt: skip
    assert json.loads(root.find(xml.tag("EchoData")).text) == theirs


@pytest.mark.parametrize("said", ["[]", {"versions": {}}, {"versions": [{"version": 7}]}])
async def test_a_handshake_that_is_none_is_an_error(said: Any) -> None:
    async with served(Memory(FRANGART)) as http:
        root = await Client(http).ask(PING, ping(said))
    assert told(root) == [("13", None, None)]


async def test_each_of_the_four_outcomes_is_told() -> None:
    desk = Memory(FRANGART)
    async with served(desk) as http:
        client = Client(http)
        advisory = await client.ask(ROOMS, sample(f"{ROOMS_RQ}-delta"))
        success = await client.ask(ROOMS, sample(ROOMS_RQ), gzip=True)
        desk.houses["frangart"] = replace(FRANGART, types={})
        warning = await client.ask(ROOMS, sample(ROOMS_RQ), as_file=False)
        error = await client.ask(ROOMS, sample(ROOMS_RQ).replace(b'"123"', b'"124"'))
    assert told(advisory) == [("11", None, "ALPINEBITS_SEND_FREEROOMS")]
    assert told(success) == []
    assert told(warning) == [("3", "DOUBLE", None)]
    assert error.find(xml.tag("Errors"))[0].get("Code") == "392"
    assert [one.kind for one in desk.exchanges] == [
        Kind.ADVISORY, Kind.SUCCESS, Kind.WARNING, Kind.ERROR,
    ]  # fmt: skip
    assert {one.client for one in desk.exchanges} == {"Test PMS 1"}


async def test_a_document_that_does_not_belong_to_the_action_is_an_error() -> None:
    async with served(Memory(FRANGART)) as http:
        for action in (PING, ROOMS, REPORT, WORDS):
            root = await Client(http).ask(action, read())
            assert told(root) == [("13", None, None)]
        nothing = await Client(http).ask(READ, b"")
        assert told(nothing) == [("13", None, None)]


async def test_an_answer_that_the_schema_refuses_never_leaves() -> None:
    class Careless(Memory):
        async def take_rooms(self, house: House, notice: Notice) -> Outcome:
            return Outcome(True, (Note(13, "no", code=0),))

    async with served(Careless(FRANGART)) as http:
        root = await Client(http).ask(ROOMS, sample(ROOMS_RQ))
    [error] = root.find(xml.tag("Errors"))
    assert (error.get("Code"), error.text) == ("448", "System error")


async def test_told_rooms_are_in_the_picture() -> None:
    desk = Memory(FRANGART)
    async with served(desk) as http:
        await Client(http).ask(ROOMS, sample(ROOMS_RQ), gzip=True)
    assert desk.pictures["frangart"].free("double", date(2020, 8, 10).toordinal()) == 3


async def test_a_notice_that_does_not_fit_changes_nothing_and_is_answered_by_an_error() -> None:
    desk = Memory(FRANGART)
    async with served(desk) as http:
        root = await Client(http).ask(ROOMS, sample(ROOMS_RQ).replace(b"InvTypeCode", b"InvType"))
    assert root.find(xml.tag("Errors"))[0].get("Type") == "13"
    assert desk.pictures["frangart"].cells == {}


async def test_an_order_is_handed_out_until_it_is_taken_over() -> None:
    desk = Memory(FRANGART)
    desk.order("frangart", order(1), 1)
    desk.order("frangart", order(2, guest=None), 1, NOW + timedelta(minutes=1))
    async with served(desk) as http:
        client = Client(http)
        first, second = [await client.ask(READ, read()) for _ in range(2)]
        assert ids(first) == ids(second) == [("14", "order-1"), ("14", "order-2")]
        answers = [await client.ask(REPORT, report("order-1")) for _ in range(2)]
        assert [told(one) for one in answers] == [[], []]
        assert ids(await client.ask(READ, read())) == [("14", "order-2")]
        assert told(await client.ask(REPORT, report("order-9"))) == [("3", "order-9", None)]
        since = "2027-09-01T10:00:30+02:00"
        assert ids(await client.ask(READ, read(start=since))) == [("14", "order-2")]
        again = (NOW - timedelta(1)).isoformat()
        assert len(ids(await client.ask(READ, read(start=again)))) == 2


async def test_an_order_says_what_the_hotel_needs() -> None:
    desk = Memory(FRANGART)
    desk.order("frangart", order(1, children=(9,)), 1)
    async with served(desk) as http:
        root = await Client(http).ask(READ, read())
    [found] = root.iter(xml.tag("HotelReservation"))
    one = {xml.name_of(part): part for part in found.iter()}
    assert found.get("ResStatus") == "Reserved"
    assert one["RoomType"].get("RoomTypeCode") == "DOUBLE"
    assert dict(one["TimeSpan"].attrib) == {"Start": "2027-09-14", "End": "2027-09-16"}
    assert dict(one["Total"].attrib) == {"AmountAfterTax": "760.00", "CurrencyCode": "CNY"}
    assert (one["GivenName"].text, one["Surname"].text) == ("明", "王1")
    assert one["Telephone"].get("PhoneNumber") == "+8613900000000"
    assert one["BasicPropertyInfo"].get("HotelCode") == "123"
    assert [count.attrib for count in found.iter(xml.tag("GuestCount"))] == [
        {"Count": "2"}, {"Count": "1", "Age": "9"},
    ]  # fmt: skip


async def test_a_change_and_the_end_are_told_under_the_same_id() -> None:
    desk = Memory(FRANGART)
    desk.order("frangart", order(1), 1)
    async with served(desk) as http:
        client = Client(http)
        await client.ask(READ, read())
        desk.order("frangart", order(1, status=Status.MODIFY, changed_at=NOW), 2)
        await client.ask(REPORT, report("order-1"))
        changed = await client.ask(READ, read())
        assert ids(changed) == [("14", "order-1")]
        desk.order("frangart", order(1, status=Status.CANCELLED, changed_at=NOW), 3)
        ended = await client.ask(READ, read())
        assert ids(ended) == [("15", "order-1")]
        assert next(ended.iter(xml.tag("Surname")), None) is None
        await client.ask(REPORT, report(ended=["order-1"]))
        assert ids(await client.ask(READ, read())) == []


async def test_an_order_that_cannot_be_said_holds_up_no_other() -> None:
    desk = Memory(FRANGART)
    desk.order("frangart", order(1, room_type="suite"), 1)
    desk.order("frangart", order(2), 1)
    desk.order("frangart", order(3, adults=0), 1)
    async with served(desk) as http:
        root = await Client(http).ask(READ, read())
    assert ids(root) == [("14", "order-2")]
    assert told(root) == [("3", None, None)]
    assert desk.unsaid == ["order-1", "order-3"]


async def test_a_refusal_of_the_hotels_system_is_kept() -> None:
    desk = Memory(FRANGART)
    desk.order("frangart", order(1), 1)
    async with served(desk) as http:
        client = Client(http)
        await client.ask(READ, read())
        assert told(await client.ask(REPORT, report(refused=["order-1"]))) == []
        assert ids(await client.ask(READ, read())) == []
    refusal = desk.shelves["frangart"]["order-1"].refusal
    assert refusal is not None
    assert (refusal.type, refusal.code, refusal.reason) == (3, 450, "no such room")


async def test_the_hotels_word_is_heard_once_the_order_was_handed_out() -> None:
    desk = Memory(FRANGART)
    desk.order("frangart", order(1), 1)
    async with served(desk) as http:
        client = Client(http)
        early = await client.ask(WORDS, word("Reserved", "order-1"))
        assert early.find(xml.tag("Errors")) is not None
        await client.ask(READ, read())
        await client.ask(REPORT, report("order-1"))
        heard = await client.ask(WORDS, word("Reserved", "order-1", "order-9"), gzip=True)
        assert ids(heard) == [("14", "order-1")]
        assert told(heard) == [("3", "order-9", None)]
        assert desk.shelves["frangart"]["order-1"].booked
        off = await client.ask(WORDS, word("Cancelled", "order-1", at="2027-09-03T08:00:00Z"))
        assert ids(off) == [("15", "order-1")]
        none = await client.ask(WORDS, word("Reserved"))
        assert none.find(xml.tag("Errors")) is not None
    assert [one.id for one in shelf.called_off(desk.shelves["frangart"])] == ["order-1"]


async def test_a_hotel_sees_its_own_orders_only() -> None:
    desk = Memory(FRANGART, OTHER)
    desk.order("zhalong", order(1), 1)
    async with served(desk) as http:
        assert ids(await Client(http).ask(READ, read())) == []
        assert told(await Client(http).ask(REPORT, report("order-1"))) == [("3", "order-1", None)]
        assert ids(await Client(http, "zhalong").ask(READ, read())) == [("14", "order-1")]
        assert ids(await Client(http, "zhalong").ask(READ, read("124"))) == []


async def test_strangers_are_turned_away(caplog: pytest.LogCaptureFixture) -> None:
    desk = Memory(FRANGART)
    async with served(desk) as http:
        for auth in (("frangart", PASSWORD[:-1]), ("nobody", PASSWORD), ("frangart", ""), None):
            made = await http.post("/alpinebits", auth=auth, files={"action": (None, PING)})
            assert made.status_code == 401
            assert made.headers["www-authenticate"].startswith("Basic ")
        for header in ("Basic", "Basic ????", "Bearer x", "Basic " + "A" * 5_000):
            made = await http.post("/alpinebits", headers={"Authorization": header})
            assert made.status_code == 401
    assert desk.exchanges == []
    assert PASSWORD not in caplog.text


async def test_calls_that_reach_no_action_get_one_line() -> None:
    async with served(Memory(FRANGART)) as http:
        client = Client(http)
        for action in (None, "", "getVersion", "OTA_HotelRatePlanNotif:RatePlans"):
            answer = await client.post(action, b"<a/>")
            assert (answer.status_code, answer.text) == (400, "ERROR:unknown or missing action")
        no_form = await http.post("/alpinebits", content=b"<a/>", auth=client.auth)
        assert no_form.status_code == 400
        no_edge = await http.post("/alpinebits", content=b"x", auth=client.auth,
                                  headers={"Content-Type": "multipart/form-data"})  # fmt: skip
        assert no_edge.status_code == 400
        client.headers["X-AlpineBits-ClientProtocolVersion"] = "2020-10"
        old = await client.post(READ, read())
        assert (old.status_code, old.text.split(":")[0]) == (400, "ERROR")
        assert (await http.get("/alpinebits", auth=client.auth)).status_code == 405


async def test_bodies_beyond_the_bounds_are_refused_before_they_are_unpacked() -> None:
    async with served(Memory(FRANGART)) as http:
        client = Client(http)
        bomb = b" " * (40 * MAX_BODY // 4)
        packed = await client.post(READ, bomb, gzip=True)
        assert packed.status_code == 413
        plain = await client.post(READ, b" " * MAX_BODY)
        assert plain.status_code == 413
        headers = {"Content-Encoding": "gzip", "Content-Type": "multipart/form-data; boundary=x"}
        torn = await http.post(
            "/alpinebits", content=b"\x1f\x8b", headers=headers, auth=client.auth
        )
        assert torn.status_code == 400
    with pytest.raises(ValueError, match="unknown way"):
        unpack(b"", "br")
    whole = gzip.compress(b"one")
    assert unpack(whole, "GZIP") == b"one"
    for wrong in (whole[:-1], whole + b"more", b"one"):
        with pytest.raises(ValueError, match="gzip"):
            unpack(wrong, "gzip")
    bomb = gzip.compress(bytes(20 * MAX_BODY))
    tracemalloc.start()
    try:
        with pytest.raises(TooLong):
            unpack(bomb, "gzip")
        assert tracemalloc.get_traced_memory()[1] < 4 * MAX_BODY
    finally:
        tracemalloc.stop()


async def test_long_answers_are_packed_for_those_who_take_it() -> None:
    desk = Memory(FRANGART)
    for number in range(20):
        desk.order("frangart", order(number), 1)
    async with served(desk) as http:
        client = Client(http)
        packed = await client.post(READ, read())
        client.headers["Accept-Encoding"] = "identity"
        plain = await client.post(READ, read())
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert plain.headers["x-alpinebits-server-accept-encoding"] == "gzip"


async def test_a_busy_desk_says_come_again_and_has_done_nothing() -> None:
    desk = Memory(FRANGART)
    desk.order("frangart", order(1), 1)
    desk.busy = True
    async with served(desk) as http:
        answer = await Client(http).post(READ, read())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        desk.busy = False
        assert ids(await Client(http).ask(READ, read())) == [("14", "order-1")]


async def test_a_hotel_that_calls_too_often_at_once_takes_no_place_from_another() -> None:
    gate = asyncio.Event()

    class Slow(Memory):
        async def house(self, hotel: str) -> House:
            if hotel == "frangart":
                await gate.wait()
            return await super().house(hotel)

    desk = Slow(FRANGART, OTHER)
    async with served(desk) as http:
        calls = [asyncio.create_task(Client(http).post(READ, read())) for _ in range(10)]
        done, waiting = await asyncio.wait(calls, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        while len(waiting) > 2:
            more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            done |= more
        assert {one.result().status_code for one in done} == {503}
        assert (await Client(http, "zhalong").post(READ, read())).status_code == 200
        gate.set()
        assert [(await one).status_code for one in waiting] == [200, 200]
        assert (await Client(http).post(READ, read())).status_code == 200


async def test_all_hotels_together_have_a_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(Memory(FRANGART)) as http:
        monkeypatch.setattr(door, "AT_ONCE", 0)
        assert (await Client(http).post(READ, read())).status_code == 503


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_S", 0.05)

    async with served(Memory(FRANGART)) as http:
        made = http.build_request("POST", "/alpinebits", headers={"Content-Length": "9"})
        [made] = httpx.BasicAuth("frangart", PASSWORD).auth_flow(made)
        head = "".join(f"{name}: {value}\r\n" for name, value in made.headers.items())
        reader, writer = await asyncio.open_connection("127.0.0.1", made.url.port)
        writer.write(f"POST /alpinebits HTTP/1.1\r\n{head}\r\n--x".encode())
        assert (await reader.readline()).split()[1] == b"408"
        writer.close()
        await writer.wait_closed()


async def test_no_guest_stands_in_a_log_or_an_exchange(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk = Memory(FRANGART)
    desk.order("frangart", order(1), 1)
    desk.order("frangart", order(2, guest=replace(order(2).guest, country="Nowhere")), 1)
    async with served(desk) as http:
        await Client(http).ask(READ, read())
    shown = caplog.text + repr(desk.exchanges) + repr(desk.unsaid) + repr(desk.orders)
    shown += repr(order(1).guest)
    for secret in ("王", "guest@example", "13900000000", "Nowhere"):
        assert secret not in shown


def test_references_fit_the_wire() -> None:
    assert wire_id("order-1") == "order-1"
    long = "visit-delegation-east/rooms/1/attempt-12"
    assert len(wire_id(long)) == 32
    assert wire_id(long) == wire_id(long) != wire_id(long + "x")


def test_secret_files_give_logins(tmp_path: Any) -> None:
    (tmp_path / "frangart").write_text(f"pms:{PASSWORD}\npms:new-{PASSWORD}\n")
    (tmp_path / ".hidden").write_text("x")
    found = Credentials.read(tmp_path)

    def header(user: str, password: str) -> str:
        return httpx.BasicAuth(user, password)._build_auth_header(user, password)

    assert found.hotel(header("pms", PASSWORD)) == "frangart"
    assert found.hotel(header("pms", f"new-{PASSWORD}")) == "frangart"
    assert found.hotel(header("pms", "other")) is None
    assert found.hotel(header("", "")) is None
    (tmp_path / "zhalong").write_text(f"pms:{PASSWORD}")
    with pytest.raises(ValueError, match="another hotel"):
        Credentials.read(tmp_path)
    with pytest.raises(ValueError, match="20 or more") as raised:
        Credentials([("frangart", "pms:short")])
    assert "short" not in str(raised.value)


def test_what_is_not_mapped_is_listed() -> None:
    assert unmapped(FRANGART, ["double", "single"]) == ()
    assert unmapped(FRANGART, ["double", "suite"]) == (
        "frangart: room type suite has no code",
        "frangart: code EZ leads to no room type",
    )
