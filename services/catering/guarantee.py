"""The guarantee: when the count is final, who must consent after that, and what is billed.

Field rule: the guaranteed count is due at most 72 hours before the function; afterwards an increase
needs the kitchen's yes and a decrease still bills (function-sheet practice, domain notes 2.4).
Must not: look at covers; `meals` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.catering.documents import Kitchen
from shared.contracts.holds import Consent
from shared.contracts.values import Text
from shared.holds.port import Standing


@dataclass(frozen=True, slots=True)
class Count:
    """People expected, guaranteed to the kitchen, and billed."""

    expected: int
    guaranteed: int
    billed: int


def deadline(kitchen: Kitchen, starts_at: datetime) -> datetime:
    """When the final count is due for a meal that starts then."""
    return starts_at - timedelta(hours=kitchen.guarantee_hours)


def guaranteed_before(standing: Standing | None, kitchen: str, sitting: str, date: str) -> int:
    """What this very sitting was guaranteed already; 0 when it was not."""
    if standing is None or not standing.confirmed:
        return 0
    was = standing.allotted
    same = (was.get("unit"), was.get("sitting"), was.get("date")) == (kitchen, sitting, date)
    return int(was.get("guaranteed", 0)) if same else 0


def settle(covers: int, before: int, late: bool) -> Count:
    """Counts of an order; `late` when the deadline has passed, `before` what was guaranteed."""
    if not late:
        return Count(covers, covers, covers)
    return Count(covers, max(covers, before), max(covers, before))


def needs_consent(covers: int, before: int, late: bool) -> bool:
    """After the deadline the kitchen must agree to every cover beyond the guaranteed ones."""
    return late and covers > before


def ask(
    kitchen: Kitchen, covers: int, before: int, starts_at: datetime, answer_by: datetime
) -> Consent:
    """The question to the kitchen."""
    if before == 0:
        zh = f"{kitchen.name.zh}：新订 {covers} 人用餐，已过保证截止时间，可否？"
        en = (
            f"{kitchen.name.en}: a new order of {covers} covers after the guarantee deadline; "
            f"can you serve them?"
        )
        return _question(kitchen, min(answer_by, starts_at), Text(zh=zh, en=en))
    extra = covers - before
    zh = (
        f"{kitchen.name.zh}：用餐人数由 {before} 改为 {covers}（增加 {extra}），"
        "已过保证截止时间，可否？"
    )
    en = (
        f"{kitchen.name.en}: covers {before} → {covers} ({extra:+d}) after the guarantee "
        f"deadline; can you serve them?"
    )
    return _question(kitchen, min(answer_by, starts_at), Text(zh=zh, en=en))


def _question(kitchen: Kitchen, answer_by: datetime, question: Text) -> Consent:
    return Consent(asked_of=kitchen.id, name=kitchen.name, answer_by=answer_by, question=question)
