"""How the comparison's orchestrator asks a service over HTTP.

Owns: one pool of kept connections for each service.
Must not: retry; DBOS repeats a step that failed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3

from bench.rival.work import SERVICES

ANSWER_WITHIN_S = 30.0
CONNECTIONS = 16
"""To each service. A request that finds none free waits for one."""

_pools: dict[str, urllib3.HTTPConnectionPool] = {}


def connect() -> None:
    """Make the pools, from RIVAL_BOOKINGS, RIVAL_VENUES, ... Raises KeyError without them."""
    for service in SERVICES:
        at = urlsplit(os.environ[f"RIVAL_{service.upper()}"])
        assert at.hostname is not None
        _pools[service] = urllib3.HTTPConnectionPool(
            at.hostname, at.port, maxsize=CONNECTIONS, block=True, timeout=ANSWER_WITHIN_S,
            retries=False,
        )  # fmt: skip


def close() -> None:
    """Close what is free, which at the end is everything."""
    for pool in _pools.values():
        pool.close()


def ask(service: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> str:
    """The state that a service answers. Raises RuntimeError for any status but 200."""
    content = {} if body is None else {"body": json.dumps(body), "headers": _JSON}
    answer = _pools[service].urlopen(method, path, **content)  # type: ignore[arg-type]
    if answer.status != 200:
        raise RuntimeError(f"{service} answered {answer.status} to {method} {path}")
    return str(json.loads(answer.data)["state"])


_JSON = {"content-type": "application/json"}


def place(service: str, visit: str, day: int, units: int) -> str:
    """Hold: `held` or `refused`."""
    return ask(service, "PUT", f"/holds/{visit}", {"day": day, "units": units})


def confirm(service: str, visit: str) -> str:
    """Confirm what is held: `confirmed`."""
    return ask(service, "POST", f"/holds/{visit}/confirm")


def release(service: str, visit: str) -> str:
    """Let go of a hold: `released`."""
    return ask(service, "DELETE", f"/holds/{visit}")
