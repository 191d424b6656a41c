"""A log that cannot be written must not stop the work that it tells of."""

from __future__ import annotations

import io

import pytest
import structlog

from shared.chassis.observe import set_up_logs


class FullDisk(io.StringIO):
    def write(self, _line: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_loses_lines_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    before = structlog.get_config()
    monkeypatch.setattr("sys.stdout", FullDisk())
    try:
        set_up_logs("venues", "INFO", "json")
        structlog.get_logger("test").warning("something happened")
    finally:
        structlog.configure(**before)
