"""`/parked/<service>/messages/<id>`: one message whole.

Owns: that page.
Must not: act; `parked_edit` and `parked_act` do.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_parked import MessageId, WeighedView
from services.console.asking import read_by
from services.console.body_fields import contract_of, fields_of
from services.console.door import Console, Parts
from services.console.pages import frame
from services.console.roles import Principal
from services.console.templating import TEMPLATES
from services.console.weighing import weighed_message
from shared.contracts.message import Problem
from shared.contracts.parking_reading import ActView, ParkedView, ReadParked

router = APIRouter(include_in_schema=False)


@router.get("/parked/{service}/messages/{message:path}")
async def message_page(
    parts: Parts, who: Who, request: Request, service: str, message: MessageId
) -> Response:
    """The page."""
    seen = await read_message(parts, who, service, message)
    body = body_of(seen)
    kind = contract_of(seen.subject)
    replay = next((one.act for one in seen.acts if one.kind == "replay"), None)
    return frame.render(
        request, who, "parked/message.html", title="parked.message_title", seen=seen,
        fields=fields_of(seen.subject, body), contract=kind.__name__ if kind else "",
        replay=replay if seen.state == "replaying" else None,
        may_act=who.may("POST", "/parked/{service}/replay"),
    )  # fmt: skip


async def read_message(parts: Console, who: Principal, service: str, message: str) -> WeighedView:
    """One message. Raises ProblemError (404, 503)."""
    query = ReadParked(**read_by(who), message=message)
    return WeighedView.model_validate(await weighed_message(parts.service, who, query, service))


def body_of(seen: ParkedView) -> str:
    """The body as it is now."""
    return seen.body if seen.body_edited is None else seen.body_edited


def tone_of(line: str) -> str:
    """How a line of a difference is drawn."""
    if line.startswith(("---", "+++", "@@")):
        return "place"
    return {"+": "added", "-": "removed"}.get(line[:1], "same")


def about(act: ActView) -> dict[str, str]:
    """Which message, group or replay an act was about, as far as it says so."""
    chosen: Any = act.detail.get("chosen") or {}
    found = {
        "message": act.detail.get("message"),
        "group": chosen.get("group") if isinstance(chosen, dict) else None,
        "replay": act.act if act.kind == "replay" else act.detail.get("replay"),
    }
    return {name: str(one) for name, one in found.items() if one}


def told(problems: tuple[Problem, ...]) -> str:
    """What was wrong, in one line."""
    return " · ".join(one.message for one in problems)


ACTS = {
    "edit": "parked.act_edit",
    "replay": "parked.act_replay",
    "stop": "parked.act_stop",
    "pace": "parked.act_pace",
    "discard": "parked.act_discard",
    "restore": "parked.act_restore",
    "ended": "parked.act_ended",
}
OUTCOMES = {
    "accepted": ("parked.outcome_accepted", "good"),
    "conflict": ("parked.outcome_conflict", "warm"),
    "invalid": ("parked.outcome_invalid", "warm"),
    "missing": ("parked.outcome_missing", "warm"),
}
REASONS = {"unreadable": "parked.why_unreadable", "failing": "parked.why_failing"}
TEMPLATES.globals.update(
    parked_acts=ACTS, parked_outcomes=OUTCOMES, parked_reasons=REASONS, tone_of=tone_of,
    about_act=about, told_problems=told,
)  # fmt: skip
