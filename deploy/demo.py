"""`make demo`: start everything on free ports in a temporary folder, play the sample reception, and
tell whether all was as promised. The last line is one JSON object.

Owns: starting, counting and stopping. What is played is in `play`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from deploy.audit import Count, count
from deploy.client import Client
from deploy.ending import end_as_by_ctrl_c
from deploy.hotel_play import BY_HAND, LINKED, ROOMS, HotelPlay
from deploy.hotels import Hotel, hotels_running, join_links
from deploy.local import ROOT, Layout, lay_out
from deploy.play import ANCHOR, Play, shift_dates
from deploy.run import await_ready
from shared.contracts.catalog import resource_services

SEED = ROOT / "deploy" / "seed"
STOP_WITHIN_S = 20.0
NOTICES_WITHIN_S = 30.0
REST_WITHIN_S = 30.0


def main() -> int:
    """Play; 0 when all was as promised."""
    end_as_by_ctrl_c()
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="redcrown-demo-"))
    with ExitStack() as stack:
        hotels, links = _hotels(stack, folder)
        figures = _run(folder, hotels, links)
    figures["seconds"] = round(time.monotonic() - started, 1)
    if figures["broken"]:
        print("\nNot as promised:", *figures["broken"], f"(log: {folder / 'log'})", sep="\n  ")
    print(json.dumps(figures, ensure_ascii=False), flush=True)
    return 1 if figures["broken"] else 0


def _hotels(stack: ExitStack, folder: Path) -> tuple[dict[str, Hotel], Path]:
    """The hotels with systems of their own, a process each, and the file of links to all that are
    asked, the one that answers by hand among them. Raises HotelAwayError."""
    hotels: dict[str, Hotel] = {}
    files = []
    for name, dialect in LINKED.items():
        running = hotels_running(folder / name, dialect, (name,), ROOMS)
        found, links = stack.enter_context(running)
        hotels |= found
        files.append(links)
    for hotel in hotels.values():
        hotel.await_ready()
    return hotels, join_links(folder / "links.yaml", files, (BY_HAND,))


def _run(folder: Path, hotels: Mapping[str, Hotel], links: Path) -> dict[str, Any]:
    """Start the system, play, stop it; the figures."""
    days = (date.today() + timedelta(days=1) - ANCHOR).days  # noqa: DTZ011 - the planner's calendar
    seed = _shifted_seed(folder / "seed", days)
    own = {
        "REDCROWN_SEED_DIR": str(seed),
        "REDCROWN_NOTICE_GRACE_S": "0.2",
        "REDCROWN_LOG_LEVEL": os.environ.get("REDCROWN_LOG_LEVEL", "WARNING"),
        "REDCROWN_HOTELS": str(links),
        "REDCROWN_HOTEL_SWEEP_S": "1",
    }
    layout = lay_out(folder / "data", _free(), own)
    more = len(layout.commands) + len(hotels)
    print(f"Starting {more} processes, hotels among them; data in {folder}", flush=True)
    with (folder / "log").open("w") as log:
        system = subprocess.Popen(
            [sys.executable, "-m", "deploy.run"],
            cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
            env=_environment(layout, own),
        )  # fmt: skip
        try:
            figures = _play(layout, hotels, days)
        finally:
            clean = _stop(system)
    if not clean:
        figures["broken"].append("the system did not stop cleanly")
    return figures


def _free() -> int:
    from deploy.local import free_port

    return free_port()


def _environment(layout: Layout, own: dict[str, str]) -> dict[str, str]:
    """`deploy.run` lays out the same ports again from these."""
    ports = {f"{name.upper()}_PORT": str(port) for name, port in layout.ports.items()}
    console = str(layout.ports["console"])
    return {
        **os.environ,
        **own,
        **ports,
        "REDCROWN_DATA_DIR": str(layout.folder),
        "REDCROWN_CONSOLE_PORT": console,
    }


def _shifted_seed(target: Path, days: int) -> Path:
    """The sample city with its dates moved so that the expo opens tomorrow."""
    shutil.copytree(SEED, target)
    for path in target.glob("*.yaml"):
        path.write_text(shift_dates(path.read_text("utf-8"), days), "utf-8")
    return target


def _play(layout: Layout, hotels: Mapping[str, Hotel], days: int) -> dict[str, Any]:
    late = await_ready(layout)
    if late:
        return {"broken": [f"not ready: {', '.join(late)}"]}
    print(f"Ready at {layout.address}\n", flush=True)
    client = Client(layout.address, layout.token())
    play = Play(client, SEED / "visits", days, lambda line: print(line, flush=True))
    three = HotelPlay(play, hotels, layout.folder / "letters")
    for act in (play.ordinary_days, play.opening, play.change, three.second_day, play.farewell):
        act()
    notices = _await_notices(client, play)
    counts = _counts_at_rest(layout, play)
    oversold = sum(one.oversold for one in counts)
    play.promise(oversold == 0, f"oversold: {oversold} (counted by direct queries)")
    play.promise(not sum(one.unconfirmed for one in counts), "no unconfirmed hold is left over")
    print(f"\nLetters are in {layout.folder / 'letters'}")
    client.close()
    phases = list(play.seen.values())
    return {
        "visits": len(phases),
        "ready": phases.count("ready"),
        "refused": phases.count("blocked"),
        "cancelled": phases.count("cancelled"),
        "holds_confirmed": sum(one.confirmed for one in counts),
        "oversold": oversold,
        "notices": notices,
        "hotels": three.figures,
        "letters": str(layout.folder / "letters"),
        "broken": play.broken,
    }


def _counts_at_rest(layout: Layout, play: Play) -> list[Count]:
    """Count every store. Blocked visits try again now and then: find a moment when none does."""
    deadline = time.monotonic() + REST_WITHIN_S
    while True:
        counts = [
            count(service, f"sqlite:///{layout.folder / f'{service}.db'}")
            for service in resource_services()
        ]
        if not sum(one.unconfirmed for one in counts) or time.monotonic() > deadline:
            return counts
        play.moved_up()
        time.sleep(0.2)


def _await_notices(client: Client, play: Play) -> int:
    """Wait until no notice is on its way, then count those that were sent."""
    deadline = time.monotonic() + NOTICES_WITHIN_S
    while True:
        found = client.pages("/notices", "notices")
        moving = [one for one in found if one["state"] in ("waiting", "sending")]
        if not moving or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    sent = [one for one in found if one["state"] == "sent"]
    failed = [one for one in found if one["state"] == "failed"]
    play.promise(not moving and not failed, f"{len(sent)} notices sent, {len(failed)} failed")
    return len(sent)


def _stop(system: subprocess.Popen[bytes]) -> bool:
    """Ctrl-C; True when everything of the process group is gone afterwards."""
    system.send_signal(signal.SIGINT)
    try:
        system.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        os.killpg(system.pid, signal.SIGKILL)
        return False
    return system.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
