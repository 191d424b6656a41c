"""The wiring of the bookings service: the kernel of holds with the rules of bookings.

Must not: decide anything.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from services.bookings import doors, migrations
from services.bookings.by_hand.service import hand_post, take_part
from services.bookings.guestlists import service as guestlists
from services.bookings.hotels.links import HandLink, read_links
from services.bookings.listening.limits import HOTEL_FEED_S
from services.bookings.orders.acting import Acting
from services.bookings.orders.limits import HOTEL_SWEEP_S
from services.bookings.overview import service as overview
from services.bookings.rules import BookingRules
from shared.chassis.clock import Clock
from shared.chassis.limits import HOTEL_RATE
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.holds.service import resource_service


class BookingSettings(Settings):
    """What bookings is told beyond the common settings."""

    hotels: Path | None = None
    """File with the links to hotels that must agree themselves; without it no hotel is asked."""
    hotel_sweep_s: float = Field(default=HOTEL_SWEEP_S, ge=1, le=86_400)
    """Between two comparisons of what we hold with what each of them shows."""
    hotel_feed_s: float = Field(default=HOTEL_FEED_S, ge=1, le=3_600)
    """Between two polls of the feed of each of them that has one."""
    hotel_processes: int = Field(default=1, ge=1, le=HOTEL_RATE.most)
    """Processes of bookings that call the same hotels: each keeps to its part of what a gateway
    allows, as none knows what the others call."""
    hotel_link_keys_file: Path | None = None
    """Keys that sign the links to hotels that answer by hand (`hotels.sheets.link`)."""
    alpinebits_logins: Path | None = None
    """Folder with a file per hotel whose system calls us: `user:password` (`by_call`)."""
    console_url: str | None = None
    """Where hotels reach the console, for example https://visits.example.org."""


def build(settings: Settings, clock: Clock | None = None) -> Service:
    """The whole service, not yet running. Raises ValueError for a link file that is not right."""
    own = BookingSettings(**settings.model_dump(exclude_unset=True))
    links = read_links(own.hotels) if own.hotels is not None else ()
    layers = (migrations,)
    if not links:
        service = resource_service("bookings", BookingRules(), settings, clock, layers=layers)
        take_part(service)
        doors.take_part(service, doors.Shut())
        guestlists.take_part(service)
        overview.take_part(service, overview.known_of(()))
        overview.take_acts(service, Acting((), (), letters=False))
        return service
    # Imported here: who has no such hotel needs no HTTP client.
    from services.bookings.orders.wiring import Orders

    hands = [one for one in links if isinstance(one, HandLink)]
    signed = own.hotel_link_keys_file is not None and own.console_url is not None
    # Links that are set aside go by letter, too, wherever letters can be signed.
    post = None
    if hands or signed:
        post = hand_post(links, own.hotel_link_keys_file, own.console_url)
    orders = Orders(links, post, own.hotel_processes)
    service = resource_service(
        "bookings", orders.rules, settings, clock, kernel=orders.kernel, layers=layers
    )
    orders.join(service, own.hotel_sweep_s)
    doors.open_for(service, orders, own.hotel_feed_s, own.alpinebits_logins)
    take_part(service, post, orders.ring)
    guestlists.take_part(service, orders.ring)
    known = overview.known_of(links, letters=post is not None, fed=orders.fed)
    overview.take_part(service, known)
    acting = Acting(
        orders.links, {*orders.hands, *orders.calls}, post is not None, orders.calls, orders.changed
    )
    overview.take_acts(service, acting)
    return service


def main() -> None:
    """Run until asked to stop."""
    build(Settings()).run()
