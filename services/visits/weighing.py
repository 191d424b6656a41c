"""The verdict on a parked message: is it still wanted, already so, overtaken, or for a person?

Owns: what each kind of message means once it is late. Pure; see `Verdict`.
Must not: do I/O, or look at a message's body: `Named` has what it says it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.visits.impact import Judgement
from services.visits.status import Held, VisitState, Wish
from shared.contracts.holds import LIVE, HoldState
from shared.contracts.impact import Named, NamedHold, ToWeigh, Verdict
from shared.contracts.values import Text
from shared.contracts.visits import Phase

SUPERSEDED, DONE, RETRY, DECIDE = Verdict

PLANNERS = frozenset(
    {"submit_visit", "propose_visit", "commit_proposal", "drop_proposal", "cancel_visit"}
)
WISHES: Mapping[str, Wish] = {
    "place_holds": Wish.PLACE,
    "confirm_holds": Wish.CONFIRM,
    "release_holds": Wish.RELEASE,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the visit that a message names."""

    state: VisitState | None
    phase: Phase | None
    answered: bool
    """The command that the message carries has an answer already."""


def weigh(one: ToWeigh, known: Known) -> Judgement:
    """What to do with a parked message."""
    named = one.named
    if known.answered:
        return _say(DONE, "该指令已有答复", "this command has been answered already")
    if named.message in PLANNERS:
        judged = _planners(named, known)
    elif known.state is None:
        judged = _say(SUPERSEDED, f"没有来访 {named.visit}", f"there is no visit {named.visit}")
    else:
        judged = _others(named, known.state, known.phase)
    if judged.verdict is RETRY and not one.readable:
        return _say(
            DECIDE,
            "内容不符合约定, 仍然需要: 请修改后重放",
            "it is still wanted and not what its contract says: edit it, then replay it",
        )
    return judged


def _planners(named: Named, known: Known) -> Judgement:
    """A planner's act names the revision that the planner saw."""
    state, seen = known.state, named.revision
    if state is None:
        if named.message == "submit_visit" and seen == 0:
            return _say(RETRY, "来访尚未建立", "the visit has not been opened yet")
        return _say(SUPERSEDED, "没有该来访", "there is no such visit, so it would be refused")
    if state.cancelled or state.closed:
        return _say(SUPERSEDED, "来访已取消或结束", "the visit is cancelled or over")
    if seen is not None and seen != state.revision:
        return _say(
            SUPERSEDED,
            f"来访已是第 {state.revision} 版, 该指令针对第 {seen} 版",
            f"the visit is at revision {state.revision}; this was meant for {seen}",
        )
    if named.message in ("commit_proposal", "drop_proposal") and state.proposal is None:
        return _say(SUPERSEDED, "变更方案已不存在", "the proposal is gone")
    return _say(RETRY, "来访仍是该版本, 指令仍有效",
                "the visit is still at that revision, and the act was not done")  # fmt: skip


def _others(named: Named, state: VisitState, phase: Phase | None) -> Judgement:
    if named.message in WISHES:
        each = [_wish(one, WISHES[named.message], state) for one in named.holds]
        return _together(each)
    if named.message == "holds_changed":
        return _together([_word(one, state) for one in named.holds])
    if named.message in ("consent_asked", "answer_consent"):
        return _together([_consent(one, state) for one in named.holds])
    if named.message in ("visit_changed", "arrangement_changed"):
        return _announced(named, state, phase)
    return _say(
        DECIDE, "不知道这类消息的后果", "what this kind of message leads to is not known here"
    )


def _wish(one: NamedHold, wish: Wish, state: VisitState) -> Judgement:
    """A command to the owner of a hold, against what is wanted of the hold now."""
    held = _held(one, state)
    if held is None:
        verdict = DONE if wish is Wish.RELEASE else SUPERSEDED
        return _say(verdict, "该预留已不需要, 也不再登记", "this hold is wanted no more, and gone")
    if held.wish is not wish:
        if wish is Wish.PLACE and held.seen is not None and not held.leaving:
            return _say(DONE, "预留已有答复", "its owner has answered the placing")
        return _say(
            SUPERSEDED, f"现在要求的是 {held.wish.value}", f"by now we ask to {held.wish.value}"
        )
    if held.answered:
        state_now = held.state.value if held.state else "?"
        return _say(DONE, f"已是 {state_now}", f"it is {state_now} already")
    return _say(
        RETRY,
        f"仍然需要; 也会自动再问 (已问 {held.asks} 次)",
        f"still wanted; it is also asked again by itself, {held.asks} times so far",
    )


def _word(one: NamedHold, state: VisitState) -> Judgement:
    """An owner's word on a hold, against its newest word that we have."""
    held = _held(one, state)
    if held is None:
        return _say(RETRY, "预留未登记; 重放会收下或释放它",
                    "the hold is not known; handled again, it is adopted or let go")  # fmt: skip
    newest = held.seen.revision if held.seen else -1
    if one.revision is not None and newest >= one.revision:
        verdict = DONE if newest == one.revision else SUPERSEDED
        return _say(verdict, f"已知第 {newest} 版", f"revision {newest} of it is known")
    return _say(RETRY, "这是最新的答复, 尚未收下", "it is news: nothing newer has been taken in")


def _consent(one: NamedHold, state: VisitState) -> Judgement:
    held = _held(one, state)
    if held is None or held.leaving or (held.seen is not None and held.state not in LIVE):
        return _say(SUPERSEDED, "该预留已不需要", "the hold is wanted no more")
    if held.state is not HoldState.PENDING:
        return _say(DONE, "已经答复", "the question has been answered")
    return _say(RETRY, "仍在等待答复", "the answer is still awaited")


def _announced(named: Named, state: VisitState, phase: Phase | None) -> Judgement:
    """A later announcement carries the whole state, and so makes an earlier one needless."""
    if named.message == "visit_changed":
        newer = named.sequence is not None and named.sequence < state.sequence
    else:
        told = phase in (Phase.READY, Phase.CANCELLED)
        newer = told and named.revision is not None and named.revision < state.revision
    if newer:
        return _say(SUPERSEDED, "之后已有更新的通报", "a newer state has been announced since")
    return _say(RETRY, "这是最新的通报", "nothing newer has been announced")


def _held(one: NamedHold, state: VisitState) -> Held | None:
    return next((held for held in state.holds if held.hold == one.hold), None)


def _together(each: list[Judgement]) -> Judgement:
    """The verdict on several holds of one message: the one that asks for most."""
    if not each:
        return _say(DECIDE, "消息未指明预留", "the message names no hold")
    return min(each, key=lambda one: (DECIDE, RETRY, SUPERSEDED, DONE).index(one.verdict))


def _say(verdict: Verdict, zh: str, en: str) -> Judgement:
    return Judgement(verdict, Text(zh=zh, en=en))
