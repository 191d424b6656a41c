"""What is wrong with an input, in Chinese: every sentence that a bad document gets has one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from services.console import phrases
from services.console.document import read_spec
from services.console.pages.forms import by_field
from services.console.templating import wrong
from services.visits.expand import problems_of
from shared.contracts.message import Problem
from tests.rules.test_document import GOOD

BAD = (
    ("host:", "hosst:"), ("host: 市接待办\n", ""), ("business", "busines"), ("expo-1", "Expo 1"),
    ("count: 38", "count: '38'"), ("count: 38", "count: 0"), ("count: 38", "count: 3.5"),
    ("foreign: 3", "foreign: 39"), ("2027-08-05", "20270805"), ('"31"', "31"), ('"31"', '""'),
    ("18T14:00", "18T14:00+08:00"), ("20 12:00:00", "31 25:00:00"), ("18T20:00", "18T17:00"),
    ("singles", "singels"), ("kind: room", "kind: rooom"), ("style: buffet", "style: bufet"),
    ("style: buffet, ", ""), ("id: dinner", "id: stay"), ("title: {zh: 客商团", "title: {zh: 5"),
    ("split: true", "split: 客"), ("{category: merchant, count: 38, foreign: 3}", "客"),
    ("details: {style: buffet, covers: 48}", "details: 5"), ("市接待办", "客" * 900),
    ("details: {style: buffet, covers: 48}", "style: buffet\n        details: {covers: 48}"),
    ("party:\n  - {category: merchant, count: 38, foreign: 3}", "party: []"),
    ("line: business", "line: business\ntime_zone: Asia/Nowhere"),
    ("line: business", "line: business\nbudget: {amount: -1, currency: yuan}"),
    ("covers: 48", "covers: 48, tables: x"), ("visit:", "visit: &x"),
    (GOOD, "a: *x"), (GOOD, "a: !!x y"), (GOOD, "a: 1\na: 2"), (GOOD, "a: [1,\n  }"), (GOOD, ""),
    (GOOD, "a: 1\n---\nb: 2"), (GOOD, "? [a]\n: b"), (GOOD, "[" * 30), (GOOD, "a: x\x00y"),
    (GOOD, "a: " + "9" * 50), (GOOD, "#" * 300_000), (GOOD, "[]"),
)  # fmt: skip
BAD_JSON = ("", '{"a": 1,}', '{"a" 1}', '{"a": NaN}', '{"a": 1} x', '{"a": "\\ud800"}', "[1", '["')


def told(problems: tuple[Problem, ...] | list[Problem]) -> list[str]:
    assert problems
    return [text for one in problems for text in (one.message, one.remedy) if text]


def english(text: str) -> str:
    """What is left of a sentence in Chinese without names, values and what is quoted."""
    return " ".join(re.findall(r"(?<![\w`'\"])[a-z]+(?: [a-z]+){3,}", text))


@pytest.mark.parametrize(("old", "new"), BAD)
def test_a_bad_document_is_told_in_chinese(old: str, new: str) -> None:
    assert old in GOOD
    for text in told(read_spec(GOOD.replace(old, new, 1), "yaml").problems):
        said, language = phrases.put(text, "zh")
        assert language == "zh" and re.search("[一-鿿]", said), text
        assert not english(said) or "YAML" in said, said


@pytest.mark.parametrize("text", BAD_JSON)
def test_bad_json_is_told_in_chinese(text: str) -> None:
    assert {phrases.put(one, "zh")[1] for one in told(read_spec(text, "json").problems)} == {"zh"}


@pytest.mark.parametrize(
    ("old", "new", "now"),
    [("", "", datetime(2030, 1, 1, tzinfo=UTC)), ("", "", datetime(2020, 1, 1, tzinfo=UTC)),
     ("2027-08-20 12", "2027-12-20 12", datetime(2027, 8, 1, tzinfo=UTC)),
     ("host:", "time_zone: Europe/Berlin\nhost:", datetime(2027, 3, 1, tzinfo=UTC)),
     ("kind: meal", "kind: meal\n        ends_at: 2027-08-18T17:00",
      datetime(2027, 8, 1, tzinfo=UTC))],
)  # fmt: skip
def test_what_the_calendar_says_is_told_in_chinese(old: str, new: str, now: datetime) -> None:
    document = GOOD.replace(old, new, 1) if old else GOOD
    if "Berlin" in new:  # The clocks go forward at two in the morning of that day.
        document = document.replace("2027-08-18T18:00", "2027-03-28T02:30")
    spec = read_spec(document, "yaml").spec
    assert spec is not None
    for text in told(problems_of(spec, None, now)):
        assert phrases.put(text, "zh")[1] == "zh", text


def test_values_stay_and_nothing_is_said_twice() -> None:
    said = phrases.put("did you mean 'host'? fields here are visit, line", "zh")
    assert said == ("是否想写 'host'？此处的字段有：visit, line", "zh")
    assert phrases.put("the field 'host' is missing", "en") == ("the field 'host' is missing", "en")
    assert phrases.put("nobody has worded this", "zh") == ("nobody has worded this", "en")
    first = [one for one, _ in phrases._PHRASES]
    assert len(set(first)) == len(first)
    for english_one, chinese in phrases._PHRASES:
        places = set(re.findall(r"\{[a-z]\}", chinese))
        assert places <= set(re.findall(r"\{[a-z]\}", english_one)), english_one


def test_what_has_no_chinese_is_marked_and_markup_in_values_is_not_trusted() -> None:
    assert wrong("no <b> here", "zh") == '<span lang="en">no &lt;b&gt; here</span>'
    assert wrong("there is no hall '<b>'", "zh") == "没有厅室 &#39;&lt;b&gt;&#39;"
    some = (Problem(code="x", path="a", message="no <b>", remedy="remove it"),) * 2
    found: Any = by_field(some, "zh")["a"]
    assert found == " · ".join(['<span lang="en">no &lt;b&gt;</span>; 请删去'] * 2)
