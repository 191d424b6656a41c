"""What a stretch leaves behind is its cost, and does not count as its time."""

from __future__ import annotations

import os
import time

import pytest

from bench import figures
from bench.figures import Watch
from services.notifications.settings import NotificationsSettings


def test_what_it_waits_for_is_longer_than_a_letter_waits() -> None:
    grace = NotificationsSettings.model_fields["notice_grace_s"].default
    assert grace < figures.REST_LOOK_S * figures.REST_LOOKS


async def test_work_after_the_clock_stood_is_a_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "REST_LOOKS", 2)
    watch = Watch({"this": os.getpid()})
    watch.start()
    watch.over()
    stood = watch.stop().wall_s
    began = time.process_time()
    while time.process_time() - began < 0.1:
        pass
    await watch.rest()
    spent = watch.stop()
    assert spent.wall_s == stood
    assert spent.cpu_ms["this"] >= 50


async def test_what_a_process_takes_while_it_is_waited_for_is_no_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four looks: one with something to do, and then two in which it rests."""
    spent = iter([0.0, 1_000.0, 1_200.0, 1_210.0, 1_220.0, 1_220.0])
    monkeypatch.setattr(figures, "cpu_ms", lambda _pid: next(spent))
    monkeypatch.setattr(figures, "written_bytes", lambda _pid: 0)
    monkeypatch.setattr(figures, "memory_mb", lambda _pid: 0.0)
    monkeypatch.setattr(figures, "REST_LOOK_S", 0.2)
    monkeypatch.setattr(figures, "REST_LOOKS", 2)
    watch = Watch({"this": 1})
    watch.start()
    watch.over()
    await watch.rest()
    assert watch.stop().cpu_ms == {"this": pytest.approx(1_220 - 3 * 10)}
