"""A token for client credentials (OAuth 2.0, RFC 6749, 4.4): asked for, kept, renewed once.

Must not: keep a secret; client and secret are read from their files at each question for a token.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from services.bookings.hotels.errors import AuthExpired
from services.bookings.hotels.line import Answer, Line
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.reading import text
from shared.chassis.limits import HOTEL_AUTH_SLACK_S


@dataclass(slots=True)
class Bearer:
    """The token of one hotel's line. The secrets `client` and `secret` ask for it."""

    link: HotelLink
    line: Line
    where: str
    """Where tokens are: a path at the hotel's address, or another address."""
    more: Callable[[], Mapping[str, str]] = dict
    """What else the question's headers say, at the moment of asking."""
    _token: str | None = None
    _until_s: float = 0.0

    async def carried(self, call: Callable[[str], Awaitable[Answer]]) -> Answer:
        """One call with a token. An ended one is renewed once: that call was not carried out."""
        try:
            return await call((await self.current())[0])
        except AuthExpired:
            self.forget()
            return await call((await self.current())[0])

    def forget(self) -> None:
        """The token counts no more: the next call asks for another."""
        self._token = None

    async def current(self) -> tuple[str, float]:
        """A token, and until when it counts by the line's clock. Raises the hotel's error."""
        if self._token is None or self.line.now() >= self._until_s:
            answer = await self.line.call(
                "POST",
                self.where,
                write=False,
                form={"grant_type": "client_credentials"} | self._scope(),
                headers={"authorization": f"Basic {self._client()}", **self.more()},
            )
            self._token = text(answer.body, "access_token")
            lasts_s = float(answer.body.get("expires_in") or 0)
            self._until_s = self.line.now() + max(0.0, lasts_s - HOTEL_AUTH_SLACK_S)
        return self._token, self._until_s

    def _client(self) -> str:
        pair = f"{self.link.secret('client')}:{self.link.secret('secret')}"
        return base64.b64encode(pair.encode()).decode()

    def _scope(self) -> dict[str, str]:
        return {"scope": self.link.options["scope"]} if "scope" in self.link.options else {}
