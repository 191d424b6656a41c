"""The words of the page in Chinese and English, and which of the two a reader gets.

Must not: hold anything that is not shown on the page.
"""

from __future__ import annotations

from shared.contracts.spec import Line
from shared.contracts.values import Text
from shared.contracts.visits import Phase, ProposalPhase

LANGUAGES = ("zh", "en")


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


WORDS: dict[str, Text] = {
    "title": _t("来访一览", "Visits"),
    "phase": _t("状态", "Status"),
    "line": _t("类别", "Line"),
    "search": _t("编号、名称或接待单位", "Id, title or host"),
    "any": _t("全部", "All"),
    "filter": _t("筛选", "Filter"),
    "visit": _t("来访", "Visit"),
    "when": _t("时间", "Time"),
    "guests": _t("人数", "Guests"),
    "needs": _t("已落实", "Firm"),
    "proposal": _t("变更方案", "Proposal"),
    "cost": _t("费用", "Cost"),
    "next": _t("下一页", "Next page"),
    "first": _t("回到首页", "First page"),
    "none": _t("没有符合条件的来访。", "No visits match."),
    "live": _t("实时", "Live"),
    "connecting": _t("正在连接…", "Connecting…"),
    "lost": _t("连接已断开，以下内容可能已过时", "Connection lost; this list may be out of date"),
    "bus_away": _t("消息总线不可用，暂无更新", "The message bus is away; no updates for now"),
    "newer": _t("列表有变动，点此刷新", "The list has changed; click to refresh"),
    "away": _t("来访服务暂时没有回应，请稍后刷新。",
               "The visits service does not answer right now. Please reload in a moment."),
    "other": _t("English", "中文"),
    "login": _t("登录", "Log in"),
    "logout": _t("退出", "Log out"),
    "account": _t("账号", "Account"),
    "password": _t("密码", "Password"),
    "login_failed": _t("账号或密码不正确", "Account or password is wrong"),
    "provider": _t("通过统一身份认证登录", "Log in with the organisation's account"),
    "zone": _t("时区", "Time zone"),
}  # fmt: skip

PHASES: dict[Phase, Text] = {
    Phase.HOLDING: _t("预留中", "holding"),
    Phase.WAITING: _t("待答复", "waiting"),
    Phase.CONFIRMING: _t("确认中", "confirming"),
    Phase.READY: _t("就绪", "ready"),
    Phase.BLOCKED: _t("受阻", "blocked"),
    Phase.CANCELLING: _t("取消中", "cancelling"),
    Phase.CANCELLED: _t("已取消", "cancelled"),
    Phase.CLOSED: _t("已结束", "closed"),
}
PROPOSALS: dict[ProposalPhase, Text] = {
    ProposalPhase.HOLDING: _t("预留中", "holding"),
    ProposalPhase.WAITING: _t("待答复", "waiting"),
    ProposalPhase.OPEN: _t("可提交", "open"),
    ProposalPhase.BLOCKED: _t("受阻", "blocked"),
}
LINES: dict[Line, Text] = {
    Line.GOVERNMENT: _t("政务", "government"),
    Line.BUSINESS: _t("商务", "business"),
    Line.FOREIGN: _t("外宾", "foreign"),
    Line.EVENT: _t("公众活动", "event"),
}


def say(text: Text, language: str) -> str:
    """One language of a text."""
    return text.zh if language == "zh" else text.en


def language_of(asked: str | None, accept_language: str) -> str:
    """The language asked for by name, or the one that the browser prefers; Chinese if neither."""
    if asked in LANGUAGES:
        return str(asked)
    best, weight = "zh", 0.0
    for part in accept_language[:500].split(","):
        name, _, quality = part.partition(";q=")
        language = name.strip().lower().partition("-")[0]
        try:
            own = float(quality) if quality else 1.0
        except ValueError:
            own = 0.0
        if language in LANGUAGES and own > weight:
            best, weight = language, own
    return best
