"""What apaleo can do, and what a link to it must have. Must not: claim what was never tried.

No real apaleo was ever called; what its documents do not promise is taken as not given, so that
the core looks for itself.
"""

from __future__ import annotations

from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.port import Capabilities, Feed, Sharers

CAPABILITIES = Capabilities(
    system="apaleo",
    blocks=True,
    replace_guest=True,
    sharers=Sharers.AT_ONCE,
    finds_blocks_by_ours=True,
    finds_stays_by_ours=True,
    confirms_at_once=True,
    block_takes_inventory=True,
    release=True,
    feed=Feed.CURSOR,
)
"""The feed is of reservations; blocks are seen by the sweep alone. Its wash names no numbers, so it
is a release here; its Idempotency-Key answers for one day, and with a refusal, too, so it is not
used and repeated orders are not refused. It signs no calls."""
IDENTITY = "https://identity.apaleo.com/connect/token"
"""Where tokens are, unless the option `identity` names another address."""
BLOCKS = ("Tentative", "Definite", "Canceled")
STAYS = ("Confirmed", "InHouse", "CheckedOut", "Canceled", "NoShow")
EVER = "2000-01-01T00:00:00Z"
"""The beginning of the feed."""


def check(link: HotelLink) -> None:
    """Raises ValueError naming what the link lacks: secrets, options, plans, statuses."""
    link.secret("client")
    link.secret("secret")
    link.option("booker")
    codes = link.codes
    lacks = codes.unnamed_states(BLOCKS, STAYS)
    for name, plans in codes.rates.items():
        if isinstance(plans, str):
            lacks.append(f"rate {name} by room type: apaleo's rate plans are of one room type each")
            continue
        lacks += [f"rate {name} of room type {one}" for one in codes.room_types if one not in plans]
        lacks += [f"room type {one} of rate {name}" for one in plans if one not in codes.room_types]
    if lacks:
        raise ValueError(f"hotel {link.hotel}: the code map lacks: {'; '.join(lacks)}")
