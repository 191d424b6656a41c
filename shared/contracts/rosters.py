"""What the guests service tells of rosters: how far each has come, and whom a new one left out.

A guests service that is brought back from an older copy has forgotten both; the console has not.

Must not: say anything of a guest but the opaque id, nor what a roster says.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.contracts.guests import MAX_GUESTS
from shared.contracts.message import Event
from shared.contracts.values import GuestId, Slug


class RosterChanged(Event):
    """A roster was put, and is another one now. `erased` are guests of the one before who are not
    in it. Revisions of a visit's roster only grow, also after its store was brought back."""

    owner: ClassVar[str | None] = "guests"
    visit: Slug
    revision: int = Field(ge=1)
    erased: tuple[GuestId, ...] = Field(default=(), max_length=MAX_GUESTS)
