"""`make run`: the whole system on this machine, until Ctrl-C.

Owns: starting the processes of `deploy/Procfile` (or of the file that REDCROWN_PROCFILE names),
as forks of itself where it can (ADR 23), and telling when they are ready. What is kept is kept by
`keeping`.
Must not: know what the processes do, or start a thread: a fork would lose it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

from setproctitle import setproctitle

from deploy import forking
from deploy.again import Line
from deploy.bus.keys import ADMIN
from deploy.local import CONSOLE_PORT, PROCFILE, ROOT, Layout, lay_out
from deploy.starter import Starter
from deploy.turns import Turns, processors

READY_WITHIN_S = 180.0
"""Nine processes start at once, perhaps on two processors that have other work too."""
TELLER = "python -m deploy.run: waits until all are ready"
TOLD_EVERY_S, TOLD_AT_MOST = 60.0, 10
"""How often it is said who is not ready yet. What is ready later than that is not told."""


def is_ready(layout: Layout, service: str) -> bool:
    """Whether a service says that it is ready."""
    try:
        with urllib.request.urlopen(layout.probe(service, "/ready"), timeout=1) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def await_ready(
    layout: Layout,
    within_s: float = READY_WITHIN_S,
    up: Callable[[str], object] = lambda _service: None,
) -> list[str]:
    """Wait until all services are ready; return those that are not by then. `up` is called with
    the name of each as soon as it is."""
    waiting = list(layout.services)
    deadline = time.monotonic() + within_s
    while waiting and time.monotonic() < deadline:
        for service in tuple(waiting):
            if is_ready(layout, service):
                waiting.remove(service)
                up(service)
        time.sleep(0.05)
    return waiting


def _tell(layout: Layout, turns: Turns) -> None:
    """A process of its own, beside those that it waits for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started it.
    forking.take_signals()
    setproctitle(TELLER)
    for _ in range(TOLD_AT_MOST):
        late = await_ready(layout, TOLD_EVERY_S, turns.up)
        if not late:
            break
        print(f"Not ready yet: {', '.join(late)}", flush=True)
    else:
        return
    if layout.embedded:
        _provision(layout)
    print(f"\nRedcrown is ready: {layout.address}\n"
          f"  log in    as planner; password and API token are files in {layout.access}\n"
          f"  data      {layout.folder}\n"
          f"  letters   {layout.folder / 'letters'} (no SMTP server is configured)\n"
          f"  stop      Ctrl-C\n", flush=True)  # fmt: skip


def _provision(layout: Layout) -> None:
    """Streams that an older version made are brought to this one's configuration."""
    from deploy.bus.provisioning import brought_up

    os.environ.update(layout.environment_of(ADMIN))
    brought_up()


def main() -> int:
    """Start everything, and become who keeps it; return the status of what cannot be started."""
    folder = Path(os.environ.get("REDCROWN_DATA_DIR", ROOT / "var"))
    port = int(os.environ.get("REDCROWN_CONSOLE_PORT", CONSOLE_PORT))
    try:
        procfile = Path(os.environ.get("REDCROWN_PROCFILE", PROCFILE))
        layout = lay_out(folder, port, procfile=procfile)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    layout.note_addresses()
    starter = Starter(layout.commands)
    forking.import_shared()
    turns = Turns(layout.services, processors())
    teller = multiprocessing.Process(target=_tell, args=(layout, turns))
    teller.start()
    starter.beside(teller.pid or 0)

    def begin(name: str) -> None:
        starter.leave()
        turns.take(name)

    for name, command in layout.commands.items():
        own = layout.environment_of(name)
        start = partial(forking.child, command, own, str(ROOT), partial(begin, name))
        beside = {key: value for key, value in own.items() if os.environ.get(key) != value}
        starter.start(name, start, Line(command, beside, str(ROOT), layout.disk_of(name)))
    return starter.keep()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # Before it is held back: nothing has been started yet.
        sys.exit(0)
