"""That what is held against a vendor's file can fail it: names, values, and what is missing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.hotels.contract import SPECS, Contract
from tests.hotels.names import APP_KEY
from tests.hotels.test_haip import CONTRACT as HAIP

INVENTORY = Contract(SPECS / "ohip" / "inv.extract.json")
RESERVATIONS = Contract(SPECS / "ohip" / "rsv.extract.json")
CLOUDBEDS = Contract(SPECS / "cloudbeds" / "pms-v1.3.extract.json")
HEADERS = {"authorization": "Bearer x", "x-app-key": APP_KEY, "x-hotelid": "EXPO"}


def told(
    contract: Contract, path: str, headers: dict[str, str] = HEADERS, **params: Any
) -> list[str]:
    request = httpx.Request("GET", f"http://hotel{path}", params=params, headers=headers)
    return list(contract.request(request))


@pytest.mark.parametrize(
    ("differing", "said"),
    [
        ({}, []),
        ({"dateRangeStart": "1 September"}, ["query dateRangeStart"]),
        ({"roomCountRequested": "two"}, ["query roomCountRequested"]),
        ({"dailyInventory": "yes"}, ["query dailyInventory"]),
        ({"nights": 2}, ["unknown query nights"]),
    ],
)
def test_a_value_of_a_query_has_the_form_of_the_file(
    differing: dict[str, object], said: list[str]
) -> None:
    sent = {
        "dateRangeStart": "2027-09-01", "dateRangeEnd": "2027-09-02", "roomCountRequested": 1,
        "dailyInventory": "true",
    }  # fmt: skip
    found = told(INVENTORY, "/inv/v1/hotels/EXPO/hotelInventory", **(sent | differing))
    assert [one.partition(":")[0] for one in found] == said


def test_each_value_of_a_list_has_the_form_of_the_file() -> None:
    path = "/rsv/v1/hotels/EXPO/reservations/12"
    assert told(RESERVATIONS, path, fetchInstructions=["Reservation", "Comments"]) == []
    (said,) = told(RESERVATIONS, path, fetchInstructions=["Reservation", "Gossip"])
    assert said.startswith("query fetchInstructions: 'Gossip' is not one of")


def test_a_value_of_a_path_and_of_a_header_has_the_form_of_the_file() -> None:
    (said,) = told(RESERVATIONS, f"/rsv/v1/hotels/EXPO/reservations/{'1' * 2001}")
    assert said.startswith("path reservationId: ") and said.endswith("1")
    path = "/rsv/v1/hotels/EXPO/reservations/12"
    (said,) = told(RESERVATIONS, path, HEADERS | {"x-app-key": "mine"})
    assert said.startswith("header x-app-key: 'mine' does not match")
    assert "missing header authorization" in told(RESERVATIONS, path, {})


@pytest.mark.parametrize(
    ("contract", "path", "params", "said"),
    [
        (HAIP, "/api/v1/reservations", {"propertyId": "a", "limit": "many"}, "query limit"),
        (CLOUDBEDS, "/api/v1.3/getReservations", {"status": "perhaps"}, "query status"),
    ],
)
def test_so_it_is_in_files_of_another_version(
    contract: Contract, path: str, params: dict[str, object], said: str
) -> None:
    assert [one.partition(":")[0] for one in told(contract, path, **params)] == [said]
