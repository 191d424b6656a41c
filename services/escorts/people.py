"""Which people accompany a party.

Owns: the order of choice (`_rank`) and the refusals of escort needs.
Must not: book a driver; `fleet` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from services.escorts.causes import cause, limit_text, tally_text
from services.escorts.documents import Person
from services.escorts.duty import Duties, Duty, Obstacle, is_stay, obstacle
from services.escorts.inventory import Escorts, duty_unit
from services.escorts.options import (
    Idea,
    Ideas,
    fewer,
    fewer_days,
    iso,
    listed,
    other_times,
    refuse,
    shorter,
    window_text,
    with_alternatives,
)
from shared.contracts.holds import Refusal
from shared.contracts.needs import EscortNeed, EscortRole
from shared.contracts.values import Money, Text
from shared.holds.port import Allotment, Ask, quarter_starts
from shared.holds.times import time_problem

ROLES = {
    EscortRole.LIAISON: ("联络员", "liaison officers"),
    EscortRole.INTERPRETER: ("翻译", "interpreters"),
    EscortRole.GUIDE: ("讲解员", "guides"),
    EscortRole.MEDIC: ("医护人员", "medics"),
    EscortRole.SECURITY: ("安保人员", "security staff"),
}
PIVOT = "en"
"""The language that most visitors can fall back on."""


def allocate_people(ask: Ask, escorts: Escorts) -> Allotment | Refusal:
    """Decide one escort need. Raises ValidationError on details that are none of an escort need."""
    answer = decide_people(ask, escorts)
    if isinstance(answer, Allotment) or time_problem(ask.request.window):
        return answer
    need = EscortNeed.model_validate(ask.request.details)
    return with_alternatives(
        answer,
        ask,
        _ideas(answer.code, ask, need, escorts),
        lambda other: decide_people(other, escorts),
    )


def decide_people(ask: Ask, escorts: Escorts) -> Allotment | Refusal:
    """The decision alone: a refusal has no alternatives yet."""
    need = EscortNeed.model_validate(ask.request.details)
    role = escorts.with_role(need.role)
    speakers = [person for person in role if set(need.languages) <= set(person.languages)]
    problem = time_problem(ask.request.window) or _never(need, role, speakers, escorts)
    if problem is not None:
        return problem
    duties = Duties(ask.request.window)
    offers = [(person, duties.of(person, person.buffer_minutes)) for person in speakers]
    ranked = sorted(
        ((person, duty) for person, duty in offers if duty is not None),
        key=lambda bid: _rank(bid[0], bid[1], need, ask),
    )
    # Whoever ranks behind those that are taken is not looked at: a role has many more people.
    able = (bid for bid in ranked if obstacle(*bid, ask.free) is None)
    chosen = list(islice(able, need.count))
    if len(chosen) < need.count:
        return _too_few(ask, need, [(*bid, obstacle(*bid, ask.free)) for bid in offers])
    return _allot(chosen)


def _rank(
    person: Person, duty: Duty, need: EscortNeed, ask: Ask
) -> tuple[bool, bool, int, int, str]:
    """First who was wished for; then who stands, speaks least beyond the need, worked least."""
    standing = ask.standing.allotted.get("people", ()) if ask.standing else ()
    worked = sum(ask.free.taken(duty_unit(person), day) for day, _ in duty.minutes)
    beyond = len(set(person.languages) - set(need.languages))
    return person.id != need.person, person.id not in standing, beyond, worked, person.id


def _allot(chosen: list[tuple[Person, Duty]]) -> Allotment:
    claims = [claim for person, duty in chosen for claim in duty.claims(person)]
    fen = sum(-(-person.cost_per_hour * duty.total() // 60) for person, duty in chosen)
    duties = [
        {
            "person": person.id,
            "from": iso(quarter_starts(start)),
            "to": iso(quarter_starts(stop)),
        }
        for person, duty in chosen
        for start, stop in duty.stretches
    ]
    names, many = [person.name for person, _ in chosen], len(chosen)
    return Allotment(
        claims=tuple(claims),
        summary=Text(
            zh=listed([name.zh for name in names], "、") + (f"，共{many}人" if many > 1 else ""),
            en=listed([name.en for name in names], ", ")
            + (f" ({many} in all)" if many > 1 else ""),
        ),
        allotted={
            "unit": chosen[0][0].id,
            "people": [person.id for person, _ in chosen],
            "duty": duties,
            "from": min(one["from"] for one in duties),
            "to": max(one["to"] for one in duties),
        },
        cost=Money(amount=fen),
    )


def _never(
    need: EscortNeed, role: list[Person], speakers: list[Person], escorts: Escorts
) -> Refusal | None:
    """What no other booking has to do with: nobody of that id, too few of that role or language."""
    zh, en = ROLES[need.role]
    tongues = ", ".join(need.languages)
    if need.person is not None and need.person not in escorts.people:
        return refuse(
            "unknown_person",
            f"没有编号为{need.person}的人员。",
            f"There is no person {need.person}.",
        )
    if len(role) < need.count:
        return refuse(
            "too_large",
            f"需要{zh}{need.count}人，全市共{len(role)}人。",
            f"{en.capitalize()} wanted: {need.count}; the city has {len(role)}.",
        )
    if len(speakers) < need.count:
        return refuse(
            "no_language",
            f"需要会{tongues}的{zh}{need.count}人；{len(role)}人中有{len(speakers)}人会全部语言。",
            f"{en.capitalize()} who speak {tongues} wanted: {need.count}; "
            f"{len(speakers)} of {len(role)} speak all of it.",
        )
    return None


def _too_few(
    ask: Ask, need: EscortNeed, bids: list[tuple[Person, Duty | None, Obstacle | None]]
) -> Refusal:
    found = [why for _, _, why in bids]
    zh, en = ROLES[need.role]
    tongues = f" ({', '.join(need.languages)})" if need.languages else ""
    when, counts, limits = window_text(ask.request), tally_text(found), limit_text(bids)
    return refuse(
        cause(found, need.count),
        f"{when}需要{zh}{tongues}{need.count}人；{len(bids)}人中{counts[0]}。{limits[0]}",
        f"{en.capitalize()}{tongues} wanted for {when}: {need.count}; of {len(bids)}, "
        f"{counts[1]}.{limits[1]}",
    )


def _ideas(code: str, ask: Ask, need: EscortNeed, escorts: Escorts) -> Iterator[Ideas]:
    """The sorts of ways out, best first. Nothing else is tried when a name was mistyped."""
    if code == "unknown_person":
        yield [Idea({"person": None}, "不指定人员", "Without naming a person")]
        return
    role = escorts.with_role(need.role)
    if code == "no_language":
        yield _languages(need)
    elif is_stay(ask.request.window):
        yield fewer_days(ask)
    elif code != "too_large":
        if code in (Obstacle.DUTY_LIMIT, Obstacle.OUTSIDE_DUTY_HOURS):
            yield shorter(ask, role, max(one.buffer_minutes for one in role))
        yield from other_times(ask)
    yield fewer(
        ask,
        "count",
        need.count,
        len(role),
        ("人", "people"),
        lambda other: decide_people(other, escorts),
    )
    if code != "no_language":
        yield _languages(need)


def _languages(need: EscortNeed) -> Iterator[Idea]:
    """English in place of one language, then one language less; the last named goes first."""
    for one in reversed(need.languages):
        kept = [language for language in need.languages if language != one]
        with_pivot = [] if PIVOT in need.languages else [*kept, PIVOT]
        for languages in (with_pivot, kept):
            if languages:
                words = ", ".join(languages)
                yield Idea({"languages": languages}, f"改为语言{words}", f"With {words} instead")
