"""`make backup` and `make restore`: a copy of each store while it runs, and back again.

A restored service is an older one than the others remember. It is marked as such, and when it
starts the others send it again what they have sent since the copy: see `docs/reliability.md`.

Owns: which services, which stores, the folder of a backup and its manifest.
Must not: look into a store; `copies` moves it whole.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from deploy.copies import CopyError, bring_back, check_address, check_there, copy_out
from deploy.local import ROOT, service_names
from shared.chassis.restoring import mark
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.chassis.store import migrate

MANIFEST = "manifest.json"


def store_urls(services: Sequence[str], given: Sequence[str]) -> dict[str, str]:
    """The store of each service: as given (`service=URL`), or the file of the embedded default.
    Raises CopyError for what is given otherwise."""
    folder = Path(os.environ.get("REDCROWN_DATA_DIR", ROOT / "var"))
    own: dict[str, str] = {}
    for service, sign, url in (one.partition("=") for one in given):
        if service not in service_names():
            there = ", ".join(service_names())
            raise CopyError(f"--store: no such service {service!r}; there are {there}")
        if not sign:
            raise CopyError(f"--store {service}: its address is missing; write {service}=URL")
        try:
            check_address(url)
        except CopyError as error:
            raise CopyError(f"--store {service}: {error}") from error
        own[service] = url
    files = {name: f"sqlite:///{(folder / f'{name}.db').resolve()}" for name in services}
    return {name: own.get(name, files[name]) for name in services}


def create(target: Path, stores: Mapping[str, str]) -> None:
    """Copy these stores into a new folder, which appears whole or not at all. Raises CopyError."""
    if target.exists():
        raise CopyError(f"{target} is there already: name a new folder")
    for url in stores.values():
        check_there(url)
    unfinished = target.with_name(target.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    manifest: dict[str, Any] = {}
    for service, url in stores.items():
        as_of, file = datetime.now(UTC), unfinished / f"{service}.copy"
        copy_out(url, file)
        manifest[service] = {
            "as_of": as_of.isoformat(),
            "store": url.partition("://")[0].partition("+")[0],
            "bytes": file.stat().st_size,
            "sha256": _digest(file),
        }
        print(f"{service:>14}  {manifest[service]['bytes']:>12,} bytes", flush=True)
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    unfinished.replace(target)


def restore(source: Path, services: Sequence[str], given: Sequence[str]) -> None:
    """Bring back these services' stores, all of the backup when none is named. Raises CopyError."""
    try:
        manifest = json.loads((source / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise CopyError(f"{source} is no backup: {error}") from error
    chosen = list(services) or sorted(manifest)
    stores = store_urls(chosen, given)
    for service in chosen:
        _check(source, service, manifest.get(service), stores[service])
    for service in chosen:
        as_of = datetime.fromisoformat(manifest[service]["as_of"])
        bring_back(source / f"{service}.copy", stores[service])
        settings = Settings(_env_file=None, store_url=stores[service])
        _mark(import_module(f"services.{service}.main").build(settings), as_of)
        print(f"{service:>14}  as it was at {as_of:%Y-%m-%d %H:%M:%S} UTC", flush=True)


def _mark(service: Service, as_of: datetime) -> None:
    """Bring the store to the schema of this code, and note that it is an older one now."""
    for layer in service.layers:
        migrate(service.engine, service.name, layer)
    with service.engine.begin() as connection:
        mark(connection, service.tables, as_of, datetime.now(UTC))
    service.engine.dispose()


def _check(source: Path, service: str, told: Mapping[str, Any] | None, store: str) -> None:
    if told is None:
        raise CopyError(f"{source} has no copy of {service}")
    if not store.startswith(told["store"]):
        raise CopyError(f"the copy of {service} is of {told['store']}; its store is another kind")
    if _digest(source / f"{service}.copy") != told["sha256"]:
        raise CopyError(f"the copy of {service} is not what was written: it is damaged")


def _digest(path: Path) -> str:
    if not path.exists():
        raise CopyError(f"{path} is missing")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("name a folder, as in make backup TO=folder")
    return Path(text)


def main() -> int:
    """Do what the command line says; 0 when it was done."""
    parser = argparse.ArgumentParser(prog="backup", description=__doc__)
    acts = parser.add_subparsers(dest="act", required=True)
    for act, option in (("create", "--to"), ("restore", "--from")):
        one = acts.add_parser(act)
        one.add_argument(option, dest="folder", type=_folder, required=True)
        one.add_argument("--service", action="append", default=[], choices=service_names())
        one.add_argument("--store", action="append", default=[], metavar="SERVICE=URL")
    chosen = parser.parse_args()
    try:
        if chosen.act == "create":
            create(chosen.folder, store_urls(chosen.service or service_names(), chosen.store))
        else:
            restore(chosen.folder, chosen.service, chosen.store)
    except CopyError as error:
        print(f"{chosen.act} failed: {error}", file=sys.stderr)
        return 1
    print(f"done: {chosen.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
