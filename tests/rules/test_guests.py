"""Purposes, rows and matches: what is shown to whom, what is refused, who is who."""

from __future__ import annotations

from typing import Any

import pytest

from services.guests.roster import Known, Match, Row, identity_text, match, read_rows
from services.guests.rules import PURPOSES, Allowed, counts, judge, recorded, view
from shared.contracts.guests import Lodging
from shared.contracts.message import Problem
from shared.contracts.roster import FIELDS, REMEDIES, Guest, is_resident_id
from shared.contracts.spec import PartyGroup
from tests.rules.guest_case import row

NAMES = {"family_name", "given_name"}
IDS = {"document_kind", "document_number"}
G1, G2 = "g-01hzzzzzzzzzzzzzzzzzzzzzz1", "g-01hzzzzzzzzzzzzzzzzzzzzzz2"


def guest(**fields: Any) -> Guest:
    return Guest.model_validate(row(**fields))


# ---------------------------------------------------------------- purposes


def test_kitchens_get_table_and_constraint_and_nothing_else() -> None:
    allowed = judge("kitchen", ["unit_liaison"], None, False)
    assert isinstance(allowed, Allowed)
    eats = guest(diets=["halal"], diet_reason="religion", consented_on="2027-08-01", table="t-4")
    assert view(eats, allowed) == {"table": "t-4", "diets": ["halal"]}
    assert view(guest(), allowed) is None, "who eats everything is no business of the kitchen"


def test_hotels_get_what_they_register() -> None:
    allowed = judge("rooming", ["unit_liaison"], None, False)
    assert isinstance(allowed, Allowed)
    seen = view(guest(diets=["halal"], room_group="r-1"), allowed)
    assert seen is not None
    assert seen["document_number"] == "E00000001"
    assert not {"phone", "diets", "diet_reason", "rank"} & seen.keys()


def test_a_hotel_behind_a_link_gets_its_own_guests_and_no_document() -> None:
    where = Lodging(need="stay/rooms", hotel="garden", alone=False)
    allowed = judge("hotel-registration", ["hotel"], None, False, where)
    assert isinstance(allowed, Allowed)
    here = guest(room_need="stay/rooms", hotel="garden", room_group="r-1")
    seen = view(here, allowed)
    assert seen is not None and seen["room_group"] == "r-1"
    assert seen.keys() == {*NAMES, "nationality", "room_group"}
    assert view(guest(room_need="stay/rooms"), allowed) is None, "it may be the other hotel"
    assert view(guest(room_need="stay/late", hotel="garden"), allowed) is None
    assert view(guest(), allowed) is None
    alone = judge("hotel-registration", ["hotel"], None, False,
                  where.model_copy(update={"alone": True}))  # fmt: skip
    assert isinstance(alone, Allowed)
    assert view(guest(room_need="stay/rooms"), alone) is not None
    assert view(guest(room_need="stay/rooms", hotel="other"), alone) is None
    assert view(guest(), alone) is None


@pytest.mark.parametrize("purpose", PURPOSES)
def test_nobody_sees_more_than_the_document_of_their_trade(purpose: str) -> None:
    fields = set(PURPOSES[purpose].fields)
    assert fields <= set(FIELDS)
    if purpose not in ("desk", "guest"):
        assert not {"diet_reason", "consented_on"} & fields
        assert purpose == "rooming" or not IDS & fields
        assert purpose == "transport" or "phone" not in fields
    if purpose == "kitchen":
        assert not NAMES & fields
    if purpose == "transport":
        assert "family_name" not in fields


@pytest.mark.parametrize(
    ("purpose", "role", "fields", "one", "code"),
    [
        ("curiosity", "planner", None, False, "unknown_purpose"),
        ("desk", "unit_liaison", None, False, "role_without_purpose"),
        ("rooming", "auditor", None, False, "role_without_purpose"),
        ("kitchen", "planner", ["table", "family_name"], False, "field_outside_purpose"),
        ("kitchen", "planner", ["no_such"], False, "field_outside_purpose"),
        ("guest", "planner", None, False, "guest_missing"),
        ("hotel-registration", "planner", None, False, "role_without_purpose"),
        ("hotel-registration", "hotel", None, False, "lodging_missing"),
        ("rooming", "hotel", None, False, "role_without_purpose"),
    ],
)
def test_what_is_refused(
    purpose: str, role: str, fields: list[str] | None, one: bool, code: str
) -> None:
    refused = judge(purpose, [role], fields, one)
    assert isinstance(refused, Problem)
    assert refused.code == code
    assert refused.remedy


def test_a_look_may_ask_for_less() -> None:
    assert judge("rooming", ["auditor", "planner"], ["family_name"], False) == Allowed(
        ("family_name",)
    )


def test_the_record_of_a_look_has_only_words_of_ours() -> None:
    assert recorded("Canary", ["Canary"]) == ("unknown", ())
    assert recorded("kitchen", ["Canary", "phone"]) == ("kitchen", ("phone",))


# ---------------------------------------------------------------- rows


def test_errors_name_row_and_field_and_what_would_be_right_but_no_content() -> None:
    bad = [
        row(1),
        row(2, phone="Canary"),
        row(3, diets=["Canary"]),
        row(4, document_kind="resident_id", document_number="11010519491231002Y"),
        row(5, nickname="Canary"),
        {"family_name": "Canary"},
        row(7, document_number="E1", document_kind=None),
        row(8, diet_reason="Canary"),
    ]
    _, problems = read_rows(bad)
    told = {one.path: one for one in problems}
    assert set(told) == {
        "guests[1].phone", "guests[2].diets", "guests[3].document_number", "guests[4].nickname",
        "guests[5].given_name", "guests[6].document_number", "guests[7].diet_reason",
    }  # fmt: skip
    assert all(one.remedy for one in problems)
    assert "+" in told["guests[1].phone"].remedy
    assert "Canary" not in repr(problems)


def test_every_field_has_a_remedy() -> None:
    assert set(REMEDIES) == {*FIELDS, "guest"}


def test_printing_a_guest_shows_no_one() -> None:
    assert "Family" not in f"{guest()!r} {guest()} {[Row(None, guest())]}"


def test_a_reason_is_kept_with_consent_only() -> None:
    """PIPL art. 28, 29: the constraint stands alone otherwise."""
    wish = {"diets": ["halal"], "diet_reason": "religion"}
    [without, with_consent], _ = read_rows(
        [row(1, **wish), row(2, **wish, consented_on="2027-08-01")]
    )
    assert (without.person.diet_reason, without.not_kept) == (None, ("diet_reason",))
    assert without.person.diets == ("halal",)
    assert (with_consent.person.diet_reason, with_consent.not_kept) == ("religion", ())


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("11010519491231002X", True),  # the sample of GB 11643-1999
        ("110105194912310021", False),
        ("1101051949123100", False),
        ("", False),
    ],
)
def test_resident_ids(number: str, right: bool) -> None:
    assert is_resident_id(number) is right


def test_numbers_are_read_as_people_write_them() -> None:
    assert guest(phone="+86 (452) 123-4567").phone == "+864521234567"
    assert guest(document_number="e 0000 0001").document_number == "E00000001"


# ---------------------------------------------------------------- who is who


def known(id_: str, number: int, **fields: Any) -> Known:
    person = guest(number=number, **fields)
    return Known(id_, identity_text(person), number, person)


def matched(rows: list[dict[str, Any]], *some: Known) -> tuple[list[Match], list[Problem]]:
    read, problems = read_rows(rows)
    assert not problems
    return match(read, some, identity_text)


def test_rows_are_known_by_document_and_by_name_without_one() -> None:
    bare = {"document_kind": None, "document_number": None}
    found, _ = matched([row(1, phone=None), row(2, **bare)], known(G1, 1), known(G2, 2, **bare))
    assert [(one.known and one.known.guest, one.outcome) for one in found] == [
        (G1, "changed"), (G2, "unchanged"),
    ]  # fmt: skip


def test_the_id_wins_over_the_document() -> None:
    found, _ = matched([row(7, guest=G1), row(1)], known(G1, 1))
    assert [(one.known and one.known.guest, one.outcome) for one in found] == [
        (G1, "changed"), (None, "added"),
    ]  # fmt: skip


def test_doubles_and_foreign_ids_are_told() -> None:
    rows = [
        row(1),
        row(1, given_name="Other"),
        row(2, guest=G2),
        row(3, guest=G1),
        row(4, guest=G1),
    ]
    _, problems = matched(rows, known(G1, 9))
    assert [(one.code, one.path) for one in problems] == [
        ("doubled_guest", "guests[1].document_number"),
        ("unknown_guest", "guests[2].guest"),
        ("doubled_guest", "guests[4].guest"),
    ]


def test_counts_are_what_a_meal_takes() -> None:
    found = counts([guest(diets=["halal"]), guest(diets=["halal", "low_salt"]), guest()])
    assert found[("guests", "all")] == 3
    assert found[("diet", "halal")] == 2
    assert found[("diet", "low_salt")] == 1


@pytest.mark.parametrize("name", ["zhang-wei", "g-zhang-wei", "Wei", "g-01", "张伟"])
def test_a_visit_spec_takes_no_name_for_a_guest_id(name: str) -> None:
    PartyGroup(category="staff", count=1, guests=(G1,))
    with pytest.raises(ValueError, match="pattern"):
        PartyGroup(category="staff", count=1, guests=(name,))
