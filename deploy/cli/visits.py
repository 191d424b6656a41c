"""`visits` and `visit`: find visits, look at one, submit and cancel.

Must not: decide; the orchestrator does, and says why not.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from deploy.cli import show
from deploy.cli.http import REFUSED, USAGE, Api, ToolError
from deploy.cli.parked_acts import outcome
from deploy.cli.setting import Setting, setting_of

LINE = {"phase": "PHASE", "visit": "VISIT", "starts_at": "STARTS", "guests": "GUESTS",
        "firm": "FIRM", "station": "STATION", "title": "TITLE"}  # fmt: skip
NEED = {"need": "NEED", "kind": "KIND", "state": "STATE", "service": "SERVICE", "told": "WHAT"}
STEP = {"at": "AT", "source": "FROM", "target": "TO", "kind": "WHAT", "sentence": "SAID"}
SETTLED = frozenset(("ready", "waiting", "blocked", "cancelled", "closed"))
"""Phases in which nothing is on its way."""
LOOK_S = 0.2

Visit = Annotated[str, typer.Argument(help="Id of the visit.")]
app = typer.Typer(no_args_is_help=True, help="One visit: show, trace, submit, cancel.")


def list_visits(
    context: typer.Context,
    phase: Annotated[str | None, typer.Option(help="Only in this phase, e.g. blocked.")] = None,
    line: Annotated[str | None, typer.Option(help="Only of this line, e.g. business.")] = None,
    text: Annotated[str | None, typer.Option(help="Part of id, title or host.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=20_000)] = 50,
) -> None:
    """Visits in order of start."""
    setting = setting_of(context)
    found = list(
        setting.api.pages("/v1/visits", "visits", limit, phase=phase, line=line, text=text)
    )
    if setting.as_json:
        show.document(found)
    else:
        show.table(LINE, [_line(one) for one in found], "No such visits.")


def _line(one: dict[str, Any]) -> dict[str, Any]:
    firm = f"{one['needs_firm']}/{one['needs_total']}"
    return {**one, "title": _both(one["title"]), "firm": firm}


def _both(text: dict[str, str]) -> str:
    return f"{text['zh']} / {text['en']}" if text["zh"] != text["en"] else text["en"]


@app.command("show")
def show_visit(context: typer.Context, visit: Visit) -> None:
    """One visit whole: what is asked for, what stands, and why it is as it is."""
    setting = setting_of(context)
    found = setting.api.read(_at(visit))
    if setting.as_json:
        show.document(found)
        return
    names = ("visit", "revision", "phase", "line", "station", "host", "guests", "starts_at",
             "ends_at")  # fmt: skip
    cost = found["cost"]
    show.fields({"title": _both(found["title"]), **{name: found[name] for name in names},
                 "cost": f"{cost['amount'] / 100:,.2f} {cost['currency']}"})  # fmt: skip
    show.heading("Needs")
    show.table(NEED, [_need(one) for one in found["needs"]], "None.")
    _sentences("Why it is not ready", found["reasons"])
    _sentences("Rules", [one["sentence"] for one in found["findings"]])
    proposed = found["proposed"]
    if proposed is not None:
        show.heading(f"A proposal is {proposed['phase']}")
        for move in proposed["moves"]:
            show.say(f"{move['need']}: {move['change']}")


def _need(one: dict[str, Any]) -> dict[str, Any]:
    said = one["summary"] or (one["refusal"] or {}).get("sentence")
    return {**one, "told": said["en"] if said else ""}


def _sentences(title: str, some: list[dict[str, str]]) -> None:
    if some:
        show.heading(title)
        for one in some:
            show.say(one["en"])


@app.command()
def trace(
    context: typer.Context,
    visit: Visit,
    limit: Annotated[int, typer.Option(min=1, max=20_000)] = 500,
) -> None:
    """One visit as a sequence over services: causes, decisions, commands, answers, notices."""
    setting = setting_of(context)
    found = list(setting.api.pages(f"{_at(visit)}/trace", "steps", limit))
    if setting.as_json:
        show.document(found)
    else:
        show.table(STEP, found, "Nothing has happened yet.")


@app.command()
def submit(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A visit spec in YAML or JSON; - reads it.")],
    visit: Annotated[
        str | None, typer.Option(help="Replace the spec of this visit; else a new one is opened.")
    ] = None,
    revision: Annotated[
        int | None, typer.Option(min=1, help="The revision you saw; with --visit.")
    ] = None,
    wait_s: Annotated[
        float, typer.Option("--wait", min=0, max=600, help="Seconds to wait until it is settled.")
    ] = 0.0,
) -> None:
    """Open a visit, or replace the whole spec of one."""
    setting = setting_of(context)
    headers = {"Content-Type": "application/yaml"}
    body = _spec(file)
    if (visit is None) != (revision is None):
        raise ToolError(USAGE, "an edit needs both --visit and --revision, a new visit neither")
    if visit is None:
        told = setting.api.write("POST", "/v1/visits", headers, content=body)
    else:
        headers["If-Match"] = f'"{revision}"'
        told = setting.api.write("PUT", _at(visit), headers, content=body)
    _end(setting, told, wait_s, "Accepted.")


def _spec(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise ToolError(USAGE, f"{file} cannot be read: {error}") from error


@app.command()
def cancel(
    context: typer.Context,
    visit: Visit,
    reason: Annotated[str, typer.Option(help="Kept with the visit.")],
    revision: Annotated[
        int | None, typer.Option(min=1, help="The revision you saw; the present one if left out.")
    ] = None,
    wait_s: Annotated[float, typer.Option("--wait", min=0, max=600)] = 0.0,
) -> None:
    """Cancel a visit: all that it holds is released."""
    setting = setting_of(context)
    seen = revision or int(setting.api.read(_at(visit))["revision"])
    told = setting.api.write(
        "DELETE", _at(visit), {"If-Match": f'"{seen}"'}, params={"reason": reason}
    )
    _end(setting, told, wait_s, "Cancelled.")


def _end(setting: Setting, told: dict[str, Any], wait_s: float, done: str) -> None:
    """Say what came of a write; wait for the visit to settle if that is wanted."""
    settled = _settled(setting.api, told, wait_s) if wait_s else None
    if setting.as_json:
        show.document({**told, **({} if settled is None else {"settled": settled})})
        return
    show.say(outcome(told, done))
    if settled is not None:
        show.say(f"{settled['visit']} is {settled['phase']}.")
        _sentences("Why it is not ready", settled["reasons"])


def _settled(api: Api, told: dict[str, Any], wait_s: float) -> dict[str, Any]:
    """The visit, once nothing is on its way. Raises ToolError when that takes too long."""
    deadline = time.monotonic() + wait_s
    while told.get("state") == "pending":
        _wait(f"{told['command']} has no answer", wait_s, deadline)
        told = api.read(told["status"])
    if told.get("outcome", "accepted") != "accepted":
        said = "; ".join(one["message"] for one in told["problems"])
        raise ToolError(REFUSED, f"{told['command']}: {told['outcome']} {said}")
    visit = told.get("visit") or told["about"]
    while (seen := api.read(_at(visit)))["phase"] not in SETTLED:
        _wait(f"{visit} is still {seen['phase']}", wait_s, deadline)
    return seen


def _wait(what: str, wait_s: float, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise ToolError(REFUSED, f"{what} after {wait_s:.0f} s")
    time.sleep(LOOK_S)


def _at(visit: str) -> str:
    return f"/v1/visits/{quote(visit, safe='')}"
