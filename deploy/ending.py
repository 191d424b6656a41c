"""SIGTERM for who has started a whole system: the same end as by Ctrl-C.

A system is kept: its processes begin again, and outlive whoever is ended without stopping them.
Must not: end anything by itself; context managers do.
"""

from __future__ import annotations

import signal


def end_as_by_ctrl_c() -> None:
    """From now on SIGTERM raises KeyboardInterrupt, and so does SIGINT, which a shell has in the
    background ignored. Call it in the main thread, before an event loop runs."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
