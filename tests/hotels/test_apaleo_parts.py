"""What of the apaleo adapter is decided without a hotel: links, refusals, prices, the feed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.bookings.hotels.apaleo import bodies, reading
from services.bookings.hotels.apaleo.adapter import Apaleo
from services.bookings.hotels.apaleo.faults import classify, meaning, reason
from services.bookings.hotels.errors import (
    AuthExpired,
    BlockFull,
    BlockNotOpen,
    Conflict,
    Forbidden,
    HotelError,
    IllegalState,
    Invalid,
    NoAvailability,
    NotFound,
    Unavailable,
)
from services.bookings.hotels.line import Answer, Gateway
from services.bookings.hotels.links import HotelLink, read_links
from services.bookings.hotels.model import InboundCall, StayChange
from services.bookings.orders.opening import opened, rate_of
from tests.hotels.contract import SPECS
from tests.hotels.running import HotelProcess

SPEC = json.loads((SPECS / "apaleo" / "booking-v1.derived.openapi.json").read_text("utf-8"))
OURS = ("Confirm", "Modify", "Wash", "Cancel", "Pickup", "Amend")


@pytest.fixture
def link(tmp_path: Path) -> Any:
    hotel = HotelProcess("apaleo", tmp_path)
    yield hotel.link()
    hotel.stop()


def written(link: HotelLink, folder: Path, **other: Any) -> Path:
    file = folder / "hotels.yaml"
    data = link.model_dump(mode="json") | other
    file.write_text(yaml.safe_dump({"hotels": [data]}), encoding="utf-8")
    return file


# Links


async def test_a_link_of_the_file_becomes_an_adapter(link: HotelLink, tmp_path: Path) -> None:
    links = [one for one in read_links(written(link, tmp_path)) if isinstance(one, HotelLink)]
    assert links == [link]
    assert rate_of(links[0]) == "agreed"
    port = opened(links)["grand-apaleo"]
    assert isinstance(port, Apaleo)
    await port.close()


PLANS = {"agreed": {"king": "EXPO-FAIR-KNG"}}
ODD = {"agreed": {"king": "K", "twin": "T", "suite": "S"}}


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("secrets", {}, "no file with the secret 'client'"),
        ("options", {}, "the option 'booker' is missing"),
        ("rates", {"agreed": "FAIR"}, "rate agreed by room type"),
        ("rates", PLANS, "rate agreed of room type twin"),
        ("rates", ODD, "room type suite of rate agreed"),
        ("block_states", {"Tentative": "tentative", "Canceled": "cancelled"}, "status Definite"),
        ("stay_states", {}, "stay status InHouse of the hotel"),
    ],
)
def test_a_link_that_lacks_something_is_refused(
    link: HotelLink, tmp_path: Path, part: str, value: Any, said: str
) -> None:
    whole = {"secrets": value, "options": value}.get(part)
    codes = link.model_dump(mode="json")["codes"] | {part: value}
    other = {"codes": codes} if whole is None else {part: value}
    (bad,) = read_links(written(link, tmp_path, **other))
    assert isinstance(bad, HotelLink)
    with pytest.raises(ValueError, match="grand-apaleo") as refused:
        opened([bad])
    assert said in str(refused.value)


async def test_a_call_to_us_is_not_believed(link: HotelLink) -> None:
    port = Apaleo(link, Gateway())
    with pytest.raises(Forbidden):
        port.verify(InboundCall({}, b'{"topic": "Reservation", "type": "changed"}'))
    await port.close()


# Refusals


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("The unit group EXPO-TWN is not available.", NoAvailability),
        ("The number is lower than the number of picked units.", Conflict),
        ("PickupNotAllowedForFullyPickedBlock", BlockFull),
        ("PickupNotAllowedForBlockNotInStatusDefinite", BlockNotOpen),
        ("ModifyNotAllowedForBlockInStatusCanceled", BlockNotOpen),
        ("ConfirmNotAllowedForBlockNotInStatusTentative", IllegalState),
        ("Something else about Mr Sentinel.", Invalid),
    ],
)
def test_a_refusal_is_told_apart_by_its_body(said: str, kind: type[HotelError]) -> None:
    error = classify(Answer(422, {}, {"messages": ["First.", said]}), True)
    assert type(error) is kind
    assert "Sentinel" not in str(error)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_client"}, AuthExpired),
        (401, None, AuthExpired),
        (403, None, Forbidden),
        (404, None, NotFound),
        (422, None, Invalid),
        (422, ["no", "messages"], Invalid),
        (503, None, Unavailable),
    ],
)
def test_what_says_nothing_is_told_apart_by_status(
    status: int, body: Any, kind: type[HotelError]
) -> None:
    assert type(classify(Answer(status, {}, body), False)) is kind


def test_an_empty_list_is_no_error() -> None:
    assert classify(Answer(204, {}, None), False) is None


def test_every_documented_reason_of_what_we_do_is_understood() -> None:
    codes = [
        code
        for name, schema in SPEC["components"]["schemas"].items()
        if name.startswith("ActionReasonModel") and "TimeSlice" not in name
        for code in schema["properties"]["code"]["enum"]
        if code.startswith(OURS)
    ]
    assert len(codes) > 15
    assert [one for one in codes if type(meaning(one)) is Invalid] == []


def test_a_reason_is_that_of_the_action() -> None:
    shown = {
        "actions": [
            {"action": "Cancel", "isAllowed": True},
            {
                "action": "Pickup",
                "isAllowed": False,
                "reasons": [{"code": "PickupNotAllowedForBlockInThePast", "message": "…"}],
            },
        ]
    }
    assert reason(shown, ("Cancel",)) is None
    assert type(reason(shown, ("Wash", "Pickup"))) is BlockNotOpen


# Prices


def offers(amount: float, currency: str) -> Any:
    return {"offers": [{"totalGrossAmount": {"amount": amount, "currency": currency}}]}


def test_a_daily_rate_is_the_average() -> None:
    assert reading.daily_rate(offers(1000, "CNY"), 3) == {"amount": 333.33, "currency": "CNY"}
    assert reading.daily_rate(offers(1000, "JPY"), 3) == {"amount": 333.0, "currency": "JPY"}
    with pytest.raises(Invalid, match="no price"):
        reading.daily_rate({"offers": []}, 3)


# The feed


def stay(theirs: str, modified: str, **other: Any) -> dict[str, Any]:
    return {
        "id": theirs,
        "modified": modified,
        "status": "Confirmed",
        "arrival": "2027-09-01T15:00:00+08:00",
        "departure": "2027-09-03T11:00:00+08:00",
        "unitGroup": {"id": "EXPO-TWN"},
        "externalCode": "rc1",
        **other,
    }


def test_only_ours_are_hinted_at_and_the_cursor_goes_on(link: HotelLink) -> None:
    found = [
        stay("R1", "2027-08-01T10:00:00+02:00"),
        stay("R2", "2027-08-01T10:00:01+02:00", externalCode=None, comment="wants a quiet room"),
        stay("R3", "2027-08-01T10:00:02+02:00", externalCode=None, comment="redcrown: rc3"),
        stay("R4", "2027-08-01T10:00:03+02:00", unitGroup={"id": "PARKING"}),
    ]
    page = reading.changes(link, found, True, "2027-08-01T08:00:00Z")
    assert [one.theirs for one in page.hints] == ["R1", "R3"]
    assert (page.cursor, page.more, page.gap) == ("2027-08-01T08:00:03Z", True, False)


def test_a_page_full_of_one_second_does_not_hold_the_feed_up(link: HotelLink) -> None:
    found = [stay(f"R{n}", "2027-08-01T08:00:00Z") for n in range(3)]
    page = reading.changes(link, found, True, "2027-08-01T08:00:00Z")
    assert (page.cursor, page.gap) == ("2027-08-01T08:00:01Z", True)
    assert reading.changes(link, found, False, "2027-08-01T08:00:00Z").gap is False
    assert reading.changes(link, [], False, "2027-08-01T08:00:00Z").cursor == "2027-08-01T08:00:00Z"


def test_children_and_hours_of_a_stay_are_kept(link: HotelLink) -> None:
    shown = stay("R1", "2027-08-01T08:00:00Z", adults=2, childrenAges=[6])
    shown["ratePlan"] = {"id": "EXPO-FAIR-TWN"}
    body = bodies.stay(link, shown, StayChange(departure=date(2027, 9, 4)))
    assert body == {
        "arrival": "2027-09-01T15:00:00+08:00",
        "departure": "2027-09-04",
        "adults": 2,
        "childrenAges": [6],
        "timeSlices": [{"ratePlanId": "EXPO-FAIR-TWN"}] * 3,
    }
