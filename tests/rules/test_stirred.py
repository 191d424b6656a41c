"""Whether anything moves in a process: what keeps it looking at the bus."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from nats.js.api import ConsumerConfig, ConsumerInfo

from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.contracts.holds import ReleaseHolds
from shared.contracts.message import COMMANDS

NAME = ReleaseHolds.consumer("venues")


def info(pending: int = 0, unacknowledged: int = 0) -> ConsumerInfo:
    return ConsumerInfo(
        NAME, COMMANDS, ConsumerConfig(durable_name=NAME), datetime(2026, 1, 1, tzinfo=UTC),
        num_pending=pending, num_ack_pending=unacknowledged,
    )  # fmt: skip


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service("venues", Settings(store_url=f"sqlite:///{tmp_path / 'venues.db'}"))


def test_a_message_that_ended_and_a_transaction_stir_once(service: Service) -> None:
    vitals, pulse = service.vitals, service.metrics.pulse
    assert not vitals.stirred()
    pulse.committed(0.001)
    assert (vitals.stirred(), vitals.stirred()) == (True, False)
    pulse.took(SimpleNamespace(consumer=NAME, num_delivered=2), "retried")
    assert (vitals.stirred(), vitals.stirred()) == (True, False)


@pytest.mark.parametrize("waits", [{"pending": 1}, {"unacknowledged": 1}])
def test_what_waits_stirs_until_it_is_gone(service: Service, waits: dict[str, int]) -> None:
    vitals = service.vitals
    vitals.saw(info(**waits))
    assert (vitals.stirred(), vitals.stirred()) == (True, True)
    vitals.saw(info())
    assert not vitals.stirred()
