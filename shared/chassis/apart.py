"""A store that is not there yet is made by a fork that ends.

The first start of a service needs Alembic, and what it imports and builds for that stays: twelve
megabytes of each service until its next start.
Must not: be needed: whatever is not made here is made by `store.migrate_when_there`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from sqlalchemy import Engine

from shared.chassis.store import migrate


def make_apart(engine: Engine, service: str, layers: Iterable[ModuleType]) -> None:
    """Make an SQLite store with all layers of tables, before this process has a thread or a
    connection. What fails is left to whoever comes next, who meets it as well, and says so."""
    named = engine.url.database
    if engine.dialect.name != "sqlite" or not named or Path(named).exists():
        return
    if threading.active_count() > 1:  # It would have to do without them.
        return
    pid = os.fork()
    if pid == 0:
        try:
            for layer in layers:
                migrate(engine, service, layer)
            engine.dispose()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
