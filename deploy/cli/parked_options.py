"""Arguments that the commands of `parked` share, and the paths they lead to.

Must not: ask the API.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

Service = Annotated[str, typer.Argument(help="The service that parked them, e.g. venues.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids of messages; or name a --group.")]
Group = Annotated[str | None, typer.Option(help="A group, as `groups` shows it.")]
AsOf = Annotated[
    str | None,
    typer.Option(help="The group as it was then (`as_of` of `groups`); as it is now if left out."),
]
Most = Annotated[int | None, typer.Option(min=1, help="Only so many, the oldest.")]
Why = Annotated[str, typer.Option(help="Kept with the act.")]
State = Annotated[str, typer.Option(help="parked, replaying, done, discarded, or any.")]
Only = Annotated[str | None, typer.Option(help="Only this service.")]


def home(service: str) -> str:
    """The address of a service's parked messages."""
    return f"/v1/parked/{quote(service, safe='')}"


def message_at(service: str, message: str) -> str:
    """The address of one message."""
    return f"{home(service)}/messages/{quote(message, safe='')}"


def body_at(service: str, message: str) -> str:
    """The address of the body of one message."""
    return f"{home(service)}/bodies/{quote(message, safe='')}"


def replay_at(service: str, replay: str) -> str:
    """The address of one replay."""
    return f"{home(service)}/replays/{quote(replay, safe='')}"
