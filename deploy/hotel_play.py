"""One visit in hotels of three kinds, one of which takes back the second night: played and checked.

Two hotels have systems, one that speaks HAIP and one that speaks OHIP; in the third a person
answers behind the link of a letter. What is booked there is counted at the hotels themselves.
Must not: start anything (`demo` does), or look behind the API of the city.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx

from deploy.hotels import Hotel
from deploy.play import Play, line_of, shift_dates, stands_of

LINKED = {"laodonghu-hotel": "haip", "longsha-hotel": "ohip"}
BY_HAND = "bukui-hotel"
ROOMS = 10
"""Of each type in each linked hotel, whatever the city's agreement says."""
SAMPLE, VISIT = "three-hotels", "wetland-forum"
TAKES_BACK, LET, LEFT = "longsha-hotel", 8, 2
"""Who takes back the second night; how many of its rooms are let to others, how many are left."""
LOST, SECOND_NIGHT = "night-2/park", "2027-08-29"
WANTED = 6
"""Rooms of each need, each of one night."""
LINK = re.compile(r"https?://\S+/hotel/\S+")
EDITION = re.compile(r'name="edition" value="(\d+)"')
WITHIN_S, LOOK_S = 60.0, 0.1
SEE_OTHER = 303


@dataclass(slots=True)
class HotelPlay:
    """The act, and afterwards its figures."""

    play: Play
    hotels: Mapping[str, Hotel]
    letters: Path
    answered: set[str] = field(default_factory=set)
    """Letters that somebody at the hotel has dealt with."""
    figures: dict[str, Any] = field(default_factory=dict)

    def second_day(self) -> None:
        """Three hotels agree; one takes back the second night; only that night moves."""
        say, promise, client = self.play.say, self.play.promise, self.play.client
        say("4. A forum of 36 in three hotels: over HAIP, over OHIP, and by hand behind a letter")
        client.submit(self.play.sample(SAMPLE))
        before = self._until("ready")
        promise(before["needs_firm"] == before["needs_total"], f"{VISIT}: {line_of(before)}")
        promise(len(self.answered) == 2, f"{BY_HAND} has answered {len(self.answered)} letters")
        for name, hotel in self.hotels.items():
            promise(self._has(hotel, 2), f"{name} ({hotel.dialect}) has both nights, definite")

        say(f"   {TAKES_BACK} takes back the second night, and lets all but {LEFT} of its rooms:")
        self._take_back()
        view = self._until("blocked")
        no = _need(view, LOST)["refusal"] or {"code": "", "sentence": {"en": ""}}
        say(f"     {no['sentence']['en']}")
        promise(no["code"] == "hotel_withdrew", "the visit says that the hotel withdrew")
        kept = _kept(before, view)
        others = len(before["needs"]) - 1
        promise(len(kept) == others, f"{len(kept)} of {others} other needs stand as they were")
        offered = [one["change"]["hotel"] for one in no.get("alternatives", ())]
        promise(bool(offered), f"offered instead: {', '.join(offered)}")

        moved_to = self._way_out(view, offered) if offered else ""
        after = client.visit(VISIT)
        kept = _kept(before, after)
        promise(len(kept) == others, f"{len(kept)} of {others} other needs were never touched")
        self._count(before, after, moved_to, len(kept))
        self.play.seen[VISIT] = after["phase"]

    def _way_out(self, view: dict[str, Any], offered: list[str]) -> str:
        """The planner takes the first hotel that is offered for the one night; its name."""
        say = self.play.say
        say(f"   The planner takes {offered[0]} for that night:")
        first, mark, last = self.play.sample(SAMPLE).partition("  - id: night-2")
        spec = first + mark + last.replace(TAKES_BACK, offered[0])
        self.play.client.edit(VISIT, view["revision"], spec)
        self._until("ready", view["revision"] + 1)
        return offered[0]

    def _take_back(self) -> None:
        night = shift_dates(SECOND_NIGHT, self.play.days)
        hotel = self.hotels[TAKES_BACK]
        hotel.act("others", kind="TWN", rooms=LET)
        cut = hotel.act("staff_blocks", rooms=LEFT, first=night)
        self.play.promise(cut == 1, f"its staff cut {cut} block from {WANTED} rooms to {LEFT}")

    def _count(
        self, before: dict[str, Any], after: dict[str, Any], moved_to: str, kept: int
    ) -> None:
        """What the linked hotels truly have, against what the visit holds there."""
        wanted = {name: sum(name in _hotels(one) for one in after["needs"]) for name in self.hotels}
        wrong = [name for name, one in self.hotels.items() if not self._has(one, wanted[name])]
        booked = sum(len(one.blocks()) for one in self.hotels.values())
        said = f"{booked} blocks of {WANTED} rooms at linked hotels: none lost, none doubled"
        self.play.promise(not wrong, said if not wrong else f"wrong at {', '.join(wrong)}")
        self.figures = {
            "asked": {**{one.dialect: name for name, one in self.hotels.items()}, "hand": BY_HAND},
            "needs": len(before["needs"]),
            "kept": kept,
            "taken_back": LOST,
            "moved_to": moved_to,
            "letters_answered": len(self.answered),
            "blocks_at_linked": booked,
            "blocks_wanted_there": sum(wanted.values()),
            "hotels_that_differ": wrong,
        }

    def _has(self, hotel: Hotel, blocks: int) -> bool:
        """Wait until a hotel has exactly so many open blocks, each definite and whole, and the city
        has read so and asks for nothing more."""

        def right() -> bool:
            found = hotel.blocks()
            names = {one["reference"] for one in found}
            whole = all(one["rooms"] == WANTED for one in found)
            firm = all(one["status"].lower() == "definite" for one in found)
            orders = self.play.client.hotel(hotel.name)["orders"]
            known = {one["order"] for one in orders if one["state"] == "definite"}
            return whole and firm and known == names and len(names) == len(found) == blocks

        return _comes_true(right)

    def _until(self, phase: str, revision: int = 1) -> dict[str, Any]:
        """The visit once it is in a phase, or as it is when the time is over. Meanwhile somebody at
        the hotel without a system reads letters and agrees."""
        found: dict[str, Any] = {}

        def reached() -> bool:
            nonlocal found
            self._answer_letters()
            found = self.play.client.visit(VISIT)
            return bool(found["phase"] == phase and found["revision"] >= revision)

        self.play.promise(_comes_true(reached), f"it is {phase}")
        return found

    def _answer_letters(self) -> None:
        """Each letter is opened once; where its page asks, the answer is yes."""
        for letter in sorted(self.letters.glob(f"*-{BY_HAND}-order-*.eml")):
            if letter.name in self.answered:
                continue
            page = _link_in(letter)
            shown = httpx.get(page, headers={"Accept-Language": "en"}, timeout=20)
            edition = EDITION.search(shown.text)
            if shown.is_error or edition is None or "waits for your answer" not in shown.text:
                continue
            fields = {"edition": edition[1], "answer": "accepted"}
            done = httpx.post(page, data=fields, timeout=20)
            self.play.promise(done.status_code == SEE_OTHER, f"{BY_HAND} agrees on its page")
            self.answered.add(letter.name)


def _comes_true(true: Callable[[], bool]) -> bool:
    """Whether it does in time."""
    deadline = time.monotonic() + WITHIN_S
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_S)
    return True


def _link_in(letter: Path) -> str:
    """The address of the hotel's page. Raises ValueError when a letter has none."""
    body = message_from_bytes(letter.read_bytes(), policy=policy.default).get_body(("plain",))
    found = LINK.search(body.get_content() if body else "")
    if found is None:
        raise ValueError(f"{letter} has no link to answer by")
    return found[0]


def _need(view: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in view["needs"] if one["need"] == name]
    return dict(found)


def _hotels(need: dict[str, Any]) -> set[str]:
    """Hotels in which a need has rooms."""
    return {one["hotel"] for one in need["allotted"].get("hotels", ())}


def _kept(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Needs that are as they were: the same hold, the same rooms, the same price, confirmed."""
    now = {one[0]: one for one in stands_of(after)}
    same = [one[0] for one in stands_of(before) if now.get(one[0]) == one]
    return [name for name in same if name != LOST and _need(after, name)["state"] == "confirmed"]
