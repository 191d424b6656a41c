"""Who is told what: parts, changes, superseding, questions, reminders, words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.notifications.programme import Programme, alike
from services.notifications.rules import compare, part_of
from shared.contracts.holds import HoldState
from tests.rules.notice_case import (
    DESK,
    DISPATCH,
    HOTEL,
    KITCHEN,
    NOW,
    OTHER,
    Office,
    arrangement,
    asked,
    both,
    coach,
    hall,
    meal,
    rooms,
)

SEED = Path(__file__).parents[2] / "deploy" / "seed" / "notifications.yaml"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(f"sqlite:///{tmp_path / 'n.db'}")
    yield office
    office.close()


def by(office: Office, recipient: str) -> list[tuple[str, str]]:
    return [(n.kind.value, n.state.value) for n in office.notices() if n.recipient == recipient]


class TestParts:
    event = arrangement(1, rooms(hotel=25), hall(50), meal(48), coach(38))

    @pytest.mark.parametrize(
        ("contact", "needs"),
        [
            (DESK, ["arrival/coach", "stay/rooms", "dinner/hall", "dinner/meal"]),
            (HOTEL, ["stay/rooms", "dinner/hall"]),
            (KITCHEN, ["dinner/meal"]),
            (DISPATCH, ["arrival/coach"]),
            (OTHER, []),
        ],
    )
    def test_each_is_told_its_part_in_order_of_time(self, contact, needs) -> None:
        assert [line.need for line in part_of(self.event, contact).lines] == needs

    def test_a_hotel_is_told_its_own_rooms_only(self) -> None:
        event = arrangement(1, rooms(hotel=31, other=8))
        assert "31 rooms" in part_of(event, HOTEL).lines[0].what.en
        assert "客房8间" in part_of(event, OTHER).lines[0].what.zh
        assert "8 ×" not in part_of(event, HOTEL).lines[0].what.en

    def test_the_other_hotels_rooms_are_no_change_for_this_one(self) -> None:
        told = part_of(arrangement(1, rooms(hotel=31)), HOTEL)
        assert compare(told, part_of(arrangement(2, rooms(hotel=31, other=8)), HOTEL)) is None

    def test_a_count_of_guests_is_news_to_the_desk_only(self) -> None:
        before, after = arrangement(1, hall(50)), arrangement(2, hall(50), guests=58)
        assert compare(part_of(before, HOTEL), part_of(after, HOTEL)) is None
        change = compare(part_of(before, DESK), part_of(after, DESK))
        assert change is not None
        assert [(f.name, f.before.en, f.after.en) for f in change.facts] == [("guests", "38", "58")]

    def test_nothing_told_and_no_lines_are_the_same(self) -> None:
        empty = Programme(visit="v", sequence=3, title=both("x"), host="h", zone="UTC")
        assert alike(None, empty)
        assert not alike(empty, part_of(self.event, DESK))


class TestChanges:
    def test_new_then_old_to_new_then_cancelled(self, office: Office) -> None:
        office.arrange(arrangement(1, hall(50), meal(48)))
        first = {one.letter.recipient: one.letter for one in office.send_all()}
        assert set(first) == {"desk", "hotel", "kitchen"}
        assert "hall for 50" in first["hotel"].text
        office.arrange(arrangement(2, hall(80), meal(48)))
        second = {one.letter.recipient: one.letter for one in office.send_all()}
        assert set(second) == {"desk", "hotel"}
        assert "Content: hall for 50 → hall for 80" in second["hotel"].text
        assert "Unchanged: 1." in second["desk"].text
        office.arrange(arrangement(3))
        third = {one.letter.recipient: one.letter for one in office.send_all()}
        assert third["hotel"].subject == "Visit cancelled: Eastern delegation"
        assert "hall for 80" in third["hotel"].text
        assert {letter.kind for letter in third.values()} == {"cancelled"}

    def test_a_new_time_is_told_in_the_sites_zone(self, office: Office) -> None:
        office.arrange(arrangement(1, hall(50, hour=10)))
        office.send_all()
        office.arrange(arrangement(2, hall(50, hour=11)))
        texts = {one.letter.recipient: one.letter.text for one in office.send_all()}
        moved = "Wed 18 Aug 2027 18:00–20:00 → Wed 18 Aug 2027 19:00–21:00"
        assert f"Time: {moved}" in texts["hotel"]

    def test_who_is_no_longer_needed_is_told(self, office: Office) -> None:
        office.arrange(arrangement(1, hall(50, "hotel")))
        office.send_all()
        office.arrange(arrangement(2, hall(50, "other")))
        letters = {one.letter.recipient: one.letter for one in office.send_all()}
        assert (letters["hotel"].kind, letters["other"].kind) == ("cancelled", "new")
        assert "no longer involves you" in letters["hotel"].text
        assert letters["other"].subject == "接待安排：Eastern delegation（中）"

    def test_two_channels_are_two_notices(self, office: Office) -> None:
        office.arrange(arrangement(1, meal(48)))
        sent = office.send_all()
        ways = [(one.letter.recipient, one.channel) for one in sent]
        assert sorted(ways) == [("desk", "email"), ("kitchen", "email"), ("kitchen", "webhook")]

    def test_an_older_arrangement_that_comes_late_changes_nothing(self, office: Office) -> None:
        office.arrange(arrangement(2, hall(80)))
        office.send_all()
        office.arrange(arrangement(1, hall(50)))
        assert office.send_all() == []


class TestSuperseding:
    def test_grace_lets_a_newer_one_take_the_place(self, office: Office) -> None:
        office.arrange(arrangement(1, hall(50)))
        assert office.claim().letters == ()
        office.arrange(arrangement(2, hall(80)))
        [letter] = [one.letter for one in office.send_all() if one.letter.recipient == "hotel"]
        assert letter.kind == "new"
        assert "80" in letter.text and "50" not in letter.text
        assert by(office, "hotel") == [("new", "withheld"), ("new", "sent")]
        older, newer = (n for n in office.notices() if n.recipient == "hotel")
        assert older.superseded_by == newer.notice

    def test_back_to_what_was_told_says_nothing(self, office: Office) -> None:
        office.arrange(arrangement(1, hall(50)))
        office.send_all()
        office.arrange(arrangement(2, hall(80)))
        office.arrange(arrangement(3, hall(50)))
        assert office.send_all() == []
        assert by(office, "hotel") == [("new", "sent"), ("changed", "withheld")]

    def test_booked_and_cancelled_within_the_grace_says_nothing(self, office: Office) -> None:
        office.arrange(arrangement(1, hall(50)), arrangement(2))
        assert office.send_all() == []

    def test_what_is_on_its_way_is_waited_for(self, office: Office) -> None:
        office.arrange(arrangement(1, hall(50)))
        office.later(2)
        leaving = [one for one in office.claim().letters if one.letter.recipient == "hotel"]
        office.arrange(arrangement(2, hall(80)))
        office.later(2)
        assert not [o for o in office.claim().letters if o.letter.recipient == "hotel"]
        office.sent(leaving[0])
        [letter] = [o.letter for o in office.claim().letters if o.letter.recipient == "hotel"]
        assert "hall for 50 → hall for 80" in letter.text

    def test_what_failed_was_not_told(self, office: Office) -> None:
        office.arrange(arrangement(1, hall(50)))
        office.later(2)
        for one in office.claim().letters:
            office.unsent(one, final=True)
        office.arrange(arrangement(2, hall(80)))
        letters = {one.letter.recipient: one.letter for one in office.send_all()}
        assert letters["hotel"].kind == "new"
        assert by(office, "hotel") == [("new", "failed"), ("new", "sent")]

    def test_a_failing_letter_makes_way_for_a_newer_arrangement_at_once(self, office) -> None:
        office.arrange(arrangement(1, hall(50)))
        office.later(2)
        leaving = office.claim().letters
        office.arrange(arrangement(2, hall(80)))
        for one in leaving:
            office.unsent(one)
        letters = {one.letter.recipient: one.letter for one in office.send_all()}
        assert letters["hotel"].kind == "new" and "80" in letters["hotel"].text

    def test_a_second_truth_under_one_act_is_still_told(self, office: Office) -> None:
        office.arrange(arrangement(1, hall(50)))
        office.send_all()
        office.arrange(arrangement(2, hall(80), cause="act-1"))
        assert {one.letter.recipient for one in office.send_all()} == {"desk", "hotel"}


class TestQuestions:
    def test_the_kitchen_is_asked_until_when(self, office: Office) -> None:
        office.consent(asked())
        letters = [one.letter for one in office.send_all()]
        assert {letter.recipient for letter in letters} == {"kitchen"}
        assert "58 instead of 38?" in letters[0].text
        assert "by Tue 10 Aug 2027 09:00" in letters[0].text
        assert letters[0].files == ()

    def test_closed_before_it_was_sent_it_is_never_asked(self, office: Office) -> None:
        office.consent(asked())
        office.consent(asked(HoldState.RELEASED, open_=False))
        assert office.send_all() == []

    def test_closed_before_it_was_heard_of_it_is_never_asked(self, office: Office) -> None:
        office.consent(asked(HoldState.RELEASED, open_=False))
        office.consent(asked())
        assert office.send_all() == []

    @pytest.mark.parametrize(
        ("state", "code", "words"),
        [
            (HoldState.HELD, "", "You agreed"),
            (HoldState.REFUSED, "consent_refused", "You declined"),
            (HoldState.REFUSED, "consent_silent", "No answer came in time"),
            (HoldState.RELEASED, "", "no longer needed"),
        ],
    )
    def test_its_end_is_told_once(self, office: Office, state, code, words) -> None:
        office.consent(asked())
        office.send_all()
        for _ in range(2):
            office.consent(asked(state, open_=False, code=code, cause="act-10"))
        letters = [one.letter for one in office.send_all()]
        assert len(letters) == 2, "one per channel"
        assert all(words in letter.text for letter in letters)

    def test_the_end_of_a_question_that_failed_is_not_told(self, office: Office) -> None:
        office.consent(asked())
        office.later(2)
        leaving = office.claim().letters
        office.consent(asked(HoldState.HELD, open_=False))
        for one in leaving:
            office.unsent(one, final=True)
        assert office.send_all() == []

    def test_a_question_whose_time_is_over_is_not_asked(self, office: Office) -> None:
        office.consent(asked(answer_by=NOW + timedelta(seconds=1)))
        assert office.send_all() == []
        assert {n.state.value for n in office.notices()} == {"withheld"}

    def test_question_and_arrangement_of_one_act_are_both_told(self, office: Office) -> None:
        office.consent(asked(cause="act-1"))
        office.arrange(arrangement(1, meal(58)))
        kinds = [o.letter.kind for o in office.send_all() if o.letter.recipient == "kitchen"]
        assert sorted(kinds) == ["new", "new", "question", "question"]
