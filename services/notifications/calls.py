"""An alarm as a letter tells it. Must not: know who is told."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.contracts.values import Text


class Call(BaseModel):
    """An alarm as a letter tells it."""

    model_config = ConfigDict(frozen=True)

    visit: str
    """The alarm's id."""
    title: Text
    """What is wrong."""
    harm: Text
    level: str
    call: int
    about: str | None
    """The visit that it hurts, where it is one."""
    raised_at: datetime
    cleared_at: datetime | None = None
    """Since when it is over; None in a letter that calls."""
    page: str
    zone: str
