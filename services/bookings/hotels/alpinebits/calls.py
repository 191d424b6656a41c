"""One call of a hotel's system, from action and document to the answer. HTTP ends before it.

A long document takes a second of computing, so that is done in threads: other hotels go on.

Owns: which action brings which document and gets which answer, and what is refused at once.
Must not: know a store or a header.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from services.bookings.hotels.alpinebits import handshake, xml
from services.bookings.hotels.alpinebits.freerooms import read_notice
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.orders import answer_with
from services.bookings.hotels.alpinebits.outcomes import (
    INVALID_HOTEL,
    SYSTEM_ERROR,
    Outcome,
    answer,
)
from services.bookings.hotels.alpinebits.port import Desk, Exchange
from services.bookings.hotels.alpinebits.reports import read_question, read_report
from services.bookings.hotels.alpinebits.words import answer_to, read_words
from services.bookings.hotels.alpinebits.xml import Unacceptable

PING = "OTA_Ping:Handshaking"
ROOMS = "OTA_HotelInvCountNotif:FreeRooms"
READ = "OTA_Read:GuestRequests"
REPORT = "OTA_NotifReport:GuestRequests"
WORDS = "OTA_HotelResNotif:GuestRequests_StatusUpdate"
DOCUMENTS = {
    PING: ("OTA_PingRQ", "OTA_PingRS"),
    ROOMS: ("OTA_HotelInvCountNotifRQ", "OTA_HotelInvCountNotifRS"),
    READ: ("OTA_ReadRQ", "OTA_ResRetrieveRS"),
    REPORT: ("OTA_NotifReportRQ", "OTA_NotifReportRS"),
    WORDS: ("OTA_HotelResNotifRQ", "OTA_HotelResNotifRS"),
}
"""By action: the document that it brings, and the one that answers."""
UNKNOWN_ACTION = "ERROR:unknown or missing action"
UNKNOWN_VERSION = f"ERROR:this server speaks AlpineBits {handshake.PROTOCOL} only"


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose caller is known to be the system of `hotel`."""

    hotel: str
    action: str | None
    document: bytes | None
    version: str | None
    """`X-AlpineBits-ClientProtocolVersion`."""
    client: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back: a document of the standard, or a line of text with status 400."""

    status: int
    body: bytes
    media: str = "application/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Answered:
    root: Any
    outcome: Outcome
    orders: int = 0


def refusal(line: str, status: int = 400) -> Reply:
    """A line of text, for calls that reach no action."""
    return Reply(status, line.encode(), "text/plain; charset=utf-8")


async def handle(call: Call, desk: Desk) -> Reply:
    """The answer to a call. Raises what the desk raises: then nothing is known to be done."""
    if call.action is None or call.action not in DOCUMENTS:
        return refusal(UNKNOWN_ACTION)
    # The version is what a handshake finds out, so it does not have to fit before.
    if not call.version or (call.action != PING and call.version != handshake.PROTOCOL):
        return refusal(UNKNOWN_VERSION)
    wanted, named = DOCUMENTS[call.action]
    try:
        request = await asyncio.to_thread(_document, call.document, wanted)
        answered = await _ACTS[call.action](request, await desk.house(call.hotel), desk)
    except Unacceptable as error:
        answered = _failed(named, Outcome.error(error.reason))
    try:
        body = await asyncio.to_thread(xml.write, answered.root)
    except Unacceptable:
        # Ours to mend, and said as such: the answer never leaves in a form the schema refuses.
        answered = _failed(named, Outcome.error("System error", SYSTEM_ERROR))
        body = xml.write(answered.root)
    await desk.exchanged(_exchange(call, call.action, answered))
    return Reply(200, body)


def _document(body: bytes | None, wanted: str) -> Any:
    if not body:
        raise Unacceptable("the parameter `request` is missing")
    root = xml.parse(body)
    if root.tag != xml.tag(wanted):
        raise Unacceptable(f"the action brings an {wanted}")
    xml.check(root)
    return root


async def _ping(request: Any, house: House, desk: Desk) -> _Answered:
    root = handshake.pong(request)
    failed = root.find(xml.tag("Errors")) is not None
    return _Answered(root, Outcome.error("the handshake cannot be read") if failed else Outcome())


async def _rooms(request: Any, house: House, desk: Desk) -> _Answered:
    notice = await asyncio.to_thread(read_notice, request)
    outcome = await desk.take_rooms(house, notice) if notice.code == house.code else _STRANGER
    return _Answered(answer(DOCUMENTS[ROOMS][1], outcome), outcome)


async def _read(request: Any, house: House, desk: Desk) -> _Answered:
    question = read_question(request)
    if question.code != house.code:
        return _failed(DOCUMENTS[READ][1], _STRANGER)
    orders = await desk.hand_out(house, question.since)
    root, outcome, unsaid = await asyncio.to_thread(answer_with, orders, house)
    if unsaid:
        await desk.unsayable(house, unsaid)
    return _Answered(root, outcome, len(orders) - len(unsaid))


async def _report(request: Any, house: House, desk: Desk) -> _Answered:
    outcome = await desk.take_report(house, read_report(request))
    return _Answered(answer(DOCUMENTS[REPORT][1], outcome), outcome)


async def _words(request: Any, house: House, desk: Desk) -> _Answered:
    words = read_words(request)
    heard, outcome = await desk.take_words(house, words)
    told = outcome if heard else Outcome.error("no such order was handed out")
    return _Answered(answer_to(words, heard, told), told)


def _failed(named: str, outcome: Outcome) -> _Answered:
    return _Answered(answer(named, outcome), outcome)


def _exchange(call: Call, action: str, answered: _Answered) -> Exchange:
    outcome = answered.outcome
    why = outcome.notes[0].text if outcome.notes else ""
    client = "".join(one for one in call.client if one.isprintable())[:100]
    return Exchange(call.hotel, action, outcome.kind, client, answered.orders, why)


_STRANGER = Outcome.error("Invalid hotel code", INVALID_HOTEL)
_Act = Callable[[Any, House, Desk], Awaitable[_Answered]]
_ACTS: dict[str, _Act] = {PING: _ping, ROOMS: _rooms, READ: _read, REPORT: _report, WORDS: _words}
