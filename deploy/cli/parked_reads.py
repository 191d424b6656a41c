"""`parked list`, `groups`, `show` and `acts`: finding out what could not be handled, and why.

Must not: change anything.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from deploy.cli import show
from deploy.cli.parked_options import Group, Only, Service, State, home, message_at
from deploy.cli.setting import setting_of

LINE = {"service": "SERVICE", "id": "ID", "state": "STATE", "parked_at": "PARKED AT",
        "attempts": "TRIES", "group": "GROUP", "verdict": "VERDICT", "error": "ERROR"}  # fmt: skip
GROUP = {"count": "COUNT", "service": "SERVICE", "group": "GROUP", "first_at": "FIRST",
         "last_at": "LAST", "subject": "SUBJECT", "error_class": "CLASS",
         "error": "ERROR"}  # fmt: skip
ACT = {"at": "AT", "kind": "ACT", "actor": "WHO", "count": "COUNT", "outcome": "OUTCOME",
       "reason": "REASON", "act": "NAME"}  # fmt: skip


def list_parked(
    context: typer.Context,
    service: Only = None,
    state: State = "parked",
    group: Group = None,
    limit: Annotated[int, typer.Option(min=1, max=20_000)] = 50,
) -> None:
    """Parked messages, oldest first."""
    setting = setting_of(context)
    found = list(setting.api.pages("/v1/parked", "messages", limit, service=service,
                                   state=state, group=group))  # fmt: skip
    if setting.as_json:
        show.document(found)
    else:
        show.table(LINE, found, f"No messages are {state}.")


def groups(context: typer.Context, service: Only = None, state: State = "parked") -> None:
    """Parked messages folded by cause, the largest group first."""
    setting = setting_of(context)
    found = setting.api.read("/v1/parked/groups", service=service, state=state)
    if setting.as_json:
        show.document(found)
        return
    show.table(GROUP, found["groups"], f"No messages are {state}.")
    show.say(", ".join(f"{many} {name}" for name, many in found["totals"].items()))
    if found["away"]:
        show.say(f"No answer from {', '.join(found['away'])}.")


def show_one(
    context: typer.Context,
    service: Service,
    message: str,
    body: Annotated[bool, typer.Option("--body", help="Only the body, as it is now.")] = False,
) -> None:
    """One message whole: body, error, history and acts."""
    setting = setting_of(context)
    found = setting.api.read(message_at(service, message))
    if body:
        edited = found["body_edited"]
        sys.stdout.write(found["body"] if edited is None else edited)
    elif setting.as_json:
        show.document(found)
    else:
        _whole(found)


def _whole(found: dict[str, Any]) -> None:
    names = ("id", "service", "state", "reason", "subject", "consumer", "group", "parked_at",
             "failed_at", "attempts", "replays", "revision")  # fmt: skip
    show.fields({name: found[name] for name in names})
    if found["verdict"] is not None:
        show.heading("Verdict")
        show.say(f"{found['verdict']}: {found['why']['en']}")
        if found["impact"] is not None:
            show.say(found["impact"]["sentence"]["en"])
    for title, text in (("Error", found["error_text"]), ("Body as it came", found["body"])):
        show.heading(title)
        show.say(text)
    if found["difference"]:
        show.heading("Edited")
        show.difference(found["difference"])
    show.heading("History")
    for entry in found["history"]:
        show.say(", ".join(f"{name} {value}" for name, value in entry.items()))
    show.heading("Acts")
    show.table(ACT, found["acts"], "None yet.")


def acts(
    context: typer.Context,
    service: Service,
    limit: Annotated[int, typer.Option(min=1, max=20_000)] = 50,
) -> None:
    """Who did what with a service's parked messages, and why; newest first."""
    setting = setting_of(context)
    found = list(setting.api.pages(f"{home(service)}/acts", "acts", limit))
    if setting.as_json:
        show.document(found)
    else:
        show.table(ACT, found, "None yet.")
