"""Editing a spec as text, by figures and by alternatives; what a visit's page and trace show."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.console.document import read_spec
from services.console.editing import applied, changes, figure_groups, text_of, with_figures
from services.console.roles import Principal, Role
from services.console.tracing import lanes_of, steps_of
from services.console.visit_view import act_key, budget_share, days_of, may, may_consent, moves_of
from shared.contracts.holds import Alternative, Refusal
from shared.contracts.spec import VisitSpec
from shared.contracts.values import Money, Text
from shared.contracts.visits import Move, NeedView, Phase, ProposalPhase, ProposalView, VisitView
from tests.support.specs import hall, spec

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "deploy/seed/visits").glob("*.yaml"))
ROOMS = {"id": "rooms", "kind": "room", "singles": 12, "hotel": "x", "hotel_only": True}
NOW = datetime(2027, 9, 1, tzinfo=UTC)


def plain(*needs: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return spec("v-1", *needs, **fields).model_dump(mode="json")


def again(document: dict[str, Any]) -> VisitSpec:
    read = read_spec(text_of(document), "yaml")
    assert read.spec is not None, read.problems
    return read.spec


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_text_of_a_spec_says_the_same_spec(path: Path) -> None:
    known = read_spec(path.read_text("utf-8"), "yaml").spec
    assert known is not None
    assert again(known.model_dump(mode="json")) == known
    assert "details:" not in text_of(known.model_dump(mode="json"))


def test_figures_are_found_and_set_where_they_stand() -> None:
    document = plain(ROOMS, hall("forum"), companions=2)
    groups = figure_groups(document)
    paths = {figure.path: figure.value for group in groups for figure in group.figures}
    assert paths == {
        "party[0].count": 20, "companions": 2,
        "programme[0].needs[0].singles": 12, "programme[0].needs[0].sharing_pairs": None,
        "programme[0].needs[0].accessible": None, "programme[0].needs[1].attendance": None,
    }  # fmt: skip
    given = {"party[0].count": "58", "programme[0].needs[0].singles": " 20 ",
             "programme[0].needs[1].attendance": "68", "purpose": "x"}  # fmt: skip
    changed = again(with_figures(document, given))
    assert changed.facts().guests == 58 and changed.purpose == "test"
    assert changed.programme[0].needs[0].details["singles"] == 20
    assert changed.programme[0].needs[1].details["attendance"] == 68
    assert document["party"][0]["count"] == 20, "what was given is left alone"


def test_a_figure_that_is_no_number_is_told_at_its_field() -> None:
    document = plain(ROOMS)
    for wrong in ("many", "1.5", "-3", "9999999999", "٣"):
        made = with_figures(document, {"programme[0].needs[0].singles": wrong})
        [problem] = read_spec(text_of(made), "yaml").problems
        assert problem.path == "programme[0].needs[0].singles" and problem.line, wrong
    emptied = with_figures(document, {"programme[0].needs[0].singles": ""})
    assert "singles" not in again(emptied).programme[0].needs[0].details


def test_an_alternative_is_set_into_its_need() -> None:
    document = plain(ROOMS, hall("forum"))
    made = applied(document, "day/rooms", {"need": "day/rooms", "hotel": "y", "hotel_only": None})
    assert made is not None
    details = again(made).programme[0].needs[0].details
    assert details["hotel"] == "y" and "hotel_only" not in details
    later = applied(document, "day/hall", {"starts_at": "2027-09-14T06:00:00+00:00",
                                           "ends_at": "2027-09-14T16:30"})  # fmt: skip
    assert later is not None
    need = again(later).programme[0].needs[1]
    assert need.starts_at == datetime(2027, 9, 14, 14) and need.ends_at == datetime(
        2027, 9, 14, 16, 30
    ), "an instant becomes the wall clock of the visit"
    assert applied(document, "day/none", {"hotel": "y"}) is None


def test_what_another_planner_changed_is_told_in_lines() -> None:
    before, after = text_of(plain(ROOMS)), text_of(plain(ROOMS, guests=30))
    told = changes(before, after)
    assert "-  count: 20" in told and "+  count: 30" in told
    assert changes(before, before) == []


# ---------------------------------------------------------------- the page


def view(**fields: Any) -> VisitView:
    of = spec("v-1", hall("forum"), station="east")
    window = {"starts_at": "2027-09-14T02:00:00Z", "ends_at": "2027-09-14T04:00:00Z"}
    need = {"need": "day/hall", "kind": "hall", "service": "venues", "item": of.title,
            "window": window, "state": "refused",
            "refusal": Refusal(code="no", sentence=Text(zh="无", en="no"),
                               alternatives=(Alternative(sentence=Text(zh="改", en="other"),
                                                         change={"hall": "x"}),))}  # fmt: skip
    return VisitView.model_validate(
        {"visit": "v-1", "revision": 3, "sequence": 9, "phase": "blocked", "line": "event",
         "station": "east", "title": of.title, "host": "desk", "guests": 20, **window,
         "needs_total": 1, "needs_firm": 0, "cost": Money(amount=5), "changed_at": NOW,
         "time_zone": of.time_zone, "spec": of, "needs": [NeedView.model_validate(need)],
         **fields}
    )  # fmt: skip


def someone(*roles: Role, stations: tuple[str, ...] = ()) -> Principal:
    return Principal("ann", frozenset(roles), frozenset(stations), frozenset({"venues/x"}))


def proposed(phase: ProposalPhase, *moves: Move) -> ProposalView:
    return ProposalView(proposal="p", phase=phase, based_on=3, moves=moves,
                        cost_before=Money(amount=0), cost_after=Money(amount=0))  # fmt: skip


def test_who_may_do_what_on_a_page() -> None:
    open_ = view(proposed=proposed(ProposalPhase.OPEN))
    planner, lead = someone(Role.PLANNER), someone(Role.STATION_LEAD, stations=("east",))
    assert may(planner, open_) == may(lead, open_)
    assert may(planner, open_).commit and may(planner, open_).drop
    waiting = may(planner, view(proposed=proposed(ProposalPhase.WAITING)))
    assert waiting.drop and not waiting.commit
    other = someone(Role.STATION_LEAD, stations=("west",))
    for who in (other, someone(Role.OPERATIONS), someone(Role.UNIT_LIAISON, stations=("east",))):
        assert not (may(who, open_).plan or may(who, open_).commit or may(who, open_).drop)
    assert may(someone(Role.OPERATIONS), open_).operate and not may(lead, open_).operate
    assert not may(planner, view(phase=Phase.CANCELLED)).plan
    unit = someone(Role.UNIT_LIAISON, stations=("east",))
    assert may_consent(unit, open_, "venues", "x") and not may_consent(unit, open_, "venues", "y")
    assert not may_consent(other, open_, "venues", "y") and may_consent(lead, open_, "venues", "y")


def test_days_needs_and_ways_out() -> None:
    [(day, [item])] = days_of(view())
    assert day.isoformat() == "2027-09-14" and item.needs[0].starts.hour == 10
    [way] = item.needs[0].ways
    assert way.change == '{"hall": "x"}' and way.need == "day/hall"
    assert days_of(view())[0][1][0].needs[0].ways[0].key == way.key, "shown again, the same act"
    assert days_of(view(sequence=10))[0][1][0].needs[0].ways[0].key != way.key


def test_an_acts_key_follows_what_it_is_done_to() -> None:
    keys = {act_key(view(**{name: 8}), "drop") for name in ("revision", "sequence")}
    keys |= {act_key(view(), "drop"), act_key(view(), "commit"), act_key(view(), "commit", "x")}
    assert len(keys) == 5


def test_what_stands_against_a_proposal_comes_first_and_what_stays_last() -> None:
    no = Refusal(code="no", sentence=Text(zh="无", en="no"))
    moves = [
        Move(need=f"day/{name}", kind="hall", service="venues", change=change, obstacle=obstacle,
             cost_before=Money(amount=3), cost_after=Money(amount=10))
        for name, change, obstacle in (("a", "kept", None), ("b", "removed", None),
                                       ("c", "changed", no), ("d", "added", None))
    ]  # fmt: skip
    shown = moves_of(view(proposed=proposed(ProposalPhase.BLOCKED, *moves)))
    assert [one.move.need[-1] for one in shown] == ["c", "d", "b", "a"]
    assert {one.more.amount for one in shown} == {7}
    assert moves_of(view()) == []


def test_cost_against_budget() -> None:
    def share(amount: int, currency: str = "CNY") -> Any:
        budget = {"amount": amount, "currency": currency}
        return budget_share(view(spec=spec("v-1", hall("forum"), budget=budget)))

    assert share(5)[2] is False and share(4)[2] is True
    assert share(5, "EUR") is None and budget_share(view()) is None


# ---------------------------------------------------------------- the trace


def entry(seq: int, kind: str, sentence: str, second: int, **data: Any) -> dict[str, Any]:
    return {"seq": seq, "at": f"2027-09-01T00:00:{second:02}Z", "actor": "ann", "cause": "c",
            "kind": kind, "sentence": sentence, "data": data}  # fmt: skip


def test_steps_have_lanes_and_notices_fall_between() -> None:
    entries = [
        entry(1, "asked", "submitted revision 1", 1),
        entry(2, "commanded", "place_holds to venues: 1", 2, service="venues"),
        entry(3, "answered", "parking: day/lot held", 3),
        entry(4, "decided", "day/hall: no answer from venues; ask again", 9),
        entry(5, "announced", "phase ready", 9),
    ]
    notice = {"notice": "n", "kind": "new", "role": "desk", "channel": "email", "state": "sent",
              "created_at": "2027-09-01T00:00:04Z", "sent_at": "2027-09-01T00:00:05.5Z",
              "cause": "c", "recipient": "r", "subject": "s", "attempts": 2,
              "reason": "", "error": ""}  # fmt: skip
    steps = steps_of(entries, [notice, {**notice, "state": "withheld", "reason": "superseded"}])
    assert [one.seq for one in steps] == [1, 2, 3, None, None, 4, 5]
    assert [(one.source, one.target) for one in steps] == [
        ("planner", "visits"), ("visits", "venues"), ("parking", "visits"),
        ("notifications", "posts"), ("notifications", "notifications"),
        ("visits", "visits"), ("visits", "notifications"),
    ]  # fmt: skip
    assert [one.again for one in steps] == [False, False, False, True, True, True, False]
    assert "superseded" in steps[4].sentence
    assert lanes_of(steps) == ["planner", "visits", "venues", "notifications", "posts", "parking"]
    assert steps_of([entry(1, "commanded", "place_holds to bookings: 2", 1)], [])[0].target == (
        "bookings"
    ), "entries from before say it in their sentence"
