"""What lies ready for a hotel's system, and what happens to it: handed out, taken over, refused.

An order stays on the shelf until the hotel's system has taken over its newest state. A report names
an order but not its state, so it counts for the oldest state that was handed out since the last
report: when a change went out in between and its answer was lost, the change goes out again, at
worst once too often. That holds for systems that ask and report one after the other, and repeat a
report before they ask again, as the standard has them do.

Owns: these moves, as values. It knows ids and revisions, never guests.
Must not: take a receipt for a confirmation: the hotel's system has read the order, no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.bookings.hotels.alpinebits.orders import Status
from services.bookings.hotels.alpinebits.outcomes import Outcome, warning
from services.bookings.hotels.alpinebits.reports import Refusal, Report
from services.bookings.hotels.alpinebits.words import Word

MAX_HANDED = 500
"""Orders in one answer; the rest comes with the next question, once these are taken over."""
MAX_SINCE = 2_000
"""The same for a question about all since a moment, which has no next page: the newest ones."""


@dataclass(frozen=True, slots=True)
class Slip:
    """Where one order stands. Revisions grow with each change of the order; 0 is none."""

    id: str
    """Of the order on the wire."""
    revision: int
    changed_at: datetime
    cancelled: bool = False
    handed: int = 0
    """The newest revision that was handed out."""
    handed_cancelled: bool = False
    """Whether that was the end of the order."""
    oldest: int = 0
    """The oldest revision handed out since the last report about the order; 0: none."""
    settled: int = 0
    """The newest revision that the hotel's system took over or refused."""
    refusal: Refusal | None = None
    """Its refusal of the settled revision."""
    word: Word | None = None
    """What the hotel last said about the order of its own accord."""
    word_about: int = 0
    """The revision that the hotel's system had taken over by then."""

    @property
    def unseen(self) -> bool:
        """Whether the order ended before the hotel's system ever saw it: not worth telling."""
        return self.cancelled and self.handed == 0

    @property
    def waits(self) -> bool:
        """Whether the hotel's system has still to take the newest state over."""
        return self.settled < self.revision and not self.unseen

    @property
    def booked(self) -> bool:
        """Whether the hotel says that the newest state is booked there; compare its room line."""
        said = self.word is not None and self.word.status is Status.RESERVED
        return said and self.word_about == self.revision and not self.cancelled


Shelf = Mapping[str, Slip]


def put(shelf: Shelf, slip_id: str, revision: int, at: datetime, cancelled: bool = False) -> Shelf:
    """The shelf with a new state of an order; an older or known revision changes nothing."""
    known = shelf.get(slip_id)
    if known is None:
        return {**shelf, slip_id: Slip(slip_id, revision, at, cancelled)}
    if revision <= known.revision:
        return shelf
    return {
        **shelf,
        slip_id: replace(known, revision=revision, changed_at=at, cancelled=cancelled),
    }


def due(shelf: Shelf, since: datetime | None) -> tuple[Slip, ...]:
    """What to hand out: all that waits, or all changed after `since`; the oldest first."""
    chosen = [
        one
        for one in shelf.values()
        if (one.waits if since is None else one.changed_at > since and not one.unseen)
    ]
    chosen.sort(key=lambda one: (one.changed_at, one.id))
    return tuple(chosen[:MAX_HANDED] if since is None else chosen[-MAX_SINCE:])


def hand_out(shelf: Shelf, handed: Iterable[str]) -> Shelf:
    """The shelf after these orders went out in their newest state; to be stored before they do."""
    after = dict(shelf)
    for one in handed:
        slip = after[one]
        after[one] = replace(
            slip,
            handed=slip.revision,
            handed_cancelled=slip.cancelled,
            oldest=slip.oldest or slip.revision,
        )
    return after


def take(shelf: Shelf, report: Report) -> tuple[Shelf, Outcome]:
    """The shelf after a report, and what its sender is told about what fitted nothing.

    A refusal counts over a receipt of the same order in the same report.
    """
    after = dict(shelf)
    strange: list[str] = []
    refusals = {one.id: one for one in report.refused}
    for record in report.taken:
        slip = after.get(record.id)
        if slip is None or not slip.handed or (record.cancelled and not slip.handed_cancelled):
            strange.append(record.id)
        elif record.id not in refusals:
            after[record.id] = _settled(slip, record.cancelled, None)
    for one in refusals.values():
        slip = after.get(one.id)
        if slip is None or not slip.handed:
            strange.append(one.id)
        else:
            after[one.id] = _settled(slip, False, one)
    notes = (warning("no such order was handed out", one) for one in dict.fromkeys(strange))
    return after, Outcome(notes=tuple(notes))


def _settled(slip: Slip, ended: bool, refusal: Refusal | None) -> Slip:
    """Only a report about the end says which state it means; without a state, nothing changes."""
    state = slip.handed if ended else slip.oldest
    if state <= slip.settled:
        return slip if state == 0 else replace(slip, oldest=0)
    return replace(slip, settled=state, refusal=refusal, oldest=0)


def hear(shelf: Shelf, words: Iterable[Word]) -> tuple[Shelf, tuple[str, ...], Outcome]:
    """The shelf after words of the hotel, the orders heard about, and what its sender is told.

    An older word never replaces a newer one, and a word changes no decision of ours: an order that
    the hotel calls off stays as we left it, until somebody decides.
    """
    after = dict(shelf)
    heard: dict[str, None] = {}
    strange: list[str] = []
    for word in words:
        slip = after.get(word.id)
        if slip is None or not slip.handed:
            strange.append(word.id)
            continue
        heard[word.id] = None
        if not _older(word, slip.word):
            after[word.id] = replace(slip, word=word, word_about=slip.settled)
    notes = (warning("no such order was handed out", one) for one in dict.fromkeys(strange))
    return after, tuple(heard), Outcome(notes=tuple(notes))


def _older(word: Word, than: Word | None) -> bool:
    if than is None or than.at is None or word.at is None:
        return False
    return word.at < than.at


def called_off(shelf: Shelf) -> tuple[Slip, ...]:
    """Orders that we want and the hotel has cancelled: each is a visit to be planned again."""
    found = [
        one
        for one in shelf.values()
        if one.word is not None and one.word.status is Status.CANCELLED and not one.cancelled
    ]
    return tuple(sorted(found, key=lambda one: one.id))


def refused(shelf: Shelf) -> tuple[Slip, ...]:
    """Orders whose newest state the hotel's system refused: each needs a person or a new plan."""
    found = [one for one in shelf.values() if one.refusal is not None and not one.waits]
    return tuple(sorted(found, key=lambda one: one.id))
