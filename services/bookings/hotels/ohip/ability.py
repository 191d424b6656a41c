"""What OHIP can do, and how the adapter asks. Must not: claim what was never tried.

No real OPERA Cloud was ever called; what its documents do not promise is taken as not given, so
that the core looks for itself.
"""

from __future__ import annotations

from dataclasses import replace

from services.bookings.hotels.port import Capabilities, Feed, Sharers
from services.bookings.hotels.states import BlockState as B

CAPABILITIES = Capabilities(
    system="ohip",
    blocks=True,
    release=True,
    rooming_list=True,
    replace_guest=True,
    sharers=Sharers.AT_ONCE,
    finds_blocks_by_ours=True,
    finds_stays_by_ours=True,
    confirms_at_once=True,
    block_takes_inventory=True,
    cuts_off=True,
    feed=Feed.DESTRUCTIVE,
)
STREAMING = replace(CAPABILITIES, feed=Feed.STREAM)
"""With the option `stream` of a link."""
WRITTEN = (B.TENTATIVE, B.DEFINITE, B.RELEASED, B.CANCELLED)
"""States of a block whose status the code map must name: statuses of blocks are the hotel's."""
STAYS = (
    "Requested", "Waitlisted", "Reserved", "DueIn", "InHouse", "Walkin", "DueOut",
    "PendingCheckout", "CheckedOut", "NoShow", "Cancelled",
)  # fmt: skip
"""All statuses of a reservation that its file documents."""
EVENTS = 20
"""Business events of one poll; OHIP allows no more."""
STATISTICS = ("Actual", "Available", "Pickup")
READING = ("Reservation", "Comments")
NAMES = ("Reservation", "AccompanyingGuestProfile")
CODE_CHARACTERS = 20
"""Of a block's code."""
