"""Where what we hold and what the hotel shows do not agree: found, explained, healed or owned.

Pure. A finding says which side is right by our rules, and who acts: we heal by asking the hotel
again, we accept what the hotel did as a fact and plan anew, or a person owns it.
Must not: act, or take what is unknown for a difference; it is looked at again first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.bookings.hotels.model import BlockView, NightCount, StayView
from services.bookings.hotels.states import OPEN_BLOCKS, TAKING, BlockState, StayState
from shared.contracts.values import Text


class Cure(StrEnum):
    """What is done about a finding."""

    HEAL = "heal"
    """Ask the hotel again for what was decided."""
    ACCEPT = "accept"
    """Take it as a fact; the visit is planned anew."""
    OWN = "own"
    """A person decides."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `ref` is our reference, or the hotel's where we hold nothing."""

    kind: str
    ref: str
    ours: str
    theirs: str
    cure: Cure
    why: Text
    night: date | None = None


S, B = StayState, BlockState
AWAY = frozenset({S.NO_SHOW, S.WALKED})
"""The hotel says that the guest is not there. He may yet come, or come back."""
BACK = AWAY | {S.REFUSED}
"""Held as not there; the hotel may show it as there after all."""
FACTS: Mapping[StayState, tuple[str, Text]] = {
    S.CANCELLED_BY_HOTEL: (
        "cancelled_by_hotel",
        Text(zh="酒店已取消该预订", en="The hotel has cancelled the reservation"),
    ),
    S.REFUSED: ("refused", Text(zh="酒店拒绝了该预订", en="The hotel refused the reservation")),
    S.NO_SHOW: ("no_show", Text(zh="客人未到店", en="The guest did not arrive")),
    S.WALKED: ("walked", Text(zh="酒店已将客人安排至他处", en="The hotel has walked the guest")),
}
WHY: Mapping[str, Text] = {
    "doubled": Text(
        zh="同一编号在酒店有多笔预订，请酒店只保留一笔",
        en="The hotel has more than one reservation under one reference: it should keep one",
    ),
    "foreign": Text(
        zh="我方房块中有我方不知道的预订",
        en="The hotel has a reservation in our block that we do not know",
    ),
}
"""Of findings that people are told by their kind alone."""


def stay_findings(held: Sequence[StayView], shown: Sequence[StayView]) -> tuple[Finding, ...]:
    """Differences between the reservations that we hold and those that the hotel shows."""
    by_ours: dict[str, list[StayView]] = {}
    for one in shown:
        by_ours.setdefault(one.ref.ours or f"their {one.ref.theirs}", []).append(one)
    found: list[Finding] = []
    for mine in held:
        found += _of_stay(mine, by_ours.pop(mine.ref.ours, []))
    for name, theirs in by_ours.items():
        found += [_foreign(name, one) for one in theirs if one.state in TAKING]
    return tuple(found)


def _of_stay(mine: StayView, theirs: Sequence[StayView]) -> Iterator[Finding]:
    if mine.state is S.UNKNOWN:
        return
    live = [one for one in theirs if one.state in TAKING]
    if not theirs:
        if mine.state in TAKING and mine.state is not S.DEPARTED:
            why = Text(zh="酒店没有这一预订", en="The hotel does not have this reservation")
            yield _stay("missing", mine, "-", Cure.OWN, why)
        return
    if len(live) > 1:
        yield _stay("doubled", mine, str(len(live)), Cure.OWN, WHY["doubled"])
    yield from _of_pair(mine, _same(mine, live or theirs))


def _same(mine: StayView, theirs: Sequence[StayView]) -> StayView:
    """The one that we know; else the first."""
    return next((one for one in theirs if one.ref.theirs == mine.ref.theirs), theirs[0])


def _of_pair(mine: StayView, seen: StayView) -> Iterator[Finding]:
    if mine.state in BACK and seen.state in TAKING:
        why = Text(zh="酒店又显示该预订有效", en="The hotel has the reservation after all")
        yield _stay("back", mine, seen.state, Cure.ACCEPT, why)
        return
    other = {mine.state, seen.state} == AWAY
    if seen.state in FACTS and (mine.state in TAKING or other):
        kind, why = FACTS[seen.state]
        yield _stay(kind, mine, seen.state, Cure.ACCEPT, why)
        return
    if mine.state not in TAKING or mine.state is S.DEPARTED:
        return
    for name in ("arrival", "departure", "kind"):
        ours, theirs = getattr(mine, name), getattr(seen, name)
        if ours != theirs:
            why = Text(
                zh=f"{name}：我方 {ours}，酒店 {theirs}", en=f"{name}: {ours} here, {theirs} there"
            )
            yield Finding(f"other_{name}", mine.ref.ours, str(ours), str(theirs), Cure.HEAL, why)


def _stay(kind: str, mine: StayView, theirs: str, cure: Cure, why: Text) -> Finding:
    return Finding(kind, mine.ref.ours, mine.state, theirs, cure, why)


def _foreign(name: str, seen: StayView) -> Finding:
    return Finding("foreign", name, "-", seen.state, Cure.OWN, WHY["foreign"])


def block_findings(held: BlockView, shown: BlockView | None) -> tuple[Finding, ...]:
    """Differences of one block: its state, and by night its contract and what was picked up."""
    return tuple(_of_block(held, shown))


def _of_block(held: BlockView, shown: BlockView | None) -> Iterator[Finding]:
    ref = held.ref.ours
    if held.state is B.UNKNOWN:
        return
    if shown is None:
        if held.state in OPEN_BLOCKS:
            why = Text(zh="酒店没有这一房块", en="The hotel does not have this block")
            yield Finding("missing", ref, held.state, "-", Cure.OWN, why)
        return
    if _level(held.state) is not _level(shown.state) and not _emptied(held, shown):
        lost = held.state in OPEN_BLOCKS and shown.state not in OPEN_BLOCKS
        cure = Cure.ACCEPT if lost else Cure.HEAL
        why = Text(
            zh=f"房块：我方 {held.state}，酒店 {shown.state}",
            en=f"The block is {held.state} here and {shown.state} at the hotel",
        )
        yield Finding("other_state", ref, held.state, shown.state, cure, why)
    ours = {(one.night, one.kind): one for one in held.nights}
    theirs = {(one.night, one.kind): one for one in shown.nights}
    for key in sorted(ours.keys() | theirs.keys()):
        yield from _of_night(ref, key, ours.get(key), theirs.get(key))


def _emptied(held: BlockView, shown: BlockView) -> bool:
    """A system without a release shows a released block as open, with no room left in it."""
    left = any(one.contracted > one.picked for one in shown.nights)
    return held.state is B.RELEASED and shown.state in OPEN_BLOCKS and not left


def _level(state: BlockState) -> BlockState:
    """Few systems tell washed from definite."""
    return B.DEFINITE if state is B.WASHED else state


def _of_night(
    ref: str, key: tuple[date, str], mine: NightCount | None, seen: NightCount | None
) -> Iterator[Finding]:
    night, kind = key
    ours, theirs = (mine.contracted if mine else 0), (seen.contracted if seen else 0)
    if ours != theirs:
        cure = Cure.ACCEPT if theirs < ours else Cure.OWN
        why = Text(
            zh=f"{night} {kind}：合同 {ours} 间，酒店 {theirs} 间",
            en=f"{night} {kind}: {ours} rooms contracted here, {theirs} at the hotel",
        )
        yield Finding("other_contract", ref, str(ours), str(theirs), cure, why, night)
    if mine and seen and mine.picked != seen.picked:
        why = Text(
            zh=f"{night} {kind}：我方取房 {mine.picked}，酒店 {seen.picked}",
            en=f"{night} {kind}: {mine.picked} picked up here, {seen.picked} at the hotel",
        )
        yield Finding(
            "other_pick_up", ref, str(mine.picked), str(seen.picked), Cure.OWN, why, night
        )
    if seen and seen.over:
        why = Text(
            zh=f"{night} {kind}：取房超出合同 {seen.over} 间",
            en=f"{night} {kind}: {seen.over} rooms picked up past the contract",
        )
        yield Finding("past_contract", ref, str(ours), str(seen.picked), Cure.OWN, why, night)
