"""A calendar file is what the library makes of the same entries, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event, vCalAddress

from services.notifications.calendar import PRODUCT, calendars, uid_of
from services.notifications.programme import Line, Programme
from services.notifications.rendering import plain
from services.notifications.rules import Change
from shared.contracts.notices import NoticeKind
from shared.contracts.values import Text, Window

SENDER = "office@example.org"
words = st.text(st.sampled_from("ab ;,\\N^n\t\n测试宴😀é·\"'"), max_size=90) | st.text(max_size=40)
moments = st.datetimes(datetime(1999, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))


LONG = Line(
    need="a/b", kind="hall", item=Text(zh="厅,", en="hall"), what=Text(zh="^", en="x"),
    window=Window(starts_at=datetime(2027, 1, 1, tzinfo=UTC),
                  ends_at=datetime(2027, 1, 2, tzinfo=UTC)),
)  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> Line:
    start = draw(moments)
    item, what = draw(words), draw(words)
    return Line.model_construct(
        need=draw(st.sampled_from(["a/b", "talks/n1", "x,y;z"])), kind="hall",
        item=Text.model_construct(zh=item, en=item), what=Text.model_construct(zh=what, en=what),
        window=Window(starts_at=start, ends_at=start + timedelta(hours=2)), guarantee_by=None,
    )  # fmt: skip


def by_the_library(
    method: str, some: Iterable[Line], about: Programme, language: str, at: datetime
) -> str:
    calendar = Calendar()
    for name, value in (("prodid", PRODUCT), ("version", "2.0"), ("method", method)):
        calendar.add(name, value)
    for line in some:
        title, item, what = (
            plain(text.zh if language == "zh" else text.en)
            for text in (about.title, line.item, line.what)
        )
        event = Event()
        event.add("uid", uid_of(about.visit, line.need))
        event.add("sequence", about.sequence)
        event.add("dtstamp", at.replace(microsecond=0))
        event.add("dtstart", line.window.starts_at)
        event.add("dtend", line.window.ends_at)
        event.add("summary", f"{title} · {item}")
        event.add("description", what)
        event.add("status", "CONFIRMED" if method == "PUBLISH" else "CANCELLED")
        event.add("organizer", vCalAddress(f"mailto:{SENDER}"))
        calendar.add_component(event)
    return calendar.to_ical().decode()


@settings(max_examples=30)
@given(words, st.lists(lines(), max_size=3), st.lists(lines(), max_size=2), moments,
       st.sampled_from(["zh", "en"]))  # fmt: skip
@example("\\" * 200, [LONG], [LONG], datetime(2027, 1, 1, tzinfo=UTC), "en")
@example("测" * 99, [LONG], [], datetime(2027, 1, 1, tzinfo=UTC), "zh")
def test_it_is_what_the_library_makes(
    title: str, stand: list[Line], gone: list[Line], at: datetime, language: str
) -> None:
    about = Programme.model_construct(
        visit="v", sequence=7, title=Text.model_construct(zh=title, en=title), host="h",
        zone="Asia/Shanghai", guests=None, cancelled=False, lines=tuple(stand),
    )  # fmt: skip
    change = Change(NoticeKind.CHANGED, removed=tuple(gone))
    made = {one.method: one.text for one in calendars(change, about, language, SENDER, at)}
    wanted = {"PUBLISH": stand, "CANCEL": gone}
    assert made == {
        method: by_the_library(method, some, about, language, at)
        for method, some in wanted.items()
        if some
    }
