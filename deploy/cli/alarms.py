"""`alarms`: what asks for somebody; taking it on, and silencing it.

Must not: raise or clear an alarm; the console does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from deploy.cli import show
from deploy.cli.parked_options import Why
from deploy.cli.queues import span
from deploy.cli.setting import setting_of

app = typer.Typer(no_args_is_help=True, help="What asks for somebody.", rich_markup_mode=None)
HOME = "/v1/alarms"
COLUMNS = {"level": "LEVEL", "age": "FOR", "says": "WHAT", "whose": "WHOSE", "calls": "CALLS",
           "id": "ALARM"}  # fmt: skip
MOST = 200
Alarm = Annotated[str, typer.Argument(help="Id of an alarm, as `alarms list` shows it.")]


class State(StrEnum):
    """Which alarms."""

    OPEN = "open"
    CLEARED = "cleared"


@app.command("list")
def list_alarms(
    context: typer.Context,
    state: Annotated[State, typer.Option(help="Those that stand, or that did.")] = State.OPEN,
    limit: Annotated[int, typer.Option(min=1, max=MOST)] = 50,
) -> None:
    """Alarms that stand, newest first, and who has taken them on."""
    setting = setting_of(context)
    some = list(setting.api.pages(HOME, "alarms", limit, state=state.value))
    if setting.as_json:
        show.document({"alarms": some})
        return
    show.table(COLUMNS, (_row(one) for one in some), "No alarm.")


def _row(one: dict[str, Any]) -> dict[str, Any]:
    ended = one["cleared_at"]
    until = datetime.fromisoformat(ended) if ended else datetime.now(UTC)
    lasted_s = (until - datetime.fromisoformat(one["raised_at"])).total_seconds()
    whose = one["acknowledged_by"] or "nobody's"
    silenced = one["silenced_until"]
    if silenced and datetime.fromisoformat(silenced) > until:
        whose += f", silenced until {silenced[:16]}"
    return {**one, "age": span(max(0.0, lasted_s)), "says": one["sentence"]["en"], "whose": whose}


@app.command("ack")
def acknowledge(context: typer.Context, alarm: Alarm) -> None:
    """Take an alarm on: nobody is called again for it."""
    setting = setting_of(context)
    told = setting.api.write("PUT", f"{HOME}/{quote(alarm, safe='')}/acknowledgement")
    if setting.as_json:
        show.document(told)
    else:
        show.say(f"Acknowledged by {told['acknowledged_by']}: {told['sentence']['en']}")


@app.command("silence")
def silence(
    context: typer.Context,
    alarm: Alarm,
    reason: Why,
    minutes: Annotated[int, typer.Option(min=0, max=7 * 24 * 60, help="0 ends a silence.")] = 60,
) -> None:
    """Call nobody for an alarm for a while."""
    setting, place = setting_of(context), f"{HOME}/{quote(alarm, safe='')}/silence"
    if minutes:
        told = setting.api.write("PUT", place, json={"minutes": minutes, "reason": reason})
    else:
        told = setting.api.write("DELETE", place)
    if setting.as_json:
        show.document(told)
    elif told["silenced_until"]:
        show.say(f"Silent until {told['silenced_until'][:16]}: {told['sentence']['en']}")
    else:
        show.say(f"Heard again: {told['sentence']['en']}")
