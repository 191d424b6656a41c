"""The file that tells nats-server who its users are and what each may do.

Owns: `accounts.conf`, beside the keys that it names the public halves of; it holds no secret.
`routes.conf`, for a cluster, does: the password that its servers show each other.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from deploy.bus.current import ACCOUNTS
from deploy.bus.keys import ADMIN, make_keys, public_key, route_password
from deploy.bus.permissions import EVERYTHING, Permissions, permissions_of
from deploy.local import service_names
from shared.chassis.bus_use import BusUse
from shared.chassis.settings import Settings

HEAD = "# Written by `python -m deploy.bus accounts` from what the services declare.\n"


def uses() -> list[BusUse]:
    """What each service of this code declares."""
    found: list[BusUse] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder), store_url="sqlite://")
        for name in service_names():
            found.append(import_module(f"services.{name}.main").build(settings).use)
    return found


def write_accounts(folder: Path, everyone: Iterable[BusUse], tls: Path | None = None) -> Path:
    """Write the users, by the public halves of their keys in `folder`, and their permissions.

    `tls` is the folder of the certificate as the server sees it; with it, clients must use TLS.
    """
    all_uses = list(everyone)
    granted = {use.service: permissions_of(use, all_uses) for use in all_uses}
    make_keys(folder, (ADMIN, *granted))
    users = "".join(
        _user(name, public_key(folder, name), may)
        for name, may in {ADMIN: EVERYTHING, **granted}.items()
    )
    text = f"{HEAD}authorization {{\n  users = [\n{users}  ]\n}}\n"
    # All of our clients start with TLS. One that says nothing for a second is told, in the clear,
    # that TLS is required, and not left waiting; `auto` would do that after 50 ms, which is less
    # than a busy machine takes for a first word.
    text += _tls(tls, 'handshake_first: "1s"') if tls else ""
    return _write(folder / ACCOUNTS, text, 0o644)


def write_routes(folder: Path, servers: Sequence[str], tls: Path | None = None) -> Path:
    """Write how the servers of a cluster find each other (`host:port`) and prove who they are."""
    make_keys(folder, ())
    password = route_password(folder)
    lines = [f"authorization {{ user: route, password: {json.dumps(password)} }}", "routes: ["]
    lines += [f'  "nats://route:{password}@{server}"' for server in servers]
    text = HEAD + "\n".join([*lines, "]", ""])
    text += _tls(tls, f"ca_file: {json.dumps(str(tls / 'nats_authority'))}") if tls else ""
    return _write(folder / "routes.conf", text, 0o600)


def _tls(folder: Path, more: str) -> str:
    cert, key = (json.dumps(str(folder / name)) for name in ("nats_certificate", "nats_key"))
    return f"tls {{\n  cert_file: {cert}\n  key_file: {key}\n  {more}\n}}\n"


def _write(path: Path, text: str, mode: int) -> Path:
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode)
    new.write_text(text)
    new.replace(path)
    return path


def _user(name: str, public: str, may: Permissions) -> str:
    return "".join(f"{line}\n" for line in _lines(name, public, may))


def _lines(name: str, public: str, may: Permissions) -> Iterator[str]:
    yield f"    # {name}"
    yield f"    {{ nkey: {public}, permissions: {{"
    for way, subjects in (("publish", may.publish), ("subscribe", may.subscribe)):
        yield f"        {way}: {{ allow: ["
        yield from (f"          {json.dumps(subject)}," for subject in subjects)
        yield "        ] }"
    yield "    } }"
