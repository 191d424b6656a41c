"""Calls to Cloudbeds: key, property, forms, and lists page by page.

Must not: know what an operation is made of; `adapter` does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from services.bookings.hotels.cloudbeds.bodies import form
from services.bookings.hotels.cloudbeds.faults import classify
from services.bookings.hotels.errors import ContractViolation
from services.bookings.hotels.line import Gateway, Line, client_for
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.reading import Body, rows
from shared.chassis.limits import HOTEL_PAGE, HOTEL_PAGES

BASE = "api/v1.3"


class CloudbedsCalls:
    """The line of one hotel on Cloudbeds."""

    def __init__(self, link: HotelLink, gateway: Gateway, **client: Any) -> None:
        """`client` goes to the HTTP client; tests put a recorder there."""
        self.link = link
        self.line = Line(link.hotel, client_for(str(link.url), **client), gateway, classify)

    async def close(self) -> None:
        """Give the connections back."""
        await self.line.client.aclose()

    def _headers(self) -> dict[str, str]:
        """Calls about blocks have no field for the property; the vendor names this header."""
        return {"x-api-key": self.link.secret("key"), "x-property-id": self.link.their_hotel}

    async def get(self, path: str, **params: str | int) -> Any:
        """A read; its body."""
        answer = await self.line.call(
            "GET", f"{BASE}/{path}", write=False, params=params, headers=self._headers()
        )
        return answer.body

    async def write(self, method: str, path: str, body: Body) -> Any:
        """A write, as a form; the body of its answer."""
        answer = await self.line.call(
            method, f"{BASE}/{path}", write=True, form=form(body), headers=self._headers()
        )
        return answer.body

    async def pages(self, path: str, **params: str | int) -> AsyncIterator[Body]:
        """The rows of a list about this hotel, up to the page that is not full.

        Raises ContractViolation when the list does not end.
        """
        wish = {"propertyID": self.link.their_hotel, "pageSize": HOTEL_PAGE, **params}
        for page in range(1, HOTEL_PAGES + 1):
            found = rows(await self.get(path, pageNumber=page, **wish), "data")
            for one in found:
                yield one
            if len(found) < HOTEL_PAGE:
                return
        raise ContractViolation(f"more than {HOTEL_PAGES} pages")
