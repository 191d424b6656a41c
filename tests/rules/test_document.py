"""The planner's document: where an error is, what is wrong, what would be right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.console.document import read_spec
from services.console.tree import MAX_BYTES, path_steps, path_text
from shared.contracts.message import Problem

SAMPLES = sorted((Path(__file__).parents[2] / "deploy" / "seed" / "visits").glob("*.yaml"))
GOOD = """\
visit: expo-1
line: business
title: {zh: 客商团, en: Merchants}
host: 市接待办
purpose: 洽谈
party:
  - {category: merchant, count: 38, foreign: 3}
letter: {number: "31", unit: 市商务局, dated: 2027-08-05}
programme:
  - id: stay
    title: {zh: 住宿, en: Lodging}
    starts_at: 2027-08-18T14:00
    ends_at: 2027-08-20 12:00:00
    needs:
      - {id: rooms, kind: room, singles: 12, sharing_pairs: 13, split: true}
  - id: dinner
    title: {zh: 晚宴, en: Dinner}
    starts_at: 2027-08-18T18:00
    ends_at: 2027-08-18T20:00
    needs:
      - id: meal
        kind: meal
        details: {style: buffet, covers: 48}
"""


def first(text: str, form: Any = "yaml") -> Problem:
    found = read_spec(text, form)
    assert found.spec is None
    return found.problems[0]


def test_unquoted_dates_are_local_times() -> None:
    spec = read_spec(GOOD, "yaml").spec
    assert spec is not None and spec.letter is not None
    assert spec.programme[0].starts_at.isoformat() == "2027-08-18T14:00:00"
    assert spec.programme[0].ends_at.isoformat() == "2027-08-20T12:00:00"
    assert spec.letter.dated.isoformat() == "2027-08-05"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_read_alike_in_both_forms(path: Path) -> None:
    text = path.read_text("utf-8")
    from_yaml = read_spec(text, "yaml")
    assert from_yaml.problems == ()
    as_json = json.dumps(yaml.safe_load(text), default=str, indent="\t")
    assert read_spec(as_json, "json").spec == from_yaml.spec


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "path", "code", "remedy"),
    [
        ("host:", "hosst:", 4, 1, "hosst", "extra_forbidden", "did you mean 'host'"),
        ("host: 市接待办\n", "", 1, 1, "host", "missing", "add `host: …`"),
        ("business", "busines", 2, 7, "line", "enum", "did you mean 'business'"),
        ("expo-1", "Expo 1", 1, 8, "visit", "string_pattern_mismatch", "lower-case"),
        ("count: 38", "count: '38'", 7, 33, "party[0].count", "int_type", "without quotes"),
        ("count: 38", "count: 0", 7, 33, "party[0].count", "greater_than_equal", "1 or more"),
        ("foreign: 3", "foreign: 39", 7, 46, "party[0].foreign", "value_error", ""),
        ("2027-08-05", "20270805", 8, 43, "letter.dated", "bad_date", "2027-08-05"),
        ('"31"', "31", 8, 18, "letter.number", "string_type", "quotes"),
        ("18T14:00", "18T14:00+08:00", 12, 16, "programme[0].starts_at", "value_error", ""),
        ("20 12:00:00", "31 25:00:00", 13, 14, "programme[0].ends_at",
         "datetime_from_date_parsing", "a date that exists"),
        ("18T20:00", "18T17:00", 19, 14, "programme[1].ends_at", "value_error", ""),
        ("singles", "singels", 15, 33, "programme[0].needs[0].singels", "extra_forbidden",
         "did you mean 'singles'"),
        ("kind: room", "kind: rooom", 15, 27, "programme[0].needs[0].kind", "value_error",
         "did you mean 'room'"),
        ("style: buffet", "style: bufet", 23, 26, "programme[1].needs[0].details.style", "enum",
         "did you mean 'buffet'"),
        ("style: buffet, ", "", 23, 18, "programme[1].needs[0].details.style", "missing",
         "add `style"),
        ("id: dinner", "id: stay", 16, 9, "programme[1].id", "doubled_id", "an id of its own"),
        ("title: {zh: 客商团", "title: {zh: 5", 3, 13, "title.zh", "string_type", "quotes"),
        ("host:", "'[key]':", 4, 1, "[key]", "extra_forbidden", "fields here are visit"),
        ("singles:", "'[key]':", 15, 33, "programme[0].needs[0].[key]", "extra_forbidden",
         "fields here are id"),
        ("style: buffet", "diets: {'[key]': 1}, style: buffet", 23, 27,
         "programme[1].needs[0].details.diets.[key]", "string_pattern_mismatch", "lower-case"),
        ("split: true", "split: 客", 15, 72, "programme[0].needs[0].split", "bool_parsing",
         "true or false"),
    ],
)  # fmt: skip
def test_an_error_names_its_place(
    old: str, new: str, line: int, column: int, path: str, code: str, remedy: str
) -> None:
    assert GOOD.count(old) >= 1
    found = read_spec(GOOD.replace(old, new, 1), "yaml").problems
    named = [(one.line, one.column, one.path) for one in found]
    assert (line, column, path) in named
    told = next(one for one in found if one.path == path)
    assert told.message and told.remedy
    assert remedy in told.remedy
    if code != "datetime_from_date_parsing":
        assert told.code == code
    assert len(found) == 1 or code == "extra_forbidden"


def test_a_json_error_names_its_place() -> None:
    spec = read_spec(GOOD, "yaml").spec
    assert spec is not None
    text = json.dumps(spec.model_dump(mode="json", exclude_none=True), indent=2)
    text = text.replace('"singles": 12', '"singles": "zwölf"')
    line = next(n for n, row in enumerate(text.split("\n"), 1) if "zwölf" in row or "zw\\u" in row)
    told = first(text, "json")
    column = text.split("\n")[line - 1].index(': "') + 3
    assert (told.line, told.column) == (line, column)
    assert told.path == "programme[0].needs[0].details.singles"


@pytest.mark.parametrize(
    ("text", "form", "code", "line", "column"),
    [
        ("", "yaml", "empty", 1, 1),
        ("", "json", "empty", 1, 1),
        ("[]", "yaml", "not_a_mapping", 1, 1),
        ("a: &x 1", "yaml", "alias", 1, 4),
        ("a: 1\nb: *x", "yaml", "alias", 2, 4),
        ("a: !!python/name:os.system x", "yaml", "tag", 1, 4),
        ("a: 1\na: 2", "yaml", "duplicate_key", 2, 1),
        ('{"a": 1,\n "a": 2}', "json", "duplicate_key", 2, 2),
        ("a: [1,\n  }", "yaml", "bad_yaml", 2, 3),
        ('{"a": 1,}', "json", "bad_json", 1, 9),
        ('{"a": NaN}', "json", "bad_json", 1, 7),
        ('{"a": 1} x', "json", "bad_json", 1, 10),
        ('{"a": "\\ud800"}', "json", "unprintable", 1, 7),
        ("a: 1\n---\nb: 2", "yaml", "two_documents", 3, 1),
        ("? [a]\n: b", "yaml", "bad_key", 1, 3),
        ("[" * 10_000, "yaml", "too_deep", 1, 21),
        ("[" * 100_000, "json", "too_deep", 1, 21),
        ("a: x\x00y", "yaml", "unprintable", 1, 5),
        ("visit: " + "9" * 5_000, "yaml", "number_too_long", 1, 8),
        ("#" * (MAX_BYTES + 1), "yaml", "too_large", None, None),
    ],
)
def test_unreadable_text(
    text: str, form: Any, code: str, line: int | None, column: int | None
) -> None:
    told = first(text, form)
    assert (told.code, told.line, told.column) == (code, line, column)
    assert told.remedy


@pytest.mark.parametrize("many", [401, 5_000])
def test_too_many_needs(many: int) -> None:
    meal = "      - id: meal\n        kind: meal\n        details: {style: buffet, covers: 48}\n"
    needs = "".join(f"      - {{id: r{n}, kind: room, singles: 1}}\n" for n in range(many))
    told = first(GOOD.replace(meal, needs))
    assert told.path == "programme[1].needs"
    assert "400" in told.message + told.remedy
    assert (told.line, told.column) == (21, 7)


def test_bytes_that_are_no_utf8() -> None:
    found = read_spec(b"visit: \xff", "yaml")
    assert found.problems[0].code == "not_utf8" and "byte 8" in found.problems[0].message


def test_words_that_yaml_used_to_bend_stay_text() -> None:
    """`no`, `18:00` and `0x1f` are text: only their field says what they mean."""
    spec = read_spec(GOOD.replace("市接待办", "no").replace("洽谈", "18:00"), "yaml").spec
    assert spec is not None
    assert (spec.host, spec.purpose) == ("no", "18:00")


def test_many_errors_come_in_the_order_of_the_file_and_bounded() -> None:
    rows = "".join(f"  - {{category: staff, count: {-n}}}\n" for n in range(90))
    text = GOOD.replace("party:\n", f"party:\n{rows}")
    found = read_spec(text, "yaml").problems
    assert len(found) == 50
    assert [one.line for one in found] == sorted(one.line or 0 for one in found)


def test_an_owners_problem_gets_its_place() -> None:
    document = read_spec(GOOD, "yaml")
    told = Problem(code="too_many", path="programme[0].needs[0].singles", message="too many")
    assert document.locate(told).line == 15
    told = Problem(code="x", path="programme[0].needs[0].details.singles", message="too many")
    assert (document.locate(told).line, document.locate(told).column) == (15, 42)


def test_paths_read_back() -> None:
    path = ("programme", 2, "needs", 0, "covers")
    assert path_steps(path_text(path)) == path
