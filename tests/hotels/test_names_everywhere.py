"""Who comes, told to each system that there is an adapter for: as a list, or row by row.

On SQLite alone: the databases are `test_names`' matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hotels.front import Front
from tests.hotels.running import HotelProcess
from tests.hotels.test_names import A, B, C, changed
from tests.rules.booking_case import wish


@pytest.fixture(params=["ohip", "apaleo", "cloudbeds"])
def hotel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HotelProcess]:
    process = HotelProcess(request.param, tmp_path)
    try:
        yield process.start()
    finally:
        process.stop()


async def test_names_go_in_are_replaced_and_go_again(hotel: HotelProcess, tmp_path: Path) -> None:
    front, name = Front(f"sqlite:///{tmp_path / 'store.db'}", hotel.link()), hotel.link().hotel

    def there() -> dict[str, str]:
        live = [one for one in hotel.act("count")["stays"] if one["status"] != "cancelled"]
        return {one["reference"][26:]: "+".join([one["guest"], *one["sharers"]]) for one in live}

    front.guests.roster = {A: ("Quill", "r-1"), B: ("Reed", "r-1"), C: ("Sedge", None)}
    front.desk.place("v", h1=wish(pairs=1, singles=1, hotel=name))
    await front.told_names(name)
    front.desk.confirm("v", "h1")
    await front.told_names(name)
    assert there() == {"r1": "Quill+Reed", "r2": "Sedge"}
    assert [(one.state, one.said) for one in front.stays()] == [("there", "")] * 2
    await changed(front, c=None, d=("Tansy", None), a=("Quillwort", "r-1"))
    await front.told_names(name)
    assert there() == {"r1": "Quillwort+Reed", "r2": "Tansy"}
    await changed(front, d=None, b=("Rush", "r-1"))
    await front.told_names(name)
    assert there() == {"r1": "Quillwort+Rush"}
    # Cloudbeds takes nobody off before the room is assigned.
    hotel.act("staff", status="assigned")
    await changed(front, a=None)
    await front.told_names(name)
    assert there() == {"r1": "Rush"} and not front.lists()[0].owned
    front.desk.release("v", "h1")
    await front.told_names(name)
    assert there() == {} and front.rows()[0].ended and front.intents() == []
    await front.close()
