"""The line to a hotel: one HTTP call, paced, guarded, and told apart by what surely happened.

Owns: turns at the gateway, a hotel's breaker, time-outs, and which failure leaves a write unknown.
Must not: try a write again; and must not log bodies, which may name guests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import structlog

from services.bookings.hotels.contact import Contact
from services.bookings.hotels.errors import (
    AuthExpired,
    ContractViolation,
    Forbidden,
    HotelError,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)
from services.bookings.hotels.pacing import (
    Breaker,
    Bucket,
    asked,
    drawn,
    emptied,
    full,
    told,
    wait_s,
)
from shared.chassis.limits import (
    HOTEL_ANSWER_BYTES,
    HOTEL_CONNECT_S,
    HOTEL_RATE,
    HOTEL_READ_S,
    HOTEL_TRIES,
    HOTEL_WAIT_S,
    Pace,
)

log = structlog.get_logger(__name__)
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers (lower case), and JSON (None without a body)."""

    status: int
    headers: Mapping[str, str]
    body: Any


Classify = Callable[[Answer, bool], HotelError | None]
"""What an answer means by its body; the flag says whether it answers a write. None: it is good."""


class Gateway:
    """The turns at one gateway, shared by all hotels behind it."""

    def __init__(
        self,
        pace: Pace = HOTEL_RATE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.clock, self.sleep = clock, sleep
        self._pace = pace
        self._bucket: Bucket = full(pace, clock())
        self._waiting = 0
        self._order = asyncio.Lock()

    async def turn(self) -> None:
        """Wait for a turn: first come, first served. Raises RateLimited when it would take too
        long.

        A token is taken when the call goes, not when it was asked for: a process that was held up
        does not catch up in a burst.
        """
        until_s = self.clock() + HOTEL_WAIT_S
        self._left_s(until_s, ahead=self._waiting)
        self._waiting += 1
        try:
            async with self._order:
                while left_s := self._left_s(until_s):
                    await self.sleep(left_s)
                self._bucket = drawn(self._bucket, self._pace, self.clock())
        finally:
            self._waiting -= 1

    def _left_s(self, until_s: float, ahead: int = 0) -> float:
        now_s = self.clock()
        left_s = wait_s(self._bucket, self._pace, now_s, ahead)
        if now_s + left_s > until_s:
            raise RateLimited("our own queue for this gateway is full", left_s)
        return left_s

    def put_off(self, after_s: float) -> None:
        """The gateway asked for a pause; everyone behind it waits."""
        self._bucket = emptied(self._bucket, self.clock(), after_s, self._pace)


@dataclass(slots=True)
class Line:
    """One hotel behind a gateway."""

    hotel: str
    client: httpx.AsyncClient
    gateway: Gateway
    classify: Classify
    breaker: Breaker = field(default_factory=Breaker)
    contact: Contact = field(default_factory=Contact)

    async def call(
        self,
        method: str,
        path: str,
        *,
        write: bool,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call and its good answer.

        Only what the gateway put off (429) is sent again, as that was surely not carried out.
        Raises the hotel's error; OutcomeUnknown when a write may have happened.
        """
        request = self.client.build_request(
            method, path, json=json, params=params, headers=dict(headers or {}), data=form
        )
        for attempt in range(1, HOTEL_TRIES + 1):
            await self.gateway.turn()
            answer, error = await self._tried(request, write)
            if error is None:
                return answer
            log.info("hotel_call", hotel=self.hotel, method=method, error=error.code)
            if not isinstance(error, RateLimited):
                raise error
            self.gateway.put_off(error.after_s)
            if attempt == HOTEL_TRIES:
                raise error
        raise AssertionError("unreachable")

    async def _tried(self, request: httpx.Request, write: bool) -> tuple[Answer, HotelError | None]:
        self.breaker, may = asked(self.breaker, self.now())
        if not may:
            raise Unavailable("the line rests after failures")
        answer, error = Answer(0, {}, None), None
        try:
            answer = await self._sent(request, write)
            error = self.classify(answer, write)
        except HotelError as failure:
            error = failure
        except BaseException:
            # Cancelled: that says nothing about the hotel, but the next call may try again.
            self.breaker = replace(self.breaker, trying=False)
            raise
        faulty = error is not None and error.faulty
        self.breaker = told(self.breaker, faulty, self.now())
        self.contact.met(faulty)
        return answer, error

    def now(self) -> float:
        """The gateway's clock."""
        return self.gateway.clock()

    async def _sent(self, request: httpx.Request, write: bool) -> Answer:
        try:
            response = await self.client.send(request)
        except NEVER_SENT as error:
            raise Unavailable(type(error).__name__) from None
        except httpx.HTTPError as error:
            raise _broken(write, type(error).__name__) from None
        return _read(response, write)


def client_for(url: str, **options: Any) -> httpx.AsyncClient:
    """A client for one hotel's system: time-outs set, no redirects followed."""
    timeout = httpx.Timeout(HOTEL_READ_S, connect=HOTEL_CONNECT_S)
    settings: dict[str, Any] = {"timeout": timeout, "follow_redirects": False} | options
    return httpx.AsyncClient(base_url=url, **settings)


def _broken(write: bool, why: str) -> HotelError:
    return OutcomeUnknown(why) if write else Unavailable(why)


def _read(response: httpx.Response, write: bool) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if len(response.content) > HOTEL_ANSWER_BYTES:
        raise _unreadable(write, "the answer is too long")
    if not response.content:
        return Answer(response.status_code, headers, None)
    try:
        return Answer(response.status_code, headers, response.json())
    except ValueError:
        if response.status_code >= 400:
            return Answer(response.status_code, headers, None)
        raise _unreadable(write, "the answer is not JSON") from None


def _unreadable(write: bool, why: str) -> HotelError:
    """A write was surely received, but nothing says what became of it."""
    return OutcomeUnknown(why) if write else ContractViolation(why)


def by_status(answer: Answer, write: bool) -> HotelError | None:
    """What an answer means by its status alone; None when the body has to tell."""
    if answer.status < 300:
        return None
    if answer.status == 401:
        return AuthExpired()
    if answer.status == 403:
        return Forbidden()
    if answer.status == TOO_MANY:
        return RateLimited("", _after(answer))
    if answer.status >= 500:
        return _broken(write, f"HTTP {answer.status}")
    return ContractViolation(f"HTTP {answer.status}") if answer.status < 400 else None


def _after(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), HOTEL_WAIT_S) if text.replace(".", "", 1).isdigit() else 1.0
