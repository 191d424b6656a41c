"""The command-line tool against a real console and a real service, as a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.flows.test_parking_api import Place, good, place_at
from tests.support.nats import NatsServer
from tests.support.parking import effects
from tests.support.system import ROOT

REASON = ("--reason", "the sender was mended")


@dataclass(frozen=True)
class Run:
    """What the tool said, and its exit code."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    """Runs the tool."""

    url: str
    folder: Path
    place: Place

    @property
    def token_file(self) -> Path:
        """The file that the tool is told of."""
        file = self.folder / "token"
        file.write_text(str(self.place.api.headers["Authorization"]).removeprefix("Bearer "))
        return file

    async def __call__(self, *arguments: str, given: bytes = b"", **env: str) -> Run:
        told = {"REDCROWN_URL": self.url, "REDCROWN_TOKEN_FILE": str(self.token_file)}
        environment = {**os.environ, **told, "COLUMNS": "400", **env}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy.cli", *arguments, cwd=ROOT, env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate(given)
        assert process.returncode is not None
        assert b"Traceback" not in err, err.decode()
        return Run(process.returncode, out.decode(), err.decode())


@pytest.fixture
async def redcrown(bus: NatsServer, tmp_path: Path) -> Any:
    async with place_at(bus, tmp_path) as place:
        yield Shell(str(place.api.base_url), tmp_path, place)


async def test_from_finding_to_handled(redcrown: Shell) -> None:
    odd = "m/1 \x1b[31m?"
    await redcrown.place.rubbish(odd, "m-2")
    listed = await redcrown("parked", "list")
    assert listed.code == 0
    assert "m-2" in listed.out and "Invalid JSON" in listed.out
    assert "\x1b" not in listed.out, "what others wrote must not steer the terminal"
    groups = (await redcrown("--json", "parked", "groups")).json()
    assert groups["totals"]["parked"] == 2
    shown = (await redcrown("parked", "show", "venues", odd, "--json")).json()
    assert (shown["id"], shown["body"]) == (odd, "{")
    people = await redcrown("parked", "show", "venues", "m-2")
    assert "Body as it came" in people.out and "EOF while parsing" in people.out
    file = redcrown.folder / "body.json"
    file.write_text(good("v-1"))
    edited = await redcrown("parked", "edit", "venues", odd, "--file", str(file), *REASON)
    assert edited.code == 0 and '+ "visit": "v-1"' in edited.out
    body = await redcrown("parked", "show", "venues", odd, "--body")
    assert body.out == good("v-1")
    replayed = await redcrown("parked", "replay", "venues", odd, *REASON, "--json")
    assert (replayed.code, replayed.json()["done"]) == (0, 1)
    assert await effects(redcrown.place.service) == ["v-1"]
    acts = (await redcrown("parked", "acts", "venues", "--json")).json()
    assert [act["kind"] for act in acts] == ["ended", "replay", "edit"]
    assert {act["reason"] for act in acts} == {"ended", REASON[1]}


async def test_what_fails_again_is_an_exit_code(redcrown: Shell) -> None:
    await redcrown.place.rubbish("m-1", "m-2")
    [group] = (await redcrown("parked", "groups", "--json")).json()["groups"]
    failed = await redcrown(
        "parked", "replay", "venues", "--group", group["group"], "--stop-at-first-failure", *REASON
    )
    assert failed.code == 1
    assert "failed again: m-1" in failed.out
    names = [act["act"] for act in (await redcrown("parked", "acts", "venues", "--json")).json()]
    replay = names[-1]
    view = await redcrown("parked", "progress", "venues", replay, "--json")
    assert (view.code, view.json()["state"], view.json()["left"]) == (1, "failed", 1)


async def test_discarded_and_restored(redcrown: Shell) -> None:
    await redcrown.place.rubbish("m-1", "m-2")
    assert (await redcrown("parked", "discard", "venues", "m-1", "m-2", *REASON)).code == 0
    assert (await redcrown("parked", "restore", "venues", "m-2", *REASON)).code == 0
    states = (await redcrown("parked", "list", "--state", "any", "--json")).json()
    assert {one["id"]: one["state"] for one in states} == {"m-1": "discarded", "m-2": "parked"}


async def test_a_replay_is_stopped(redcrown: Shell) -> None:
    await redcrown.place.rubbish("m-1", "m-2")
    slow = ("--rate", "0.02", "--no-wait", "--json")
    begun = await redcrown("parked", "replay", "venues", "m-1", "m-2", *slow, *REASON)
    name = begun.json()["act"]
    assert (await redcrown("parked", "stop", "venues", name, *REASON)).code == 0
    view = (await redcrown("parked", "progress", "venues", name, "--json")).json()
    assert (view["state"], view["waiting"]) == ("stopped", 0)


async def test_an_edit_by_hand(redcrown: Shell) -> None:
    await redcrown.place.rubbish("m-1")
    file = redcrown.folder / "body.json"
    file.write_text(good("v-2"))
    edit = ("parked", "edit", "venues", "m-1", *REASON)
    assert (await redcrown(*edit, EDITOR=f"cp {file}")).code == 0
    unchanged = await redcrown(*edit, EDITOR="true")
    assert (unchanged.code, unchanged.err) == (1, "nothing was changed\n")
    piped = await redcrown(*edit, "--file", "-", given=b'{"visit": "v"}')
    assert piped.code == 1
    assert "cause: Field required; add the field cause" in piped.err


async def test_errors_say_what_to_do(redcrown: Shell) -> None:
    missing = await redcrown("parked", "show", "venues", "nobody")
    assert (missing.code, missing.out) == (1, "")
    assert "venues has no parked message nobody" in missing.err
    refused = await redcrown("parked", "show", "venues", "nobody", "--json")
    assert json.loads(refused.err)["status"] == 404
    both = await redcrown("parked", "discard", "venues", "m", "--group", "g", *REASON)
    assert (both.code, both.err) == (2, "name either ids of messages or a --group\n")
    assert (await redcrown("parked", "discard", "venues", "m")).code == 2
    away = await redcrown("parked", "list", REDCROWN_URL="http://127.0.0.1:1")
    assert away.code == 3 and "does not answer" in away.err
    nonsense = await redcrown("parked", "list", REDCROWN_URL="nonsense")
    assert nonsense.code == 2 and "write http://host:port" in nonsense.err
    token = await redcrown("parked", "list", REDCROWN_TOKEN_FILE="/nowhere/token")
    assert token.code == 2 and "token file cannot be read" in token.err
