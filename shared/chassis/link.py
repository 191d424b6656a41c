"""A service's line to the bus: opened, watched, mended, closed.

Owns: the FastStream broker, and bringing back what the bus has lost: streams, consumers, messages.
Must not: handle or publish a message; `delivery` and `outbox` do. Must not: know what is lost;
`feeding` does.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from nats.aio.client import Client

from shared.chassis import bus, limits
from shared.chassis.bus_use import BusUse
from shared.chassis.complaints import Complaints
from shared.chassis.connection import make_broker
from shared.chassis.feeding import Feeder
from shared.chassis.lifecycle import repeat, to_next, told_to_end, woken
from shared.chassis.observe import Metrics
from shared.chassis.pulling import StandingJetStream
from shared.chassis.pulse import Saw, unseen
from shared.chassis.settings import Settings
from shared.chassis.store import STORE_AWAY
from shared.contracts.message import COMMANDS, EVENTS, PARKED

log = structlog.get_logger(__name__)
STREAMS = (COMMANDS, EVENTS, PARKED)


class Rest:
    """Where nothing happens, looking every `BUS_REST_S` is enough."""

    def __init__(self) -> None:
        self._until, self._refusals = -math.inf, 0

    def goes_on(self, now: float, refusals: int, called: bool) -> bool:
        """Whether no look is due at `now`, in seconds; `refusals` so far: a new one says
        that a consumer is gone; `called`: something else asks for a look."""
        called |= refusals > self._refusals
        self._refusals = refusals
        if called or now >= self._until:
            self._until = now + limits.BUS_REST_S - limits.BUS_WATCH_S / 2
            return False
        return True


class Silence:
    """Whether a server has answered nothing for too long. One that is cut off from the others takes
    connections and messages as ever, and has nobody to ask what becomes of them."""

    def __init__(self) -> None:
        self._since = math.inf

    def ends(self) -> None:
        """It has answered, or it is another one."""
        self._since = math.inf

    def lasts(self, asked_at: float, now: float) -> bool:
        """A question of `asked_at`, in seconds, is without an answer at `now`: whether to leave."""
        self._since = min(self._since, asked_at)
        return now - self._since >= limits.BUS_MUTE_S


def pull_stands_s(settings: Settings) -> float:
    """How long a request may stand, in seconds."""
    if settings.stream_replicas > 1:
        return limits.PULL_S
    return limits.PULL_ONLY_S if settings.one_process else limits.PULL_ALONE_S


class Link:
    """One connection, for as long as the process lives."""

    saw: Saw = staticmethod(unseen)
    """Told what the bus answers about consumers and streams; set before `open`."""
    stirred: Callable[[], bool] = staticmethod(lambda: True)
    """Whether something was sent or handled since this was last asked, or waits; set before `open`.
    """
    back: Callable[[], None] = staticmethod(lambda: None)
    """Told when the bus was away and is there again; set before `open`."""

    def __init__(
        self, use: BusUse, settings: Settings, middleware: Any, feeder: Feeder, metrics: Metrics
    ) -> None:
        """`use` is filled before `open`: its durable consumers must exist."""
        self._complaints = Complaints(use.service, metrics.registry)
        self.broker = make_broker(
            use.service, settings, middleware, self._lost, self._found, self._complaints
        )
        self._use = use
        self._feeder, self._replicas = feeder, settings.stream_replicas
        self.stands_s = pull_stands_s(settings)
        """How long a request for messages stands at most, in seconds."""
        self._touched = asyncio.Event()
        self._broken = False
        """The connection was a new one, and what that means has still to be found out."""
        self._closing = False
        """The connection will end because we want it to: what the bus has taken stays marked."""
        self._js: StandingJetStream | None = None
        self._rest, self._silence = Rest(), Silence()
        self._turning = False
        """The connection ends because we turn to another server of a bus that is there."""
        self._several = len(settings.bus_servers()) > 1

    @property
    def connected(self) -> bool:
        """The bus is there at this moment."""
        return self._client is not None and self._client.is_connected

    async def open(self) -> None:
        """Connect, make what is missing, start consuming; wait for a bus, or a store to write what
        is found, that is not there yet."""
        # What it is before we have looked at it, we do not know.
        self._feeder.broke()
        while not told_to_end():
            asked_at = asyncio.get_running_loop().time()
            try:
                client = await self.broker.connect()
                # Not by way of FastStream, which raises some of them again: that would end the
                # client's reconnecting for good, at the first answer that it may not come in.
                client._error_cb = self._complaints
                self._jetstream.saw = self._hears
                self.broker.config.broker_config.connection_state.connect(client, self._jetstream)
                await self._provision()
                await self._feeder.recall(STREAMS, broken=True)
                await self.broker.start()
                return
            except (OSError, TimeoutError, *bus.ERRORS) as error:
                log.warning("waiting_for_bus", error=repr(error)[:300])
                await self._leave_if_mute(asked_at)
            except STORE_AWAY as error:
                # A full disk, mostly: what is there is read, and what the look finds not written.
                log.warning("waiting_for_store", error=repr(error)[:300])
            await asyncio.sleep(limits.STORE_RETRY_S)

    async def watch(self) -> None:
        """Look now and then, and after every reconnect, whether the bus has lost something.

        A consumer or stream that goes while the connection stays refuses our standing requests.
        """

        async def look() -> None:
            self._broken |= await woken(self._touched, to_next(limits.BUS_WATCH_S))
            self._touched.clear()
            if self._rests():
                return
            asked_at = asyncio.get_running_loop().time()
            try:
                await self._provision(only_if_missing=True)
            except (OSError, TimeoutError, *bus.ERRORS):
                await self._leave_if_mute(asked_at)
                raise
            await self._feeder.recall(STREAMS, broken=self._broken)
            self._broken = False
            # Last: a floor is only as good as what was found to be lost before.
            await self._feeder.settle()

        await repeat(0, look, "watch_bus")

    def _rests(self) -> bool:
        """Whether nothing says that the bus should be looked at now."""
        calls = [self.stirred(), self._broken, not self._feeder.settled]
        now = asyncio.get_running_loop().time()
        return self._rest.goes_on(now, self._jetstream.refusals, any(calls))

    async def close(self) -> None:
        """Stop consuming; a dead bus is not waited for."""
        self._closing = True
        with suppress(Exception):
            await asyncio.wait_for(self.broker.stop(), limits.STOP_GRACE_S / 2)

    async def _provision(self, only_if_missing: bool = False) -> None:
        js, consumers = self._jetstream, tuple(self._use.takes)
        gone = await bus.missing(js, consumers) if only_if_missing else ["all"]
        if gone:
            log.info("provisioning", gone=gone)
            await bus.provision(js, self._replicas, consumers)
        self._feeder.connect(js)

    def _hears(self, info: Any, took_s: float | None) -> None:
        self._silence.ends()
        self.saw(info, took_s)

    async def _leave_if_mute(self, asked_at: float) -> None:
        """Turn to another server of the cluster when this one answers nothing. When all are like
        that, each gets its turn."""
        now = asyncio.get_running_loop().time()
        if self._several and self.connected and self._silence.lasts(asked_at, now):
            self._silence.ends()
            assert self._client is not None
            self._turning = True
            log.warning("leaving_mute_server", server=str(self._client.connected_url))
            await self._client.force_reconnect()

    async def _lost(self) -> None:
        """Before anything that another bus could answer."""
        if not self._closing:
            self._feeder.broke()

    async def _found(self) -> None:
        self._complaints.forget()
        self._silence.ends()
        if not self._turning:
            self.back()
        self._turning = False
        if self._js is not None:
            self._js.renew()
        self._touched.set()

    @property
    def _client(self) -> Client | None:
        return self.broker._connection

    @property
    def _jetstream(self) -> StandingJetStream:
        """Made once: each one subscribes to an inbox of its own."""
        if self._js is None:
            if self._client is None:
                raise ConnectionError("the bus is not connected")
            self._js = StandingJetStream(
                self._client,
                timeout=limits.PUBLISH_TIMEOUT_S,
                gathering={one.durable: one.gathering for one in self._use.takes},
                stands_s=self.stands_s,
            )
        return self._js
