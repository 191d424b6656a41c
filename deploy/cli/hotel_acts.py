"""The acts of `hotel`: pause, resume, by-hand, by-link, ask-again.

Must not: decide whether an act is right; bookings does, and says why not.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from deploy.cli import show
from deploy.cli.hotels import Hotel, app, at
from deploy.cli.parked_options import Why
from deploy.cli.setting import setting_of

group = app
"""The commands of `hotel`, with these."""


@app.command("pause")
def pause(
    context: typer.Context,
    hotel: Hotel,
    reason: Why,
    minutes: Annotated[int, typer.Option(min=1, max=720, help="It ends by itself then.")] = 15,
) -> None:
    """Ask nothing over a hotel's link for a while; orders wait."""
    _do(context, f"{at(hotel)}/pause", f"{hotel} is paused", minutes=minutes, reason=reason)


@app.command("resume")
def resume(context: typer.Context, hotel: Hotel, reason: Why) -> None:
    """End the pause of a link."""
    _do(context, f"{at(hotel)}/resume", f"{hotel} is asked again", reason=reason)


@app.command("by-hand")
def by_hand(context: typer.Context, hotel: Hotel, reason: Why) -> None:
    """Set a link aside: what was not sent yet goes out by letter."""
    _do(context, f"{at(hotel)}/by-hand", f"{hotel} answers by hand now", reason=reason)


@app.command("by-link")
def by_link(context: typer.Context, hotel: Hotel, reason: Why) -> None:
    """Use a link again for new orders."""
    _do(context, f"{at(hotel)}/by-link", f"{hotel} is asked over its link", reason=reason)


@app.command("ask-again")
def ask_again(
    context: typer.Context,
    hotel: Hotel,
    order: Annotated[str, typer.Argument(help="An order, as `hotel show` names it.")],
    reason: Why,
) -> None:
    """Have an order looked at now: the hotel is read first."""
    address = f"{at(hotel)}/orders/{quote(order, safe='')}/again"
    _do(context, address, f"{order} is looked at", reason=reason)


def _do(context: typer.Context, address: str, done: str, **fields: Any) -> None:
    setting = setting_of(context)
    told = setting.api.write("POST", address, json=fields)
    if setting.as_json:
        show.document(told)
    else:
        show.say(f"{done}." if "act" in told else f"Sent; the outcome will be at {told['status']}.")
