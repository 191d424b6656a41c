"""What Cloudbeds can do, and what a link to it must have. Must not: claim what was never tried.

No real Cloudbeds was ever called; what its documents do not promise is taken as not given, so that
the core looks for itself.
"""

from __future__ import annotations

from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.port import Capabilities, Sharers
from shared.chassis.limits import Pace

CAPABILITIES = Capabilities(
    system="cloudbeds",
    blocks=True,
    replace_guest=True,
    sharers=Sharers.LATER,
    finds_blocks_by_ours=True,
    finds_stays_by_ours=True,
    block_takes_inventory=True,
    cuts_off=True,
)
"""No feed: its list of what was modified leaves modifications out, as its documents say. Its
webhooks carry no signature there. It has neither a wash nor a release nor a rooming list. A new
reservation may wait for a confirmation."""
RATE = Pace(5, 1.0)
"""Calls with a key of one hotel; the vendor's FAQ says so, and that keys are suspended past it."""
OPTIONS = ("group", "source", "payment", "email", "zip", "country")
"""`group`: the code of the group profile that blocks belong to. `source` and `payment`: how
reservations are booked. `email`, `zip` and `country`: of whoever books, in place of the guest's;
Cloudbeds wants them. Two more are not needed for blocks alone: `event`, the code of an event, and
`room-rate-KIND`, the id of the room rate of one of our room types, to reserve without a block."""
BLOCKS = ("definite", "tentative", "lead", "cancelled")
STAYS = ("not_confirmed", "confirmed", "canceled", "checked_in", "checked_out", "no_show")


def check(link: HotelLink) -> None:
    """Raises ValueError naming what the link lacks: the key, options, statuses of the code map."""
    link.secret("key")
    for name in OPTIONS:
        link.option(name)
    if lacks := link.codes.unnamed_states(BLOCKS, STAYS):
        raise ValueError(f"hotel {link.hotel}: the code map lacks {'; '.join(lacks)}")
