"""Hotels of ours on loopback, for the demo and for measurements: processes that speak a dialect of
hotels' systems over HTTP, and the file of links to them that bookings reads.

Owns: starting, asking and stopping them. What a hotel says and does is in `tests/hotels`, which
runs in processes of its own and is imported by nothing here.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from deploy.local import ROOT, free_port

READY_WITHIN_S, STOP_WITHIN_S, ASKED_EVERY_S = 120.0, 20.0, 0.05
ZONE = "Asia/Shanghai"
OPEN = ("tentative", "definite")


class HotelAwayError(Exception):
    """A hotel did not come up, or does not answer where it should."""


@dataclass(frozen=True, slots=True)
class Hotel:
    """One hotel, as its staff see it: what they do there, and what is truly booked."""

    name: str
    dialect: str
    door: httpx.Client

    def act(self, act: str, **body: Any) -> Any:
        """Something that happens there (`tests/hotels/doors.py`). Raises httpx.HTTPError."""
        answer = self.door.post(f"/_control/{act}", json=body)
        answer.raise_for_status()
        return answer.json()

    def blocks(self) -> list[dict[str, Any]]:
        """Blocks that are open there: reference, name (the visit),
        status, rooms summed over nights, first night."""
        found: list[dict[str, Any]] = self.act("count")["blocks"]
        return [one for one in found if one["status"].lower() in OPEN]

    def await_ready(self) -> None:
        """Raises HotelAwayError when it does not come up."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            try:
                self.act("faults")
            except httpx.TransportError:
                time.sleep(ASKED_EVERY_S)
            else:
                return
        raise HotelAwayError(f"{self.name} does not answer at {self.door.base_url}")


@contextmanager
def hotels_running(
    folder: Path, dialect: str, names: Sequence[str], rooms: int
) -> Iterator[tuple[dict[str, Hotel], Path]]:
    """Hotels of one dialect, each behind a port of its own, in one process that is on its way up,
    with so many rooms of each type; and the file of links to them, once they are ready."""
    folder.mkdir()
    ports = {name: free_port() for name in names}
    links = folder / "links.yaml"
    command = [
        sys.executable, "-m", "tests.hotels", dialect, *map(str, ports.values()),
        "--named", *names, "--rooms", str(rooms), "--links", str(links),
    ]  # fmt: skip
    doors = {
        name: httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)
        for name, port in ports.items()
    }
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield {name: Hotel(name, dialect, door) for name, door in doors.items()}, links
    finally:
        for door in doors.values():
            door.close()
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def join_links(path: Path, files: Sequence[Path], by_hand: Sequence[str] = ()) -> Path:
    """One file for `REDCROWN_HOTELS`: what is in `files`, and hotels that answer by hand."""
    links: list[Mapping[str, Any]] = []
    for one in files:
        links += yaml.safe_load(one.read_text("utf-8"))["hotels"]
    links += [{"hotel": name, "system": "by_hand", "zone": ZONE} for name in by_hand]
    path.write_text(yaml.safe_dump({"hotels": links}), "utf-8")
    return path
