"""How messages come from a durable consumer: one standing request, answered as messages arrive.

The client's own `fetch` asks once for every message, or waits until as many are there as it asked
for. A standing request costs nothing at rest, and what arrives while a group is at work is the next
group. FastStream calls `fetch` and is none the wiser.

Owns: how many messages a process has asked for, and asking again after a loss.
Must not: acknowledge; `delivery` does. Messages never handed out are given back at the end.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo, Header, PubAck, StreamInfo

from shared.chassis import limits, preference
from shared.chassis.gathering import AT_ONCE, Gathering, Waiting
from shared.chassis.lifecycle import to_next
from shared.chassis.pulse import Saw, unseen

_HEARTBEAT, _EXPIRED = "100", "408"
_UNSENT = "Nats-Pending-Messages"
"""How many messages of an ended request were never sent."""


class StandingPull(JetStreamContext.PullSubscription):
    """One consumer's messages, at most `Gathering.room` of them on their way or waiting."""

    def __init__(
        self,
        js: JetStreamContext,
        stream: str,
        consumer: str,
        deliver: bytes,
        gathering: Gathering,
        stands_s: float,
        process: bytes,
    ) -> None:
        unset: Any = None
        super().__init__(js, unset, stream, consumer, deliver)
        self._name, self._gathering = consumer, gathering
        self._stands_s, self._process = stands_s, process
        self._waiting = Waiting(gathering)
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._asked = 0
        self._asked_at = self._answered_by = 0.0
        self._refused = False
        self.refusals = 0
        """How often the bus said that it cannot deliver; to expire is no refusal."""

    async def listen(self) -> None:
        """From now on messages can arrive."""
        self._sub: Subscription = await self._nc.subscribe(self._deliver, cb=self._take)

    async def _take(self, message: Msg) -> None:
        status = JetStreamContext.is_status_msg(message)
        if status == _HEARTBEAT:
            return
        if status is None:
            self._asked = max(0, self._asked - 1)
            self._waiting.take(message, self._loop.time())
        else:
            unsent = int((message.headers or {}).get(_UNSENT, self._asked))
            self._asked = max(0, self._asked - unsent)
            self._refused = status != _EXPIRED
            self.refusals += self._refused
        self._news.set()

    def renew(self) -> None:
        """Ask again: the server that we had asked is not the one we are talking to now."""
        self._asked = 0
        self._news.set()

    def missed(self, consumer: str, since: float) -> None:
        """The bus knows of no request for a consumer, nor of a message on its way, at a moment
        after `since`, on the loop's clock: one that was sent before is lost."""
        if consumer == self._name and self._asked and self._asked_at < since:
            self.renew()

    async def fetch(
        self, batch: int = 1, timeout: float | None = 5, heartbeat: float | None = None
    ) -> list[Msg]:
        """What has arrived, as one group, however small a `batch` was asked for: FastStream would
        wait until a batch is full. Raises TimeoutError when nothing came."""
        if self._refused:
            # No such consumer just now, or no leader: whoever mends it needs a moment.
            self._refused = False
            await asyncio.sleep(limits.PULL_REFUSED_S)
        await self._ask()
        if not self._waiting:
            await self._hear(None if timeout is None else self._loop.time() + timeout)
        while (due_at := self._waiting.due_at()) is not None and due_at > self._loop.time():
            if not self._refused:
                await self._ask()
            await self._hear(due_at)
        some = self._waiting.hand_over(self._loop.time())
        if not some:
            raise NatsTimeoutError
        return some

    async def _hear(self, until: float | None) -> None:
        """Wait for news until then, a moment on the loop's clock."""
        self._news.clear()
        with suppress(TimeoutError):
            # `wait_for` would make a task of it.
            async with asyncio.timeout_at(until):
                await self._news.wait()

    async def _ask(self) -> None:
        now = self._loop.time()
        if now > self._answered_by:
            self._asked = 0  # The request, or the word of its end, got lost.
        room = self._gathering.room
        if self._asked + len(self._waiting) > room // 2:
            return
        more = room - self._asked - len(self._waiting)
        # The requests of all consumers end together: one write renews them.
        stands_s = to_next(self._stands_s)
        who = preference.asking(self._process, now)
        request = {"batch": more, "expires": int(stands_s * 1e9), **who}
        self._asked += more
        self._asked_at = now
        self._answered_by = now + stands_s + limits.PULL_GRACE_S
        await self._nc.publish(self._nms, json.dumps(request).encode(), self._deliver)

    async def unsubscribe(self) -> None:
        """Stop; another replica gets at once what was not handed out."""
        await self._sub.unsubscribe()
        for message in self._waiting.give_up():
            await message.nak()


class StandingJetStream(JetStreamContext):
    """The client's JetStream, whose pull subscriptions are standing ones, and which publishes
    quicker."""

    def __init__(
        self, *args: Any, gathering: Mapping[str, Gathering], stands_s: float = limits.PULL_S,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        """`gathering` says for which durable consumers the first message waits for others;
        `stands_s` how long a request stands at most, in seconds."""
        super().__init__(*args, **kwargs)
        self._gathering, self._stands_s = gathering, stands_s
        self._process = secrets.token_bytes(16)
        self._pulls: list[StandingPull] = []
        self._published = 0

    async def publish_async(
        self,
        subject: str,
        payload: bytes = b"",
        wait_stall: float | None = None,
        stream: str | None = None,
        headers: dict[str, Any] | None = None,
        msg_ttl: float | None = None,
    ) -> asyncio.Future[PubAck]:
        """As the client does it, but for what costs it most: random bytes to tell its requests
        apart, where a number does, and a bound on those that wait, which the relay has itself.
        `wait_stall` and `msg_ttl` are not looked at."""
        if not self._async_reply_prefix:
            await self._init_async_reply()
        prefix: Any = self._async_reply_prefix
        self._published += 1
        token = str(self._published)
        answered: asyncio.Future[PubAck] = asyncio.get_running_loop().create_future()
        waiting = self._publish_async_futures
        waiting[token] = answered
        answered.add_done_callback(lambda _answered: waiting.pop(token, None))
        told = {**(headers or {}), Header.EXPECTED_STREAM: stream} if stream else headers
        reply = f"{prefix.decode()}{token}"
        await self._nc.publish(subject, payload, reply=reply, headers=told)
        return answered

    async def pull_subscribe_bind(
        self,
        consumer: str | None = None,
        stream: str | None = None,
        inbox_prefix: bytes | None = None,
        pending_msgs_limit: int = 0,
        pending_bytes_limit: int = 0,
        name: str | None = None,
        durable: str | None = None,
    ) -> JetStreamContext.PullSubscription:
        """Listen to a consumer that exists."""
        found = durable or name or consumer
        assert stream is not None and found is not None
        # Always the client's own: FastStream names the library's default, which may be refused.
        prefix = bytes(self._nc._inbox_prefix) + b"."
        deliver = prefix + self._nc._nuid.next()
        gathering = self._gathering.get(found, AT_ONCE)
        pull = StandingPull(self, stream, found, deliver, gathering, self._stands_s, self._process)
        await pull.listen()
        self._pulls.append(pull)
        return pull

    def renew(self) -> None:
        """Ask again on every pull: the connection is a new one."""
        for pull in self._pulls:
            pull.renew()

    @property
    def refusals(self) -> int:
        """How often the bus refused to deliver: a consumer, or its leader, was missing."""
        return sum(pull.refusals for pull in self._pulls)

    saw: Saw = staticmethod(unseen)
    """Told each answer about a consumer or a stream, and how many seconds it took."""

    async def consumer_info(
        self, stream: str, consumer: str, timeout: float | None = None
    ) -> ConsumerInfo:
        """As the client does it. A request of ours that got lost is made again."""
        since, began = asyncio.get_running_loop().time(), time.perf_counter()
        info: ConsumerInfo = await super().consumer_info(stream, consumer, timeout)
        self.saw(info, time.perf_counter() - began)
        if not (info.num_waiting or info.num_ack_pending):
            for pull in self._pulls:
                pull.missed(consumer, since)
        return info

    async def add_consumer(self, stream: str, *args: Any, **kwargs: Any) -> ConsumerInfo:
        """As the client does it. From here on it is known how the consumer is."""
        info: ConsumerInfo = await super().add_consumer(stream, *args, **kwargs)
        self.saw(info, None)
        return info

    async def stream_info(self, name: str, subjects_filter: str | None = None) -> StreamInfo:
        """As the client does it."""
        began = time.perf_counter()
        info = await super().stream_info(name, subjects_filter)
        self.saw(info, time.perf_counter() - began)
        return info
