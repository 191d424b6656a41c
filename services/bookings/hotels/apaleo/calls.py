"""Calls to apaleo: token, lists page by page, actions, and why an action is refused.

Must not: know what an operation is made of; `adapter` does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from services.bookings.hotels.apaleo.ability import IDENTITY
from services.bookings.hotels.apaleo.faults import classify, reason
from services.bookings.hotels.bearer import Bearer
from services.bookings.hotels.errors import ContractViolation, HotelError, Invalid
from services.bookings.hotels.line import Answer, Gateway, Line, client_for
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.reading import Body, rows, whole
from shared.chassis.limits import HOTEL_PAGE, HOTEL_PAGES

ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("block", "confirm"): ("Confirm",),
    ("block", "amend"): ("Modify",),
    ("block", "wash"): ("Wash",),
    ("block", "cancel"): ("Cancel",),
    ("block", "pickup"): ("Pickup",),
    ("reservation", "amend"): ("AmendTimeSlices", "AmendArrival", "AmendDeparture"),
    ("reservation", "cancel"): ("Cancel",),
}
"""What is called, and how it is named beside what is shown."""


class ApaleoCalls:
    """The line of one hotel on apaleo."""

    def __init__(self, link: HotelLink, gateway: Gateway, **client: Any) -> None:
        """`client` goes to the HTTP client; tests put a recorder there."""
        self.link = link
        self.line = Line(link.hotel, client_for(str(link.url), **client), gateway, classify)
        self.bearer = Bearer(link, self.line, link.options.get("identity", IDENTITY))

    async def close(self) -> None:
        """Give the connections back."""
        await self.line.client.aclose()

    async def call(self, method: str, path: str, *, write: bool, **parts: Any) -> Any:
        """One call; its body."""

        async def once(token: str) -> Answer:
            headers = {"authorization": f"Bearer {token}"}
            return await self.line.call(
                method, f"booking/v1/{path}", write=write, headers=headers, **parts
            )

        return (await self.bearer.carried(once)).body

    async def get(self, path: str, **params: str | int) -> Any:
        """A read."""
        return await self.call("GET", path, write=False, params=params)

    async def post(self, path: str, body: Any) -> Any:
        """A creation."""
        return await self.call("POST", path, write=True, json=body)

    async def patch(self, path: str, op: str, **parts: Any) -> None:
        """Parts of something added or replaced, all or none (JSON Patch, RFC 6902)."""
        steps = [{"op": op, "path": f"/{name}", "value": one} for name, one in parts.items()]
        await self.call("PATCH", path, write=True, json=steps)

    async def page(self, kind: str, number: int, **params: str | int) -> tuple[list[Body], bool]:
        """A page of a list of the hotel, and whether there are more; an empty one has no body."""
        size: dict[str, str | int] = {"pageNumber": number, "pageSize": HOTEL_PAGE}
        answer = await self.get(kind, propertyIds=self.link.their_hotel, **size, **params)
        if answer is None:
            return [], False
        return rows(answer, kind), number * HOTEL_PAGE < whole(answer, "count")

    async def pages(self, kind: str, **params: str | int) -> AsyncIterator[Body]:
        """The rows of a list of the hotel. Raises ContractViolation when it does not end."""
        for number in range(1, HOTEL_PAGES + 1):
            found, more = await self.page(kind, number, **params)
            for one in found:
                yield one
            if not more:
                return
        raise ContractViolation(f"more than {HOTEL_PAGES} pages")

    async def act(self, what: str, theirs: str, action: str, body: Any = None) -> None:
        """An action on a `block` or `reservation`. Raises what its refusal means."""
        try:
            await self.call("PUT", f"{what}-actions/{theirs}/{action}", write=True, json=body)
        except Invalid as error:
            raise await self.why(what, theirs, action) or error from error

    async def why(self, what: str, theirs: str, action: str) -> HotelError | None:
        """Why an action is refused whose refusal said nothing that is known, if it can be told."""
        try:
            shown = await self.get(f"{what}s/{theirs}", expand="actions")
            return reason(shown, ACTIONS[what, action])
        except HotelError:
            return None
