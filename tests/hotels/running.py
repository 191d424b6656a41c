"""Hotels of ours as processes, and the link to each as our adapter is configured."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from services.bookings.hotels.links import HotelLink
from tests.hotels.linking import link_to
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent


class HotelProcess:
    """One hotel on a free port of loopback."""

    def __init__(self, dialect: str, folder: Path) -> None:
        self.dialect, self.folder = dialect, folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.door = httpx.Client(base_url=self.url, verify=False, timeout=30)

    def start(self) -> HotelProcess:
        command = [sys.executable, "-m", "tests.hotels", self.dialect, str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            try:
                self.act("faults")
            except httpx.TransportError:
                assert self.process.poll() is None, "the hotel did not start"
                time.sleep(0.05)
            else:
                return self
        raise AssertionError("the hotel did not start")

    def stop(self) -> None:
        self.door.close()
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)

    def act(self, name: str, **body: Any) -> Any:
        """Through the door for tests."""
        answer = self.door.post(f"/_control/{name}", json=body)
        answer.raise_for_status()
        return answer.json()

    def faults(self, **counts: int) -> None:
        self.act("faults", **counts)

    def stays(self, reference: str) -> list[dict]:
        """What the hotel truly has under a reference of ours, cancelled ones left out."""
        return [
            one
            for one in self.act("count")["stays"]
            if one["reference"] == reference and one["status"].lower() != "cancelled"
        ]

    def link(self) -> HotelLink:
        return link_to(self.dialect, self.url, self.folder)
