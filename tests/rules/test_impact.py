"""What trouble means for a visit: gates, slack, sentences, and the verdict."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.visits.draft import hold_id
from services.visits.durations import spoken
from services.visits.gates import REPAIR_OF_GATE_S, REPAIR_RULE_S, REPAIR_S, rule_gates
from services.visits.impact import SETTLED, impact, order
from services.visits.outlook import Outlook, earlier, look_ahead
from services.visits.pacing import Pacing
from services.visits.specbook import Reading, read
from services.visits.status import Held, VisitState, Wish
from services.visits.views import summary
from shared.contracts.holds import Alternative, Consent, Hold, HoldState, Refusal
from shared.contracts.impact import GateKind, Impact, Verdict
from shared.contracts.values import Text
from shared.contracts.visits import Phase
from tests.support.specs import hall, spec

PACING = Pacing()
STARTS = datetime(2027, 9, 14, 2, tzinfo=UTC)
"""Ten o'clock of the site: when the only item of `spec` begins."""
ROOMS = {"id": "rooms", "kind": "room", "singles": 12, "hotel": "nenjiang-hotel"}
MEAL = {"id": "meal", "kind": "meal", "style": "buffet", "covers": 38, "kitchen": "k"}
HALL = hall("forum")


def reading(*needs: dict[str, Any], **fields: Any) -> Reading:
    return read(spec("v-2614", *needs, guests=38, **{"line": "business", "letter": LETTER,
                                                     **fields}))  # fmt: skip


LETTER = {"number": "1", "unit": "u", "dated": "2027-08-01"}


def held(of: Reading, place: int, asked_at: datetime, said: HoldState | None = None,
         wish: Wish = Wish.PLACE, **word: Any) -> Held:  # fmt: skip
    need = of.needs[place]
    name = hold_id("v-2614", need.need, 1)
    seen = None
    if said is not None:
        seen = Hold(hold=name, visit="v-2614", need=need.need, kind=need.request.kind, state=said,
                    revision=1, window=need.request.window, **word)  # fmt: skip
    return Held(hold=name, need=need.need, service=need.service, attempt=1, wish=wish, seen=seen,
                fingerprint=need.fingerprint, placed_at=asked_at, asked_at=asked_at)  # fmt: skip


def weighed(of: Reading, phase: Phase, now: datetime, *holds: Held, since: datetime | None = None,
            **state: Any) -> Impact | None:  # fmt: skip
    known = VisitState(visit="v-2614", revision=1, cause="c", actor="a", holds=holds, **state)
    line = summary(known, of, phase, None, now)
    return impact(known, of, line, since or now, PACING, now)


def must(one: Impact | None) -> Impact:
    assert one is not None
    return one


@pytest.mark.parametrize("phase", sorted(SETTLED))
def test_a_settled_visit_hurts_nobody(phase: Phase) -> None:
    assert weighed(reading(ROOMS), phase, STARTS) is None


def test_the_sentence_says_whom_it_hurts_until_when_and_what_is_awaited() -> None:
    of, now = reading(ROOMS), STARTS - timedelta(hours=5, minutes=20)
    waiting = held(of, 0, now - timedelta(minutes=12))
    one = must(weighed(of, Phase.HOLDING, now, waiting))
    assert one.sentence.en == (
        "v-2614, 38 guests, arrives in 5 h 20 min: 12 rooms at nenjiang-hotel not confirmed; "
        "waiting for bookings since 12 min"
    )
    assert one.sentence.zh == (
        "v-2614，38 人，5 小时 20 分后抵达：一日 · nenjiang-hotel 客房 12 间未落实；"
        "等待 bookings 答复已 12 分钟"
    )
    assert (one.guests, one.need, one.open_needs) == (38, "day/rooms", 1)
    assert one.verdict is Verdict.RETRY, "it is asked again by itself"


def test_slack_is_what_is_left_before_mending_must_begin() -> None:
    of, now = reading(ROOMS), STARTS - timedelta(hours=5)
    one = must(weighed(of, Phase.HOLDING, now, held(of, 0, now)))
    assert (one.next_gate, one.gate_at) == (GateKind.START, STARTS)
    assert (one.repair_s, one.slack_s) == (REPAIR_S["room"], 5 * 3_600 - REPAIR_S["room"])
    assert one.repair_basis == "default"


def test_the_earliest_gate_is_the_next() -> None:
    of, now = reading(MEAL), STARTS - timedelta(hours=30)
    answer_by = now + timedelta(minutes=20)
    ask = Consent(asked_of="k", answer_by=answer_by, question=Text(zh="问", en="?"))
    pending = held(of, 0, now - timedelta(minutes=10), HoldState.PENDING, consent=ask)
    one = must(weighed(of, Phase.WAITING, now, pending))
    assert (one.next_gate, one.gate_at) == (GateKind.CONSENT, answer_by)
    assert (one.verdict, one.why.en) == (Verdict.DECIDE, "k must say yes or no")
    assert one.slack_s == 20 * 60 - REPAIR_OF_GATE_S[GateKind.CONSENT], "an answer is quickly had"
    assert "waiting for the consent of k since 10 min" in one.sentence.en
    later = held(of, 0, now - timedelta(minutes=55), HoldState.PENDING, consent=ask)
    assert must(weighed(of, Phase.WAITING, now, later)).next_gate is GateKind.HOLD_EXPIRY


def test_who_is_asked_is_told_by_name() -> None:
    of, now = reading(MEAL), STARTS - timedelta(hours=30)
    ask = Consent(
        asked_of="k", name=Text(zh="厨房", en="The Kitchen"),
        answer_by=now + timedelta(minutes=20), question=Text(zh="问", en="?"),
    )  # fmt: skip
    pending = held(of, 0, now - timedelta(minutes=10), HoldState.PENDING, consent=ask)
    one = must(weighed(of, Phase.WAITING, now, pending))
    assert "waiting for the consent of The Kitchen since" in one.sentence.en
    assert "；等待厨房同意已 10 分钟" in one.sentence.zh
    assert one.gate == Text(zh="厨房答复期限", en="answer of The Kitchen due")
    assert one.why == Text(zh="由厨房答复同意与否", en="The Kitchen must say yes or no")


def test_what_an_owner_says_is_told_once() -> None:
    of, now = reading(ROOMS), STARTS - timedelta(days=5)
    no = Refusal(code="no_capacity", sentence=Text(zh="没有", en="none left"))
    hold = held(of, 0, now, HoldState.REFUSED, refusal=no)
    one = must(weighed(of, Phase.BLOCKED, now, hold, retry_at=now, retries=2))
    assert (one.sentence.en.count("none left"), one.why.en.count("none left")) == (1, 0)
    assert one.why.en == "tried again 2 times by itself, and goes on (no_capacity)"


def test_what_the_kitchen_said_of_its_guarantee_counts_before_the_usual_72_hours() -> None:
    of, now = reading(MEAL), STARTS - timedelta(days=10)
    usual = must(weighed(of, Phase.HOLDING, now, held(of, 0, now)))
    assert (usual.next_gate, usual.gate_at) == (GateKind.GUARANTEE, STARTS - timedelta(hours=72))
    own = STARTS - timedelta(hours=96)
    said = held(of, 0, now, HoldState.REFUSED, allotted={"guarantee_by": own.isoformat()})
    assert must(weighed(of, Phase.BLOCKED, now, said)).gate_at == own
    over = must(weighed(of, Phase.HOLDING, own + timedelta(days=2), held(of, 0, now)))
    assert over.next_gate is GateKind.START, "a gate that is over is not ahead"


def test_the_earliest_cut_off_among_hotels() -> None:
    of, now = reading(ROOMS), STARTS - timedelta(days=10)
    dates = [STARTS - timedelta(days=days) for days in (3, 5)]
    allotted = {"hotels": [{"cut_off": one.isoformat()} for one in dates] + [{"cut_off": "soon"}]}
    said = held(of, 0, now, HoldState.REFUSED, allotted=allotted)
    one = must(weighed(of, Phase.BLOCKED, now, said))
    assert (one.next_gate, one.gate_at) == (GateKind.CUT_OFF, dates[1])


def test_a_function_that_has_begun_without_it_is_late() -> None:
    of, now = reading(ROOMS), STARTS + timedelta(minutes=30)
    one = must(weighed(of, Phase.HOLDING, now, held(of, 0, now)))
    assert one.next_gate is GateKind.START and one.slack_s == -1_800 - REPAIR_S["room"]
    assert "arrived 30 min ago" in one.sentence.en


def test_the_need_that_presses_most_is_told_and_the_others_counted() -> None:
    of, now = reading(ROOMS, MEAL, HALL), STARTS - timedelta(days=5)
    firm = held(of, 2, now, HoldState.CONFIRMED, wish=Wish.CONFIRM)
    one = must(weighed(of, Phase.HOLDING, now, held(of, 0, now), held(of, 1, now), firm))
    assert (one.need, one.open_needs) == ("day/meal", 2)
    assert one.sentence.en.endswith("; 1 more open")


def test_a_refusal_that_time_may_heal_is_tried_again_and_others_are_for_a_person() -> None:
    of, now = reading(ROOMS), STARTS - timedelta(days=5)
    way = Alternative(sentence=Text(zh="另一家", en="another"))

    def refused(code: str, **state: Any) -> Impact:
        no = Refusal(code=code, sentence=Text(zh="没有", en="none left"), alternatives=(way,))
        hold = held(of, 0, now, HoldState.REFUSED, refusal=no)
        return must(weighed(of, Phase.BLOCKED, now, hold, **state))

    healing = refused("no_capacity", retry_at=now, retries=2)
    assert healing.verdict is Verdict.RETRY and "tried again 2 times" in healing.why.en
    assert refused("no_capacity").verdict is Verdict.DECIDE, "no further try is planned"
    assert refused("closed", retry_at=now).verdict is Verdict.DECIDE
    assert "none left" in refused("closed").sentence.en


def test_a_rule_that_bars_the_visit_is_named_and_decided_by_a_person() -> None:
    of, now = reading(ROOMS, line="government", letter=None), STARTS - timedelta(days=1, hours=3)
    one = must(weighed(of, Phase.BLOCKED, now))
    assert (one.need, one.rule, one.verdict) == (None, "G01", Verdict.DECIDE)
    assert one.slack_s == 27 * 3_600 - REPAIR_RULE_S
    assert "G01" in one.why.en and "barred by rule G01" in one.sentence.en


def test_deadlines_that_rules_set_for_public_events() -> None:
    big = spec("e", hall("x", attendance=1_000), MEAL, guests=999)
    gates = {gate.rule: gate.at for gate in rule_gates(big, STARTS)}
    assert gates["E01"] == STARTS - timedelta(days=20)
    assert gates["E02"] == STARTS - timedelta(days=28), "twenty weekdays are four weeks"
    small = spec("e", hall("x", attendance=999), guests=999)
    assert list(rule_gates(small, STARTS)) == []
    assert list(rule_gates(reading(MEAL).spec, STARTS)) == [], "a delegation is no public event"


def test_least_slack_first_then_most_guests() -> None:
    of = reading(ROOMS)
    near, far = (
        must(weighed(of, Phase.HOLDING, STARTS - timedelta(hours=hours))) for hours in (3, 9)
    )
    many = near.model_copy(update={"guests": 90, "visit": "v-9"})
    assert sorted([far, near, many], key=order) == [many, near, far]


def test_the_outlook_of_a_visit_follows_its_phase() -> None:
    of, now = reading(MEAL), STARTS - timedelta(days=10)
    state = VisitState(visit="v-2614", revision=1, cause="c", actor="a")
    fresh = look_ahead(state, of, Phase.HOLDING, Outlook(), PACING, now)
    assert fresh == Outlook(now, STARTS), "it may be answered any moment: nothing is looked up"
    first = look_ahead(state, of, Phase.HOLDING, fresh, PACING, now + timedelta(seconds=2))
    guarantee = STARTS - timedelta(hours=72)
    assert first == Outlook(now, guarantee - timedelta(seconds=REPAIR_S["meal"]), guarantee)
    later = look_ahead(state, of, Phase.BLOCKED, first, PACING, now + timedelta(hours=1))
    assert later.since == now, "it has been unsettled all the while"
    assert look_ahead(state, of, Phase.READY, later, PACING, now) == Outlook()
    assert earlier(None, now) == earlier(now, None) == earlier(now, STARTS) == now


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0 秒", "0 s"),
        (59, "59 秒", "59 s"),
        (-720, "12 分钟", "12 min"),
        (3_600, "1 小时", "1 h"),
        (19_259, "5 小时 20 分", "5 h 20 min"),
        (90_000, "1 天 1 小时", "1 d 1 h"),
    ],
)
def test_durations_in_words(seconds: int, zh: str, en: str) -> None:
    assert spoken(timedelta(seconds=seconds)) == Text(zh=zh, en=en)
