"""`/visits/{visit}/trace`: one visit as a sequence over services, for those who keep it running.

Owns: the drawing of lanes and arrows, and the same step by step; both live.
Must not: interpret the steps; `tracing` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.console.access import Who
from services.console.api_risks import read_trace
from services.console.door import Console, Parts, VisitId
from services.console.intents import to_reconcile
from services.console.pages import forms, frame
from services.console.pages.visit import read_visit
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.templating import fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from services.console.tracing import Step
from services.console.words import WORDS, speaker
from shared.contracts.parking import Reason

STEPS = 100
"""The newest that are drawn; the API has all."""
ROUTE = "/visits/{visit}/trace"
LEFT, TOP, ROW = 58, 44, 26
MOST_WIDE = 1_064
"""What a drawing may take: the content of a window of 1,160 pixels, its scroll bar left out."""
LEAST_LANE, MOST_LANE = 96, 150
"""Between two lanes. Nearer than that their names meet, and the drawing scrolls instead."""
_REASON: TypeAdapter[str] = TypeAdapter(Reason)
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Arrow:
    """One step as it is drawn; `x1` and `x2` are the same for a thought."""

    step: Step
    number: int
    at: datetime
    x1: int
    x2: int
    y: int

    @property
    def tip(self) -> str:
        """Points of the arrow's head."""
        back = -7 if self.x2 > self.x1 else 7
        return f"{self.x2},{self.y} {self.x2 + back},{self.y - 4} {self.x2 + back},{self.y + 4}"


@dataclass(frozen=True, slots=True)
class Lane:
    """One column."""

    name: str
    x: int


@router.get(ROUTE)
async def page(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """The sequence as HTML."""
    return await _page(parts, who, request, visit)


@router.post(ROUTE)
async def look_again(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Have it looked at now."""
    form = await forms.read_form(request)
    reason = form.get("reason")
    try:
        intent = to_reconcile(parts, who, visit, _REASON.validate_python(reason))
        answer = await parts.writes.run(request, form.body, intent, who)
        address = f"/visits/{visit}/trace"
        if answer.status_code == 202:
            return forms.after(answer, address, said="lever_pending")
        return forms.after(answer, address, said="looked_again")
    except ValidationError as error:
        told, status = error.errors()[0]["msg"], 422
    except ProblemError as error:
        told, status = error.details.detail, error.status
    return await _page(parts, who, request, visit, reason, told, status)


async def _page(
    parts: Console, who: Principal, request: Request, visit: str, reason: str = "",
    error: str = "", status: int = 200,
) -> Response:  # fmt: skip
    language = frame.language_for(request)
    view = await read_visit(parts, who, visit)
    title = speaker(language)("trace.of", title=view.title.model_dump()[language])
    return frame.render(
        request, who, "visit/trace.html", title=title, visit=visit, status=status, reason=reason,
        error=error, key=forms.new_key(), may_look=who.may("POST", ROUTE),
        topics=[text_of("trace", language, visit)], seen=await read_drawn(parts, who, visit),
        may_input=who.may("GET", "/v1/visits/{visit}/plan-input"),
    )  # fmt: skip


@topic("trace", ROUTE, on="visit", every_s=5)
async def drawing(asked: Asked) -> Fragments:
    """The drawing and the list."""
    seen = await read_drawn(asked.parts, asked.who, asked.about)
    macros = module("visit/sequence.html", asked.language)
    return {"trace": fragment(macros.sequence(seen))}


async def read_drawn(parts: Console, who: Principal, visit: str) -> Mapping[str, Any]:
    """The newest steps, laid out. Raises ProblemError."""
    found = await read_trace(parts, who, visit, 0, STEPS, newest=True)
    steps = [Step.model_validate(one) for one in found["steps"]]
    apart = lane_width(len(found["lanes"]))
    lanes = [Lane(name, LEFT + index * apart) for index, name in enumerate(found["lanes"])]
    return {
        "visit": visit,
        "lanes": lanes,
        "lane_words": {one.name: f"lane.{one.name}" in WORDS for one in lanes},
        "arrows": laid_out(steps, lanes),
        "width": LEFT * 2 + max(0, len(lanes) - 1) * apart,
        "height": TOP + len(steps) * ROW + 16,
        "top": TOP,
        "missing": found["notices_missing"],
    }


def lane_width(lanes: int) -> int:
    """Pixels from one lane to the next, so that all of so many are seen."""
    room = (MOST_WIDE - 2 * LEFT) // max(1, lanes - 1)
    return max(LEAST_LANE, min(MOST_LANE, room))


def laid_out(steps: Sequence[Step], lanes: Sequence[Lane]) -> list[Arrow]:
    """Steps one below the other, in their order."""
    places = {lane.name: lane.x for lane in lanes}
    return [
        Arrow(step, number, datetime.fromisoformat(step.at), places[step.source],
              places[step.target], TOP + (number - 1) * ROW + ROW // 2)
        for number, step in enumerate(steps, 1)
    ]  # fmt: skip
