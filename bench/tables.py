"""What was measured of all systems, as tables in Markdown, and how much of the ceilings it uses.

Pure. Must not: measure, or judge (`aims` does).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Line = Mapping[str, Any]
COLUMNS = {
    "visits/s": "visits_s", "p50 ms": "p50_ms", "p99 ms": "p99_ms", "processor ms": "cpu_ms",
    "messages": "messages", "commits": "commits", "kB written": "written_kb", "MB": "memory_mb",
}  # fmt: skip
"""Columns and their keys in a line; the four from processor to kB are of one visit."""
ABSENT = "–"
"""What a system does not have, or does not tell."""


def compared(lines: Sequence[Line]) -> list[str]:
    """A row for each system and stretch."""
    heads = ("system", "in flight", "refused", *COLUMNS)
    rows = [[*_name(line), *(_told(line.get(key)) for key in COLUMNS.values())] for line in lines]
    return list(_table(heads, rows))


def by_process(lines: Sequence[Line]) -> list[str]:
    """Processor milliseconds and kB written of a visit by process, the busiest first. Systems that
    tell bytes only as a whole have none here."""
    rows = []
    for line in lines:
        spent, wrote = line.get("cpu_ms_by", {}), line.get("written_kb_by", {})
        rows.append([*_name(line), *map(_shares, (spent, wrote))])
    heads = ("system", "in flight", "refused", "processor ms a visit", "kB written a visit")
    return list(_table(heads, rows))


def shares_of_ceilings(
    lines: Sequence[Line], ceilings: Mapping[str, float], store: str, flying: int
) -> dict[str, float]:
    """What ours does a second with so many in flight and nothing refused, in parts of what disk,
    store and bus can do by themselves in the same run; `store` is our better one."""
    ours = [one for one in lines
            if (one["system"], one["flying"], one["refused"]) == (store, flying, 0)]  # fmt: skip
    if not ours:
        return {}
    a_second = {what: ours[0][what] * ours[0]["visits_s"] for what in ("commits", "messages")}
    against = {
        "commits of the disk's syncs": ("commits", "disk_fsync_s"),
        "commits of the store's, single": ("commits", f"{store}_single_s"),
        "messages of JetStream's publishes": ("messages", "jetstream_publish_s"),
    }
    return {
        name: round(a_second[what] / ceilings[ceiling], 3)
        for name, (what, ceiling) in against.items()
    }


def shown_shares(shares: Mapping[str, float]) -> list[str]:
    """The same as a table."""
    rows = [[name, f"{100 * share:.1f} %"] for name, share in shares.items()]
    return list(_table(("of the ceiling", "used"), rows)) if rows else []


def _name(line: Line) -> list[str]:
    return [f"`{line['system']}`", str(line["flying"]), f"{100 * line['refused']:.0f} %"]


def _told(value: Any) -> str:
    return ABSENT if value is None else f"{value:g}"


def _shares(some: Mapping[str, float]) -> str:
    ordered = sorted(some.items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {value:g}" for name, value in ordered) or ABSENT


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
