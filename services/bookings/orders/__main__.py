"""`python -m services.bookings.orders`: hotels and orders as they stand, from the service's store.

Must not: change a store's version, or call a hotel.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from services.bookings.by_hand import reminding
from services.bookings.guestlists.listing import stay_lines
from services.bookings.guestlists.noting import again as again_names
from services.bookings.hotels.links import read_links
from services.bookings.listening import turns
from services.bookings.orders import listing
from services.bookings.rules import BookingRules
from shared.chassis.clock import SystemClock
from shared.chassis.settings import Settings
from shared.chassis.store import open_store
from shared.holds.stock import Stock
from shared.holds.tables import hold_tables

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@contextmanager
def _store() -> Iterator[Connection]:
    engine = open_store(Settings().store_for("bookings"))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@app.command()
def hotels() -> None:
    """Each hotel: its link, the last exchange, orders that wait, orders that a person owns."""
    with _store() as connection:
        lines = listing.hotel_lines(connection)
    for one in lines:
        last = one.last.isoformat(timespec="seconds") if one.last else "never"
        states = ", ".join(f"{state} {count}" for state, count in sorted(one.states.items()))
        typer.echo(
            f"{one.hotel}: link {one.link}; last exchange {last}; waiting {one.waiting};"
            f" owned {one.states['owned']}; open writes {one.open_writes} ({states})"
        )


@app.command()
def feeds() -> None:
    """Each hotel that tells something by itself: when it was polled and answered, since when
    something may have been missed."""
    with _store() as connection:
        told = turns.polled(connection)
    for hotel, one in told.items():
        typer.echo(
            f"{hotel}: polled {_at(one.polled_at)}; answered {_at(one.answered_at)};"
            f" stale since {_at(one.stale_since)}"
        )


@app.command("unmapped")
def list_unmapped() -> None:
    """What of linked hotels' room types, rates and statuses has no counterpart in their links
    (REDCROWN_HOTELS). Exit code 1 when there is any, 2 when it cannot be told."""
    # Imported here: no other command needs the wiring, or an HTTP client.
    from services.bookings.main import BookingSettings
    from services.bookings.orders.unmapped import lacking

    own = BookingSettings()
    if own.hotels is None:
        typer.echo("REDCROWN_HOTELS names no file with links", err=True)
        raise typer.Exit(2)
    try:
        links = read_links(own.hotels)
        with _store() as connection:
            stock = Stock("bookings", BookingRules(), hold_tables("bookings"))
            hotels: Any = getattr(stock.inventory_on(connection), "hotels", {})
        found = lacking(links, hotels)
    except (OSError, ValueError) as error:
        typer.echo(f"{own.hotels}: {error}", err=True)
        raise typer.Exit(2) from None
    for one in found:
        typer.echo(f"{one.hotel}: {one.what}")
    if found:
        raise typer.Exit(1)


def _at(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else "never"


@app.command("list")
def list_orders(
    hotel: Annotated[str | None, typer.Option(help="Of this hotel only.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    after: Annotated[str, typer.Option(help="Go on after this reference.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
) -> None:
    """A page of orders: reference, hotel, visit, state, what the hotel said, what differs."""
    with _store() as connection:
        rows = listing.order_lines(connection, hotel, every, after, limit)
    for row in rows:
        due = row.due_at.isoformat(timespec="seconds") if row.due_at else "-"
        typer.echo(
            f"{row.ours} {row.hotel} {row.visit} {row.need} {row.first_night}..{row.last_night}"
            f" {row.state} said={row.said or '-'} tries={row.tries} due={due} {row.drift}".rstrip()
        )
    if len(rows) == limit:
        typer.echo(f"more: --after {rows[-1].ours}")


@app.command()
def stays(
    ours: Annotated[str, typer.Argument(help="Our reference of the order.")],
    after: Annotated[int, typer.Option(help="Go on after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
) -> None:
    """A page of an order's reservations by opaque ids of guests, and what the hotel said."""
    with _store() as connection:
        rows = stay_lines(connection, ours, after, limit)
    for row in rows:
        told = "named" if row.told else "not named yet"
        guests = f"{row.guest}+{row.sharer}" if row.sharer else row.guest
        typer.echo(
            f"{row.number} {row.stay} {guests} {row.kind} {row.arrival}..{row.departure}"
            f" {row.state} {told} said={row.said or '-'}"
        )
    if len(rows) == limit:
        typer.echo(f"more: --after {rows[-1].number}")


@app.command()
def again(ours: Annotated[str, typer.Argument(help="Our reference of the order.")]) -> None:
    """Ask the hotel again for an order, one that a person owned included."""
    with _store() as connection:
        now = SystemClock().now()
        done = listing.again(connection, ours, now) | again_names(connection, ours, now)
    if not done:
        typer.echo(f"there is no order {ours} that has not ended", err=True)
        raise typer.Exit(1)


@app.command("revoke")
def revoke_link(ours: Annotated[str, typer.Argument(help="Our reference of the order.")]) -> None:
    """Make the links to an order that is answered by hand open nothing; a new one is sent."""
    with _store() as connection:
        done = reminding.revoke(connection, ours, SystemClock().now())
    if not done:
        typer.echo(f"there is no order {ours} by hand that has not ended", err=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
