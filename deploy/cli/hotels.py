"""`hotels` and `hotel`: hotels that are asked for rooms, how each stands, its orders and nights.

Must not: judge; bookings puts those with problems first.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from deploy.cli import show
from deploy.cli.queues import span
from deploy.cli.setting import setting_of

app = typer.Typer(no_args_is_help=True, help="A hotel that is asked.", rich_markup_mode=None)
HOME = "/v1/hotels"
COLUMNS = {"link": "LINK", "hotel": "HOTEL", "heard": "HEARD", "changes": "CHANGES",
           "owned": "OWNED", "waiting": "WAITING", "differing": "DIFFER", "next_arrival": "ARRIVAL",
           "left": "ANSWER DUE", "cut": "CUT-OFF"}  # fmt: skip
ORDER = {"state": "STATE", "visit": "VISIT", "order": "ORDER", "stay": "NIGHTS",
         "rooms_said": "ROOMS", "guests": "GUESTS", "said": "SAID", "left": "DUE",
         "differ": "DIFFERS"}  # fmt: skip
CUT = {"cut_off": "CUT-OFF", "visit": "VISIT", "order": "ORDER", "wanted": "WANTED",
       "contracted": "AGREED", "picked": "TAKEN UP", "risk": "WOULD BE LOST"}  # fmt: skip
NIGHT = {"night": "NIGHT", "kind": "TYPE", "wanted": "WANTED", "contracted": "AGREED",
         "taken": "TAKEN UP"}  # fmt: skip
GUESTS = {"night": "NIGHT", "visit": "VISIT", "named": "NAMED", "in_house": "IN HOUSE",
          "no_show": "NO-SHOW", "walked": "WALKED"}  # fmt: skip
MOST = 200
Hotel = Annotated[str, typer.Argument(help="Id of a hotel, as `hotels` shows it.")]


def at(hotel: str) -> str:
    """The address of a hotel."""
    return f"{HOME}/{quote(hotel, safe='')}"


def list_hotels(
    context: typer.Context, limit: Annotated[int, typer.Option(min=1, max=MOST)] = 50
) -> None:
    """Hotels that must agree themselves, those with problems first."""
    setting = setting_of(context)
    some = list(setting.api.pages(HOME, "hotels", limit))
    if setting.as_json:
        show.document({"hotels": some})
        return
    now = datetime.now(UTC)
    show.table(COLUMNS, (line(one, now) for one in some), "No hotel is asked.")


def line(one: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A hotel as a row."""
    cut = one["cut_off"] or ("none" if one["cut_off_known"] else "not known")
    return {**one, "heard": _ago(one["heard_at"], now), "changes": _changes(one["feed"], now),
            "left": _left(one["answer_by"], now), "cut": cut}  # fmt: skip


def _changes(feed: dict[str, Any] | None, now: datetime) -> str:
    """When a hotel's system last told of changes, and whether that can be relied on."""
    if feed is None:
        return ""
    told = _ago(feed["answered_at"], now)
    if feed["silent"]:
        told += ", silent"
    return f"{told}, may be stale" if feed["stale_since"] else told


def _ago(text: str | None, now: datetime) -> str:
    return f"{span((now - datetime.fromisoformat(text)).total_seconds())} ago" if text else "never"


def _left(text: str | None, now: datetime) -> str:
    if not text:
        return ""
    left_s = (datetime.fromisoformat(text) - now).total_seconds()
    return f"in {span(left_s)}" if left_s > 0 else "over"


@app.command("show")
def show_hotel(
    context: typer.Context,
    hotel: Hotel,
    ended: Annotated[bool, typer.Option("--ended", help="Orders that are over, too.")] = False,
    nights: Annotated[int, typer.Option(min=1, max=31, help="Nights from today on.")] = 14,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Orders at most.")] = 50,
) -> None:
    """One hotel: how it stands, its orders, its cut-offs to come, its rooms by night."""
    setting = setting_of(context)
    asked = "true" if ended else None
    whole = setting.api.read(at(hotel), ended=asked, limit=1)["line"]
    orders = list(setting.api.pages(at(hotel), "orders", limit, ended=asked))
    told = setting.api.read(f"{at(hotel)}/nights", nights=nights)
    guests = setting.api.read(f"{at(hotel)}/arrivals", nights=nights)["stays"]
    cuts = list(setting.api.pages(f"{at(hotel)}/cut-offs", "cuts", limit))
    if setting.as_json:
        found = {"line": whole, "orders": orders, "nights": told["nights"], "guests": guests,
                 "cut_offs": cuts}  # fmt: skip
        show.document(found)
        return
    now = datetime.now(UTC)
    show.table(COLUMNS, [line(whole, now)])
    show.heading("ORDERS")
    show.table(ORDER, (_order(one, now) for one in orders), "No order is open.")
    if cuts or whole["cut_off_known"]:
        show.heading("CUT-OFFS COMING (ROOM NIGHTS)")
        show.table(CUT, map(_cut, cuts), "No cut-off is to come.")
    first = date.fromisoformat(told["starts_on"])
    show.heading(f"{nights} NIGHTS FROM {first}")
    show.table(NIGHT, map(_night, told["nights"]), "No order for these nights.")
    if guests:
        show.heading("GUESTS AT A HOTEL BY HAND")
        show.table(GUESTS, (row for one in guests for row in _stays(one)))


def _order(one: dict[str, Any], now: datetime) -> dict[str, Any]:
    rooms = one["rooms"] if one["contracted"] is None else f"{one['contracted']} of {one['rooms']}"
    stay = f"{one['first_night']}..{one['last_night']}"
    differ = one["differs"]["en"] if one["differs"] else ""
    return {**one, "stay": stay, "rooms_said": rooms, "left": _left(one["answer_by"], now),
            "guests": _guests(one["names"]), "differ": differ}  # fmt: skip


def _guests(names: dict[str, Any] | None) -> str:
    """Rooms that the hotel has in guests' names, and what stands in the way."""
    if names is None:
        return ""
    why = names["differs"]["en"] if names.get("differs") else names["said"]
    wrong = f" ({why})" if why else ""
    unnamed = f", {names['unnamed']} who share not named" if names.get("unnamed") else ""
    return f"{names['there']} of {names['rooms']}{unnamed}{wrong}"


def _cut(one: dict[str, Any]) -> dict[str, Any]:
    untold = "not known" if one["looked_at"] else "not near yet"
    return {**one, "picked": untold if one["picked"] is None else one["picked"],
            "risk": untold if one["at_risk"] is None else one["at_risk"]}  # fmt: skip


def _night(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "taken": "not known" if one["picked"] is None else one["picked"]}


def _stays(one: dict[str, Any]) -> list[dict[str, Any]]:
    named = "not known" if one["named"] is None else one["named"]
    visit = one["stay"]["visit"]
    return [{**night, "visit": visit, "named": named} for night in one["nights"]]
