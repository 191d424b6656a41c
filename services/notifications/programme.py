"""What one recipient is told of one visit, as a value that can be stored and compared.

Must not: know channels, languages or how it is worded.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.contracts.values import Text, Window


class Line(BaseModel):
    """One need as its recipient is told of it."""

    model_config = ConfigDict(frozen=True)

    need: str
    kind: str
    item: Text
    window: Window
    what: Text
    guarantee_by: datetime | None = None
    """Until when numbers may change freely; meals only."""


class Programme(BaseModel):
    """The part of a visit's firm arrangement that concerns one recipient."""

    model_config = ConfigDict(frozen=True)

    visit: str
    sequence: int
    """Of the arrangement it was cut from."""
    title: Text
    host: str
    zone: str
    guests: int | None = None
    """Told only to those who see the whole visit; others have the counts in their lines."""
    cancelled: bool = False
    """The whole visit is off, not only this recipient's part."""
    lines: tuple[Line, ...] = ()

    @property
    def content(self) -> tuple[object, ...] | None:
        """What counts when two are compared; None when there is nothing to tell."""
        if not self.lines:
            return None
        return (self.title, self.host, self.zone, self.guests, self.lines)


def alike(one: Programme | None, other: Programme | None) -> bool:
    """Whether both say the same. Having been told nothing and having no lines are the same."""
    return (one.content if one else None) == (other.content if other else None)
