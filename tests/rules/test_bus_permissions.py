"""What a service may do on the bus is as wide as what it declares, and as narrow."""

from __future__ import annotations

from dataclasses import replace

from deploy.bus.permissions import EVERYTHING, permissions_of
from shared.chassis.bus import Consumer
from shared.chassis.bus_use import BusUse

LOT = BusUse(
    "parking",
    takes=[Consumer("COMMANDS", "parking-take_car-v1", "cmd.parking.take_car.v1")],
    answers={"qry.parking.count_cars.v1"},
    sends={"evt.parking.car_parked.v1"},
)
DESK = BusUse("desk", hears={"evt.*.car_parked.v1"}, asks={"qry.parking.count_cars.v1"})
IDLE = BusUse("idle")
ALL = (LOT, DESK, IDLE)
STREAMS = {
    f"$JS.API.STREAM.{act}.{stream}"
    for act in ("INFO", "CREATE")
    for stream in ("COMMANDS", "EVENTS", "PARKED")
}


def test_all_that_a_service_declares_and_no_more() -> None:
    may = permissions_of(LOT, ALL)
    consumer = "COMMANDS.parking-take_car-v1"
    assert set(may.publish) == STREAMS | {
        "$JS.API.CONSUMER.LIST.EVENTS",
        "evt.parking.car_parked.v1",
        "parked.parking.take_car.v1",
        f"$JS.API.CONSUMER.INFO.{consumer}",
        f"$JS.API.CONSUMER.CREATE.{consumer}.cmd.parking.take_car.v1",
        f"$JS.API.CONSUMER.MSG.NEXT.{consumer}",
        f"$JS.ACK.{consumer}.*.*.*.*.*",
        f"$JS.ACK.*.*.{consumer}.*.*.*.*.>",
        "_INBOX_admin.>",
        "_INBOX_desk.>",
    }
    assert may.subscribe == ("_INBOX_parking.>", "qry.parking.count_cars.v1 parking")


def test_who_sends_may_see_how_far_those_are_who_take_it() -> None:
    listing = {f"$JS.API.CONSUMER.LIST.{stream}" for stream in ("COMMANDS", "EVENTS", "PARKED")}
    for sends, seen in (
        ({"cmd.parking.take_car.v1"}, {"$JS.API.CONSUMER.LIST.COMMANDS"}),
        ({"cmd.a.b.v1", "evt.c.d.v1"}, listing - {"$JS.API.CONSUMER.LIST.PARKED"}),
        (set(), set()),
    ):
        may = permissions_of(replace(IDLE, sends=sends), ALL)
        assert listing & set(may.publish) == seen


def test_who_asks_may_ask_and_hear_and_answers_nobody() -> None:
    may = permissions_of(DESK, ALL)
    assert set(may.publish) == STREAMS | {"qry.parking.count_cars.v1"}
    assert may.subscribe == ("_INBOX_desk.>", "evt.*.car_parked.v1")


def test_answers_go_to_those_who_ask() -> None:
    other = replace(IDLE, asks={"qry.parking.count_cars.v1"})
    assert "_INBOX_idle.>" not in permissions_of(LOT, ALL).publish
    assert "_INBOX_idle.>" in permissions_of(LOT, (LOT, DESK, other)).publish


def test_a_service_that_does_nothing_may_do_nothing() -> None:
    may = permissions_of(IDLE, ALL)
    assert (set(may.publish), may.subscribe) == (STREAMS, ("_INBOX_idle.>",))
    assert EVERYTHING.publish == EVERYTHING.subscribe == (">",)
