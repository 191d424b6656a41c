"""Rules of the field as dated data: what each says about a spec, with its citation.

Owns: the table `RULES` and the pure functions behind it. A rule that blocks keeps every hold from
being placed; a warning or note goes to the planner and the timeline.
Must not: do I/O or read a clock; each rule is judged at the date of the item it concerns.

Sources are named in each rule: the 2013 provisions on domestic official receptions
(《党政机关国内公务接待管理规定》), the 2025 regulations against waste
(《党政机关厉行节约反对浪费条例》), and the fee standards for foreign guests (财行〔2013〕533号).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from shared.contracts.needs import MealNeed, RoomNeed, ServiceStyle
from shared.contracts.spec import Item, Line, Need, VisitSpec
from shared.contracts.values import Text
from shared.contracts.visits import RuleFinding

R2013 = "《党政机关国内公务接待管理规定》 (2013-12-08)"
R2025 = "《党政机关厉行节约反对浪费条例》 (rev. 2025-05-18)"
R533 = "财行〔2013〕533号, reading of a public reimbursement form"
IN_FORCE_2013 = date(2013, 12, 8)
IN_FORCE_2025 = date(2025, 5, 18)

Remark = tuple[Text, str]
"""A sentence and the path of the field it concerns."""
Judge = Callable[[VisitSpec], Iterator[Remark]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: where it applies, since when, how hard it is, and who says so."""

    id: str
    lines: frozenset[Line]
    since: date
    severity: str
    citation: str
    judge: Judge


def companion_cap_government(guests: int) -> int:
    """G04: 3 for up to 10 guests, above that a third, rounded down (2013, 苏办发〔2014〕9号)."""
    return 3 if guests <= 10 else guests // 3


def companion_cap_business(guests: int) -> int:
    """B04/F02: up to 5 guests as many companions; above, half of the part above 5 (our reading)."""
    return guests if guests <= 5 else 5 + (guests - 5) // 2


def findings(spec: VisitSpec) -> tuple[RuleFinding, ...]:
    """What all rules in force say about a spec, hardest first, then in the order of the table."""
    found = [
        RuleFinding(
            rule=rule.id,
            severity=rule.severity,
            sentence=sentence,
            citation=rule.citation,
            path=path,
        )
        for rule in RULES
        if spec.line in rule.lines and first_day(spec) >= rule.since
        for sentence, path in rule.judge(spec)
    ]
    return tuple(sorted(found, key=lambda one: ("block", "warn", "info").index(one.severity)))


def blocked(found: tuple[RuleFinding, ...]) -> bool:
    """Some rule forbids the visit as it stands."""
    return any(one.severity == "block" for one in found)


def first_day(spec: VisitSpec) -> date:
    """The local date on which the visit begins: rules are judged as in force then."""
    return min(item.starts_at for item in spec.programme).date()


def _meals(spec: VisitSpec) -> Iterator[tuple[Item, Need, MealNeed, str]]:
    for index, item in enumerate(spec.programme):
        for place, need in enumerate(item.needs):
            if need.kind == "meal":
                path = f"programme[{index}].needs[{place}]"
                yield item, need, MealNeed.model_validate(need.details), path


def _guests(spec: VisitSpec) -> int:
    """Guests who count: the letter's number where it names fewer than come (S08)."""
    party = spec.facts().guests
    named = spec.letter.guests if spec.letter else None
    return min(party, named) if named else party


def _letter(spec: VisitSpec) -> Iterator[Remark]:
    if spec.letter is None:
        zh = "没有公函, 一律不予接待"
        yield Text(zh=zh, en="no official letter: the visit may not be received"), "letter"


def _record(spec: VisitSpec) -> Iterator[Remark]:
    if spec.letter is None:
        en = "no letter or record of the approach: the visit may not be received"
        yield Text(zh="没有公函或来访记录, 不予接待", en=en), "letter"


def _disguise(spec: VisitSpec) -> Iterator[Remark]:
    officials = sum(group.state_employees for group in spec.party)
    if officials:
        yield (
            Text(
                zh=f"名单中有 {officials} 名公职人员, 应按政务接待办理, 不得列为商务接待",
                en=f"{officials} state employees in the party: use the government line",
            ),
            "party",
        )


def _more_than_named(spec: VisitSpec) -> Iterator[Remark]:
    party = spec.facts().guests
    if spec.letter and spec.letter.guests and party > spec.letter.guests:
        extra = party - spec.letter.guests
        yield (
            Text(
                zh=f"公函列 {spec.letter.guests} 人, 来 {party} 人: {extra} 人不计入接待标准",
                en=f"the letter names {spec.letter.guests}, {party} come: "
                f"{extra} are not chargeable",
            ),
            "letter.guests",
        )


def _cap(limit: Callable[[int], int]) -> Judge:
    def judge(spec: VisitSpec) -> Iterator[Remark]:
        guests = _guests(spec)
        most = limit(guests)
        fed = any(True for _ in _meals(spec))
        if fed and spec.companions > most:
            yield (
                Text(
                    zh=f"陪餐 {spec.companions} 人超过上限 {most} 人 (客人 {guests} 人)",
                    en=f"{spec.companions} companions at table; {most} at most for {guests} guests",
                ),
                "companions",
            )

    return judge


def _one_meal(spec: VisitSpec) -> Iterator[Remark]:
    paid = [path for _item, _need, meal, path in _meals(spec) if meal.host_paid]
    for path in paid[1:]:
        yield (
            Text(
                zh="一次接待只安排一次工作餐, 其余用餐由客人自付",
                en="only one host-paid working meal per visit; the others are self-paid",
            ),
            path,
        )


def _no_alcohol(spec: VisitSpec) -> Iterator[Remark]:
    for item, _need, meal, path in _meals(spec):
        if meal.alcohol and item.starts_at.date() >= IN_FORCE_2025:
            en = "no alcohol at official working meals"
            yield Text(zh="公务接待工作餐不上酒", en=en), f"{path}.alcohol"


def _two_banquets(spec: VisitSpec) -> Iterator[Remark]:
    grand = (ServiceStyle.ROUND_TABLE, ServiceStyle.BUFFET_RECEPTION)
    paid = [p for _i, _n, meal, p in _meals(spec) if meal.host_paid and meal.style in grand]
    for path in paid[2:]:
        zh = "一批外宾宴请不超过 2 次"
        yield Text(zh=zh, en="at most two banquets per visit of foreign guests"), path


def _plain_rooms(spec: VisitSpec) -> Iterator[Remark]:
    ranks = {group.rank for group in spec.party}
    for index, item in enumerate(spec.programme):
        for place, need in enumerate(item.needs):
            if need.kind != "room" or "provincial" in ranks:
                continue
            if RoomNeed.model_validate(need.details).min_class >= 5:
                zh, en = "一般安排标准间, 不得超标准", "standard rooms only for this rank"
                yield Text(zh=zh, en=en), f"programme[{index}].needs[{place}].min_class"


G, B = frozenset({Line.GOVERNMENT}), frozenset({Line.BUSINESS})
BF, F = frozenset({Line.BUSINESS, Line.FOREIGN}), frozenset({Line.FOREIGN})

RULES: tuple[Rule, ...] = (
    Rule("G01", G, IN_FORCE_2013, "block", f"{R2013}; {R2025}", _letter),
    Rule("G01a", G, IN_FORCE_2013, "warn", R2013, _more_than_named),
    Rule(
        "G04",
        G,
        IN_FORCE_2013,
        "block",
        f"{R2013}; 苏办发〔2014〕9号",
        _cap(companion_cap_government),
    ),
    Rule("G05", G, IN_FORCE_2013, "block", R2013, _one_meal),
    Rule("G06", G, IN_FORCE_2025, "block", R2025, _no_alcohol),
    Rule("G08", G, IN_FORCE_2013, "block", R2013, _plain_rooms),
    Rule("B01", B, IN_FORCE_2013, "block", "永政办发〔2016〕95号; " + R2013, _record),
    Rule("B01a", B, IN_FORCE_2013, "block", "永政办发〔2016〕95号; " + R2013, _disguise),
    Rule("B04", BF, IN_FORCE_2013, "warn", R533, _cap(companion_cap_business)),
    Rule(
        "F01",
        F,
        IN_FORCE_2013,
        "block",
        "武汉科大 2023 standard after 财行〔2013〕533号",
        _two_banquets,
    ),
)
