"""Specs, states and messages, read once per process of ours instead of once per life and history.

A reading follows from the bytes alone, and nobody changes one: so equal bytes share one, which the
real reader has made.

Must not: know where a document comes from.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache, lru_cache
from typing import Any, cast

import orjson

from services.visits.specbook import SpecBook, reading_of
from services.visits.status import VisitState
from shared.chassis.grouped import reader_of_group
from shared.contracts.message import Message
from shared.contracts.visits import ArrangementChanged

KEPT = 2_000
reading = lru_cache(KEPT)(reading_of)
"""What a spec in JSON says."""


state_of = lru_cache(KEPT)(VisitState.model_validate_json)
"""What the orchestrator has stored of a visit."""
arrangement_of = lru_cache(KEPT)(ArrangementChanged.model_validate_json)
"""What the orchestrator has told."""


@lru_cache(KEPT)
def cause_of(body: str) -> str:
    """The cause that a message names."""
    return str(orjson.loads(body)["cause"])


def library() -> SpecBook:
    """The orchestrator's book of readings, empty at the beginning of each life."""
    return SpecBook(reading)


@cache
def reader_of(kind: type[Message]) -> Callable[[Any], Awaitable[list[Message]]]:
    """The chassis' own reader of groups of this class. What cannot be read is tried each time."""
    return reader_of_group(cast(type[Message], _Remembering(kind)))


class _Remembering:
    """As much of a class of messages as the reader asks for."""

    def __init__(self, kind: type[Message]) -> None:
        self.model_validate_json = lru_cache(KEPT)(kind.model_validate_json)
