"""A hotel's answer as a refusal that planners read: pure, in both languages.

Must not: quote a hotel's own words; they may name somebody.
"""

from __future__ import annotations

from services.bookings.hotels.errors import (
    AuthExpired,
    BlockNotOpen,
    Conflict,
    CutOffPassed,
    Declined,
    Forbidden,
    HotelError,
    IllegalState,
    Invalid,
    MappingMissing,
    NoAvailability,
    Short,
    Unsupported,
)
from shared.contracts.holds import Refusal
from shared.contracts.values import Text

MOST_NIGHTS = 4
"""Short nights named in a sentence."""
WHY: tuple[tuple[type[HotelError], str, str], ...] = (
    (CutOffPassed, "已过截止日期", "its cut-off has passed"),
    (BlockNotOpen, "该房块已关闭", "the block is not open"),
    (Conflict, "酒店显示的与所订不符", "it shows something else than was ordered"),
    (IllegalState, "该房块的状态不允许", "the state of the block does not allow it"),
    (MappingMissing, "代码对照缺失，请运维处理", "a code has no counterpart; operations must act"),
    (Unsupported, "酒店系统不支持", "its system cannot do that"),
    (Forbidden, "酒店系统未授权", "its system does not allow us to"),
    (AuthExpired, "酒店系统不接受凭证", "its system does not accept our credentials"),
    (Invalid, "酒店系统不接受该订单", "its system does not accept the order"),
)
DECLINED = {
    "closed": ("届时不营业", "it is closed then"),
    "terms": ("不接受协议条件", "it does not agree to the terms"),
}
"""Reasons that a person at the hotel chose."""


def refused(hotel: Text, error: HotelError) -> Refusal:
    """Why a hotel did not take an order."""
    if isinstance(error, NoAvailability):
        zh, en = _short(error)
        sentence = Text(zh=f"{hotel.zh}答复：{zh}。", en=f"{hotel.en} answers: {en}.")
        return Refusal(code="hotel_full", sentence=sentence)
    zh, en = next(
        ((zh, en) for kind, zh, en in WHY if isinstance(error, kind)),
        DECLINED.get(error.said if isinstance(error, Declined) else "", ("酒店拒绝", "it refuses")),
    )
    sentence = Text(zh=f"{hotel.zh}未接受：{zh}。", en=f"{hotel.en} did not take it: {en}.")
    return Refusal(code="hotel_refused", sentence=sentence)


def _short(error: NoAvailability) -> tuple[str, str]:
    named = [one for one in error.nights if one.night is not None][:MOST_NIGHTS]
    if not named:
        return "房间不足", "it has not the rooms"
    return (
        "房间不足（" + "，".join(map(_zh, named)) + "）",
        "it has not the rooms (" + ", ".join(map(_en, named)) + ")",
    )


def _zh(one: Short) -> str:
    return f"{one.night} {one.kind} 余 {one.free} 间".replace("  ", " ")


def _en(one: Short) -> str:
    return f"{one.night} {one.kind}: {one.free} left".replace(" :", ":")


def withdrawn(hotel: Text) -> Refusal:
    """The hotel has taken back what it had agreed to."""
    zh = f"{hotel.zh}已自行取消或缩减此前确认的房间。"
    en = f"{hotel.en} has cancelled or cut the rooms that it had agreed to."
    return Refusal(code="hotel_withdrew", sentence=Text(zh=zh, en=en))
