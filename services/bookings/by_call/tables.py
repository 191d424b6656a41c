"""The tables of rooms ordered by AlpineBits, and of free rooms.

Must not: hold what a guest is called, or a reason in a hotel's own words; nothing here decides, or
loads an XML library.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table, Text, false

from services.bookings.hotels.book import TABLES
from shared.chassis.store import UtcDateTime

ROOMS = Table(
    "bookings_call_rooms",
    TABLES,
    Column("room", String(32), primary_key=True),
    Column("hotel", String(63), nullable=False),
    Column("ours", String(50), nullable=False),
    Column("kind", String(63), nullable=False),
    Column("number", Integer, nullable=False),
    Column("arrival", Date, nullable=False),
    Column("departure", Date, nullable=False),
    Column("adults", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("handed", Integer, nullable=False),
    Column("handed_cancelled", Boolean, nullable=False),
    Column("oldest", Integer, nullable=False),
    Column("settled", Integer, nullable=False),
    Column("refused", Boolean, nullable=False),
    Column("word", String(16), nullable=False),
    Column("word_at", UtcDateTime, nullable=True),
    Column("word_about", Integer, nullable=False),
    Column("lines", Text, nullable=False),
    Column("agreed", Boolean, nullable=False),
    Column("unsaid", Boolean, nullable=False),
    Column("modified", Boolean, nullable=False, server_default=false()),
    Column("guest", String(28), nullable=True),
    Column("told", Boolean, nullable=False, server_default=false()),
    Index("ix_bookings_call_rooms_hotel", "hotel", "departure"),
    Index("ix_bookings_call_rooms_ours", "ours"),
    comment="Rooms ordered of hotels whose systems fetch their orders; of guests opaque ids.",
)
PICTURES = Table(
    "bookings_free_rooms",
    TABLES,
    Column("hotel", String(63), primary_key=True),
    Column("told_at", UtcDateTime, nullable=True),
    Column("complete_at", UtcDateTime, nullable=True),
    Column("rooms", Text, nullable=False),
    comment="What hotels last told of their free rooms.",
)
