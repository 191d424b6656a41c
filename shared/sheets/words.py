"""The words of rooming lists in Chinese and English: headings, answers, and how they vary.

Must not: guess: a word that is not here means nothing.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from shared.contracts.hotel_arrivals import ArrivalState
from shared.contracts.values import Text


class Column(StrEnum):
    """What a column of a rooming list holds."""

    REF = "ref"
    NAME = "name"
    ROOM = "room"
    ROOM_TYPE = "room_type"
    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    REMARK = "remark"
    CHANGE = "change"
    ANSWER = "answer"
    ROOM_NUMBER = "room_number"
    REASON = "reason"
    STAY = "stay"
    RECORD = "record"


class Answer(StrEnum):
    """What a hotel says of a line."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


HEADINGS: dict[Column, Text] = {
    Column.REF: Text(zh="编号", en="Ref"),
    Column.NAME: Text(zh="姓名", en="Name"),
    Column.ROOM: Text(zh="房间组", en="Room"),
    Column.ROOM_TYPE: Text(zh="房型", en="Room type"),
    Column.ARRIVAL: Text(zh="入住日期", en="Arrival"),
    Column.DEPARTURE: Text(zh="离店日期", en="Departure"),
    Column.REMARK: Text(zh="备注", en="Remark"),
    Column.CHANGE: Text(zh="变更", en="Change"),
    Column.ANSWER: Text(zh="答复", en="Answer"),
    Column.ROOM_NUMBER: Text(zh="房号", en="Room number"),
    Column.REASON: Text(zh="原因", en="Reason"),
    Column.STAY: Text(zh="入住情况", en="Stay"),
    Column.RECORD: Text(zh="记录号", en="Record"),
}
"""In the order of the columns that we send."""

_ALSO: dict[Column, str] = {
    Column.REF: "客人编号 宾客编号 guestid guestref reference id 订单编号",
    Column.NAME: "名字 客人姓名 宾客姓名 客人 住客 guest guestname fullname",
    Column.ROOM: "组 分组 同住组 roomgroup sharing",
    Column.ROOM_TYPE: "房间类型 客房类型 类型 type roomcategory category",
    Column.ARRIVAL: "入住 入住时间 到店 到店日期 抵店日期 抵达日期 到达日期 checkin checkindate"
    " arrivaldate arrive in",
    Column.DEPARTURE: "离店 离店时间 退房 退房日期 离开日期 离店日 checkout checkoutdate"
    " departuredate depart out",
    Column.REMARK: "说明 备注说明 remarks notes note comment comments",
    Column.CHANGE: "变动 changes",
    Column.ANSWER: "回复 酒店答复 酒店回复 状态 确认 确认状态 是否确认 结果 status reply"
    " confirmation confirmed result hotelanswer",
    Column.ROOM_NUMBER: "房间号 房间号码 客房号 房间 roomno number roomnr rmno",
    Column.REASON: "拒绝原因 理由 reasons refusalreason hotelremark 酒店备注",
    Column.STAY: "入住状态 住店情况 住店状态 到店情况 到店状态 staystate staystatus gueststatus",
    Column.RECORD: "记录 recordno 勿改",
}

ANSWERS: dict[Answer, Text] = {
    Answer.ACCEPTED: Text(zh="接受", en="accepted"),
    Answer.REFUSED: Text(zh="拒绝", en="refused"),
}
_ALSO_SAID: dict[Answer, str] = {
    Answer.ACCEPTED: "接受 已接受 确认 已确认 同意 可以 是 好 有房 行 ok okay yes y accept confirm"
    " confirmed √ ✓ ✔ true",
    Answer.REFUSED: "拒绝 已拒绝 不接受 不同意 不可以 不行 否 满房 无房 没房 客满 no n refuse"
    " reject rejected declined full soldout × ✗ ✘ x false",
}
STAYS: dict[ArrivalState, Text] = {
    ArrivalState.CONFIRMED: Text(zh="待入住", en="expected"),
    ArrivalState.IN_HOUSE: Text(zh="已入住", en="in house"),
    ArrivalState.NO_SHOW: Text(zh="未到店", en="no-show"),
    ArrivalState.DEPARTED: Text(zh="已离店", en="departed"),
    ArrivalState.WALKED: Text(zh="已转店", en="walked"),
}
_ALSO_STAYS: dict[ArrivalState, str] = {
    ArrivalState.CONFIRMED: "未入住 待到店 due notyet",
    ArrivalState.IN_HOUSE: "入住 在住 在店 已到店 已办入住 checkedin inhouse arrived ci",
    ArrivalState.NO_SHOW: "没来 没到 noshow didnotarrive ns",
    ArrivalState.DEPARTED: "离店 退房 已退房 checkedout left co",
    ArrivalState.WALKED: "转店 walk senton",
}
_PARTS = re.compile(r"[⺀-鿿]+|[^⺀-鿿]+")
_NOISE = re.compile(r"[\s\W_]+")
_AROUND = "".join((" .,;/()", "!。、"))
_LOOSE = re.compile(r"\s+")


def plain(text: str) -> str:
    """Text as it is compared: full width and half width alike, no case, single spaces."""
    return _LOOSE.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()


def column_of(heading: str) -> Column | None:
    """The column that a heading names, in either language or both; None for any other text."""
    if len(heading) > 80:
        return None
    text = plain(heading)
    for part in (text, *_PARTS.findall(text)):
        key = _key(part)
        if key in _COLUMNS:
            return _COLUMNS[key]
    return None


def answer_of(text: str) -> Answer | None:
    """The answer that a cell gives; None for words that are no answer, or say more than one.

    `接受 accepted` is one answer, `接受,不含早` is none: what else is said has to be read.
    """
    said = plain(text)
    whole = _SAID.get(said.strip(_AROUND).replace(" ", ""))
    if whole is not None:
        return whole
    parts = [one for part in _PARTS.findall(said) if (one := part.strip(_AROUND).replace(" ", ""))]
    found = {_SAID.get(one) for one in parts}
    return found.pop() if len(found) == 1 else None


def stay_of(text: str) -> ArrivalState | None:
    """How a stay stands, as a cell says it; None for words that say it in no way, or in two."""
    said = plain(text)
    parts = [said, *_PARTS.findall(said)]
    found = {_STAYS[key] for part in parts if (key := _key(part)) in _STAYS}
    unknown = [part for part in parts[1:] if (key := _key(part)) and key not in _STAYS]
    known = _key(said) in _STAYS or not unknown
    return found.pop() if len(found) == 1 and known else None


def same(sent: str, came: str) -> bool:
    """Whether text that came back says what was sent: all of it, or its part in one language."""
    ours, theirs = plain(sent), plain(came)
    return theirs == ours or theirs in (one.strip(_AROUND) for one in _PARTS.findall(ours))


def both(text: Text) -> str:
    """Both languages in one cell."""
    return f"{text.zh} {text.en}"


def _columns() -> dict[str, Column]:
    found: dict[str, Column] = {}
    for column, text in HEADINGS.items():
        words = [text.zh, text.en, *_ALSO[column].split()]
        found |= {_key(plain(word)): column for word in words}
    return found


def _key(text: str) -> str:
    """`Room #` and `room no.` are the same heading."""
    return _NOISE.sub("", text.replace("#", "no"))


def _said() -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for answer, text in ANSWERS.items():
        found |= {plain(one): answer for one in (text.zh, text.en, *_ALSO_SAID[answer].split())}
    return found


def _stays() -> dict[str, ArrivalState]:
    return {
        _key(plain(one)): state
        for state, text in STAYS.items()
        for one in (text.zh, text.en, *_ALSO_STAYS[state].split())
    }


_COLUMNS = _columns()
_SAID = _said()
_STAYS = _stays()
