"""Words of cut-offs, on the page of a hotel and in calendars."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "cuts.cut_off": ("酒店截房", "Hotel cut-off"),
    "cuts.title": ("将到的截止日", "Cut-offs coming"),
    "cuts.lead": ("截止日按酒店的营业日计。过后，酒店自行收回没有登记客人的房间；"
                  "仍需而被收回的再问一次，问不到的告知来访。数字为间夜。",
                  "Cut-offs are by the hotel's business date. After one, the hotel may take back "
                  "rooms without a guest; what is still wanted is asked for once more, and the "
                  "visit is told what it does not give. Numbers are room nights."),
    "cuts.lead_hand": ("截止日即信函中写明的日期，按酒店的营业日计。"
                       "过后，没有住客的房间酒店可另售，订单转由人处理。已登记指来宾名单中住此店的住客所用房间。数字为间夜。",
                       "The dates are those that letters named, by the hotel's business date. "
                       "After one, the hotel may sell rooms without a guest, and a person sees to "
                       "the order. Taken up are rooms of guests whom the roster lodges here. "
                       "Numbers are room nights."),
    "cuts.none": ("没有将到的截止日。", "No cut-off is to come."),
    "cuts.date": ("截止日", "Cut-off"),
    "cuts.wanted": ("需要", "Wanted"),
    "cuts.contracted": ("已同意", "Agreed"),
    "cuts.picked": ("已登记", "Taken up"),
    "cuts.at_risk": ("将被收回", "Would be lost"),
    "cuts.not_yet": ("临近时显示", "told when it is near"),
    "cuts.told": ("需要 {wanted}，已登记 {picked}，已同意 {contracted}（间夜）",
                  "{wanted} wanted, {picked} taken up, {contracted} agreed to (room nights)"),
    "cuts.at_risk_of": ("将被收回 {count} 间夜", "{count} room nights would be lost"),
    "cuts.done": ("已过的截止日", "Cut-offs that have passed"),
    "cuts.done_at": ("处理于", "Counted"),
    "cuts.outcome": ("结果", "What came of it"),
    "cut_outcome.kept": ("全部保留 {kept}", "all {kept} kept"),
    "cut_outcome.taken": ("收回 {taken}，保留 {kept}", "{taken} taken back, {kept} kept"),
    "cut_outcome.spare": ("退还 {spare}，保留 {kept}", "{spare} given back, {kept} kept"),
    "cut_outcome.owned": ("待人处理", "a person decides"),
    "cut_outcome.other": ("其他", "something else"),
    "cuts.more": ("后面的截止日在 API 中。", "There are more; the API has them all."),
    "cuts.files": ("逐晚用房：", "Pick-up by night:"),
    "cuts.calendar": ("截止日日历订阅", "Calendar of cut-offs"),
}  # fmt: skip
