"""What is wrong with an input, and what would be right, in Chinese.

Problems are worded in English where they are found, and so stand in the API, in logs and on the
command line. A page puts them into its reader's language here.
Owns: the Chinese of those sentences. Must not: find or reword a problem in English; whoever finds
it does. A sentence that is not here is shown as it is, and marked as English.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PHRASES = (
    # A document as such
    ("byte {a} is not UTF-8", "第 {a} 个字节不是 UTF-8"),
    ("save the file as UTF-8", "请将文件存为 UTF-8"),
    ("a visit spec is a mapping of fields", "团组文件应由若干字段组成"),
    ("begin with {a}", "请以 {a} 开头"),
    ("the document is empty", "文件是空的"),
    ("write a visit spec", "请写入团组文件"),
    ("write a JSON object", "请写一个 JSON 对象"),
    ("something follows the end of the document", "文件结束之后还有内容"),
    ("send one JSON value", "只能有一个 JSON 值"),
    ("this is not JSON: expected {p}, found the end", "不是 JSON：此处应为{p}，但文件已结束"),
    ("this is not JSON: expected {p}, found {a}", "不是 JSON：此处应为{p}，却是 {a}"),
    ("this is not JSON: {a}", "不是 JSON（{a}）"),
    ("write something here", "请在此处填写"),
    ("write {p} here", "请在此处写{p}"),
    ("a value", "一个值"),
    ("a name in double quotes", "双引号中的名称"),
    ("`,` or `]`", " `,` 或 `]` "),
    ("`,` or `}`", " `,` 或 `}` "),
    ("`:`", " `:` "),
    ("mend this text", "请改正这段文字"),
    ("half of a surrogate pair", "有不完整的字符（单个代理项）"),
    ("unprintable character {a}", "含有无法显示的字符 {a}"),
    ("contains the unprintable character {a}; remove it", "含有无法显示的字符 {a}；请删去"),
    ("remove it", "请删去"),
    ("this is not YAML: {a}", "不是 YAML（{a}）"),
    ("check indentation, brackets and quotes near this place", "请检查此处附近的缩进、括号和引号"),
    ("write plain YAML in UTF-8", "请写普通的 YAML，以 UTF-8 保存"),
    ("anchors (&) and aliases (*) are not used here", "此处不用锚点（&）和别名（*）"),
    ("write the text out, or put it in quotes", "请写出全文，或加上引号"),
    ("the tag {a} is not used here", "此处不用标签 {a}"),
    ("leave it out, or put the text in quotes", "请删去，或给文字加上引号"),
    ("a second document begins here", "此处开始了第二份文件"),
    ("send one visit at a time", "一次只能提交一个团组"),
    ("a name of a field must be plain text", "字段名必须是普通文字"),
    ("write `name: value`", "请写成 `名称: 值`"),
    ("the document has {a} bytes; at most {b} are read", "文件有 {a} 字节，最多读取 {b} 字节"),
    ("split the visit, or shorten its notes", "请拆分团组，或缩短备注"),
    ("nested deeper than {a} levels", "嵌套超过 {a} 层"),
    ("a visit needs seven at most", "一个团组最多用七层"),
    ("{a} is given twice; the first is in line {b}", "{a} 出现两次，第一次在第 {b} 行"),
    ("keep one of them", "请只留一个"),
    ("the number is too long", "数字过长"),
    ("quote it, if it is text", "如果是文字，请加引号"),
    # Its fields
    ("the field {a} is missing", "缺少字段 {a}"),
    ("add `{a}: …` here", "请在此处加上 `{a}: …`"),
    ("there is no field {a} here", "此处没有字段 {a}"),
    ("leave it out", "请删去"),
    ("put wishes either all into `details` or all beside `kind`",
     "各项要求要么都写在 `details` 里，要么都与 `kind` 并列"),
    ("did you mean {a}? {p}", "是否想写 {a}？{p}"),
    ("fields here are {a}", "此处的字段有：{a}"),
    ("use one of {a}", "可用的有：{a}"),
    ("write an id: lower-case letters, digits and hyphens, at most 63 of them",
     "请写编号：小写字母、数字和连字符，最多 63 个字符"),
    ("write a currency code such as {a}", "请写货币代码，例如 {a}"),
    ("write a language code such as {a}", "请写语言代码，例如 {a}"),
    ("write an id that the roster gave; names belong there alone",
     "请写名单给出的编号；姓名只能写在名单里"),
    ("write lower-case letters and underscores, at most {a}", "请写小写字母和下划线，最多 {a} 个"),
    ("write plain characters without spaces", "请写普通字符，不含空格"),
    ("write text; put it in quotes if it looks like a number", "请写文字；像数字的要加引号"),
    ("write a whole number, without quotes", "请写整数，不加引号"),
    ("write a whole number", "请写整数"),
    ("write a number", "请写数字"),
    ("write true or false", "请写 true 或 false"),
    ("write a group of fields, indented below it", "请在下面缩进写一组字段"),
    ("write a list: one `- …` line for each entry", "请写列表：每项一行，以 `- …` 开头"),
    ("write {a} or more", "请写 {a} 或更大的数"),
    ("write more than {a}", "请写大于 {a} 的数"),
    ("write {a} or less", "请写 {a} 或更小的数"),
    ("keep at most {a}", "最多保留 {a} 项"),
    ("shorten it to {a} characters", "请缩短到 {a} 个字符"),
        ("add at least one entry", "请至少写一项"),
    ("write a date that exists, for example {a} or {b}", "请写存在的日期，例如 {a} 或 {b}"),
    ("change it so that this holds", "请改到符合这一条"),
    ("write for example {a}", "例如写 {a}"),
    ("{a} is no date or local time", "{a} 不是日期或当地时间"),
    ("{a} is used more than once; first in line {b}", "{a} 用了不止一次，第一次在第 {b} 行"),
    ("give each an id of its own", "请给每项各自的编号"),
    ("the spec is of {a}, the address of {b}", "文件是团组 {a} 的，地址是团组 {b} 的"),
    ("the document is of {a}", "文件是团组 {a} 的"),
    ("write `visit: {a}`, or submit a new visit", "请写 `visit: {a}`，或另交一个新团组"),
    # What the model says
    ("Input should be a valid string", "应为文字"),
    ("Input should be a valid integer, {a}", "应为整数"),
    ("Input should be a valid integer", "应为整数"),
    ("Input should be a valid number, {a}", "应为数字"),
    ("Input should be a valid number", "应为数字"),
    ("Input should be a valid boolean, {a}", "应为 true 或 false"),
    ("Input should be a valid boolean", "应为 true 或 false"),
    ("Input should be a valid dictionary{a}", "应为一组字段"),
    ("Input should be an object", "应为一组字段"),
    ("Input should be a valid tuple", "应为列表"),
    ("Input should be a valid array", "应为列表"),
    ("Input should be a valid list", "应为列表"),
    ("Input should be a valid datetime{a}", "应为日期和时间"),
    ("Input should be a valid date{a}", "应为日期"),
    ("Input should be greater than or equal to {a}", "不能小于 {a}"),
    ("Input should be greater than {a}", "应大于 {a}"),
    ("Input should be less than or equal to {a}", "不能大于 {a}"),
    ("Input should be less than {a}", "应小于 {a}"),
    ("Input should be {a}", "应为 {a} 之一"),
    ("Field required", "必须填写"),
    ("Extra inputs are not permitted", "没有这个字段"),
    ("String should have at least {a} character{b}", "至少要有 {a} 个字符"),
    ("String should have at most {a} character{b}", "最多 {a} 个字符"),
    ("String should match pattern {a}", "格式不对：应符合 {a}"),
    ("{b} should have at least {a} item{c}", "至少要有 {a} 项"),
    ("{b} should have at most {a} item{c}", "最多 {a} 项"),
    ("Value error, {p}", "{p}"),
    ("{a} is more than count {b}", "{a} 超过总人数 {b}"),
    ("{a} is no kind of need; {p}", "{a} 不是需求的种类；{p}"),
    ("ends_at must be later than starts_at", "结束时间（ends_at）必须晚于开始时间（starts_at）"),
    ("programme has no needs; a visit needs at least one", "日程中没有需求；团组至少要有一项"),
    ("{a} needs; at most {b} fit in one visit, so split it",
     "有 {a} 项需求；一个团组最多 {b} 项，请拆分"),
    ("write local time without an offset; time_zone says which zone it is",
     "请写当地时间，不带时差；时区由 time_zone 说明"),
    ("{a} id {b} is used more than once", "编号 {b}（{a}）用了不止一次"),
    ("{a} is not an IANA time zone; {p}", "{a} 不是 IANA 时区；{p}"),
    ("in UTC this is outside of the calendar", "换算为 UTC 后超出日历范围"),
    ("write exactly one of {a}", "以下各项中须写且只写一项：{a}"),
    # What the calendar says
    ("{a} ends in the past", "{a} 已经过去"),
    ("use a later date", "请用更晚的日期"),
    ("{a} is more than three years ahead", "{a} 在三年以后"),
    ("check the year", "请核对年份"),
    ("{a} lasts over {b} days", "{a} 超过 {b} 天"),
    ("split the item", "请拆分这一项"),
    ("split it", "请拆分"),
    ("{a} is not later than starts_at", "{a} 不晚于开始时间（starts_at）"),
    ("swap them", "请对调"),
    ("{a} does not exist in {b}: the clocks go forward", "{a} 在 {b} 不存在：当时时钟拨快"),
    ("{a} lies outside the calendar", "{a} 超出日历范围"),
    ("use {a}", "请用 {a}"),
    # Forms
    ("nothing is different", "没有任何改动"),
    ("the visit has no need {a}", "团组没有需求 {a}"),
    ("{a} is no step of the board", "看板上没有 {a} 这一步"),
    ("write minutes in steps of {a}, at most {b} either way, for example {c}",
     "请写分钟数，以 {a} 为一步，前后最多 {b}，例如 {c}"),
    ("that is outside of the calendar", "超出日历范围"),
    ("move it less far", "请少移一些"),
    ("{a} is no date and time of the visit's clock", "{a} 不是团组当地的日期和时间"),
    ("{a} needs no hall", "{a} 不需要厅室"),
    ("leave the hall out", "请不要写厅室"),
    ("there is no hall {a}", "没有厅室 {a}"),
    ("choose one of the list", "请从列表中选择"),
    ("that is what is wanted already", "现在就是这样安排的"),
    ("choose another time or another hall", "请另选时间或厅室"),
    ("log in from this very site", "请从本站登录"),
    ("say why the visit is cancelled", "请说明为何取消"),
    ("nobody can be recognised", "无法识别账号"),
    ("repeat the request", "请重新发送请求"),
    ("the form cannot be read", "无法读取表单"),
    ("choose one of the times", "请选择其中一个时间"),
    ("the reason cannot be kept", "这个理由无法保存"),
    ("there is no visit {a}", "没有团组 {a}"),
    ("there is no alarm {a}", "没有告警 {a}"),
    # Levers of hotels
    ("this hotel has no link: it answers by hand", "这家酒店没有线路：由人答复"),
    ("this hotel has no link to pause or set aside: its system fetches its orders from us",
     "这家酒店没有可暂停或改走信函的线路：由酒店系统自行取单"),
    ("no answer from {a}", "{a} 没有应答"),
    ("{a} may not do this; its roles: {b}", "{a} 无权这样做；其角色：{b}"),
    ("{a} problems; each says what would be right", "有 {a} 处问题，每处都说明了怎样写才对"),
)  # fmt: skip
"""English and Chinese. `{a}` stands for a value, `{p}` for a sentence of this table. The first that
fits counts."""
_PLACE = re.compile(r"\{([a-z])\}")


@lru_cache(1)
def _table() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each English sentence as a pattern, with the Chinese it stands for."""
    made = []
    for english, chinese in _PHRASES:
        parts = _PLACE.split(english)
        parts[0::2] = map(re.escape, parts[0::2])
        parts[1::2] = (f"(?P<{name}>.*)" for name in parts[1::2])
        made.append((re.compile("".join(parts), re.DOTALL), chinese))
    return tuple(made)


def put(text: str, language: str) -> tuple[str, str]:
    """A sentence about what is wrong in the reader's language, and the language that it is in then:
    `en` where there is no Chinese for it."""
    found = _chinese(text) if language == "zh" else None
    return (text, "en") if found is None else (found, "zh")


def _chinese(text: str) -> str | None:
    for pattern, chinese in _table():
        match = pattern.fullmatch(text)
        if match is None:
            continue
        values = match.groupdict()
        if "p" in values and (inner := _chinese(values["p"])) is not None:
            values["p"] = inner
        parts = _PLACE.split(chinese)
        parts[1::2] = (values[name] for name in parts[1::2])
        return "".join(parts)
    return None
