"""What can go wrong with a hotel, one class each; adapters choose it by the body of an answer.

A repeated write that the hotel already has (`Duplicate`) is success, and so is one accepted with a
warning: that one is a remark on what was read, not an error.
Must not: hold what a guest is called; `said` is the hotel's text with the guest's names removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Short:
    """A night on which there is too little: rooms left of a room type, in the hotel's code or ours.

    `night` is None when the hotel did not say which one.
    """

    night: date | None
    kind: str
    free: int


class HotelError(Exception):
    """Base: a code for machines, and what the hotel said."""

    code: ClassVar[str] = "hotel_error"
    success: ClassVar[bool] = False
    """The hotel has what was asked for all the same."""
    again: ClassVar[bool] = False
    """The same call may be made again later: the hotel surely did nothing."""
    faulty: ClassVar[bool] = False
    """It counts against the hotel's line (`pacing`)."""

    def __init__(self, said: str = "") -> None:
        super().__init__(f"{self.code}: {said}" if said else self.code)
        self.said = said


class Invalid(HotelError):
    """The hotel does not understand or accept what was sent; the same again is refused again."""

    code = "invalid"


class NotFound(HotelError):
    """The hotel has no such thing. Only a read may conclude anything from it."""

    code = "not_found"


class Unsupported(HotelError):
    """The hotel's system has no such operation and nothing of the same meaning."""

    code = "unsupported"


class MappingMissing(HotelError):
    """A code of ours has no counterpart in the hotel's, or the other way round."""

    code = "mapping_missing"

    def __init__(self, table: str, name: str) -> None:
        super().__init__(f"{table}: {name}")
        self.table, self.name = table, name


class NoAvailability(HotelError):
    """Too few rooms, by night."""

    code = "no_availability"

    def __init__(self, said: str = "", nights: Sequence[Short] = ()) -> None:
        super().__init__(said)
        self.nights = tuple(nights)


class BlockFull(NoAvailability):
    """All rooms of the block are picked up on some night."""

    code = "block_full"


class BlockNotOpen(HotelError):
    """The block takes no rooms now: still asked for, cancelled, or released."""

    code = "block_not_open"


class CutOffPassed(BlockNotOpen):
    """The block's rooms have gone back to the hotel."""

    code = "cut_off_passed"


class IllegalState(HotelError):
    """A move that the state does not allow; names the states that may come next."""

    code = "illegal_state"

    def __init__(self, state: str, wanted: str, legal: Sequence[str], said: str = "") -> None:
        names = ", ".join(legal) or "none"
        super().__init__(said or f"{state} cannot become {wanted}; legal: {names}")
        self.state, self.wanted, self.legal = state, wanted, tuple(legal)


class Conflict(HotelError):
    """Somebody else changed the same thing meanwhile: read, then decide again."""

    code = "conflict"


class Duplicate(HotelError):
    """The hotel already has it: success, once it was read."""

    code = "duplicate"
    success = True


class Declined(HotelError):
    """A person at the hotel said no, and chose a reason from a list: `said` is its name."""

    code = "declined"


class RolledBack(HotelError):
    """The hotel began, failed and undid all of it."""

    code = "rolled_back"
    again = True


class AuthExpired(HotelError):
    """The credentials are not accepted (any more)."""

    code = "auth_expired"
    again = True


class Forbidden(HotelError):
    """The credentials are accepted but do not allow it."""

    code = "forbidden"


class RateLimited(HotelError):
    """Too many calls; `after_s` seconds from now there is room again."""

    code = "rate_limited"
    again = True

    def __init__(self, said: str = "", after_s: float = 1.0) -> None:
        super().__init__(said)
        self.after_s = after_s


class Unavailable(HotelError):
    """The hotel was not reached, or a read failed: nothing was changed there."""

    code = "unavailable"
    again = True
    faulty = True


class OutcomeUnknown(HotelError):
    """A write without an answer to trust: it may have happened. Only a read settles it."""

    code = "outcome_unknown"
    faulty = True


class ContractViolation(HotelError):
    """An answer that is not of the form which the hotel's system documents."""

    code = "contract_violation"
    faulty = True
