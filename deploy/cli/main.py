"""The frame of the tool: options that every command has, and how it ends.

A new group of commands is a module with a Typer application `app`, and one line here.
Exit codes: 0 done, 1 refused or failed, 2 misused, 3 nobody answered.

Must not: know what a command does.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli import alarms, doctor, hotel_acts, hotels, parked, plan, queues, show, visits
from deploy.cli.http import Api, ToolError
from deploy.cli.setting import Setting

NAME = "redcrown"
"""As `make setup` installs it; completion of shells goes by it."""
URL = "http://127.0.0.1:8080"

app = typer.Typer(
    name=NAME, no_args_is_help=True, rich_markup_mode=None,
    pretty_exceptions_enable=False,
)  # fmt: skip
app.add_typer(parked.app, name="parked")
app.add_typer(visits.app, name="visit")
app.add_typer(alarms.app, name="alarms")
app.add_typer(hotel_acts.group, name="hotel")
app.command("visits")(visits.list_visits)
app.command("hotels")(hotels.list_hotels)
app.command("queues")(queues.queues)
app.command("doctor")(doctor.doctor)
app.command("plan")(plan.run)


@app.callback()
def frame(
    context: typer.Context,
    url: Annotated[str, typer.Option(envvar="REDCROWN_URL", help="Address of the console.")] = URL,
    token_file: Annotated[
        Path | None,
        typer.Option(envvar="REDCROWN_TOKEN_FILE", help="File with an API token, one line."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON on standard output, for scripts.")
    ] = False,
    timeout_s: Annotated[
        float, typer.Option(min=0.1, max=600, help="Seconds until an answer must be there.")
    ] = 20.0,
) -> None:
    """Redcrown from the command line."""
    context.obj = Setting(Api(url, token_file, timeout_s), as_json)


def run(arguments: Sequence[str]) -> int:
    """Run the tool; its exit code. `--json` may stand anywhere."""
    as_json = "--json" in arguments
    rest = [one for one in arguments if one != "--json"]
    try:
        app(args=["--json", *rest] if as_json else rest, prog_name=NAME, standalone_mode=True)
    except ToolError as error:
        show.failure(error, as_json)
        return error.code
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def main() -> None:
    """Run with the arguments of the process."""
    sys.exit(run(sys.argv[1:]))
