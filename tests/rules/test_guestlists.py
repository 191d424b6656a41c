"""Which reservation goes on for which room when guests, rooms and kinds change."""

from __future__ import annotations

from datetime import UTC, date, datetime

from services.bookings.guestlists.matching import Place, matched, places, renewed
from services.bookings.guestlists.tables import Row, RowState
from services.console.templating import module
from shared.contracts.hotel_guests import StayRooms
from shared.contracts.hotel_names import HotelNames, TroubledStay
from shared.contracts.values import Text
from shared.lodging import roomed

SPAN = (date(2027, 9, 14), date(2027, 9, 16))
FEN = {"king": 200, "twin": 300}
NAMED = Text(zh="房", en="room")
ROOMS = (
    StayRooms(kind="king", name=NAMED, rooms=1, pair=False),
    StayRooms(kind="twin", name=NAMED, rooms=1, pair=True),
)


def there(number: int, guest: str, kind: str = "king", **more: object) -> Row:
    row = Row(f"rcr{number}", number, guest, 1, kind, *SPAN, FEN[kind], f"h{number}",
              RowState.THERE, True)  # fmt: skip
    return Row(**{name: getattr(row, name) for name in Row.__dataclass_fields__} | more)  # type: ignore[arg-type]


def match(wanted: list[Place], *rows: Row, fixed: frozenset[str] = frozenset()) -> list[tuple]:
    found = matched("rc", wanted, rows, 7, SPAN, FEN, fixed)
    spare = [("spare", one.stay) for one in found.spare]
    return [(one.stay, one.guest, one.kind, one.told) for one in found.rows] + spare


def test_pairs_share_a_room_and_who_has_none_is_counted() -> None:
    some = roomed(ROOMS, [("a", "r"), ("b", None), ("c", "r"), ("d", None)])
    assert places(some) == ([Place("twin", ("a", "c")), Place("king", ("b",))], 1)


def test_who_stays_keeps_the_reservation_and_who_comes_takes_the_free_one() -> None:
    wanted = [Place("king", ("c",)), Place("king", ("b",))]
    assert match(wanted, there(1, "a"), there(2, "b")) == [
        ("rcr1", "c", "king", False), ("rcr2", "b", "king", True),
    ]  # fmt: skip


def test_nothing_is_given_up_that_somebody_can_have() -> None:
    wanted = [Place("king", ("c",))]
    assert match(wanted, there(1, "a", "twin"), there(2, "b")) == [
        ("rcr2", "c", "king", False), ("spare", "rcr1"),
    ]  # fmt: skip
    assert match([Place("twin", ("a",))], there(1, "a")) == [("rcr1", "a", "twin", True)]
    moved = matched("rc", [Place("twin", ("a",))], [there(1, "a")], 7, SPAN, FEN).rows[0]
    assert moved.fen == FEN["twin"]


def test_whoever_is_left_of_a_pair_keeps_its_room() -> None:
    pair = there(1, "a", "twin", adults=2, sharer="b")
    assert match([Place("twin", ("b",))], pair) == [("rcr1", "b", "twin", False)]
    assert match([Place("twin", ("b", "a"))], pair) == [("rcr1", "a", "twin", True)]


def beside(wanted: list[Place], *rows: Row, fixed: frozenset[str] = frozenset()) -> list[tuple]:
    found = matched("rc", wanted, rows, 7, SPAN, FEN, fixed)
    return [(one.guest, one.sharer, one.told) for one in found.rows]


def test_whoever_shares_is_named_beside_the_first() -> None:
    pair = there(1, "a", "twin", adults=2, sharer="b")
    assert beside([Place("twin", ("a", "b"))], pair) == [("a", "b", True)]
    assert beside([Place("twin", ("b", "a"))], pair) == [("a", "b", True)], "the order is no change"
    assert beside([Place("twin", ("a", "c"))], pair) == [("a", "c", False)]
    assert beside([Place("twin", ("a",))], pair) == [("a", "", False)], "he is taken off"
    assert beside([Place("twin", ("b",))], pair) == [("b", "", False)], "whoever shared is first"
    assert beside([Place("twin", ("c", "d"))], pair) == [("c", "d", False)]
    assert beside([Place("twin", ("c", "d"))]) == [("c", "d", False)]
    inside = frozenset({"rcr1"})
    assert beside([Place("twin", ("a", "c"))], pair, fixed=inside) == [("a", "b", True)]


def test_whoever_shared_keeps_the_room_when_the_first_goes() -> None:
    pair = there(1, "a", "twin", adults=2, sharer="b")
    assert match([Place("king", ("b",))], pair) == [("rcr1", "b", "king", False)]
    assert match([Place("twin", ("b",))], pair, there(2, "c", "twin")) == [
        ("rcr1", "b", "twin", False), ("spare", "rcr2"),
    ]  # fmt: skip
    assert match([Place("king", ("b",)), Place("king", ("a",))], pair) == [
        ("rcr8", "b", "king", False), ("rcr1", "a", "king", False),
    ], "the first comes first"  # fmt: skip


def test_where_one_name_is_taken_nobody_is_named_beside_the_first() -> None:
    some = roomed(ROOMS, [("a", "r"), ("c", "r")])
    alone, _unplaced = places(some, whole=False)
    assert beside(alone) == [("a", "", False)]
    assert beside(alone, there(1, "a", "twin", adults=2)) == [("a", "", True)]


def test_new_rooms_get_references_that_were_never_used() -> None:
    wanted = [Place("king", ("a",)), Place("twin", ("b", "c"))]
    assert match(wanted) == [("rcr8", "a", "king", False), ("rcr9", "b", "twin", False)]
    again = renewed(there(1, "a", said="cancelled_by_hotel"), "rc", 8)
    assert (again.stay, again.theirs, again.state) == ("rcr8", None, RowState.ASKING)


def test_what_the_hotel_has_goes_on_before_what_it_refused() -> None:
    refused = there(1, "a", state=RowState.REFUSED, theirs=None)
    assert match([Place("king", ("c",))], refused, there(2, "b")) == [
        ("rcr2", "c", "king", False), ("spare", "rcr1"),
    ]  # fmt: skip


def test_nobody_takes_a_room_over_whose_guest_is_in_it() -> None:
    inside = frozenset({"rcr1"})
    assert match([Place("king", ("b",))], there(1, "a"), fixed=inside) == [
        ("rcr8", "b", "king", False), ("spare", "rcr1"),
    ]  # fmt: skip
    assert match([Place("twin", ("a",))], there(1, "a"), fixed=inside) == [
        ("rcr1", "a", "king", True)
    ], "and nobody is moved there"


def test_the_page_says_how_many_of_those_who_share_are_not_named() -> None:
    stay = TroubledStay(stay="rcr1", guest="g-a", sharer="g-b", said="unsupported")
    names = HotelNames(rooms=2, there=1, unnamed=3, troubled=(stay,))
    for language, words in (
        ("en", "3 guests who share a room"),
        ("zh", "3 位同住来宾未向酒店报姓名"),
    ):
        made = module("hotels/parts.html", language)
        shown = str(made.names(names, datetime(2027, 8, 6, tzinfo=UTC)))
        assert words in shown and "g-a" in shown and "g-b" in shown
        well = names.model_copy(update={"unnamed": 0})
        assert words not in str(made.names(well, datetime(2027, 8, 6, tzinfo=UTC)))
