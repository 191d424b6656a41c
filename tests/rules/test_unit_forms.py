"""What the forms of a unit's page come to: amounts, parts, and a description's differences."""

from __future__ import annotations

from typing import Any

import pytest

from services.console.pages.unit import _form_of
from services.console.unit_dossier import differences_of, fields_of, given_fields, of_paths
from services.console.unit_forms import change_of, given, numbers_of, prices_of
from services.venues.documents import Hall
from shared.contracts.changes import UnitChange
from shared.contracts.inventory import UnitView
from tests.rules.venue_case import hall_doc

ZONE = "Asia/Shanghai"
GATE, LIFT = {"zh": "大门", "en": "Gate"}, {"zh": "电梯", "en": "Lift"}


def view(**fields: Any) -> UnitView:
    hall = Hall.model_validate(hall_doc("h", **fields))
    dossier = hall.dossier.model_copy(update={"facilities": (GATE, LIFT)})
    document = hall.model_copy(update={"dossier": dossier}).model_dump(mode="json")
    return UnitView(
        unit="h", kind="halls", name=hall.name, document=document, revision=1,
        may_change=tuple(Hall.may_change), priced=Hall.priced, retires=True,
        described=tuple(sorted(Hall.described)),
    )  # fmt: skip


def said(**told: str) -> UnitChange:
    found = change_of(given(told), view(), ZONE)
    assert isinstance(found, UnitChange), found
    return found


def sent(**changed: str) -> dict[str, str]:
    """The whole form as a browser sends it, some of it typed over."""
    told = {"act": "describe"}
    for field in fields_of(view(), {}, {}):
        for tongue, text in field.inputs.items():
            told[f"{field.name}.{tongue}" if tongue else field.name] = text.replace("\n", "\r\n")
    return told | {f"d.{name}": text for name, text in changed.items()}


@pytest.mark.parametrize(
    ("text", "fen"), [("460", 46000), ("460.5", 46050), ("0,05", 5), (" 12.34 ", 1234)]
)
def test_an_amount_is_read_as_people_write_it(text: str, fen: int) -> None:
    change = said(act="price", amount=text, why="new")
    assert change.price is not None
    assert (change.price.amount, change.price.part, change.why) == (fen, None, "new")


@pytest.mark.parametrize("text", ["", "-1", "1.234", "1e3", "四百", "12345678", "1,000.00"])
def test_what_is_no_amount_is_told_at_its_field(text: str) -> None:
    found = change_of(given({"act": "price", "amount": text}), view(), ZONE)
    assert not isinstance(found, UnitChange) and found[0].path == "price.amount"


def test_a_style_that_a_hall_has_not_may_be_given_a_number() -> None:
    assert [(one.part, one.now) for one in numbers_of(view())][:2] == [
        ("theatre", 100), ("classroom", None),
    ]  # fmt: skip
    (price,) = prices_of(view())
    assert (price.part, price.now) == ("", 100)
    change = said(act="count", part="u_shape", quantity="20")
    assert change.count is not None and change.count.part == "u_shape"


def test_only_what_differs_is_changed() -> None:
    assert change_of(given(sent()), view(), ZONE)[0].path == "describe"  # type: ignore[index]
    told = given(sent(**{"note": "by the lake", "dossier.facilities.en": "Gate\nLift, wide\n\n"}))
    change = change_of(told, view(), ZONE)
    assert isinstance(change, UnitChange)
    assert change.describe == {
        "note": "by the lake",
        "dossier.facilities": [GATE, {"zh": "电梯", "en": "Lift, wide"}],
    }
    kept = of_paths(told, change.describe)
    assert sorted(kept) == [
        "act", "d.dossier.facilities.en", "d.dossier.facilities.zh", "d.note",
    ]  # fmt: skip
    assert change_of(kept, view(), ZONE) == change, "what is sent on comes to the same"
    first, second = differences_of(view(), change.describe)
    assert (first.before, first.after) == ({}, {"": ("by the lake",)}) or second.after
    assert said(**sent(note="x")).describe == {"note": "x"}


def test_lines_that_do_not_pair_are_left_to_the_owner_to_refuse() -> None:
    change = said(**sent(**{"dossier.facilities.zh": "大门\n电梯\n车位"}))
    assert change.describe is not None
    assert change.describe["dossier.facilities"][2] == {"zh": "车位", "en": ""}


def test_errors_stand_at_the_field_they_are_about() -> None:
    told, at = given(sent(name="")), "describe.dossier.facilities.0.en"
    shown = {one.path: one.error for one in fields_of(view(), told, {at: "is empty"})}
    assert shown["dossier.facilities"] == "is empty" and shown["name"] == ""


def test_rubbish_is_bounded() -> None:
    many = {f"d.{n}": "x" * 9_000 for n in range(500)}
    found = given_fields(many | {"d." + "y" * 300: "z"})
    assert len(found) == 80 and all(len(text) == 4_000 for text in found.values())
    strange = UnitView(
        unit="u", kind="k", name=view().name, priced="a.b", described=("name", "dossier.x"),
        may_change=("odd.field",), document={"odd": [{"id": "x"}], "a": {"b": 1}, "name": 7},
    )  # fmt: skip
    assert _form_of(strange, {"act": "describe"}, (), "zh")["fields"]
    for act in ("price", "count", "describe", "retire", "close", "nothing"):
        change_of({"act": act}, strange, ZONE)
