"""Numbers as pages say them, and drawings that fit where they stand."""

from __future__ import annotations

import pytest

from services.console.alarm_rules import RULES
from services.console.pages.visit_trace import LEFT, MOST_WIDE, lane_width
from services.console.templating import bound
from services.console.tracing import LANES
from services.console.words import LANGUAGES, WORDS, speaker


@pytest.mark.parametrize(
    ("limit", "unit", "en", "zh"),
    [
        (60.0, "s", "1 min", "1 分钟"),
        (15.0, "s", "15 s", "15 秒"),
        (0.5, "s", "500 ms", "500 ms"),
        (0.02, "share", "2 %", "2 %"),
        (0.7, "share", "70 %", "70 %"),
        (3.0, "", "3", "3"),
    ],
)
def test_a_limit_is_said_as_people_say_it(limit: float, unit: str, en: str, zh: str) -> None:
    assert (bound(limit, unit, "en"), bound(limit, unit, "zh")) == (en, zh)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_rule_tells_a_bare_number(language: str) -> None:
    """A rule whose sentence tells its limit says of what the limit is."""
    for rule in RULES:
        plain, told = (
            speaker(language)(f"rule.{rule.name}", limit=limit)
            for limit in ("", bound(rule.limit, rule.unit, language))
        )
        assert (plain == told) is (rule.unit == ""), rule.name
        assert "60.0" not in told and "0.0" not in told


def test_every_lane_of_a_trace_has_a_name_in_both_languages() -> None:
    """Without a word it would be shown by its own name, which is English in every language."""
    for lane in LANES:
        assert f"lane.{lane}" in WORDS, lane
        assert not speaker("zh")(f"lane.{lane}").isascii()


def test_all_lanes_of_a_trace_are_seen_at_once() -> None:
    assert len(LANES) >= 8
    for many in range(1, len(LANES) + 1):
        assert 2 * LEFT + (many - 1) * lane_width(many) <= MOST_WIDE
    assert lane_width(2) == lane_width(3) == 150 and lane_width(40) == 96
