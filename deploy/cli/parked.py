"""`parked`: find messages that no service could handle, mend them, replay them, or give them up.

Must not: do it; each command is a function elsewhere.
"""

from __future__ import annotations

import typer

from deploy.cli import parked_acts, parked_reads, parked_replays

app = typer.Typer(no_args_is_help=True, help="Messages that no service could handle.")
for name, command in (
    ("list", parked_reads.list_parked),
    ("groups", parked_reads.groups),
    ("show", parked_reads.show_one),
    ("edit", parked_acts.edit),
    ("replay", parked_replays.replay),
    ("progress", parked_replays.progress),
    ("stop", parked_replays.stop),
    ("discard", parked_acts.discard),
    ("restore", parked_acts.restore),
    ("acts", parked_reads.acts),
):
    app.command(name)(command)
