"""The AlpineBits door inside of bookings: who calls, how many at a time, and the answer packed.

Must not: know an action, or a store.
"""

from __future__ import annotations

import asyncio
import gzip
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from starlette.datastructures import Headers

from services.bookings.by_call.limits import CALLS_AT_ONCE, CALLS_OF_HOTEL
from services.bookings.hotels.alpinebits.calls import Reply, refusal
from services.bookings.hotels.alpinebits.credentials import Credentials
from services.bookings.hotels.alpinebits.door import answered
from services.bookings.hotels.alpinebits.port import Busy, Desk
from shared.contracts.hotel_calls import AlpineBitsAnswer, CarryAlpineBits

STRANGER = refusal("ERROR:not authorized", 401)
COME_AGAIN = refusal("ERROR:busy", 503)


def logins_of(hotels: Collection[str], folder: Path | None) -> Credentials:
    """The logins of hotels whose systems call us. Raises ValueError when one of them has none, or
    one that is not right, and for a login of any other."""
    if not hotels:
        return Credentials(())
    if folder is None or not folder.is_dir():
        raise ValueError("REDCROWN_ALPINEBITS_LOGINS: name the folder with a login per hotel")
    named = {one.name for one in folder.iterdir() if one.is_file() and one.name[0] != "."}
    if missing := sorted(set(hotels) - named):
        raise ValueError(f"REDCROWN_ALPINEBITS_LOGINS: there is no file {missing[0]}")
    if strange := sorted(named - set(hotels)):
        raise ValueError(f"REDCROWN_ALPINEBITS_LOGINS: {strange[0]} is no hotel with alpinebits")
    return Credentials.read(folder)


@dataclass(slots=True)
class Door:
    """Answers calls that the console carries. A few at a time: each may hold some megabytes."""

    logins: Credentials
    desk: Desk
    busy: Counter[str] = field(default_factory=Counter)

    def hotel(self, login: str) -> str | None:
        """Whose login it is."""
        return self.logins.hotel(login)

    async def answer(self, call: CarryAlpineBits) -> AlpineBitsAnswer:
        """The answer to one call, as the console passes it on."""
        reply = await self._reply(call)
        packed = await asyncio.to_thread(gzip.compress, reply.body, 6)
        body = b64encode(packed).decode()
        return AlpineBitsAnswer(status=reply.status, media=reply.media, body=body)

    async def _reply(self, call: CarryAlpineBits) -> Reply:
        hotel = self.hotel(call.login)
        if hotel is None:
            return STRANGER
        if self.busy[hotel] >= CALLS_OF_HOTEL or self.busy.total() >= CALLS_AT_ONCE:
            return COME_AGAIN
        self.busy[hotel] += 1
        try:
            told = {
                "content-type": call.content_type, "content-encoding": "gzip",
                "x-alpinebits-clientprotocolversion": call.protocol,
                "x-alpinebits-clientid": call.client,
            }  # fmt: skip
            return await answered(hotel, Headers(told), b64decode(call.body), self.desk)
        except Busy:
            return COME_AGAIN
        finally:
            self.busy[hotel] -= 1
