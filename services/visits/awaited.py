"""Which services have still to answer about a visit: their answers are worth handling together.

A visit asks several services at once, and they answer within milliseconds of each other. Handled
one by one, each answer is a transaction and a plan of its own; nothing comes of any but the last.

Owns: a memory of what was asked, which may be wrong or lost at any time.
Must not: decide what is handled, only when: an answer waits for others for `TOGETHER_S` at most, or
`CROWD_S` where answers about many visits wait.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence

import orjson
from nats.aio.msg import Msg

TOGETHER_S, CROWD_S = 0.02, 0.25
ROOM = 512
"""Answers that a process may have: three or four about each of a hundred visits."""
VISITS = 4_096
"""Visits that are remembered; of others an answer is handled as it comes."""


class Awaited:
    """The services that were asked in the last pass over each visit."""

    def __init__(self) -> None:
        self._asked: OrderedDict[str, frozenset[str]] = OrderedDict()

    def note(self, visit: str, services: Collection[str]) -> None:
        """A pass over a visit has asked these services, or none."""
        self._asked.pop(visit, None)
        if services:
            self._asked[visit] = frozenset(services)
            if len(self._asked) > VISITS:
                self._asked.popitem(last=False)

    def are_here(self, visit: str, answers: Sequence[Msg]) -> bool:
        """Whether nobody else is awaited for the visit of these answers; True as well when they
        cannot be read: what is wrong with them shows when they are handled."""
        heard = {answer.subject.split(".")[1] for answer in answers}
        return self._asked.get(visit, frozenset()) <= heard


def visit_of(answer: Msg) -> str:
    """The visit that an answer is about; empty when that cannot be read."""
    try:
        visit = orjson.loads(answer.data)["visit"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
    return visit if isinstance(visit, str) else ""
