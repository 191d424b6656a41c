"""Calls to OHIP: token, application key, the hotel in every header; tasks that are polled.

Must not: know what an operation is made of; `adapter` does.
"""

from __future__ import annotations

import base64
import uuid
from typing import Any

import httpx

from services.bookings.hotels.errors import AuthExpired, ContractViolation, NotFound, OutcomeUnknown
from services.bookings.hotels.line import Answer, Gateway, Line, client_for
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.ohip.faults import classify
from services.bookings.hotels.reading import text
from shared.chassis.limits import HOTEL_AUTH_SLACK_S, HOTEL_POLL_S, HOTEL_POLLS


class OhipCalls:
    """The line of one hotel on OPERA Cloud."""

    def __init__(self, link: HotelLink, gateway: Gateway, **client: Any) -> None:
        self.link, self.gateway = link, gateway
        self.line = Line(link.hotel, client_for(str(link.url), **client), gateway, classify)
        self._token: str | None = None
        self._token_until = 0.0

    async def close(self) -> None:
        """Give the connections back."""
        await self.line.client.aclose()

    async def call(self, method: str, path: str, *, write: bool, **parts: Any) -> Answer:
        """One call. A token that has ended is renewed once: such a call was not carried out."""
        try:
            return await self._once(method, path, write=write, **parts)
        except AuthExpired:
            self._token = None
            return await self._once(method, path, write=write, **parts)

    async def _once(self, method: str, path: str, *, write: bool, **parts: Any) -> Answer:
        headers = {
            "authorization": f"Bearer {await self._bearer()}",
            "x-app-key": self.link.secret("app-key"),
            "x-hotelid": self.link.their_hotel,
            "x-request-id": str(uuid.uuid4()),
        }
        return await self.line.call(method, path, write=write, headers=headers, **parts)

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

    async def _bearer(self) -> str:
        if self._token is None or self.line.now() >= self._token_until:
            answer = await self.line.call(
                "POST",
                "oauth/v1/tokens",
                write=False,
                form={"grant_type": "client_credentials"} | self._scope(),
                headers={
                    "x-app-key": self.link.secret("app-key"),
                    "authorization": f"Basic {self._client()}",
                }
                | self._enterprise(),
            )
            self._token = text(answer.body, "access_token")
            lasts_s = float(answer.body.get("expires_in") or 0)
            self._token_until = self.line.now() + max(0.0, lasts_s - HOTEL_AUTH_SLACK_S)
        return self._token

    def _client(self) -> str:
        pair = f"{self.link.secret('client')}:{self.link.secret('secret')}"
        return base64.b64encode(pair.encode()).decode()

    def _scope(self) -> dict[str, str]:
        return {"scope": self.link.options["scope"]} if "scope" in self.link.options else {}

    def _enterprise(self) -> dict[str, str]:
        found = self.link.options.get("enterprise")
        return {"enterpriseId": found} if found else {}
