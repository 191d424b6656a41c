"""The sample reception, act by act, played through the public API.

Owns: what is played and what must come of it.
Must not: start processes (`demo` does) or look behind the API.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from deploy.client import Client, Refused

ANCHOR = date(2027, 8, 18)
"""The first day of the sample expo in `deploy/seed`; the demo moves it to tomorrow."""
DELEGATIONS = 20
CONFLICT = 409
CLOSED = ("ready", "blocked")
Say = Callable[[str], None]


def shift_dates(text: str, days: int) -> str:
    """Move every ISO date in a document by so many days."""

    def moved(match: re.Match[str]) -> str:
        return (date.fromisoformat(match[0]) + timedelta(days=days)).isoformat()

    return re.sub(r"\b2027-\d\d-\d\d", moved, text)


@dataclass(slots=True)
class Play:
    """Plays acts, tells what happens, and keeps what was not as promised."""

    client: Client
    samples: Path
    days: int
    """How far the sample dates are moved."""
    say: Say
    broken: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    """Last known phase of each visit."""
    answered: set[str] = field(default_factory=set)
    """Holds about which a consent was given or refused."""

    def promise(self, kept: bool, what: str) -> None:
        """Note a promise that was not kept."""
        self.say(f"   {'✓' if kept else '✗ NOT AS PROMISED:'} {what}")
        if not kept:
            self.broken.append(what)

    def sample(self, name: str, **replace: str) -> str:
        """A sample visit with its dates moved and some texts replaced."""
        text = shift_dates((self.samples / f"{name}.yaml").read_text("utf-8"), self.days)
        for old, new in replace.items():
            text = re.sub(rf"\b{old}: [^,\n}}]+", f"{old}: {new}", text, count=1)
        return text

    def settled(self, visit: str, within_s: float = 60.0) -> dict[str, Any]:
        """Wait until a visit is ready, blocked or waiting for somebody's consent."""
        stops = (*CLOSED, "waiting")
        view = self.client.wait_for(visit, lambda v: v["phase"] in stops, within_s)
        while view["phase"] == "waiting":
            self._consent_all(view["needs"], granted=True)
            view = self.client.wait_for(visit, lambda v: v["phase"] in stops, within_s)
        self.seen[visit] = view["phase"]
        return view

    def _consent_all(self, needs: list[dict[str, Any]], granted: bool, reason: str = "") -> None:
        for need in needs:
            if not need["consent"] or need["hold"] in self.answered:
                continue
            self.answered.add(need["hold"])
            verb = "agrees" if granted else "declines"
            self.say(
                f"   {need['consent']['asked_of']} {verb}: {need['consent']['question']['en']}"
            )
            try:
                self.client.consent(need["hold"], need["service"], granted, reason)
            except Refused as no:
                if no.status != CONFLICT:
                    raise
                self.say("     (the question had been withdrawn meanwhile)")

    # ------------------------------------------------------------ acts

    def ordinary_days(self) -> None:
        """An inspection and a sports team: visits that simply come together."""
        self.say("1. An official inspection and a sports team")
        for name in ("inspection", "sports-team"):
            visit = self.client.submit(self.sample(name))["visit"]
            view = self.settled(visit)
            self.promise(view["phase"] == "ready", f"{visit}: {line_of(view)}")
            for reason in view["reasons"]:
                self.say(f"     {reason['en']}")

    def opening(self) -> None:
        """Twenty delegations want the same two hotels and one divisible hall."""
        self.say(f"2. The expo opening: {DELEGATIONS} delegations, two hotels, one divisible hall")
        specs = [self._delegation(number) for number in range(1, DELEGATIONS + 1)]
        with ThreadPoolExecutor(8) as pool:
            visits = [answer["visit"] for answer in pool.map(self.client.submit, specs)]
        for visit in visits:
            self.settled(visit)
        views = [self._at_rest(visit) for visit in visits]
        ready = [view for view in views if view["phase"] == "ready"]
        lost = [view for view in views if view["phase"] == "blocked"]
        for view in views:
            self.say(f"   {view['visit']}: {line_of(view)}")
        self.promise(len(ready) > 0, f"{len(ready)} come together, {len(lost)} cannot")
        self.promise(all(view["reasons"] for view in lost), "every loser says why")
        fitting = [view for view in lost if _alternatives(view)]
        self.promise(len(fitting) == len(lost), "and what would fit instead")
        self.promise(all(_holds_nothing(view) for view in lost), "no loser keeps anything")

    def _at_rest(self, visit: str, within_s: float = 60.0) -> dict[str, Any]:
        """A visit while it is ready, or blocked and not just trying again."""
        deadline = time.monotonic() + within_s
        while True:
            view = self.settled(visit)
            if view["phase"] == "ready" or _holds_nothing(view) or time.monotonic() > deadline:
                return view
            time.sleep(0.05)

    def _delegation(self, number: int) -> str:
        hotel = ("nenjiang-hotel", "hecheng-hotel")[number % 2]
        hall = ("expo-hall-a", "expo-hall-b", "expo-hall")[number % 3]
        hour = 9 + 2 * (number % 4)
        text = self.sample("expo-delegation", visit=f"expo-opening-{number:02d}")
        text = text.replace("nenjiang-hotel", hotel).replace("expo-hall-a", hall)
        return text.replace("T09:00", f"T{hour:02d}:00").replace("T10:30", f"T{hour + 1:02d}:30")

    def change(self) -> None:
        """The day before: 38 guests become 58 (scenario S02)."""
        self.say("3. A business delegation of 38, the day before it becomes 58")
        visit = self.client.submit(self.sample("delegation"))["visit"]
        before = self.settled(visit)
        self.promise(before["phase"] == "ready", f"{visit}: {line_of(before)}")
        bigger = self.sample("delegation-58")

        self.say("   The kitchen says no:")
        preview = self._propose(visit, before["revision"], bigger, granted=False)
        self.promise(preview["phase"] == "blocked", "the proposal cannot be committed")
        self.promise(len(preview["options"]) >= 2, f"{len(preview['options'])} ranked ways out")
        for option in preview["options"][:3]:
            self.say(f"     · {option['sentence']['en']}")
        try:
            self.client.commit(visit, before["revision"], preview["proposal"])
            self.promise(False, "a blocked proposal is refused")
        except Refused as no:
            self.promise(no.status in (409, 412), "a commit is refused")
        self.client.drop(visit, before["revision"])
        now = self.client.wait_for(visit, lambda v: v["proposal"] is None)
        self.promise(stands_of(now) == stands_of(before), "everything is as before")

        self.say("   Asked again, the kitchen says yes:")
        preview = self._propose(visit, before["revision"], bigger, granted=True)
        self.promise(preview["phase"] == "open", "every need is held")
        for move in preview["moves"]:
            old, new = (move[key]["en"] if move[key] else "nothing" for key in ("before", "after"))
            self.say(f"     {move['need']} {move['change']}: {old} → {new}")
        cost = preview["cost_after"]["amount"] - preview["cost_before"]["amount"]
        self.say(f"     costs {cost / 100:+,.2f} {preview['cost_after']['currency']}")
        self.client.commit(visit, before["revision"], preview["proposal"])
        after = self.client.wait_for(
            visit, lambda v: v["phase"] == "ready" and v["revision"] > before["revision"]
        )
        self.seen[visit] = after["phase"]
        self.promise(after["guests"] == 58, f"{visit}: {line_of(after)}, all under one cause")

    def _propose(self, visit: str, revision: int, spec: str, granted: bool) -> dict[str, Any]:
        self.client.propose(visit, revision, spec)
        wait = ("waiting", "open", "blocked")
        view = self.client.wait_for(visit, lambda v: (v["proposed"] or {}).get("phase") in wait)
        while view["proposed"]["phase"] == "waiting":
            self._consent_all(
                view["proposed"]["moves"],
                granted,
                "" if granted else "the kitchen is fully staffed out",
            )
            view = self.client.wait_for(
                visit, lambda v: (v["proposed"] or {}).get("phase") in ("open", "blocked")
            )
        return dict(view["proposed"])

    def farewell(self) -> None:
        """A winner cancels; what it held is free again."""
        winners = [
            v for v, phase in self.seen.items() if v.startswith("expo-") and phase == "ready"
        ]
        self.say(f"5. {winners[0]} cancels")
        view = self.client.visit(winners[0])
        self.client.cancel(winners[0], view["revision"])
        view = self.client.wait_for(winners[0], lambda v: v["phase"] == "cancelled")
        self.seen[winners[0]] = "cancelled"
        self.promise(view["needs_firm"] == 0, "all its holds are released")

    # ------------------------------------------------------------ afterwards

    def moved_up(self) -> None:
        """A blocked visit tries again by itself; one that finds room now may need a consent."""
        for visit in [visit for visit, phase in self.seen.items() if phase == "blocked"]:
            phase = self.client.visit(visit)["phase"]
            if phase in ("waiting", "ready"):
                view = self.settled(visit)
                self.say(f"   {visit} takes what was let go: {line_of(view)}")


def line_of(view: dict[str, Any]) -> str:
    """A visit in a few words."""
    return f"{view['phase']}, {view['needs_firm']}/{view['needs_total']} needs firm"


def _holds_nothing(view: dict[str, Any]) -> bool:
    return not [n for n in view["needs"] if n["state"] in ("pending", "held", "confirmed")]


def stands_of(view: dict[str, Any]) -> list[Any]:
    """Of each need what a planner relies on: state, hold, what it has, what it costs."""
    return [(n["need"], n["state"], n["hold"], n["allotted"], n["cost"]) for n in view["needs"]]


def _alternatives(view: dict[str, Any]) -> list[Any]:
    return [a for n in view["needs"] if n["refusal"] for a in n["refusal"]["alternatives"]]
