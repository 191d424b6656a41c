"""What is said over OHIP's stream of business events: GraphQL over WebSocket
(`graphql-transport-ws`), as the vendor's Streaming API guide and schema have it. Pure.

Only ids and times are asked for: the details of an event, which may name guests, are left out.
Must not: take what a message says for more than a hint.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from services.bookings.hotels.book import LONGEST_ID
from services.bookings.hotels.errors import ContractViolation
from services.bookings.hotels.model import Hint
from services.bookings.hotels.reading import instant, part, text

PROTOCOL = "graphql-transport-ws"
FIELDS = "metadata { offset uniqueEventId } moduleName eventName primaryKey timestamp hotelId"
ENTITIES = {"reservation": "stay", "block": "block"}
CHAIN = re.compile(r"[A-Za-z0-9 _%#$&-]{1,20}")
OFFSET = re.compile(r"[0-9]{1,20}")
"""The schema says ten digits in one place and twenty in another."""
NOT_KNOWN = frozenset({401, 403, 4401, 4403})
"""The token counts no more, or never did."""
LEAST_S, MOST_S = 4.0, 300.0
"""Between two tries; the guide wants four seconds after a broken connection."""
LEAST_AFTER_S = {429: 120.0, 1000: 10.0, 4409: 10.0}
"""429: too many tries; 1000, 4409: ten seconds have to pass between `complete` and `subscribe`."""


def key_of(app_key: str) -> str:
    """The application key as it stands in the address: its SHA-256, in lower case."""
    return hashlib.sha256(app_key.encode()).hexdigest()


def init(token: str, app_key: str) -> str:
    """The first message: who we are."""
    known_by = {"Authorization": f"Bearer {token}", "x-app-key": app_key}
    return json.dumps({"type": "connection_init", "payload": known_by})


def subscribe(name: str, chain: str, offset: str) -> str:
    """The subscription `name` to a chain's events, from an offset on, which is sent again; without
    one from where the vendor left off."""
    since = f' offset: "{offset}"' if offset else ""
    query = f'subscription {{ newEvent(input: {{ chainCode: "{chain}"{since} }}) {{ {FIELDS} }} }}'
    payload: dict[str, Any] = {
        "variables": {},
        "extensions": {},
        "operationName": None,
        "query": query,
    }
    return json.dumps({"id": name, "type": "subscribe", "payload": payload})


def complete(name: str) -> str:
    """The end of a subscription; the other side closes then."""
    return json.dumps({"id": name, "type": "complete"})


PING, PONG = json.dumps({"type": "ping"}), json.dumps({"type": "pong"})


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its offset, and the hint in it; None for what is not about this hotel."""

    offset: int
    hint: Hint | None
    odd: bool = False
    """It could not be read; only a comparison of everything tells what it was about."""


def kind_of(message: str) -> tuple[str, Any]:
    """What a message is (`next`, `ping`, `error` …), and its payload. Raises ContractViolation."""
    try:
        said = json.loads(message)
    except ValueError:
        raise ContractViolation("a message is not JSON") from None
    return text(said, "type"), said.get("payload")


def event_of(payload: Any, hotel: str) -> Event:
    """The event in the payload of a `next`. Raises ContractViolation where it has no offset."""
    one = part(payload, "data", "newEvent")
    offset = text(one, "metadata", "offset")
    if not OFFSET.fullmatch(offset):
        raise ContractViolation("an offset is not a number")
    if one.get("hotelId") not in (None, hotel):
        return Event(int(offset), None)
    try:
        event, theirs = text(one, "metadata", "uniqueEventId"), text(one, "primaryKey")
        entity = ENTITIES.get(text(one, "moduleName").lower(), "other")
        at = instant(one, "timestamp")
    except ContractViolation:
        return Event(int(offset), None, odd=True)
    if len(event) > LONGEST_ID or len(theirs) > LONGEST_ID:
        return Event(int(offset), None, odd=True)
    return Event(int(offset), Hint(event, entity, theirs, at))


def gap(asked: str, first: int) -> bool:
    """Whether events are missing: the one that was asked for comes first, unless the vendor, who
    keeps them for seven days, has it no more."""
    return bool(asked) and first > int(asked)


def pause_s(failures: int, code: int) -> float:
    """How long to wait after so many connections in a row that came to nothing, seconds."""
    grown = LEAST_S * 2.0 ** min(max(failures - 1, 0), 10)
    return min(MOST_S, max(grown, LEAST_AFTER_S.get(code, LEAST_S)))
