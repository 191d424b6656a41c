"""What a stretch leaves behind is its cost, and does not count as its time."""

from __future__ import annotations

import os
import time

from bench.figures import Watch


async def test_work_after_the_clock_stood_is_a_cost() -> None:
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
