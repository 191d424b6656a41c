"""Calls that hotels' systems sign: verified by the adapter, stored as hints, then answered.

Must not: keep or log anything of a call but the ids and the time that its hints have.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping

import structlog

from services.bookings.hotels.book import LONGEST_ID
from services.bookings.hotels.errors import Forbidden, HotelError
from services.bookings.hotels.feed_desk import FeedDesk
from services.bookings.hotels.model import InboundCall
from services.bookings.listening.listener import Listener
from shared.contracts.hotel_calls import CallOutcome, TellHotelCall

log = structlog.get_logger(__name__)


async def told(listeners: Mapping[str, Listener], call: TellHotelCall) -> CallOutcome:
    """What becomes of a call. Without a secret to check it by, a hotel has no such door."""
    one = listeners.get(call.hotel)
    if one is None or not one.desk.office.port.capabilities.signs_calls:
        return CallOutcome.MISSING
    try:
        arrived = InboundCall(call.headers, b64decode(call.body, validate=True))
        hints = one.desk.office.port.verify(arrived)
    except Forbidden:
        return CallOutcome.FORGED
    except (HotelError, binascii.Error):
        return CallOutcome.INVALID
    except ValueError:
        log.info("no_secret_for_calls", hotel=call.hotel)
        return CallOutcome.MISSING
    if any(len(text) > LONGEST_ID for hint in hints for text in (hint.event, hint.theirs)):
        return CallOutcome.INVALID
    if await FeedDesk(one.desk.office).heard(hints):
        one.bell.set()
    return CallOutcome.TAKEN
