"""Words of calendar feeds, on the page and in the files."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "feeds.nav": ("日历订阅", "Calendars"),
    "feeds.title": ("日历订阅", "Calendar feeds"),
    "feeds.lead": ("为接待、场馆或陪同人员生成保密的日历地址，可在手机和桌面日历中订阅。"
                   "知道地址的人都能阅读，直到被撤销。",
                   "A secret address of the calendar of a visit, a hall or somebody who "
                   "accompanies, for any calendar program. Whoever has the address can read it "
                   "until it is revoked."),
    "feeds.made": ("新地址", "The new address"),
    "feeds.once": ("此地址只显示一次，请现在复制。", "It is shown this once. Copy it now."),
    "feeds.address": ("地址", "Address"),
    "feeds.make": ("生成地址", "Make an address"),
    "feeds.kind": ("类型", "Of"),
    "feeds.target": ("编号", "Which one"),
    "feeds.target_hint": ("接待编号，或资源页上的场馆、人员编号。",
                          "The id of the visit, or of the hall or person as the inventory "
                          "shows it."),
    "feeds.language": ("语言", "Language"),
    "feeds.in_zh": ("汉语", "Chinese"),
    "feeds.in_en": ("英语", "English"),
    "feeds.visit": ("接待", "a visit"),
    "feeds.hall": ("场馆", "a hall"),
    "feeds.escort": ("陪同人员", "somebody who accompanies"),
    "feeds.hotel": ("酒店截止日", "cut-offs of a hotel"),
    "feeds.listed": ("已有地址", "Addresses"),
    "feeds.none": ("还没有地址。", "There is none yet."),
    "feeds.by": ("生成人", "Made by"),
    "feeds.used": ("最近使用", "Last used"),
    "feeds.unused": ("尚未使用", "not yet"),
    "feeds.end": ("撤销", "End"),
    "feeds.revoke": ("撤销", "Revoke"),
    "feeds.revoke_one": ("撤销 {target} 的地址", "Revoke the address of {target}"),
    "feeds.revoked": ("{who} 已撤销", "revoked by {who}"),
    "feeds.calendar": ("日历订阅", "Calendar"),
    "feeds.state_confirmed": ("已确认", "confirmed"),
    "feeds.state_held": ("已预留", "held"),
    "feeds.state_pending": ("等待同意", "waits for consent"),
    "said.feed_revoked": ("已撤销。", "Revoked."),
}  # fmt: skip
