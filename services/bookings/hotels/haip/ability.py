"""What HAIP can do, and how far the adapter looks. Must not: claim what the recordings disprove."""

from __future__ import annotations

from datetime import timedelta

from services.bookings.hotels.port import Capabilities, Feed, Sharers
from shared.chassis.limits import HOTEL_PAGE

CAPABILITIES = Capabilities(
    system="haip",
    blocks=True,
    release=True,
    rooming_list=True,
    replace_guest=True,
    sharers=Sharers.LATER,
    finds_blocks_by_ours=True,
    finds_stays_by_ours=True,
    cuts_off=True,
    feed=Feed.CURSOR,
    signs_calls=True,
)
"""What the recordings disprove stays False: its blocks take no inventory, are picked up past their
size, and its pick-up counts the first night only and keeps what was cancelled."""
BLOCKS = ("tentative", "definite", "released", "cancelled")
STAYS = (
    "pending", "confirmed", "assigned", "checked_in", "stayover", "due_out", "checked_out",
    "no_show", "cancelled",
)  # fmt: skip
"""All statuses that its file documents."""
AROUND = timedelta(days=31)
"""Reservations of a block are listed so far around its nights."""
EVENTS = (HOTEL_PAGE, 10 * HOTEL_PAGE, 100 * HOTEL_PAGE)
"""HAIP shows the newest events only: when as many come as were asked for, more are asked for."""
SPAN = ("startDate", "endDate")
