"""The stream of business events of one hotel: one connection, read into memory, handed out by page.

What was handed out is kept until its cursor comes back, so that what could not be stored is handed
out again. Between connections, and while there is none, the caller polls.
Owns: when to connect, when to end, when to try again.
Must not: be asked by two at once; whoever has the hotel's turn has the stream.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from itertools import islice

import structlog

from services.bookings.hotels.errors import HotelError
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import Changes
from services.bookings.hotels.ohip import events
from services.bookings.hotels.ohip.calls import OhipCalls
from services.bookings.hotels.ohip.events import Event
from services.bookings.hotels.ohip.socket import BROKEN, Gone, Socket, opened
from shared.chassis.lifecycle import told_to_end, woken
from shared.chassis.limits import HOTEL_PAGE

log = structlog.get_logger(__name__)
PATH = "subscriptions"
PING_S = 15.0
"""Between two pings, as the vendor wants it; after two without a word the line is dead."""
ACK_S, END_S = 10.0, 5.0
OPEN_S = 30.0
"""A token, a turn at the gateway and the handshake; after that the caller polls meanwhile."""
MOST = 5_000
"""Events in memory. Who gets further ahead of the store hangs up, and begins again from there."""
TOO_MUCH = 4000
SILENT = 4001
"""Close codes of our own, for the log: nothing is sent with them."""


class Stream:
    """See above. `heard` is called when something has arrived, or the stream has ended."""

    def __init__(self, link: HotelLink, calls: OhipCalls) -> None:
        """Raises ValueError for a chain code that the schema does not allow."""
        self.link, self.calls = link, calls
        self.chain = link.option("stream")
        if not events.CHAIN.fullmatch(self.chain):
            raise ValueError(f"hotel {link.hotel}: {self.chain!r} is no chain code (`stream`)")
        self.heard: Callable[[], None] = lambda: None
        self._waiting: deque[Event] = deque()
        self._out, self._cursor = 0, ""
        """So many of those were handed out, with this cursor."""
        self._gap = False
        self._task: asyncio.Task[None] | None = None
        self._decided = asyncio.Event()
        """Whether the try to connect has ended in one way or the other."""
        self._socket: Socket | None = None
        self._name = ""
        self._failures, self._next_s, self._ends_s = 0, 0.0, 0.0

    @property
    def up(self) -> bool:
        """Whether events come by themselves now."""
        return self._socket is not None

    async def changes(self, cursor: str) -> Changes | None:
        """What has come since a cursor; None while there is no stream."""
        cursor = cursor if events.OFFSET.fullmatch(cursor) else ""
        if self.up and self._now() >= self._ends_s:
            await self.hang_up()
        if not self.up and (not self._waiting or cursor != self._cursor):
            if self._now() < self._next_s:
                return None
            await self._connect(cursor)
            if not self.up and not self._waiting:
                return None
        if cursor == self._cursor:
            for _one in range(self._out):
                self._waiting.popleft()
            self._gap = self._gap and not self._out
        page = list(islice(self._waiting, HOTEL_PAGE))
        self._out = len(page)
        newest = max((one.offset for one in page), default=0)
        self._cursor = str(max(newest, int(cursor or 0))) if page else cursor
        hints = tuple(one.hint for one in page if one.hint is not None)
        odd = any(one.odd for one in page)
        more = len(self._waiting) > len(page)
        return Changes(hints, self._cursor, more, gap=bool(page) and (self._gap or odd))

    async def hang_up(self) -> None:
        """End the stream as the vendor wants it: `complete`, and wait for the other side to close.
        What was not stored comes again."""
        task, self._task = self._task, None
        if task is None:
            return
        if self._socket is not None:
            try:
                await self._socket.send(events.complete(self._name))
                await asyncio.wait({task}, timeout=END_S)
            except Gone:
                pass
        task.cancel()
        await asyncio.wait({task})
        self._next_s = max(self._next_s, self._now() + events.pause_s(0, 1000))

    def _now(self) -> float:
        return self.calls.line.now()

    async def _connect(self, cursor: str) -> None:
        if self._task is not None:
            await self.hang_up()
        self._waiting.clear()
        self._out, self._cursor, self._gap = 0, cursor, False
        self._decided.clear()
        self._task = asyncio.create_task(self._kept(cursor))
        await woken(self._decided, OPEN_S)

    async def _kept(self, cursor: str) -> None:
        """One connection, from its beginning to its end."""
        code = BROKEN
        try:
            await self._heard_out(cursor)
        except Gone as gone:
            code = gone.code
        except HotelError as error:
            log.info("stream_not_possible", hotel=self.link.hotel, error=error.code)
        except ValueError as error:
            log.warning("stream_not_possible", hotel=self.link.hotel, error=str(error))
        finally:
            held, self._socket = self._socket, None
            # An end of our own making is no failure.
            self._failures += self._task is not None
            self._next_s = self._now() + events.pause_s(self._failures, code)
            if code in events.NOT_KNOWN:
                self.calls.bearer.forget()
            log.info("stream_ended", hotel=self.link.hotel, code=code, failures=self._failures)
            self._decided.set()
            self.heard()
            if held is not None:
                await held.close()

    async def _heard_out(self, cursor: str) -> None:
        token, self._ends_s = await self.calls.bearer.current()
        await self.calls.gateway.turn()
        app_key = self.link.secret("app-key")
        client = self.calls.line.client
        socket = await opened(client, PATH, events.PROTOCOL, key=events.key_of(app_key))
        try:
            await socket.send(events.init(token, app_key))
            said = await socket.receive(ACK_S)
            if said is None or events.kind_of(said)[0] != "connection_ack":
                raise Gone(SILENT)
            self._name = str(uuid.uuid4())
            await socket.send(events.subscribe(self._name, self.chain, cursor))
        except BaseException:
            await socket.close()
            raise
        self._socket = socket
        self._decided.set()
        await self._read(socket, cursor)

    async def _read(self, socket: Socket, cursor: str) -> None:
        clock, first = asyncio.get_running_loop().time, True
        heard_s = pinged_s = clock()
        while not told_to_end():
            if clock() >= pinged_s + PING_S:
                if clock() >= heard_s + 2 * PING_S:
                    raise Gone(SILENT)
                pinged_s = clock()
                await socket.send(events.PING)
            said = await socket.receive(max(0.0, pinged_s + PING_S - clock()))
            if said is None:
                continue
            heard_s = clock()
            kind, payload = events.kind_of(said)
            if kind == "ping":
                await socket.send(events.PONG)
            elif kind in ("error", "complete"):
                raise Gone(1000)
            if kind != "next":
                continue
            one = events.event_of(payload, self.link.their_hotel)
            self._gap = self._gap or (first and events.gap(cursor, one.offset))
            first, self._failures = False, 0
            if len(self._waiting) >= MOST:
                raise Gone(TOO_MUCH)
            self._waiting.append(one)
            if one.hint is not None or one.odd:
                # What happens at other hotels of the chain waits for the next look.
                self.heard()
