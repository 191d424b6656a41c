"""Every word is there in both languages, everyone is used, and none is missing."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from services.console.alarm_rules import RULES
from services.console.documents import Kind
from services.console.pages import modules
from services.console.pages.frame import LINKS, SECTIONS
from services.console.pages.hotel import STATUS
from services.console.parked_finding import SERVICES
from services.console.picture import Level, State
from services.console.problems import SORTS
from services.console.words import WORDS
from shared.contracts.hotel_arrivals import ArrivalState, LineOutcome
from shared.contracts.hotel_desk import DeskState, HotelReason
from shared.contracts.hotels import HotelAct, HotelLinkState, OrderState
from shared.contracts.spec import Line
from shared.contracts.visits import Phase, ProposalPhase

CONSOLE = Path(__file__).resolve().parents[2] / "services" / "console"
LITERAL = re.compile(r"""["']([a-z_]+\.[a-z0-9_]+)["']""")
SPOKEN = re.compile(r"""\bt\(\s*["']([a-z_.0-9]+)["']\s*[,)]""")
PREFIX = re.compile(r"""\bt\(\s*["']([a-z_]+\.)["']\s*~""")
"""`t('need.' ~ state)`: any word that begins so may be said."""
SAID = re.compile(r"""\bsaid=["']([a-z_]+)["']""")
CHINESE = re.compile("[\u4e00-\u9fff]")
GROWING = {"need.", "verdict.", "change.", "notice.", "history.", "weekday.", "figure.", "lane.",
           "rule.", "notice_state.", "feeds.", "unit_field."}  # fmt: skip
"""Groups of words that are chosen by a value."""
FINDING = re.compile(r"""\b(?:found|told)\(\s*["']([a-z_]+)["']""")
SAME = {"frame.other"}
"""Names the other language in that language."""


def texts() -> list[str]:
    found = [
        path.read_text()
        for path in sorted(CONSOLE.rglob("*"))
        if path.suffix in (".py", ".html") and "words" not in path.relative_to(CONSOLE).parts
    ]
    assert len(found) > 20
    return found


def used() -> set[str]:
    modules()  # Pages register their links and topics.
    found = {key for text in texts() for key in LITERAL.findall(text)}
    found |= {f"said.{name}" for text in texts() for name in SAID.findall(text)}
    found |= {f"phase.{one}" for one in Phase} | {f"line.{one}" for one in Line}
    found |= {f"proposal.{one}" for one in ProposalPhase}
    found |= {f"finding.{code}" for text in texts() for code in FINDING.findall(text)}
    found |= {f"finding.{one}" for one in (State.SILENT, State.LEFT, "clock_behind", "clock_ahead")}
    found |= {f"service.{one}" for one in State} | {f"level.{one}" for one in Level}
    found |= {f"harm.{one}" for one in SERVICES} | {f"alarm.{one.name}" for one in RULES}
    found |= {f"outcome.{one}" for one in ("accepted", "conflict", "invalid", "missing")}
    found |= {f"flow.{one}" for one in ("idle", "working", "waiting", "paused", "away")}
    found |= {f"now.verdict_{one}" for one in ("one", "many")}
    found |= {f"hotel.state_{one}" for one in (*DeskState, "firm")}
    found |= {f"hotel.reason_{one}" for one in HotelReason} | {f"hotel.{one}" for one in STATUS}
    found |= {f"arrivals.{one}" for one in LineOutcome}
    found |= {f"arrivals.{sort}_{one}" for one in ArrivalState for sort in ("state", "to")}
    found |= {f"hotel_link.{one}" for one in HotelLinkState}
    found |= {f"order_state.{one}" for one in OrderState}
    found |= {f"bus.is_{one}" for one in ("away", "none", "sending", "done")}
    found |= {f"hotel_act.{one}" for one in HotelAct}
    found |= {"hotel.sheet_accepted", "hotel.sheet_refused"}
    found |= {f"doc.{one}" for one in Kind}
    found |= {f"{one.name}.nav" for one in LINKS} | {f"frame.{one}" for one in SECTIONS}
    begun = {prefix for text in texts() for prefix in PREFIX.findall(text)}
    found |= {key for key in WORDS if key.startswith(tuple(begun & GROWING))}
    found |= {f"error.{sort}" for sort in SORTS if f"error.{sort}" in WORDS}  # Else its status.
    return found | {f"error.{one.status}" for one in SORTS.values()}


def test_no_word_is_there_for_nothing() -> None:
    assert sorted(WORDS.keys() - used()) == []


def test_no_word_is_missing() -> None:
    spoken = {key for text in texts() for key in SPOKEN.findall(text)}
    assert len(spoken) > 30
    assert sorted(key for key in spoken if key not in WORDS) == []
    states = {f"phase.{one}" for one in Phase} | {f"proposal.{one}" for one in ProposalPhase}
    assert states | {f"line.{one}" for one in Line} <= WORDS.keys()


@pytest.mark.parametrize("key", sorted(WORDS))
def test_both_languages_say_the_same(key: str) -> None:
    word = WORDS[key]
    assert word.zh.strip() == word.zh and word.en.strip() == word.en

    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

    assert places(word.zh) == places(word.en)
    if key not in SAME and not word.zh.startswith("{"):
        assert CHINESE.search(word.zh) and not CHINESE.search(word.en)
