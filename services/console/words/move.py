"""Words of moving an item: the form, and the board's bars that are dragged."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "move.title": ("调整时间或会场", "Move"),
    "move.link": ("调整", "Move"),
    "move.link_of": ("调整 {item}", "Move {item}"),
    "move.choose": ("选择要调整的项目", "What is to be moved"),
    "move.stands": ("现在", "Now"),
    "move.moves": ("一并调整", "Moves with it"),
    "move.starts": ("新的开始时间", "New start"),
    "move.starts_hint": ("整个项目一起移动，时长不变。",
                         "The whole item moves, and lasts as long as before."),
    "move.hall": ("会场", "Hall"),
    "move.same_hall": ("不变", "as it is wanted"),
    "move.hall_hint": ("如已被占用，预览会给出备选方案。",
                       "If it is taken, the preview says what else there is."),
    "move.halls_away": ("会场服务暂无回应，请填写会场编号。",
                        "The venues service does not answer: write the id of the hall."),
    "move.stale_hint": ("请核对现在的时间；再次提交即以当前版本为准。",
                        "Look at when it is now. Submit again to base it on what stands now."),
    "move.bars": ("安排", "Arrangements"),
    "move.how": ("空格键拾取，方向键移动，回车键提出变更，Esc 取消",
                 "Space picks it up, arrow keys move it, Enter proposes, Escape gives up"),
    "move.picked": ("已拾取 {what}", "Picked up: {what}"),
    "move.put_back": ("已放回，没有变化", "Put back; nothing changes"),
}  # fmt: skip
