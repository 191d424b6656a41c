"""What hotels send, as bytes: returned lists, AlpineBits messages and abilities, links.

Must not: catch more than what each reader promises.
"""

from __future__ import annotations

from datetime import UTC, datetime

from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.freerooms import read_notice
from services.bookings.hotels.alpinebits.handshake import abilities
from services.bookings.hotels.sheets.link import LinkRefused, check
from shared.sheets.dates import readings
from shared.sheets.grid import Unreadable, read_grids
from shared.sheets.understand import understand

NEAR = datetime(2027, 9, 14, tzinfo=UTC)
ROOMS = f"""<OTA_HotelInvCountNotifRQ xmlns="{xml.NAMESPACE}" Version="4.000">
<UniqueID Type="16" ID="1" Instance="CompleteSet"/><Inventories HotelCode="h"><Inventory>
<StatusApplicationControl Start="2027-09-14" End="2027-09-15" InvTypeCode="twin"/>
<InvCounts><InvCount CountType="2" Count="3"/></InvCounts></Inventory></Inventories>
</OTA_HotelInvCountNotifRQ>""".encode()


def sheet(body: bytes) -> None:
    """A list that a hotel filled in: rows, each with its troubles, or Unreadable."""
    try:
        understand(read_grids(body))
    except Unreadable as error:
        assert error.args


def notice(body: bytes) -> None:
    """What a hotel says is free: a notice, or Unacceptable."""
    try:
        read_notice(xml.read(body))
    except xml.Unacceptable as error:
        assert error.reason


def said(body: bytes) -> None:
    """Short texts of a hotel: abilities, dates and links."""
    text = body.decode("latin-1")
    try:
        abilities(text)
    except xml.Unacceptable as error:
        assert error.reason
    readings(text, NEAR.date())
    try:
        check((b"k" * 32,), text, NEAR, lambda hotel, order: 0)
    except LinkRefused as refused:
        assert refused.why
    else:
        raise AssertionError("a link that we never gave")
