"""`queues`: what waits where, how old it is and when it will be gone; once, or as it changes.

Must not: judge; the console does, and its findings stand above the table.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live

from deploy.cli import show
from deploy.cli.setting import setting_of

FLOW = {"service": "SERVICE", "consumer": "CONSUMER", "waiting": "WAITING", "in_flight": "IN WORK",
        "redelivered": "AGAIN", "behind": "BEHIND", "rates": "IN/OUT PER S",
        "empty": "EMPTY IN", "state": "STATE"}  # fmt: skip
MINUTE, HOUR, DAY = 60, 3600, 86_400


def queues(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until Ctrl-C.")] = False,
    every_s: Annotated[float, typer.Option("--every", min=0.5, max=600)] = 2.0,
    all_of_them: Annotated[
        bool, typer.Option("--all", help="Also consumers with nothing to do.")
    ] = False,
) -> None:
    """What waits for each consumer, and what is wrong. With --json and --watch: a line a look."""
    setting = setting_of(context)
    if setting.as_json:
        show.document(setting.api.read("/v1/now"))
        while watch:
            time.sleep(every_s)
            show.document(setting.api.read("/v1/now"))
        return
    if not watch:
        show.OUT.print(_shown(setting.api.read("/v1/now"), all_of_them))
        return
    with Live(console=show.OUT, auto_refresh=False) as live:
        while True:
            live.update(_shown(setting.api.read("/v1/now"), all_of_them), refresh=True)
            time.sleep(every_s)


def _shown(now: Mapping[str, Any], all_of_them: bool) -> Group:
    rows = [_row(one, now["as_of"]) for one in now["consumers"] if all_of_them or _busy(one)]
    said = [show.sentence(line) for line in told(now)]
    return Group(*said, show.rows_of(FLOW, rows, "Nothing waits."))


def told(now: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong, in sentences, what hurts most first; or that nothing is."""
    age = f"as of {now['as_of'][11:19]}"
    if not now["live"]:
        yield f"The bus is away; this is how it was, {age}."
    elif not now["needing"]:
        yield f"All well, {age}."
    else:
        yield f"{now['needing']} need somebody, {age}."
    for one in now["findings"]:
        harm = f" {one['harm']['en']}" if one["harm"]["en"] else ""
        yield f"{one['level'].upper()} {one['sentence']['en']}{harm}"


def _busy(flow: Mapping[str, Any]) -> bool:
    return bool(flow["waiting"] or flow["in_flight"] or flow["redelivered"] or flow["paused_until"])


def _row(flow: Mapping[str, Any], as_of: str) -> dict[str, Any]:
    paused, gone = flow["paused_until"], flow["empty_at"]
    state = f"paused until {paused[11:19]} by {flow['paused_by']}" if paused else ""
    if flow["drained"]:
        state = "drained"
    return {
        **flow,
        "behind": span(flow["behind_s"]) if flow["behind_s"] else "",
        "rates": f"{flow['in_per_s']:.1f}/{flow['out_per_s']:.1f}",
        "empty": span(_between(as_of, gone)) if gone else "",
        "state": state,
    }


def _between(start: str, end: str) -> float:
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    return max(0.0, seconds)


def span(seconds: float) -> str:
    """A length of time in two units at most: `12 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    whole = round(seconds)
    for unit, name, smaller, below in (
        (DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", 1, "s"),
    ):  # fmt: skip
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit} {name}" + (f" {rest} {below}" if rest else "")
    return f"{whole} s"
