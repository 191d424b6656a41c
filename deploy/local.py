"""The local process file made ready: which ports, which folder, which processes.

Owns: turning `deploy/Procfile` and a few settings into an environment for this machine.
Must not: start anything; `run` does.
"""

from __future__ import annotations

import json
import os
import pkgutil
import re
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from honcho.environ import parse_procfile

import services
from deploy.bus.keys import ADMIN, make_keys, seed_file
from deploy.master_key import hotel_link_key, master_key

ROOT = Path(__file__).resolve().parent.parent
PROCFILE = ROOT / "deploy" / "Procfile"
CONSOLE_PORT = 8080
JETSTREAM = "jetstream"
"""Below the data folder, what the embedded bus stores: the Procfile names it, too."""
ADDRESSES = "addresses.json"
"""File in the data folder where a running system notes where it is."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where one local system lives: its folder, its processes and the port of each."""

    folder: Path
    ports: Mapping[str, int]
    commands: Mapping[str, str]
    environment: Mapping[str, str]

    @property
    def address(self) -> str:
        """The console, the only public door."""
        return f"http://127.0.0.1:{self.ports['console']}"

    @property
    def access(self) -> Path:
        """Where the console leaves the token and the password of its first account."""
        return self.folder / "access"

    def token(self) -> str:
        """The token of the first account, once the console is ready."""
        return (self.access / "token").read_text().strip()

    def probe(self, service: str, path: str) -> str:
        """The address of a service's probe, for example `/ready`."""
        return f"http://127.0.0.1:{self.ports[service]}{path}"

    def note_addresses(self) -> None:
        """Write down where this system is, for tools that come later."""
        found = {"console": self.address, "nats": self.environment["REDCROWN_NATS_URL"]}
        (self.folder / ADDRESSES).write_text(json.dumps(found) + "\n")

    @property
    def embedded(self) -> bool:
        """The bus is one of these processes."""
        return "nats" in self.commands

    def environment_of(self, process: str) -> dict[str, str]:
        """What one process is told: of all keys of an embedded bus only its own.

        `visits_2` is a second process of `visits`.
        """
        user = re.sub(r"_\d+$", "", process)
        own = {"REDCROWN_NATS_SEED_FILE": str(seed_file(self.folder / "bus", user))}
        return {**self.environment, **(own if self.embedded and user != "nats" else {})}

    def disk_of(self, process: str) -> str:
        """The folder on the disk without which a process does nothing: the embedded bus's. Services
        wait for theirs by themselves."""
        return str(self.folder / JETSTREAM) if process == "nats" else ""

    @property
    def services(self) -> tuple[str, ...]:
        """Every process with probes, which is all but the bus."""
        return tuple(name for name in self.commands if name != "nats")


def service_names() -> list[str]:
    """Every package of `services`."""
    return sorted(one.name for one in pkgutil.iter_modules(services.__path__) if one.ispkg)


_KEPT: list[socket.socket] = []


def free_port() -> int:
    """A TCP port on 127.0.0.1 that is kept for the servers this process starts, until it ends.

    A bound socket that does not listen keeps others away, outgoing connections too, while a server
    that allows reuse of addresses, as all of ours do, can still listen there.
    """
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    _KEPT.append(keeper)
    return int(keeper.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a port on 127.0.0.1 can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def lay_out(
    folder: Path,
    console_port: int,
    extra: Mapping[str, str] | None = None,
    procfile: Path = PROCFILE,
) -> Layout:
    """Choose ports and build the environment. What the caller's environment says wins.

    Raises OSError when the console's port is taken.
    """
    if not is_free(console_port):
        raise OSError(f"port {console_port} is taken: set REDCROWN_CONSOLE_PORT to a free one")
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    commands: dict[str, str] = dict(parse_procfile(procfile.read_text()).processes)
    given = {name: os.environ.get(f"{name.upper()}_PORT") for name in commands}
    ports = {name: int(port) if port else free_port() for name, port in given.items()}
    ports["console"] = console_port
    chosen = {
        "REDCROWN_DATA_DIR": str(folder),
        "REDCROWN_SEED_DIR": str(ROOT / "deploy" / "seed"),
        "REDCROWN_NATS_PORT": str(ports["nats"]),
        "REDCROWN_NATS_URL": f"nats://127.0.0.1:{ports['nats']}",
        "REDCROWN_CONSOLE_URL": f"http://127.0.0.1:{console_port}",
        "REDCROWN_LOG_FORMAT": "console",
        "REDCROWN_LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }
    if not any(os.environ.get(f"REDCROWN_GUESTS_KEY{form}") for form in ("", "_FILE")):
        chosen["REDCROWN_GUESTS_KEY_FILE"] = str(master_key(folder))
    if "REDCROWN_HOTEL_LINK_KEYS_FILE" not in os.environ:
        chosen["REDCROWN_HOTEL_LINK_KEYS_FILE"] = str(hotel_link_key(folder))
    environment = {**chosen, **os.environ, **(extra or {})}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    for name, port in ports.items():
        environment[f"{name.upper()}_PORT"] = str(port)
    if "REDCROWN_NATS_URL" in os.environ:
        commands.pop("nats")  # A bus was given: no embedded one.
    else:
        (folder / JETSTREAM).mkdir(exist_ok=True)
        _ready_the_bus(folder / "bus")
    return Layout(folder, ports, commands, environment)


def _ready_the_bus(folder: Path) -> None:
    """Keys for all, and the configuration of the embedded bus beside them; the accounts that it
    includes take a look at all services, so its own process writes them."""
    make_keys(folder, (ADMIN, *service_names()))
    shutil.copy(ROOT / "deploy" / "nats" / "embedded.conf", folder)
