"""What a hold is told when its unit is closed, retired or has less: in both languages. Pure.

Must not: name another visit.
"""

from __future__ import annotations

from shared.contracts.changes import CLOSED, CUT, UnitChange
from shared.contracts.holds import Refusal
from shared.contracts.values import Text


def withdrawal(change: UnitChange, name: Text, label: str) -> Refusal:
    """Why a hold that stood is taken back; `label` says when it first does not fit."""
    if change.retire:
        zh = f"{name.zh}已不再使用（{label}），此前的安排无法保留。"
        en = f"{name.en} is no longer in use ({label}); what was arranged there cannot stay."
        return Refusal(code=CLOSED, sentence=Text(zh=zh, en=en))
    if change.describe is not None:
        zh = f"{name.zh}已不能提供此前安排的内容（{label}）。"
        en = f"{name.en} can no longer give what was arranged ({label})."
        return Refusal(code=CUT, sentence=Text(zh=zh, en=en))
    if change.close is None:
        zh = f"{name.zh}的容量已调减（{label}），此前的安排无法保留。"
        en = f"{name.en} has less room than before ({label}); what was arranged no longer fits."
        return Refusal(code=CUT, sentence=Text(zh=zh, en=en))
    reason = Text.model_validate(change.close["reason"])
    zh = f"{name.zh}已停用（{label}）：{reason.zh}。"
    en = f"{name.en} has been closed ({label}): {reason.en}."
    return Refusal(code=CLOSED, sentence=Text(zh=zh, en=en))
