"""Calls to HAIP: credentials, the hotel in every question, and lists page by page.

Must not: know what an operation is made of; `adapter` does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from services.bookings.hotels.errors import ContractViolation
from services.bookings.hotels.haip.faults import classify
from services.bookings.hotels.line import Gateway, Line, client_for
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.reading import Body, part, rows
from shared.chassis.limits import HOTEL_PAGE, HOTEL_PAGES


class HaipCalls:
    """The line of one hotel on HAIP."""

    def __init__(self, link: HotelLink, gateway: Gateway, **client: Any) -> None:
        """`client` goes to the HTTP client; tests put a recorder there."""
        self.link = link
        self.line = Line(link.hotel, client_for(str(link.url), **client), gateway, classify)

    async def close(self) -> None:
        """Give the connections back."""
        await self.line.client.aclose()

    async def call(self, method: str, path: str, *, write: bool = True, **parts: Any) -> Any:
        """One call; its body. A token is for installations behind a login server."""
        headers = {"x-api-key": self.link.secret("key")} if "key" in self.link.secrets else {}
        if "token" in self.link.secrets:
            headers["authorization"] = f"Bearer {self.link.secret('token')}"
        answer = await self.line.call(
            method, f"api/v1/{path}", write=write, headers=headers, **parts
        )
        return answer.body

    async def get(self, path: str, **params: str | int) -> Any:
        """A read about this hotel."""
        params = {"propertyId": self.link.their_hotel, **params}
        return await self.call("GET", path, write=False, params=params)

    async def pages(self, path: str, **params: str | int) -> AsyncIterator[Body]:
        """The rows of a list. Raises ContractViolation when it does not end."""
        for page in range(1, HOTEL_PAGES + 1):
            answer = await self.get(path, page=page, limit=HOTEL_PAGE, **params)
            for one in rows(answer, "data"):
                yield one
            if page * HOTEL_PAGE >= int(part(answer, "total")):
                return
        raise ContractViolation(f"more than {HOTEL_PAGES} pages")
