"""Words of the visits at risk."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "risks.nav": ("风险", "At risk"),
    "risks.title": ("有风险的接待", "Visits at risk"),
    "risks.order": (
        "按剩余处理时间排序，时间最少的在前。",
        "In the order of the time that is left to mend them, least first.",
    ),
    "risks.all": ("全部", "All of them"),
    "risks.none": ("没有接待处于风险之中。", "No visit is at risk."),
    "risks.away": (
        "接待编排服务没有答复，暂时无法判断。",
        "The visits service does not answer; nobody can say now.",
    ),
    "risks.until": ("须赶在", "To be mended before"),
    "risks.since": ("未落实已", "Not settled for"),
    "risks.pages": ("分页", "Pages"),
    "risks.first": ("回到第一页", "First page"),
    "risks.next": ("下一页", "Next page"),
    "verdict.superseded": ("已被取代", "superseded"),
    "verdict.done": ("已完成", "done"),
    "verdict.retry": ("自动重试", "tries again"),
    "verdict.decide": ("需要决定", "to be decided"),
}
