"""The comparison's orchestrator: one DBOS workflow per visit; `python -m bench.rival.orchestrator`.

Owns: the workflow in two styles, its steps, the HTTP door through which visits come in.
Must not: keep anything that DBOS does not keep for it.

What was chosen so that DBOS is not slower than it need be:

- Two styles, since neither is the better everywhere. `async` runs the three holds, and then the
  three confirms, at once: a shorter wait where the machine has time to spare. `threads` runs the
  steps one after the other in a worker thread, as DBOS does with plain functions: no hop between
  event loop and threads around each step, so less processor time and more visits a second where
  many fly. A ratio is to be taken against the better of the two.
- Visits start directly, not through a queue, which is polled; and the door answers when the
  workflow has ended, so that nothing polls for its result.
- urllib3 with kept connections: with httpx, whose pool looks at each of its connections for each
  request, the client alone took more processor time than DBOS did.
- No ping before each use of a connection to the system database (the server is here and stays),
  as many threads as its pool of the default size can serve, no log below WARNING, no tracing.
- Every step may be repeated, as a step that calls another service must be allowed to.

Durability is left as it comes: each step and each visit's end is committed by DBOS.

Environment: RIVAL_PORT, RIVAL_SYSTEM_URL, and RIVAL_BOOKINGS, RIVAL_VENUES, ... (addresses).
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from dbos import DBOS, DBOSConfig, SetWorkflowID
from fastapi import FastAPI

from bench.rival import asking
from bench.rival.service import State, serve
from bench.rival.work import NOTIFICATIONS, RESOURCES, Style, Wish

POOL, THREADS, WORKERS = 20, 24, 8
"""Connections to the system database (the default of DBOS); threads in which DBOS and the steps
of `async` work; visits that `threads` runs at once, the others wait for a worker."""


class _Repeated(TypedDict):
    retries_allowed: bool
    max_attempts: int
    interval_seconds: float


REPEATED: _Repeated = {"retries_allowed": True, "max_attempts": 5, "interval_seconds": 0.2}

_workers = ThreadPoolExecutor(WORKERS)


@DBOS.step(**REPEATED)
def place(service: str, visit: str, day: int, units: int) -> str:
    """Hold at one service."""
    return asking.place(service, visit, day, units)


@DBOS.step(**REPEATED)
def confirm(service: str, visit: str) -> str:
    """Confirm what is held there."""
    return asking.confirm(service, visit)


@DBOS.step(**REPEATED)
def release(service: str, visit: str) -> str:
    """Let go of what is held there."""
    return asking.release(service, visit)


@DBOS.step(**REPEATED)
def notify(visit: str) -> str:
    """Write the notice."""
    return asking.ask(NOTIFICATIONS, "PUT", f"/notices/{visit}")


@DBOS.step(**REPEATED)
async def place_async(service: str, visit: str, day: int, units: int) -> str:
    """Hold at one service."""
    return await asyncio.to_thread(asking.place, service, visit, day, units)


@DBOS.step(**REPEATED)
async def confirm_async(service: str, visit: str) -> str:
    """Confirm what is held there."""
    return await asyncio.to_thread(asking.confirm, service, visit)


@DBOS.step(**REPEATED)
async def release_async(service: str, visit: str) -> str:
    """Let go of what is held there."""
    return await asyncio.to_thread(asking.release, service, visit)


@DBOS.step(**REPEATED)
async def notify_async(visit: str) -> str:
    """Write the notice."""
    return await asyncio.to_thread(asking.ask, NOTIFICATIONS, "PUT", f"/notices/{visit}")


def held_at(states: Sequence[str]) -> list[str]:
    """The resources, of all in order, that said `held`."""
    return [name for name, state in zip(RESOURCES, states, strict=True) if state == "held"]


def check_confirmed(visit: str, states: Sequence[str]) -> None:
    """Raises RuntimeError unless everything is confirmed: a hold here never expires."""
    if set(states) != {"confirmed"}:
        raise RuntimeError(f"{visit} could not be confirmed: {states}")


@DBOS.workflow()
def arrange(asked: dict[str, Any]) -> str:
    """Hold everywhere, then confirm everywhere and send a notice, or let everything go.

    Gives the phase in which the visit ends: `ready` or `blocked`.
    """
    wish = Wish.model_validate(asked)
    visit = wish.visit
    held = held_at([place(one, visit, wish.day, wish.asked(one)) for one in RESOURCES])
    if len(held) < len(RESOURCES):
        for service in held:
            release(service, visit)
        return "blocked"
    check_confirmed(visit, [confirm(one, visit) for one in RESOURCES])
    notify(visit)
    return "ready"


@DBOS.workflow()
async def arrange_async(asked: dict[str, Any]) -> str:
    """As `arrange`, with the holds at once, and then the confirms."""
    wish = Wish.model_validate(asked)
    visit = wish.visit
    held = held_at(
        await asyncio.gather(
            *(place_async(one, visit, wish.day, wish.asked(one)) for one in RESOURCES)
        )
    )
    if len(held) < len(RESOURCES):
        await asyncio.gather(*(release_async(service, visit) for service in held))
        return "blocked"
    confirmed = await asyncio.gather(*(confirm_async(one, visit) for one in RESOURCES))
    check_confirmed(visit, confirmed)
    await notify_async(visit)
    return "ready"


def in_thread(wish: Wish) -> str:
    """Run the plain workflow of a visit, or find the one that it has, to its end."""
    with SetWorkflowID(wish.visit):
        return arrange(wish.model_dump())


def configuration() -> DBOSConfig:
    """Nothing less durable than DBOS comes; see the top of this file."""
    return {
        "name": "rival",
        "system_database_url": os.environ["RIVAL_SYSTEM_URL"],
        "sys_db_pool_size": POOL,
        "db_engine_kwargs": {"pool_pre_ping": False},
        "max_executor_threads": THREADS,
        "log_level": "WARNING",
    }


@asynccontextmanager
async def launched(_app: FastAPI) -> AsyncIterator[None]:
    """DBOS on this event loop, and connections to the services."""
    asking.connect()
    DBOS.launch()
    yield
    DBOS.destroy()
    asking.close()


app = FastAPI(lifespan=launched, openapi_url=None)


@app.get("/ready")
async def ready() -> State:
    """Answers once DBOS runs."""
    return State(state="ready")


@app.post("/visits/{style}")
async def submit(style: Style, wish: Wish) -> State:
    """Start the visit's workflow, or find the one that it has, and answer when it has ended."""
    if style == "threads":
        loop = asyncio.get_running_loop()
        return State(state=await loop.run_in_executor(_workers, in_thread, wish))
    with SetWorkflowID(wish.visit):
        return State(state=await arrange_async(wish.model_dump()))


def main() -> int:
    """Serve until told to stop."""
    DBOS(config=configuration())
    serve(app)
    return 0


if __name__ == "__main__":
    sys.exit(main())
