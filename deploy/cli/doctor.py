"""`doctor`: is everything as it should be, and if not, what is it and what would help.

Must not: mend anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer

from deploy.cli import show
from deploy.cli.http import REFUSED, Api, ToolError
from deploy.cli.setting import setting_of

CHECK = {"mark": "", "name": "CHECK", "told": "FOUND", "remedy": "WHAT HELPS"}
GOOD = frozenset(("alive", "drained"))
FREE_BYTES = 1024**3
FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    well: bool
    told: str
    remedy: str = ""

    @property
    def mark(self) -> str:
        """For people."""
        return "ok" if self.well else "!!"


def doctor(context: typer.Context) -> None:
    """Look at everything that an operator would look at. Ends with 1 when something is wrong."""
    setting = setting_of(context)
    checks = list(look(setting.api))
    if setting.as_json:
        show.document([{"check": one.name, "well": one.well, "found": one.told,
                        "remedy": one.remedy} for one in checks])  # fmt: skip
    else:
        names = ("mark", "name", "told", "remedy")
        show.table(CHECK, [{name: getattr(one, name) for name in names} for one in checks])
    wrong = sum(not one.well for one in checks)
    if wrong:
        raise ToolError(REFUSED, f"{wrong} of {len(checks)} checks found something wrong")


def look(api: Api) -> Iterator[Check]:
    """All checks; without a console that answers, and knows who asks, there is nothing to see.

    Raises ToolError.
    """
    now = api.read("/v1/now")
    remedy = "" if now["live"] else "start nats-server; services come back by themselves"
    yield Check("bus", now["live"], now["server"] or "unknown", remedy)
    for line in now["services"]:
        yield _service(line)
    yield from (_finding(one) for one in now["findings"] if one["level"] != "note")
    yield _parked(api.read("/v1/parked/groups", state="parked"))
    yield _risks(api.read("/v1/risks", limit=1))
    yield from _audit(api)


def _service(line: dict[str, Any]) -> Check:
    name, state = f"service {line['service']}", line["state"]
    codes = ", ".join(line["codes"])
    if state not in GOOD:
        return Check(name, False, state, "start it; what was sent to it waits")
    if line["store_away"]:
        return Check(name, False, "its store is away", "start the database, or free its disk")
    if len(line["codes"]) > 1:
        return Check(name, False, f"two versions run: {codes}", "restart the older processes")
    free = line["free_bytes"]
    if free is not None and free < FREE_BYTES:
        return Check(name, False, f"{free // 1024**2} MB free for its store", "free some disk")
    return Check(name, True, f"{len(line['processes'])} running, version {codes or 'unknown'}")


def _finding(one: dict[str, Any]) -> Check:
    return Check(one["code"], False, one["sentence"]["en"], one["harm"]["en"])


def _parked(found: dict[str, Any]) -> Check:
    many = found["totals"].get("parked", 0)
    if found["away"]:
        return Check("parked", False, f"no answer from {', '.join(found['away'])}")
    remedy = "see `parked groups`" if many else ""
    return Check("parked", not many, f"{many} messages wait for somebody", remedy)


def _risks(found: dict[str, Any]) -> Check:
    if not found["risks"]:
        return Check("visits", True, "none is at risk")
    first = found["risks"][0]["sentence"]["en"]
    return Check("visits", False, first, "see /v1/risks, or the page Now")


def _audit(api: Api) -> Iterator[Check]:
    """Only auditors may look at it; others are not told."""
    try:
        found = api.read("/v1/audit/verification")
    except ToolError as error:
        if (error.problem or {}).get("status") == FORBIDDEN:
            return
        raise
    if found["sound"]:
        yield Check("audit", True, f"sound, {found['rows']} rows looked at")
    else:
        yield Check("audit", False, f"broken at row {found['broken_at']}",
                    "somebody changed the store: keep it, and compare with a copy")  # fmt: skip
