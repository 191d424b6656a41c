"""What bookings is told of guests in hotels with systems, over a real bus, on both databases."""

from __future__ import annotations

from typing import Any

import orjson

from services.bookings.guestlists.asking import AskGuests
from shared.chassis.service import Service
from shared.contracts.guests import Lodging
from shared.contracts.hotel_guests import HotelStay
from shared.contracts.lodged import CountRooming, LodgingChanged, LookAtLodged
from tests.flows.test_guests import clock, guests, officer  # noqa: F401 - fixtures
from tests.flows.test_hotel_guests import STAY
from tests.rules.guest_case import row
from tests.support.guarded import declared
from tests.support.guests import Officer, by_hand

HERE = {"room_need": "stay/rooms", "hotel": "garden"}


def test_bookings_may_ask_the_guests_service_these_two_things() -> None:
    of_guests = {one for one in declared()["bookings"].asks if one.startswith("qry.guests.")}
    assert of_guests == {LookAtLodged.subject(), CountRooming.subject()}
    for subject in of_guests:
        assert {name for name, use in declared().items() if subject in use.asks} == {"bookings"}
    assert {"visit", "lodging", "named", "after", "limit", "cause", "actor"} == set(
        LookAtLodged.model_fields
    ), "no purpose, role or field can be chosen"


def told(service: Service) -> list[LodgingChanged]:
    """What was said of lodging, in order."""
    bodies = by_hand(
        service, "SELECT body FROM guests_outbox WHERE subject LIKE '%lodging%' ORDER BY id"
    )
    return [LodgingChanged.model_validate(orjson.loads(body)) for (body,) in bodies]


async def test_changed_lodging_is_told_by_opaque_ids(
    guests: Service,  # noqa: F811
    officer: Officer,  # noqa: F811
) -> None:
    rows: list[dict[str, Any]] = [row(1, **HERE), row(2, **HERE), row(3)]
    ids = [one["guest"] for one in (await officer.put("v", rows))["rows"]]
    assert [one.guests for one in told(guests)] == [tuple(ids[:2])], "the third is lodged nowhere"
    assert row(1)["family_name"] not in told(guests)[0].model_dump_json()

    rows = [one | {"guest": name} for one, name in zip(rows, ids, strict=True)]
    rows[0] |= {"table": "t-9"}
    await officer.put("v", rows, 1)
    assert len(told(guests)) == 1, "where somebody dines is nothing to a hotel"
    rows[0] |= {"family_name": "Renamed"}
    rows[1] |= {"room_group": "r-2"}
    await officer.put("v", rows, 2)
    assert told(guests)[-1].guests == tuple(ids[:2])
    await officer.put("v", rows[1:], 3)
    assert told(guests)[-1].guests == (ids[0],)
    await officer.erase("v", ids[1])
    assert [one.guests for one in told(guests)[3:]] == [(ids[1],)]


async def test_a_look_for_a_hotel_gives_names_of_those_who_are_lodged_there(
    guests: Service,  # noqa: F811
    officer: Officer,  # noqa: F811
) -> None:
    rows = [row(1, room_group="r-1", **HERE), row(2, room_need="stay/rooms", hotel="other"),
            row(3, **HERE)]  # fmt: skip
    ids = [one["guest"] for one in (await officer.put("v-1", rows))["rows"]]
    asking = AskGuests(guests)
    stay: HotelStay = STAY.model_copy(update={"hotel": "garden", "alone": False})
    assert await asking.groups(stay) == [(ids[0], "r-1"), (ids[2], None)]
    cards = await asking.cards(stay, ids[:2])
    (card,) = [cards[name] for name in cards]
    assert list(cards) == [ids[0]], "whoever is lodged elsewhere is not named"
    assert (card.family, card.given, card.nationality) == (
        rows[0]["family_name"], rows[0]["given_name"], None,
    )  # fmt: skip
    first, second = (await officer.audit("v-1"))[-2:]
    for one, fields, seen in (
        (first, ["room_group"], [ids[0], ids[2]]),
        (second, ["family_name", "given_name"], [ids[0]]),
    ):
        assert (one["act"], one["purpose"], one["fields"]) == ("look", "hotel-registration", fields)
        assert (one["actor"], one["cause"], one["guests"]) == ("hotel:garden", stay.order, seen)


async def test_how_guests_share_is_counted_without_a_record(
    guests: Service,  # noqa: F811
    officer: Officer,  # noqa: F811
) -> None:
    unsaid = {"room_need": "stay/rooms"}
    rows = [row(1, room_group="r-1", **HERE), row(2, room_group="r-1", **unsaid),
            row(3, room_group="r-2", **HERE), row(4, room_group="r-2", **HERE), row(5, **HERE),
            *(row(number, room_group="r-3", **HERE) for number in (6, 7, 8)),
            row(9, room_need="stay/rooms", hotel="other"), row(10)]  # fmt: skip
    ids = [one["guest"] for one in (await officer.put("v-1", rows))["rows"]]
    alone: HotelStay = STAY.model_copy(update={"hotel": "garden", "alone": True, "visit": "v-1"})
    spread = alone.model_copy(update={"order": "rc2", "alone": False})
    other = spread.model_copy(update={"order": "rc3", "visit": "v-2"})
    asking, recorded = AskGuests(guests), len(await officer.audit("v-1"))
    # More than one question holds, so that their answers are put together.
    more = [other.model_copy(update={"order": f"rc{number}"}) for number in range(4, 24)]
    counted = await asking.sharers([alone, spread, other, *more])
    assert counted == {
        alone.order: (1, 2),
        "rc2": (2, 1),
        "rc3": (0, 0),
        **{one.order: (0, 0) for one in more},
    }, "of whom no hotel is said sleeps there only while it is the only one"
    await officer.erase("v-1", ids[3])
    assert (await asking.sharers([spread]))["rc2"] == (3, 0), "who is erased leaves a room to one"
    assert len(await officer.audit("v-1")) == recorded + 1, "the erasure; counts name no one"


def test_the_question_shows_nobody() -> None:
    where = Lodging(need="stay/rooms", hotel="garden")
    query = LookAtLodged(cause="rc1", actor="bookings", visit="v", lodging=where)
    assert "garden" not in repr(query)
