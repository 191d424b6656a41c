"""How operations have set the links of hotels in a simulated process, and how orders stand there.

Must not: change anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.contracts.hotels import ActOnHotel

if TYPE_CHECKING:
    from tests.simulation.process import Process


def state_of(process: Process, body: Any) -> str:
    """How the order that is asked for again stands; of an act on a link, how that is set."""
    if body["act"] == "ask_again":
        found = process.store.ask(
            "SELECT state FROM bookings_hotel_orders WHERE ours = ?", body["order"]
        )
        return f"order {found[0][0]}" if found else "none"
    aside = process.store.ask(
        "SELECT by_hand FROM bookings_hotel_switches WHERE hotel = ? AND by_hand", body["hotel"]
    )
    paused = body["hotel"] in paused_until(process)
    return "by hand" if aside else "paused" if paused else "link"


def pairs() -> Iterator[tuple[str, str]]:
    """The states in which an act may be of use, with the act."""
    states = ("none", "link", "paused", "by hand", "order unknown", "order waiting", "order owned")
    yield from ((state, ActOnHotel.subject_name()) for state in states)


def paused_until(process: Process) -> dict[str, datetime]:
    """The hotels whose link rests, and until when."""
    rows = process.store.ask("SELECT hotel, paused_until FROM bookings_hotel_switches")
    ends = {one: datetime.fromisoformat(end).replace(tzinfo=UTC) for one, end in rows if end}
    return {one: end for one, end in ends.items() if end > process.now()}
