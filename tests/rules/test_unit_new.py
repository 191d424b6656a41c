"""The form of a new unit: every kind of document is written and read back by it, whatever it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from services.bookings.documents import Hotel
from services.catering.documents import Dish, Kitchen, Menu
from services.console.loads import SECTIONS
from services.console.unit_new import MARK, begun, document_of, given_new, groups_of
from services.console.words import WORDS
from services.escorts.documents import Person, Vehicle
from services.venues.documents import Hall, Place, Site
from shared.holds.port import Unit

SEED = Path(__file__).parents[2] / "deploy" / "seed"
KINDS: dict[str, type[Unit]] = {
    "hotels": Hotel, "kitchens": Kitchen, "dishes": Dish, "menus": Menu, "people": Person,
    "vehicles": Vehicle, "halls": Hall, "places": Place, "sites": Site,
}  # fmt: skip


@cache
def seed_of(owner: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load((SEED / f"{owner}.yaml").read_text())
    return found


def sample(kind: str) -> dict[str, Any]:
    """The first of its kind in the sample city, as its owner tells of it."""
    owner = next(one for one, kinds in SECTIONS.items() if kind in kinds)
    documents = seed_of(owner)
    return KINDS[kind].model_validate(documents[kind][0]).model_dump(mode="json")


def sent(like: dict[str, Any], document: dict[str, Any], **typed: str) -> dict[str, str]:
    """The whole form as a browser sends it, some of it typed over."""
    told = {
        one.name: one.value.replace("\n", "\r\n")
        for group in groups_of(like, document, {}) for one in group.inputs
        if one.kind != "checkbox" or one.value
    }  # fmt: skip
    return given_new(told | {MARK + name: text for name, text in typed.items()})


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_of_any_kind_comes_to_the_document_that_it_shows(kind: str) -> None:
    assert KINDS[kind].adds
    like = sample(kind)
    made = document_of(like, sent(like, like))
    whole = KINDS[kind].model_validate(made).model_dump(mode="json")
    new = {"sample": False} | ({"closures": []} if "closures" in like else {})
    assert whole == like | new
    words = {one.word for group in groups_of(like, like, {}) for one in group.inputs}
    assert {one for one in words if one not in WORDS} == set(), "every field has a word"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_a_units_own_is_not_copied(kind: str) -> None:
    like = sample(kind)
    made = document_of(like, sent(like, begun(like)))
    assert not made.keys() & {"id", "name", "contact", "dossier", "note", "lat"}
    with pytest.raises(ValidationError):
        KINDS[kind].model_validate(made)


def test_rows_are_added_and_left_out_and_amounts_are_in_yuan() -> None:
    like = sample("hotels")
    row = len(like["room_types"])
    new = {
        f"room_types.{row}.{name}": text for name, text in
        {"id": "villa", "name.zh": "别墅", "name.en": "villa", "beds": "2", "capacity": "2",
         "rooms": "3", "accessible": "0", "price": "880.5"}.items()
    }  # fmt: skip
    gone = {f"room_types.0.{name}": "" for name in ("id", "name.zh", "name.en", "beds", "capacity",
                                                    "rooms", "accessible", "price")}  # fmt: skip
    hotel = Hotel.model_validate(document_of(like, sent(like, like, **new, **gone)))
    assert [one.id for one in hotel.room_types] == [
        *(one["id"] for one in like["room_types"][1:]), "villa"
    ]  # fmt: skip
    assert (hotel.room_types[-1].price, hotel.room_types[-1].rooms) == (88050, 3)


def test_a_style_that_is_left_empty_is_not_offered() -> None:
    like = sample("halls")
    made = document_of(like, sent(like, like, **{"capacity.theatre": "", "capacity.u_shape": "9"}))
    assert "theatre" not in made["capacity"] and made["capacity"]["u_shape"] == 9


def test_what_cannot_be_read_stays_as_typed_and_is_told_at_its_field() -> None:
    like = sample("kitchens")
    told = sent(like, like, **{"guarantee_hours": "three", "sittings.0.covers": "many"})
    made = document_of(like, told)
    with pytest.raises(ValidationError) as found:
        Kitchen.model_validate(made)
    errors = {".".join(["add", *map(str, one["loc"])]): one["msg"] for one in found.value.errors()}
    shown = [one for group in groups_of(like, made, errors) for one in group.inputs if one.error]
    assert {one.name: one.value for one in shown} == {
        "n.sittings.0.covers": "many", "n.guarantee_hours": "three"
    }  # fmt: skip


def test_lists_are_read_as_people_write_them() -> None:
    like = sample("people")
    made = document_of(like, sent(like, like, languages="zh, en、ru", roles=" liaison  guide "))
    assert (made["languages"], made["roles"]) == (["zh", "en", "ru"], ["liaison", "guide"])
    assert document_of(sample("menus"), {"n.months": "4 5 x"})["months"] == [4, 5, "x"]


def test_a_form_is_bounded() -> None:
    told = given_new({f"n.{number}": "x" * 9_000 for number in range(1_000)} | {"id": "no"})
    assert len(told) == 300 and max(map(len, told.values())) == 4_000
