"""What a service remembers to be faster: bounded, and what it says is what it would say anew."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.load import bench_visit, real_visit
from services.escorts.duty import QUARTER_MIN, Span, local_day, minutes_by_day
from services.visits.specbook import NEEDS_KEPT, SpecBook, read
from shared.holds.port import QUARTER_S

DAYS = {
    "Asia/Shanghai": date(2027, 8, 18), "Asia/Kathmandu": date(2027, 8, 18),
    "America/Havana": date(2027, 3, 13), "America/Sao_Paulo": date(2017, 10, 14),
    "Europe/Berlin": date(2027, 10, 30), "Pacific/Apia": date(2011, 12, 29),
}  # fmt: skip
"""Plain days; days before a night in which the clock changes, at midnight among them; and one
before a day that the zone has left out."""


def slot_of(day: date) -> int:
    """The quarter hour at midnight in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) // QUARTER_S


SPANS = st.lists(st.tuples(st.integers(-60, 300), st.integers(0, 300)), max_size=3)


@settings(max_examples=60)
@given(st.sampled_from(sorted(DAYS)), SPANS)
def test_minutes_are_those_of_every_quarter_hour(zone: str, spans: list[Span]) -> None:
    began = slot_of(DAYS[zone])
    stretches = [(began + start, began + start + long) for start, long in spans]
    each = Counter(
        local_day(slot, zone) for start, stop in stretches for slot in range(start, stop)
    )
    wanted = {day: count * QUARTER_MIN for day, count in each.items()}
    assert minutes_by_day(stretches, zone) == wanted


def test_a_book_of_readings_forgets_by_needs_and_the_oldest_first() -> None:
    book = SpecBook()
    long = real_visit(0)
    many = NEEDS_KEPT // len(read(long).needs)
    book.add({(f"long-{number}", "1"): long.model_dump_json() for number in range(many)})
    book.trim()
    assert ("long-0", "1") in book and (f"long-{many - 1}", "1") in book
    assert book.get("long-0", "1").spec == long
    short = bench_visit(0).model_dump_json()
    book.add({(f"short-{number}", "1"): short for number in range(9)})
    book.trim()
    assert ("long-1", "1") not in book
    kept = [("long-0", "1"), (f"long-{many - 1}", "1"), ("short-8", "1")]
    assert [name for name in kept if name in book] == kept
