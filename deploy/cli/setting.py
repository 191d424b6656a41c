"""What every command of the tool is given: the API, and whether a script is reading.

Must not: know a command.
"""

from __future__ import annotations

from dataclasses import dataclass

import typer

from deploy.cli.http import Api


@dataclass(frozen=True, slots=True)
class Setting:
    """The options before the command."""

    api: Api
    as_json: bool


def setting_of(context: typer.Context) -> Setting:
    """The setting of this run."""
    setting = context.find_object(Setting)
    assert setting is not None
    return setting
