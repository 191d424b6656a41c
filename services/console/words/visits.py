"""Words of the list of visits."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "visits.title": ("来访一览", "Visits"),
    "visits.nav": ("来访", "Visits"),
    "visits.phase": ("状态", "Status"),
    "visits.line": ("类别", "Line"),
    "visits.search": ("编号、名称或接待单位", "Id, title or host"),
    "visits.any": ("全部", "All"),
    "visits.filter": ("筛选", "Filter"),
    "visits.unfilter": ("清除筛选", "Clear filter"),
    "visits.visit": ("来访", "Visit"),
    "visits.when": ("时间", "Time"),
    "visits.guests": ("人数", "Guests"),
    "visits.needs": ("已落实", "Firm"),
    "visits.firm": ("{firm} / {total} 项已落实", "{firm} of {total} needs firm"),
    "visits.proposal": ("变更方案", "Proposal"),
    "visits.cost": ("费用", "Cost"),
    "visits.pages": ("翻页", "Pages"),
    "visits.next": ("下一页", "Next page"),
    "visits.first": ("回到首页", "First page"),
    "visits.none": ("没有符合条件的来访", "No visits match"),
    "visits.none_hint": ("换一个筛选条件，或等待新的来访提交。",
                         "Try another filter, or wait until a visit is submitted."),
    "visits.away": ("来访服务暂时没有回应", "The visits service does not answer right now"),
    "visits.away_hint": ("服务恢复后，本页会自动显示。请勿重复提交。",
                         "This page fills by itself when it is back. Nothing is lost."),
}  # fmt: skip
