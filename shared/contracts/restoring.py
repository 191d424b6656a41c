"""What a service says when its store was brought back from an older copy.

Must not: say what was in the store.
"""

from __future__ import annotations

from pydantic import Field

from shared.contracts.message import Event
from shared.contracts.values import Instant, Key, Label


class StoreRestored(Event):
    """The store of `service` is as it was at `as_of`: who has sent it something sends it again.

    What it handled before that, its inbox knows; what others handled long ago, theirs do.
    """

    service: Key
    as_of: Instant
    restored_at: Instant
    subjects: tuple[Label, ...] = Field(max_length=200)
    """Of the messages that it takes; `*` stands for any owner."""
