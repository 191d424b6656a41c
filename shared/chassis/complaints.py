"""What the bus complains about: refused subjects and failed connections, told once each.

The client library hands such things to a callback and nothing else: whoever published into a
refusal sees a time-out at best.

Owns: telling them in the log, and counting refusals.
Must not: decide what becomes of the message; the sweep tries it again.
"""

from __future__ import annotations

import ssl
from collections import Counter as Tally

import structlog
from prometheus_client import CollectorRegistry, Counter

from shared.chassis import limits

REFUSED = "permissions violation"

TLS_HINT = (
    "TLS is for both sides or for none: REDCROWN_NATS_CA_FILE names who signed the certificate of"
    " the bus, and the bus has handshake_first"
)

log = structlog.get_logger(__name__)


class Complaints:
    """The error callback of one connection."""

    def __init__(self, service: str, registry: CollectorRegistry) -> None:
        self._refusals = Counter(
            "redcrown_bus_refusals",
            "Publishes and subscriptions that the bus did not permit",
            ["service"],
            registry=registry,
        ).labels(service)
        self._heard: Tally[str] = Tally()

    async def __call__(self, error: Exception) -> None:
        """Tell the first of its kind; count every refusal."""
        text = f"{error}" or repr(error)
        refused = REFUSED in text.lower()
        if refused:
            self._refusals.inc()
        if text not in self._heard and len(self._heard) >= limits.COMPLAINTS_TOLD:
            return
        self._heard[text] += 1
        if self._heard[text] != _told_at(error):
            return
        if refused:
            log.error("bus_refused", said=text, hint="is it declared, and accounts.conf renewed?")
        else:
            told = f"{type(error).__name__}: {text}"[:300]
            log.warning("bus_trouble", error=told, **({"hint": TLS_HINT} if _is_tls(error) else {}))

    def forget(self) -> None:
        """The connection stands again: the next trouble is news."""
        self._heard.clear()


def _is_tls(error: Exception) -> bool:
    return isinstance(error, ssl.SSLError) or "ssl" in f"{error}".lower()


def _told_at(error: Exception) -> int:
    """At its first time; a bus that is only just starting is no news."""
    return limits.UNREACHABLE_TOLD_AT if isinstance(error, ConnectionRefusedError) else 1
