"""The HTTP side of a service that has no other: liveness, readiness and metrics.

Must not: answer anything about visits; the console is the only public door.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import FrameType
from typing import cast

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.chassis import limits
from shared.chassis.apart import make_apart
from shared.chassis.entrance import Entrance
from shared.chassis.lifecycle import to_next
from shared.chassis.observe import set_up_logs
from shared.chassis.service import Service

log = structlog.get_logger(__name__)

_COULD_NOT_START = 3
_DATE_S = 1.0
"""How exact the date of an answer is."""


def routes(service: Service) -> list[Route]:
    """`/live` (the event loop turns), `/ready` (store and bus are there), `/metrics`."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"service": service.name, "live": True})

    async def ready(_request: Request) -> Response:
        answer = {"service": service.name, "ready": service.ready}
        return JSONResponse(answer, status_code=200 if service.ready else 503)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/live", live), Route("/ready", ready), Route("/metrics", metrics)]


def run(service: Service) -> None:
    """Serve probes and consume until SIGTERM or SIGINT. Their answers bear no date: to keep one
    exact, every process would wake once a second."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with service.running():
            yield

    serve(service, Starlette(routes=routes(service), lifespan=lifespan), dated=False)


def serve(service: Service, app: object, dated: bool = True) -> None:
    """Serve an ASGI application on the service's address with the project's logging."""
    settings = service.settings
    make_apart(service.engine, service.name, service.layers)
    _leave_what_stays_to_itself()
    set_up_logs(service.name, settings.log_level, settings.log_format)
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        date_header=dated,
        loop="uvloop",
        ssl_certfile=settings.tls_cert_file,
        ssl_keyfile=settings.tls_key_file,
        ws="none",  # By itself it speaks WebSocket as soon as a library for that is there.
        timeout_graceful_shutdown=limits.REQUESTS_GRACE_S,
    )
    server = _Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_COULD_NOT_START)


class _Server(uvicorn.Server):
    """One that rests: uvicorn looks ten times a second whether it should end, ours is told. And one
    that ends: a dead bus can keep FastStream's pull loop spinning, and nothing may hold a process
    that was told to stop."""

    _wake: Callable[[], object] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn has it, with an entrance of ours (`entrance` says why)."""
        await super().startup(sockets=[])
        state, config = self.server_state, self.config
        kind = cast(Callable[..., asyncio.Protocol], config.http_protocol_class)
        made = partial(kind, config, state, self.lifespan.state)
        entrance = Entrance(made, lambda: len(state.connections), config.ssl)
        try:
            await entrance.open(config.host, config.port, config.backlog)
        except OSError as error:
            log.error("address_refused", host=config.host, port=config.port, error=str(error))
            await self.lifespan.shutdown()
            sys.exit(_COULD_NOT_START)
        self.servers = [entrance]  # type: ignore[list-item]
        self._log_started_message(entrance.sockets)

    async def main_loop(self) -> None:
        """As uvicorn has it, with its date of answers renewed once a second, if they bear one."""
        told = asyncio.Event()
        self._wake = partial(asyncio.get_running_loop().call_soon_threadsafe, told.set)
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(to_next(_DATE_S) if self.config.date_header else None):
                    await told.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        grace = limits.REQUESTS_GRACE_S + limits.STOP_GRACE_S
        last_resort = threading.Timer(grace, os._exit, (0,))
        last_resort.daemon = True
        last_resort.start()
        super().handle_exit(sig, frame)
        self._wake()


def _leave_what_stays_to_itself() -> None:
    """Keep Python's collector from walking, again and again, what lives as long as the process.

    With its own settings it took a third of the time of a handler. It does not look even once: what
    is left over by then is a thousand small objects, and the look took a twentieth of a start.
    """
    gc.freeze()
    gc.set_threshold(*limits.COLLECT_AFTER)
    gc.enable()  # `starting` has held it.
