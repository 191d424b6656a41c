"""Beats and boards as tests need them: every figure has a harmless value unless said otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.console.board import Board
from services.console.judging import judge
from services.console.picture import Finding
from shared.contracts.message import COMMANDS
from shared.contracts.vitals import Beat, BusBeat, ConsumerBeat, StoreBeat, StreamBeat

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
RHYTHM_S = 2.0


def at(seconds: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(seconds=seconds)


def consumer(name: str = "venues-place_holds-v1", **told: Any) -> ConsumerBeat:
    return ConsumerBeat(**{"name": name, "stream": COMMANDS, **told})


def stream(messages: int = 0, **told: Any) -> StreamBeat:
    base = {"name": COMMANDS, "looked_at": NOON, "bytes": 100, "max_bytes": 1_000, "leader": "n1"}
    return StreamBeat(**{**base, "messages": messages, **told})


def beat(service: str = "venues", sent_s: float = 0, instance: str = "i1", **told: Any) -> Beat:
    base: dict[str, Any] = {
        "cause": "beat", "actor": service, "service": service, "instance": instance,
        "sent_at": at(sent_s), "started_at": at(-60), "code": "abc", "rhythm_s": RHYTHM_S,
        "ready": True, "store": StoreBeat(kind="sqlite"), "bus": BusBeat(server="n1"),
    }  # fmt: skip
    return Beat(**{**base, **told})


class Desk:
    """A board that is told of services at the rhythm of beats."""

    def __init__(self, *services: str) -> None:
        self.services = services
        self.board = Board(services, NOON)
        self.now_s = 0.0

    def run(self, seconds: float, silent: tuple[str, ...] = (), live: bool = True,
            **of: dict[str, Any]) -> None:  # fmt: skip
        """Time passes: every service beats, `of` says with which figures; callables get the second.

        A consumer's or stream's look is a new one each time.
        """
        until = self.now_s + seconds
        while self.now_s < until:
            self.now_s += RHYTHM_S
            for name in self.services:
                if name not in silent and live:
                    self.board.hear(self._beat(name, of.get(name, {})), at(self.now_s))
            self.board.tick(at(self.now_s), live)

    def _beat(self, name: str, told: dict[str, Any]) -> Beat:
        said = {key: one(self.now_s) if callable(one) else one for key, one in told.items()}
        for key in ("consumers", "streams"):
            said[key] = tuple(
                one.model_copy(update={"looked_at": at(self.now_s)}) for one in said.get(key, ())
            )
        return beat(name, sent_s=said.pop("sent_s", self.now_s), **said)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return judge(self.board.picture(at(self.now_s)), at(self.now_s))

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.findings]
