"""`parked replay`, `progress` and `stop`: messages into their handlers again, at a rate.

Must not: pace; the service does, also when this tool is gone.
"""

from __future__ import annotations

import time
from typing import Annotated

import typer

from deploy.cli import show
from deploy.cli.http import REFUSED
from deploy.cli.parked_acts import chosen, outcome
from deploy.cli.parked_options import AsOf, Group, Ids, Most, Service, Why, home, replay_at
from deploy.cli.setting import Setting, setting_of

POLL_S = 0.3


def replay(
    context: typer.Context,
    service: Service,
    reason: Why,
    messages: Ids = None,
    group: Group = None,
    as_of: AsOf = None,
    most: Most = None,
    rate: Annotated[float, typer.Option(min=0.01, max=500, help="Messages a second.")] = 20.0,
    stop_at_first_failure: Annotated[bool, typer.Option("--stop-at-first-failure")] = False,
    wait: Annotated[bool, typer.Option(help="Wait for the end.")] = True,
) -> None:
    """Put messages into their handlers again. Exit code 1 when some failed again."""
    setting = setting_of(context)
    asked = {
        **chosen(setting.api, service, messages, group, as_of, most),
        "reason": reason,
        "per_s": rate,
        "stop_at_first_failure": stop_at_first_failure,
    }
    told = setting.api.write("POST", f"{home(service)}/replays", json=asked)
    name = told.get("act") or told["command"]
    if wait:
        _end(setting, service, name, wait=True)
    elif setting.as_json:
        show.document(told)
    else:
        show.say(outcome(told, f"Under way: `parked progress {service} {name}` shows how far."))


def progress(
    context: typer.Context,
    service: Service,
    replay: str,
    wait: Annotated[bool, typer.Option(help="Wait for the end.")] = False,
) -> None:
    """How far a replay has come. Exit code 1 when some failed again."""
    _end(setting_of(context), service, replay, wait)


def stop(context: typer.Context, service: Service, replay: str, reason: Why) -> None:
    """Stop a replay; what it has not reached is parked again."""
    path = replay_at(service, replay)
    setting = setting_of(context)
    told = setting.api.write("DELETE", path, params={"reason": reason})
    if setting.as_json:
        show.document(told)
    else:
        show.say(outcome(told, "Stopped."))


def _end(setting: Setting, service: str, name: str, wait: bool) -> None:
    path = replay_at(service, name)
    view = setting.api.read(path)
    with show.ERR.status("…") as status:
        while wait and view["state"] == "running":
            status.update(f"{view['done'] + view['failed']} of {view['total']}")
            time.sleep(POLL_S)
            view = setting.api.read(path)
    if setting.as_json:
        show.document(view)
    else:
        show.fields({name: view[name] for name in ("replay", "state", "total", "done", "failed",
                                                    "waiting", "left", "per_s")})  # fmt: skip
        for one in view["failures"]:
            show.say(f"failed again: {one}")
    if view["failed"]:
        raise typer.Exit(REFUSED)
