"""A log that cannot be written must not stop the work that it tells of, and none tells secrets."""

from __future__ import annotations

import io
import logging

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


def test_what_goes_over_a_websocket_is_in_no_log() -> None:
    """Its library logs each frame when asked for everything; the first of a stream is secrets."""
    before, level = structlog.get_config(), logging.getLogger().level
    try:
        set_up_logs("bookings", "DEBUG", "json")
        assert not logging.getLogger("websockets.client").isEnabledFor(logging.DEBUG)
    finally:
        structlog.configure(**before)
        logging.getLogger().setLevel(level)
