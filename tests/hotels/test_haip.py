"""The HAIP adapter against a hotel of ours that answers as HAIP was recorded to."""

from __future__ import annotations

from typing import Any

from services.bookings.hotels.haip.adapter import Haip
from services.bookings.hotels.line import Gateway
from tests.hotels.contract import SPECS, Contract
from tests.hotels.running import HotelProcess
from tests.hotels.suite import HotelSuite

RECORDED_OTHERWISE = {
    "undocumented status 201: POST /api/v1/reservations/search\\-availability": "recorded so",
}
CONTRACT = Contract(SPECS / "haip" / "haip.extract.openapi.json", RECORDED_OTHERWISE)


class TestHaip(HotelSuite):
    dialect = "haip"
    contracts = (CONTRACT,)

    @staticmethod
    def make(hotel: HotelProcess, gateway: Gateway, **client: Any) -> Haip:
        return Haip(hotel.link(), gateway, **client)
