"""Opening the lines to linked hotels: adapters by system, one gateway for all behind it.

Must not: ask a hotel anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from services.bookings.hotels.apaleo.adapter import Apaleo
from services.bookings.hotels.cloudbeds import ability as cloudbeds
from services.bookings.hotels.cloudbeds.adapter import Cloudbeds
from services.bookings.hotels.contact import Contact
from services.bookings.hotels.errors import Unsupported
from services.bookings.hotels.haip.adapter import Haip
from services.bookings.hotels.line import Gateway
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import GuestCard
from services.bookings.hotels.ohip.adapter import Ohip
from services.bookings.hotels.pacing import shared
from services.bookings.hotels.port import HotelPort
from shared.chassis.limits import HOTEL_RATE, Pace


class Opened(HotelPort, Protocol):
    """An adapter with a connection to give back."""

    @property
    def contact(self) -> Contact:
        """What its line has met."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


ADAPTERS: Mapping[str, Callable[[HotelLink, Gateway], Opened]] = {
    "haip": Haip,
    "ohip": Ohip,
    "apaleo": Apaleo,
    "cloudbeds": Cloudbeds,
}
PACES: Mapping[str, Pace] = {"cloudbeds": cloudbeds.RATE}
"""Of gateways that allow less than `HOTEL_RATE`."""


class Nameless:
    """Orders are of rooms, in numbers: no guest's card is asked for."""

    async def card(self, guest: str) -> GuestCard:
        """Raises Unsupported."""
        raise Unsupported("orders go out without names")


def opened(links: Iterable[HotelLink], processes: int = 1) -> dict[str, Opened]:
    """The adapters of some hotels; each of so many processes has a part of a gateway's calls.

    Raises ValueError for a link that lacks something.
    """
    gateways: dict[str, Gateway] = {}
    ports: dict[str, Opened] = {}
    links = list(links)
    _one_stream_each(links)
    for link in links:
        pace = shared(PACES.get(link.system, HOTEL_RATE), processes)
        gateway = gateways.setdefault(link.gateway, Gateway(pace))
        ports[link.hotel] = ADAPTERS[link.system](link, gateway)
    return ports


def rate_of(link: HotelLink) -> str:
    """Our name of the rate that orders are booked at: the option `rate`, else the only one.

    Raises ValueError when it cannot be told.
    """
    rates = sorted(link.codes.rates)
    if "rate" in link.options:
        return link.options["rate"]
    if len(rates) != 1:
        raise ValueError(f"hotel {link.hotel}: the option 'rate' must name one of {rates}")
    return rates[0]


def _one_stream_each(links: Iterable[HotelLink]) -> None:
    """The vendor has one stream for an application key: two would close each other's. Raises
    ValueError."""
    known: dict[tuple[str, str], str] = {}
    for link in links:
        if link.system == "ohip" and "stream" in link.options:
            other = known.setdefault((str(link.url), link.secret("app-key")), link.hotel)
            if other != link.hotel:
                raise ValueError(f"hotels {other} and {link.hotel} stream with one application key")
