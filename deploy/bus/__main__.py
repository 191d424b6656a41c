"""`python -m deploy.bus accounts <folder>`: keys and permissions for every user of the bus.
`python -m deploy.bus provision`: make the streams, or bring them to this code's configuration.

`provision` takes the bus from REDCROWN_NATS_URL and its key, the admin's, from
REDCROWN_NATS_SEED_FILE, like every other process.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from deploy.bus.current import ACCOUNTS, is_current, note_current


def main() -> int:
    """Do one of the two; 0 when it is done."""
    parser = argparse.ArgumentParser(prog="deploy.bus")
    acts = parser.add_subparsers(dest="act", required=True)
    accounts = acts.add_parser("accounts", help="write keys and accounts.conf")
    accounts.add_argument("folder", type=Path)
    hint = "servers of a cluster, as host:port: writes routes.conf too"
    accounts.add_argument("--routes", nargs="+", default=[], type=_server,
                          metavar="SERVER", help=hint)  # fmt: skip
    hint = "where a server finds nats_certificate, nats_key and nats_authority: switches TLS on"
    accounts.add_argument("--tls", type=Path, metavar="FOLDER", help=hint)
    acts.add_parser("provision", help="make or update the streams")
    chosen = parser.parse_args()
    if chosen.act == "accounts":
        try:
            return _accounts(chosen.folder, chosen.routes, chosen.tls)
        except OSError as error:
            print(f"keys and accounts were not written: {error}; name a folder that may be written",
                  file=sys.stderr)  # fmt: skip
            return 1
    return _provision()


def _server(text: str) -> str:
    host, _colon, port = text.rpartition(":")
    if not re.fullmatch(r"[\w.:\[\]-]+", host) or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no server: write host:port, as nats-2:6222")
    return text


def _provision() -> int:
    # Imported here: `accounts` has a quick way, on which nothing of this is needed.
    from deploy.bus.provisioning import brought_up

    differed = brought_up()
    if differed is None:
        return 1
    print(f"updated: {', '.join(differed)}" if differed else "the streams are as they should be")
    return 0


def _accounts(folder: Path, routes: list[str], tls: Path | None) -> int:
    if not routes and is_current(folder, tls):
        print(folder / ACCOUNTS)
        return 0
    folder.mkdir(parents=True, exist_ok=True)  # Before what takes long.
    from deploy.bus.accounts import uses, write_accounts, write_routes

    print(write_accounts(folder, uses(), tls))
    note_current(folder, tls)
    if routes:
        print(write_routes(folder, routes, tls))
    return 0


if __name__ == "__main__":
    sys.exit(main())
