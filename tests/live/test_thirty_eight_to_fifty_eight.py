"""Scenario S02: the day before, 38 guests become 58. Real services, on both databases.

The sample delegation is moved to tomorrow, so that the kitchen's guarantee deadline has passed.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from deploy.audit import count
from deploy.play import ANCHOR, shift_dates
from shared.contracts.catalog import resource_services
from shared.contracts.holds import AnswerConsent
from shared.contracts.spec import VisitSpec
from shared.contracts.visits import CommitProposal, DropProposal, ProposeVisit
from tests.support.nats import NatsServer
from tests.support.system import ROOT, Planner, System, act

VISIT = "delegation-east"
SERVICES = ("visits", *resource_services())


def days() -> int:
    """How far the sample is moved, so that it begins tomorrow at the site."""
    today: date = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()
    return (today + timedelta(days=1) - ANCHOR).days


@pytest.fixture(autouse=True)
def one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the whole of a test it is the day on which it began: midnight may come meanwhile."""
    moved = days()
    monkeypatch.setattr(sys.modules[__name__], "days", lambda: moved)


def sample(name: str) -> VisitSpec:
    text = (ROOT / "deploy/seed/visits" / f"{name}.yaml").read_text("utf-8")
    return VisitSpec.model_validate(yaml.safe_load(shift_dates(text, days())))


@pytest.fixture
def system(stores: Callable[[str], str], tmp_path: Path, bus: NatsServer, one_day: None) -> System:
    seed = tmp_path / "seed"
    shutil.copytree(ROOT / "deploy/seed", seed)
    for path in seed.glob("*.yaml"):
        path.write_text(shift_dates(path.read_text("utf-8"), days()), "utf-8")
    env = {"REDCROWN_SEED_DIR": str(seed)}
    return System(tmp_path, bus.url, stores, **env)


async def until(planner: Planner, true: Any) -> dict[str, Any]:
    """The visit, as soon as something is true of it."""
    return await planner.until(VISIT, true)


async def consent(planner: Planner, needs: list[dict[str, Any]], granted: bool) -> None:
    for need in needs:
        if need["consent"]:
            command = AnswerConsent(**act(), hold=need["hold"], granted=granted, reason="full")
            await planner.send(command, need["service"])


async def ready_with_38(planner: Planner) -> dict[str, Any]:
    await planner.submit(sample("delegation"))
    view = await until(planner, lambda v: v["phase"] in ("waiting", "ready", "blocked"))
    await consent(planner, view["needs"], granted=True)
    view = await until(planner, lambda v: v["phase"] in ("ready", "blocked"))
    assert view["phase"] == "ready", view["reasons"]
    return view


async def propose(planner: Planner) -> dict[str, Any]:
    command = ProposeVisit(**act(), visit=VISIT, expected_revision=1, spec=sample("delegation-58"))
    await planner.send(command)
    proposed = ("waiting", "open", "blocked")
    return await until(planner, lambda v: (v["proposed"] or {}).get("phase") in proposed)


def standing(view: dict[str, Any]) -> list[Any]:
    """What is firm: need, hold, what was allotted, what it costs."""
    return [(n["need"], n["state"], n["hold"], n["allotted"], n["cost"]) for n in view["needs"]]


async def test_the_kitchen_says_yes(planner: Planner, system: System) -> None:
    before = await ready_with_38(planner)
    waiting = await propose(planner)
    moves = {move["need"]: move for move in waiting["proposed"]["moves"]}
    assert waiting["proposed"]["phase"] == "waiting", waiting["proposed"]
    assert moves["dinner/meal"]["consent"]["asked_of"] == "nenjiang-hotel-kitchen"
    assert standing(waiting) == standing(before), "what is firm stands while a proposal is open"

    await consent(planner, waiting["proposed"]["moves"], granted=True)
    opened = await until(planner, lambda v: v["proposed"]["phase"] in ("open", "blocked"))
    check_preview(opened["proposed"])
    proposal = opened["proposed"]["proposal"]
    ids = act()
    await planner.send(CommitProposal(**ids, visit=VISIT, expected_revision=1, proposal=proposal))
    after = await until(planner, lambda v: v["revision"] == 2 and v["phase"] == "ready")
    assert after["guests"] == 58
    assert {need["state"] for need in after["needs"]} == {"confirmed"}
    told = await planner.timeline(VISIT)
    confirms = [e for e in told if e["sentence"].startswith("confirm_holds") and e["seq"] > 20]
    assert {entry["cause"] for entry in confirms} >= {ids["cause"]}
    await nothing_left_over(system)


def check_preview(preview: dict[str, Any]) -> None:
    """Everything that moves, and what it costs."""
    assert preview["phase"] == "open", preview["moves"]
    moves = {move["need"]: move for move in preview["moves"]}
    rooms = moves["stay/rooms"]
    assert rooms["change"] == "changed"
    assert "31" in rooms["after"]["en"] and "8" in rooms["after"]["en"]
    assert "Hubin" in rooms["after"]["en"]
    assert moves["dinner/hall"]["change"] == "changed"
    assert "80" in moves["dinner/hall"]["after"]["en"]
    assert moves["arrival/coach"]["change"] == "changed"
    assert preview["cost_after"]["amount"] > preview["cost_before"]["amount"] > 0
    assert not [one for one in preview["findings"] if one["severity"] == "block"]


async def test_the_kitchen_says_no(planner: Planner, system: System) -> None:
    before = await ready_with_38(planner)
    waiting = await propose(planner)
    await consent(planner, waiting["proposed"]["moves"], granted=False)
    blocked = await until(planner, lambda v: v["proposed"]["phase"] == "blocked")
    assert len(blocked["proposed"]["options"]) >= 2
    assert standing(blocked) == standing(before)
    proposal = blocked["proposed"]["proposal"]
    answers = await planner.listen_to_answers()
    await planner.send(CommitProposal(**act(), visit=VISIT, expected_revision=1, proposal=proposal))
    assert (await asyncio.wait_for(answers.get(), 60))["outcome"] == "conflict"
    await planner.send(DropProposal(**act(), visit=VISIT, proposal=proposal))
    after = await until(planner, lambda v: v["proposed"] is None)
    assert standing(after) == standing(before)
    await nothing_left_over(system)


async def test_the_kitchen_stays_silent(planner: Planner, system: System) -> None:
    before = await ready_with_38(planner)
    # Impatient only from here on: for 38 it did answer, which takes its time on a busy machine.
    next(one for one in system.replicas if one.service == "visits").stop()
    system.extra["REDCROWN_CONSENT_WITHIN_S"] = "4"
    system.await_ready(system.start("visits"))
    await propose(planner)
    blocked = await until(planner, lambda v: v["proposed"]["phase"] == "blocked")
    moves = {move["need"]: move for move in blocked["proposed"]["moves"]}
    assert moves["dinner/meal"]["obstacle"]["code"] == "consent_silent"
    assert len(blocked["proposed"]["options"]) >= 2
    assert standing(blocked) == standing(before)
    await nothing_left_over(system)


async def nothing_left_over(system: System) -> None:
    """Soon nothing unconfirmed is held anywhere, what was replaced is let go of, which its owner
    may do a moment after the visit is ready, and every count is right."""
    async with asyncio.timeout(60):
        while True:
            counted = [count(name, system.store_of(name)) for name in resource_services()]
            left = sum(one.unconfirmed for one in counted), sum(one.confirmed for one in counted)
            if left == (0, 9):
                break
            await asyncio.sleep(0.1)
    assert sum(one.oversold for one in counted) == 0
