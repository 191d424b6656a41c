"""`parked edit`, `discard` and `restore`: mending messages, giving them up, taking that back.

Must not: decide; the service that parked a message does, and says why not.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli import show
from deploy.cli.http import REFUSED, USAGE, Api, ToolError
from deploy.cli.parked_options import (
    AsOf,
    Group,
    Ids,
    Most,
    Service,
    Why,
    body_at,
    home,
    message_at,
)
from deploy.cli.setting import Setting, setting_of


def edit(
    context: typer.Context,
    service: Service,
    message: str,
    reason: Why,
    file: Annotated[
        str | None, typer.Option(help="The new body; - reads it. Your editor opens if left out.")
    ] = None,
) -> None:
    """Give a message another body. It must be what its consumer takes."""
    setting = setting_of(context)
    seen = setting.api.read(message_at(service, message))
    body = _new_body(seen, file)
    headers = {"If-Match": f'"{seen["revision"]}"', "Content-Type": "application/json"}
    told = setting.api.write("PUT", body_at(service, message), headers,
                             content=body, params={"reason": reason})  # fmt: skip
    if setting.as_json:
        show.document(told)
    else:
        show.difference(told.get("difference", ()))
        show.say(outcome(told, "Edited; replay it when you like."))


def _new_body(seen: dict[str, Any], file: str | None) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    if file is not None:
        try:
            return Path(file).read_bytes()
        except OSError as error:
            raise ToolError(USAGE, f"the body cannot be read: {error}") from error
    if seen["cut"]:
        raise ToolError(USAGE, "the body is too long for an editor; give a --file")
    now: str = seen["body"] if seen["body_edited"] is None else seen["body_edited"]
    new = _edited(now.encode())
    if new == now.encode():
        raise ToolError(REFUSED, "nothing was changed")
    return new


def _edited(text: bytes) -> bytes:
    """What a person makes of a text in the editor of their choice. Raises ToolError."""
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "message.json"
        path.write_bytes(text)
        try:
            subprocess.run([*editor, str(path)], check=True)
            return path.read_bytes()
        except (OSError, subprocess.CalledProcessError) as error:
            raise ToolError(USAGE, f"the editor failed: {error}; or give a --file") from error


def discard(
    context: typer.Context,
    service: Service,
    reason: Why,
    messages: Ids = None,
    group: Group = None,
    as_of: AsOf = None,
    most: Most = None,
) -> None:
    """Give messages up. They can be restored for 30 days."""
    setting = setting_of(context)
    some = chosen(setting.api, service, messages, group, as_of, most)
    _resolve(setting, service, "discard", {**some, "reason": reason}, "Discarded.")


def restore(context: typer.Context, service: Service, reason: Why, messages: Ids = None) -> None:
    """Park discarded messages again."""
    setting = setting_of(context)
    some = chosen(setting.api, service, messages, None, None, None)
    _resolve(setting, service, "restore", {**some, "reason": reason}, "Parked again.")


def _resolve(setting: Setting, service: str, verb: str, asked: Any, done: str) -> None:
    told = setting.api.write("POST", f"{home(service)}/{verb}", json=asked)
    if setting.as_json:
        show.document(told)
    else:
        show.say(outcome(told, done))


def chosen(
    api: Api,
    service: str,
    messages: list[str] | None,
    group: str | None,
    as_of: str | None,
    most: int | None,
) -> dict[str, Any]:
    """The messages of an act. A group is frozen as it is now, unless it was said when."""
    if bool(messages) == (group is not None):
        raise ToolError(USAGE, "name either ids of messages or a --group")
    if messages:
        return {"messages": messages}
    if as_of is None:
        seen = api.read("/v1/parked/groups", service=service, limit=200)
        times = {one["group"]: one["as_of"] for one in seen["groups"]}
        if group not in times:
            raise ToolError(REFUSED, f"{service} has no group {group}; see `parked groups`")
        as_of = times[group]
    return {"group": group, "as_of": as_of, **({} if most is None else {"most": most})}


def outcome(told: dict[str, Any], done: str) -> str:
    """What to tell a person: `done`, or that the owner has not answered yet."""
    if told.get("state") == "pending":
        return f"Kept, not answered yet; the outcome will be at {told['status']}"
    return done
