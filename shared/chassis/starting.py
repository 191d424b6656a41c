"""How a service's process begins.

Owns: what holds for everything that it imports and builds until it serves.
Must not: know what the service does, or import what a service needs: it comes before all of it.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module

UNUSED = ("rich",)
"""For the command line alone. structlog and httpx import it as soon as it is there, a twentieth of
a service's start, and do without it otherwise; no service shows a picture on a terminal."""


def prepare() -> None:
    """Before anything large is imported. What is imported stays: the collector would look through
    it again and again, for nothing, a tenth of the start. `probes.serve` lets it begin."""
    gc.disable()
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # "It is not there."


def start(module: str) -> None:
    """Import a module and run its `main` until it ends, as `python -m` of its package does."""
    prepare()
    import_module(module).main()
