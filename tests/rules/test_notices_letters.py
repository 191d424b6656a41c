"""Letters in words and calendar files, and the contacts of the sample city."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from services.notifications.documents import SeedError, read_contacts
from services.notifications.programme import Programme
from services.notifications.rendering import plain, subject_of
from shared.contracts.notices import NoticeKind
from shared.contracts.values import Text
from tests.rules.notice_case import (
    DAY,
    Office,
    arrangement,
    both,
    coach,
    contact,
    hall,
    meal,
)

SEED = Path(__file__).parents[2] / "deploy" / "seed" / "notifications.yaml"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(f"sqlite:///{tmp_path / 'n.db'}")
    yield office
    office.close()


def by(office: Office, recipient: str) -> list[tuple[str, str]]:
    return [(n.kind.value, n.state.value) for n in office.notices() if n.recipient == recipient]


CHANGE = {
    "en": """desk,

"Eastern delegation" has changed. What follows replaces what you were told before.

Guests: 38 → 58

Changed:
- Wed 18 Aug 2027 19:00–21:00  Dinner
  Time: Wed 18 Aug 2027 18:00–20:00 → Wed 18 Aug 2027 19:00–21:00
  Content: 48 covers → 68 covers

Added:
- Wed 18 Aug 2027 13:00–15:00  Arrival
  58 seats

Cancelled:
- Wed 18 Aug 2027 18:00–20:00  Dinner
  hall for 50

--
Reception desk, visit v
""",
    "zh": """desk（中）：

“Eastern delegation（中）”的安排有变更，此前通知中与下列不符的内容作废。

来宾人数：38 → 58

变更：
· 2027年8月18日（周三） 19:00–21:00　Dinner（中）
  时间：2027年8月18日（周三） 18:00–20:00 → 2027年8月18日（周三） 19:00–21:00
  内容：48 covers（中） → 68 covers（中）

新增：
· 2027年8月18日（周三） 13:00–15:00　Arrival（中）
  58 seats（中）

取消：
· 2027年8月18日（周三） 18:00–20:00　Dinner（中）
  hall for 50（中）

——
接待办值班台　接待编号 v
""",
}


class TestWords:
    nasty = "Visit\r\nBcc: all@example.org\x00\u2028\u202eend\tx"

    @pytest.mark.parametrize("language", ["zh", "en"])
    @pytest.mark.parametrize("kind", list(NoticeKind))
    def test_a_title_cannot_break_out_of_the_subject(self, kind, language) -> None:
        title = Text.model_construct(zh=self.nasty, en=self.nasty)
        about = Programme.model_construct(
            visit="v", sequence=1, title=title, host="h", zone="UTC", cancelled=False, lines=()
        )
        subject = subject_of(kind, about, language)
        assert subject.endswith("Visit Bcc: all@example.org end x")
        assert subject.isprintable()

    def test_a_title_cannot_forge_lines_of_a_letter(self, office: Office) -> None:
        title = Text(zh="x", en="Delegation\n\n- Wed 18 Aug 2027  Free dinner\n{{ 7 * 7 }}")
        office.arrange(arrangement(1, hall(50), title=title))
        text = next(o.letter.text for o in office.send_all() if o.letter.recipient == "hotel")
        assert not [line for line in text.splitlines() if line.startswith("- ") and "Free" in line]
        assert "{{ 7 * 7 }}" in text

    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_a_change_reads_like_this(self, tmp_path: Path, language: str) -> None:
        desk = contact("desk", "desk", language)
        office = Office(f"sqlite:///{tmp_path / 'words.db'}", [desk])
        office.arrange(arrangement(1, meal(48), hall(50)))
        office.send_all()
        office.arrange(arrangement(2, meal(68, hour=11), coach(58), guests=58))
        [one] = office.send_all()
        assert one.letter.text == CHANGE[language]
        office.close()

    def test_plain_keeps_every_script(self) -> None:
        assert plain("鹤城 Žižka 😀\u200d") == "鹤城 Žižka 😀\u200d"

    def test_a_long_title_is_cut(self) -> None:
        long = Programme(visit="v", sequence=1, title=both("x" * 999), host="h", zone="UTC")
        assert len(subject_of(NoticeKind.NEW, long, "en")) == 160


class TestCalendar:
    def entries(self, office: Office) -> list[tuple[str, str, str, int, str]]:
        [letter] = [o.letter for o in office.send_all() if o.letter.recipient == "desk"]
        return [
            (file.method, str(event["uid"]), str(event["status"]), int(event["sequence"]),
             str(event["summary"]))
            for file in letter.files
            for event in Calendar.from_ical(file.text).walk("VEVENT")
        ]  # fmt: skip

    def test_the_uid_stays_and_the_sequence_grows(self, office: Office) -> None:
        office.arrange(arrangement(3, hall(50), meal(48)))
        title = "Eastern delegation · Dinner"
        meal_uid, hall_uid = "v/dinner/meal@redcrown", "v/dinner/hall@redcrown"
        assert self.entries(office) == [
            ("PUBLISH", hall_uid, "CONFIRMED", 3, title),
            ("PUBLISH", meal_uid, "CONFIRMED", 3, title),
        ]
        office.arrange(arrangement(5, hall(80)))
        assert self.entries(office) == [
            ("PUBLISH", hall_uid, "CONFIRMED", 5, title),
            ("CANCEL", meal_uid, "CANCELLED", 5, title),
        ]
        office.arrange(arrangement(7))
        assert self.entries(office) == [("CANCEL", hall_uid, "CANCELLED", 7, title)]

    def test_a_title_cannot_forge_properties(self, office: Office) -> None:
        title = Text(zh="x", en="T\nATTENDEE:mailto:x@example.org\nEND:VEVENT")
        office.arrange(arrangement(1, hall(50), title=title))
        [letter] = [o.letter for o in office.send_all() if o.letter.recipient == "hotel"]
        [event] = Calendar.from_ical(letter.files[0].text).walk("VEVENT")
        assert "ATTENDEE" not in event
        assert event.decoded("dtstart") == DAY + timedelta(hours=10)


class TestSeed:
    def test_the_sample_city_reaches_every_unit(self) -> None:
        contacts = read_contacts(SEED)
        units = {unit for contact in contacts for unit in contact.units}
        assert len({u for u in units if not u.endswith("-kitchen")}) == 23
        assert {"desk", "liaison", "dispatch", "unit", "duty"} == {c.role.value for c in contacts}
        addresses = [way.address for contact in contacts for way in contact.ways]
        assert all(one.endswith("@example.org") for one in addresses)

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("contacts: [{id: a}]", "contacts[0] name"),
            ("people: []", "one section"),
            ("contacts: [{id: a, name: {zh: a, en: a}, role: unit,"
             " ways: [{channel: email, address: \"a\\nb@c\"}]}]", "contacts[0] ways.0"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_named(self, tmp_path: Path, body: str, words: str) -> None:
        path = tmp_path / "notifications.yaml"
        path.write_text(body)
        with pytest.raises(SeedError, match=words.replace("[", r"\[")):
            read_contacts(path)
