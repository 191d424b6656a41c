"""The system itself, started for a measurement as `make run` starts it, and stopped after it.

The same `deploy.run` in every case; for PostgreSQL or for more replicas it is given a process file
made from `deploy/Procfile`.

Must not: measure.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml
from honcho.environ import parse_procfile

from bench.usage import family
from deploy.bus.keys import ADMIN, seed_file
from deploy.local import PROCFILE, ROOT, Layout, free_port, lay_out, service_names
from deploy.run import TELLER, await_ready
from deploy.servers.postgres import PostgresServer
from shared.chassis.settings import Settings

READY_WITHIN_S, STOP_WITHIN_S = 180.0, 30
SETTLED_S = 1.0
"""After everyone is ready: seeds and inventories have been told."""
PROVISIONED_WITHIN_S = 30.0
ROOMS_TIMES, HALLS_TIMES = 10, 3
BUS, POSTGRES, STARTER = "nats", "postgres", "run"
ALONE = ("nats", "console")
"""Processes of which there is one, however many replicas the others have."""


@dataclass(frozen=True, slots=True)
class Running:
    """A system on its way up, or ready: where it is, and what is asked of it."""

    layout: Layout
    starter: int
    """Process id of `deploy.run`; all others are its children."""
    postgres: int | None = None

    @property
    def address(self) -> str:
        """The console."""
        return self.layout.address

    @property
    def headers(self) -> dict[str, str]:
        """What a request to the console needs: the token of the first account."""
        return {"Authorization": f"Bearer {self.layout.token()}"}

    @property
    def bus(self) -> Settings:
        """How the administrator of the bus connects."""
        seed = seed_file(self.layout.folder / "bus", ADMIN)
        url = self.layout.environment["REDCROWN_NATS_URL"]
        return Settings(nats_url=url, nats_seed_file=seed)

    def store(self, service: str) -> Path:
        """The SQLite file of a service."""
        return self.layout.folder / f"{service}.db"

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by name, of all that serve; a second replica is `visits_2`."""
        found = {POSTGRES: self.postgres} if self.postgres else {}
        for one in family(self.starter)[1:]:
            name = _name_of(one)
            if name is not None:
                again = sum(known.partition("_")[0] == name for known in found)
                found[f"{name}_{again + 1}" if again else name] = one.pid
        return found


def _name_of(process: psutil.Process) -> str | None:
    try:
        line = " ".join(process.cmdline()).split()
    except psutil.NoSuchProcess:
        return None
    if line and Path(line[0]).name == "nats-server":
        return BUS
    module = line[2] if line[1:2] == ["-m"] and len(line) > 2 else ""
    return module.removeprefix("services.") if module.startswith("services.") else None


def process_file(stores: Mapping[str, str], replicas: int) -> str:
    """The text of `deploy/Procfile` with a store for each service in `stores`, and so many
    processes of each service; of the bus and the console one."""
    lines = []
    for name, command in parse_procfile(PROCFILE.read_text()).processes.items():
        store = f"REDCROWN_STORE_URL={stores[name]} " if name in stores else ""
        for number in range(1, (1 if name in ALONE else replicas) + 1):
            told = command.replace("exec env ", f"exec env {store}")
            own = f"{name}_{number}" if number > 1 else name
            told = told.replace(f"${name.upper()}_PORT", f"${own.upper()}_PORT")
            lines.append(f"{own}: {told}")
    return "\n".join(lines) + "\n"


def roomy_seed(folder: Path, one_notice: bool = False) -> Path:
    """The sample city with ten times the rooms in each hotel and three halls for each one, so that
    a long run finds some.
    `one_notice`: of its contacts only the desk, which is told once of a visit that is firm."""
    seed = folder / "seed"
    shutil.copytree(ROOT / "deploy" / "seed", seed, dirs_exist_ok=True)
    hotels = yaml.safe_load((seed / "bookings.yaml").read_text(encoding="utf-8"))
    for hotel in hotels["hotels"]:
        for room_type in hotel["room_types"]:
            room_type["rooms"] *= ROOMS_TIMES
    _write(seed / "bookings.yaml", hotels)
    venues = yaml.safe_load((seed / "venues.yaml").read_text(encoding="utf-8"))
    whole = [hall for hall in venues["halls"] if not hall.get("parts")]
    venues["halls"] += [
        {**hall, "id": f"{hall['id']}-{number}"}
        for number in range(2, HALLS_TIMES + 1)
        for hall in whole
    ]
    _write(seed / "venues.yaml", venues)
    if one_notice:
        told = yaml.safe_load((seed / "notifications.yaml").read_text(encoding="utf-8"))
        told["contacts"] = [one for one in told["contacts"] if one["role"] == "desk"]
        _write(seed / "notifications.yaml", told)
    return seed


def _write(path: Path, document: object) -> None:
    path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")


@contextmanager
def starting_system(
    folder: Path, store: str = "sqlite", replicas: int = 1, told: Mapping[str, str] | None = None,
    one_notice: bool = False,
) -> Iterator[Running]:  # fmt: skip
    """Start in this folder on free loopback ports, and go on at once; stopped at the end. `told`
    are variables of its environment; of `one_notice` see `roomy_seed`."""
    with ExitStack() as stack:
        stores: dict[str, str] = {}
        postgres = None
        if store == "postgresql":
            server = PostgresServer()
            stack.callback(server.remove)
            server.start()
            postgres = server.pid
            stores = {name: server.create_database(name) for name in service_names()}
        procfile = folder / "Procfile"
        procfile.write_text(process_file(stores, replicas))
        layout = lay_out(folder, free_port(), procfile=procfile)
        ports = {f"{name.upper()}_PORT": str(port) for name, port in layout.ports.items()}
        environment = {
            **os.environ, **ports, "REDCROWN_DATA_DIR": str(folder),
            "REDCROWN_CONSOLE_PORT": str(layout.ports["console"]),
            "REDCROWN_PROCFILE": str(procfile),
            "REDCROWN_SEED_DIR": str(roomy_seed(folder, one_notice)), **(told or {}),
        }  # fmt: skip
        log = stack.enter_context((folder / "log").open("w"))
        system = subprocess.Popen(
            [sys.executable, "-m", "deploy.run"],
            cwd=ROOT, stdout=log, stderr=log, env=environment, start_new_session=True,
        )  # fmt: skip
        stack.callback(_stop, system)
        yield Running(layout, system.pid, postgres)


def _stop(system: subprocess.Popen[bytes]) -> None:
    members = family(system.pid)
    system.send_signal(signal.SIGINT)
    try:
        system.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        system.kill()
        system.wait()
    _gone, left = psutil.wait_procs(members, timeout=STOP_WITHIN_S)
    for one in left:
        one.kill()


@contextmanager
def running_system(
    store: str = "sqlite", replicas: int = 1, folder: Path | None = None,
    told: Mapping[str, str] | None = None, one_notice: bool = False,
) -> Iterator[Running]:  # fmt: skip
    """The same, ready; in a folder that is deleted afterwards unless one is given.

    Raises RuntimeError when it does not come up.
    """
    own = folder is None
    where = folder or Path(tempfile.mkdtemp(prefix="redcrown-bench-"))
    try:
        with starting_system(where, store, replicas, told, one_notice) as system:
            await_settled(system)
            yield system
    finally:
        if own:
            shutil.rmtree(where, ignore_errors=True)


def await_settled(system: Running) -> None:
    """Wait until all are ready and nothing of the start is going on. Raises RuntimeError."""
    late = await_ready(system.layout, READY_WITHIN_S)
    if late:
        log = (system.layout.folder / "log").read_text()[-2000:]
        raise RuntimeError(f"not ready: {', '.join(late)}\n{log}")
    until = time.monotonic() + PROVISIONED_WITHIN_S
    expected = set(system.layout.commands)
    while not (expected <= set(system.pids) and not _provisioning(system)):
        if time.monotonic() > until:
            raise RuntimeError(f"not there: {', '.join(expected - set(system.pids))}")
        time.sleep(0.1)
    time.sleep(SETTLED_S)


def _provisioning(system: Running) -> bool:
    """Whether the start's last step, a look at the streams, is still under way."""
    for one in family(system.starter)[1:]:
        try:
            if TELLER in " ".join(one.cmdline()):
                return True
        except psutil.NoSuchProcess:
            continue
    return False
