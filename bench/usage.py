"""What processes have used: processor time, memory, bytes written, read from /proc.

Must not: start or stop anything.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil


def cpu_ms(pid: int) -> float:
    """Milliseconds of processor time of a process, all its threads and all its descendants so far.

    Two lower bounds are known of each process, and the greater one counts: `schedstat`, exact to
    the nanosecond, forgets threads that have ended; `stat` forgets none and is cut to 10 ms.
    Descendants that have ended count where their parent has waited for them.
    """
    total = 0.0
    for one in family(pid):
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            times = one.cpu_times()
            total += max((times.user + times.system) * 1000, _schedstat_ms(one.pid))
            total += (times.children_user + times.children_system) * 1000
    return total


def memory_mb(pid: int) -> float:
    """Resident MB of a process and its descendants; a shared page counts once, divided among them.

    The proportional size needs the right to read `smaps_rollup`: the owner's or root's.
    """
    kilobytes = 0
    for one in family(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines()
            kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1024


def resident_mb(pid: int) -> float:
    """Resident MB of a process alone, as `ps` shows them: a shared page counts for each."""
    with suppress(psutil.NoSuchProcess):
        return float(psutil.Process(pid).memory_info().rss) / 2**20
    return 0.0


def written_bytes(pid: int) -> int:
    """Bytes that a process and its descendants have had written to disk so far.

    Counted by the kernel when a page becomes dirty, so a page that is changed twice before it is
    written counts once. Nothing is counted on a file system in memory. What descendants that have
    ended wrote is not among it.
    """
    total = 0
    for one in family(pid):
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{one.pid}/io").read_text().splitlines()
            found = dict(line.split(": ") for line in lines)
            total += int(found["write_bytes"]) - int(found["cancelled_write_bytes"])
    return total


def family(pid: int) -> list[psutil.Process]:
    """The process and its descendants that live now. Raises psutil.NoSuchProcess."""
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def _schedstat_ms(pid: int) -> float:
    spent = 0
    for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            spent += int(file.read_text().split()[0])
    return spent / 1e6
