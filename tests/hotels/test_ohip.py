"""The OHIP adapter against a hotel of ours that answers as OHIP's documents say."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from services.bookings.hotels.line import Gateway
from services.bookings.hotels.model import Remark, StayChange
from services.bookings.hotels.ohip.adapter import Ohip
from services.bookings.hotels.ohip.reading import warnings
from services.bookings.hotels.remarks import hearing, warned
from tests.hotels.contract import SPECS, Contract
from tests.hotels.running import HotelProcess
from tests.hotels.suite import TAKEN, TokenSuite, World

FILES = ("blk", "rsvasync", "rsv", "inv", "int", "oauth")
CONTRACTS = tuple(Contract(SPECS / "ohip" / f"{name}.extract.json") for name in FILES)


class TestOhip(TokenSuite):
    dialect = "ohip"
    tokens = "/tokens"
    contracts = CONTRACTS

    @staticmethod
    def make(hotel: HotelProcess, gateway: Gateway, **client: Any) -> Ohip:
        return Ohip(hotel.link(), gateway, **client)

    async def test_a_destructive_poll_is_stored_before_it_is_looked_at(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await world.stays.reserve(world.order(), "g1")
        await world.feed.poll()
        assert world.hotel.act("count")["queue"] == 0
        assert world.book.open, "what the hotel forgot is in the journal"
        world.hotel.faults(down=100)
        with pytest.raises(Exception, match="unavailable"):
            await world.feed.look()
        assert world.book.open

    async def test_what_is_accepted_with_a_warning_says_so_and_names_nobody(
        self, world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(logging.DEBUG)
        warned = (Remark("warning", "RSV-00123"), Remark("warning", ""))
        world.hotel.faults(warn=1)
        stay = await world.stays.reserve(world.order(), "g1")
        assert (stay.state in TAKEN, stay.remarks) == (True, warned)
        assert (await world.stays.read(stay.ref)).remarks == (), "it was about that write"
        changed = await world.stays.change(stay.ref, StayChange(departure=world.night(1)))
        assert changed.remarks == ()
        held = await world.blocks.hold(world.block())
        assert held.remarks == ()
        world.hotel.faults(warn=1)
        assert (await world.blocks.confirm(held.ref)).remarks == warned
        said = f"{stay}{caplog.text}{capsys.readouterr()}"
        assert "RSV-00123" in said and "Sentinel" not in said


def test_warnings_are_heard_by_the_write_they_are_about() -> None:
    warned("early")
    with hearing() as outer:
        warned("W1")
        with hearing() as inner:
            warned("W2")
            warned("W2")
            warned("Mr Sentinel is here already")
        warned("W3")
    assert [one.said for one in outer] == ["W1", "W3"]
    assert [one.said for one in inner] == ["W2", ""]
    assert warnings({"warnings": [{"code": "A"}, {"shortText": "x"}, "no"]}) == ("A", "")
    for answer in (None, [], {"warnings": "no list"}, {}):
        assert warnings(answer) == ()
