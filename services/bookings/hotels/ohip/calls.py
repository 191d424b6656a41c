"""Calls to OHIP: token, application key, the hotel in every header; tasks that are polled.

Must not: know what an operation is made of; `adapter` does.
"""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from services.bookings.hotels.bearer import Bearer
from services.bookings.hotels.errors import ContractViolation, NotFound, OutcomeUnknown
from services.bookings.hotels.line import Answer, Gateway, Line, client_for
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.ohip.faults import classify
from services.bookings.hotels.ohip.reading import warnings
from services.bookings.hotels.remarks import warned
from shared.chassis.limits import HOTEL_POLL_S, HOTEL_POLLS


class OhipCalls:
    """The line of one hotel on OPERA Cloud."""

    def __init__(self, link: HotelLink, gateway: Gateway, **client: Any) -> None:
        self.link, self.gateway = link, gateway
        self.line = Line(link.hotel, client_for(str(link.url), **client), gateway, classify)
        self.bearer = Bearer(link, self.line, "oauth/v1/tokens", self._known_by)

    async def close(self) -> None:
        """Give the connections back."""
        await self.line.client.aclose()

    async def call(self, method: str, path: str, *, write: bool, **parts: Any) -> Answer:
        """One call."""

        async def once(token: str) -> Answer:
            headers = {
                "authorization": f"Bearer {token}",
                "x-app-key": self.link.secret("app-key"),
                "x-hotelid": self.link.their_hotel,
                "x-request-id": str(uuid.uuid4()),
            }
            return await self.line.call(method, path, write=write, headers=headers, **parts)

        answer = await self.bearer.carried(once)
        for code in warnings(answer.body) if write else ():
            warned(code)
        return answer

    async def get(self, path: str, **params: Any) -> Any:
        """A read; its body."""
        return (await self.call("GET", path, write=False, params=params)).body

    async def put(self, path: str, body: Any) -> Any:
        """A change; its body."""
        return (await self.call("PUT", path, write=True, json=body)).body

    async def post(self, path: str, body: Any) -> Answer:
        """A creation."""
        return await self.call("POST", path, write=True, json=body)

    async def task(self, path: str, body: Any, results: str) -> Any:
        """Begin a task and look until its results are there.

        `results` is the path that the id of the task is appended to. Raises OutcomeUnknown when
        the hotel is still at it after all looks.
        """
        begun = await self.post(path, body)
        task = begun.headers.get("location", "").rstrip("/").rsplit("/", 1)[-1]
        if begun.status != httpx.codes.ACCEPTED or not task:
            raise OutcomeUnknown("accepted, but the task is not named")
        for _look in range(HOTEL_POLLS):
            await self.gateway.sleep(HOTEL_POLL_S)
            try:
                return await self.get(f"{results}/{task}")
            except NotFound:
                continue
            except ContractViolation as error:
                raise OutcomeUnknown("the results cannot be read") from error
        raise OutcomeUnknown("the hotel is still at it")

    def _known_by(self) -> dict[str, str]:
        enterprise = self.link.options.get("enterprise")
        named = {"enterpriseId": enterprise} if enterprise else {}
        return {"x-app-key": self.link.secret("app-key"), **named}
