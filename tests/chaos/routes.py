"""The wires among the nats-servers of a cluster: for each two, a proxy for each that dials.

Owns: what a server is told of the others, so that it finds no way past the proxies.
Must not: choose what is cut; `faults` does.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from itertools import permutations

from tests.chaos.proxy import Proxy

NOWHERE = "127.0.0.1:1"
"""Where nobody listens. Servers tell one another where they have met a third, and dial it there."""


class Routes:
    """Every way on which one server of a cluster dials another."""

    def __init__(self, ports: Mapping[str, int], chance: random.Random) -> None:
        """`ports`: where each server, by its name, takes routes."""
        self._ports = dict(ports)
        self._ways = {
            (one, other): Proxy(ports[other], chance) for one, other in permutations(ports, 2)
        }

    @property
    def names(self) -> list[str]:
        """All servers."""
        return [*self._ports]

    async def start(self) -> Routes:
        for way in self._ways.values():
            await way.start()
        return self

    async def stop(self) -> None:
        for way in self._ways.values():
            await way.stop()

    def config(self, name: str) -> str:
        """The `cluster` block of a server."""
        ways = (way for (one, _other), way in self._ways.items() if one == name)
        listed = ", ".join(f'"nats://127.0.0.1:{way.port}"' for way in ways)
        # Not advertised: clients would go past the proxies otherwise.
        return (
            f'cluster {{ name: chaos, listen: "127.0.0.1:{self._ports[name]}", routes: [{listed}],'
            f' advertise: "{NOWHERE}", no_advertise: true }}'
        )

    def between(self, some: Iterable[str], others: Iterable[str]) -> list[Proxy]:
        """The ways between servers, whoever of two has dialled."""
        here, there = {*some}, {*others}
        return [
            way
            for (one, other), way in self._ways.items()
            if (one in here and other in there) or (one in there and other in here)
        ]

    def around(self, name: str) -> list[Proxy]:
        """The ways between one server and all others."""
        return self.between([name], {*self._ports} - {name})

    def out_of(self, name: str) -> list[tuple[Proxy, bool]]:
        """The ways between one server and all others; and of each, whether what leaves that server
        goes forth on it: it does where it has dialled."""
        return [(way, one == name) for (one, other), way in self._ways.items()
                if name in (one, other)]  # fmt: skip

    def all(self) -> list[Proxy]:
        """Every way."""
        return [*self._ways.values()]
