"""Orders that go by letter while a link is set aside: what persons at hotels are written, what they
say, and what must be true of it.

Must not: know how it ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from services.bookings.by_hand.desk import HandDesk
from services.bookings.hotels.model import BlockView, NightCount, Ref
from services.bookings.hotels.states import BlockState
from shared.contracts.hotel_desk import (
    AnswerHotelPage,
    DeskState,
    HotelAsked,
    HotelLetter,
    HotelReason,
)
from tests.simulation.world import World

UNKNOWN = "unknown"
"""Whoever answered got no word that it was taken."""
Rooms = Mapping[tuple[date, str], int]


def answer(world: World, number: int, said: str) -> None:
    """A person opens some letter, not always the newest, and answers what it asks."""
    process = world.processes.get("bookings")
    letters = _letters(world) if world.hotels else []
    if not letters or process is None or process.front is None:
        return
    # Mostly the newest; an older one is of an edition that may not count any more.
    letter = letters[-1] if number % 4 else letters[number % len(letters)]
    hotel, yes = world.hotels[letter.hotel], said == DeskState.ACCEPTED.value
    if yes:
        # What they said counts for what they saw, also where we never hear of it.
        hotel.shown.setdefault(letter.order, []).append(_view(letter))
    heard = hotel.said.setdefault(letter.order, [])
    heard.append((letter.edition, UNKNOWN))
    world.faults[f"hotel letter: {said}"] += 1
    word = AnswerHotelPage(
        cause="page", actor="hotel", token=letter.link.rpartition("/")[2], edition=letter.edition,
        answer=DeskState(said),
        reason=HotelReason.TERMS if said == DeskState.REFUSED.value else None,
    )  # fmt: skip
    desk = HandDesk(process.front.orders.post)

    async def tell() -> None:
        done = await process.writer.run(lambda work: desk.answer(work, word))
        heard[-1] = letter.edition, said if done.outcome == "taken" else ""

    process.spawn(tell())
    world.loop.until_idle()
    while world.turn_all():
        pass


def letter_violations(world: World, wants: Mapping[str, Rooms]) -> Iterator[str]:
    """Nothing is asked for by letter and over the link; the last letter says what is wanted, and
    the hotel agreed to it; or it says that nothing is."""
    last = {one.order: one for one in _letters(world)}
    for ours, letter in sorted(last.items()):
        hotel = world.hotels[letter.hotel]
        if any(one.ours == ours for one in hotel.blocks):
            yield f"{letter.hotel} was asked for {ours} by letter and over its link"
        want = wants.get(ours, {})
        told = {key: many for key, many in _rooms(letter).items() if many}
        said = hotel.said.get(ours, [])
        if want and (told != want or letter.letter is HotelLetter.OFF):
            yield f"{letter.hotel} was last told {letter.letter} {told} for {ours}, wanted {want}"
        if not want and _expects(letter, said) and letter.letter is not HotelLetter.OFF:
            yield f"nobody told {letter.hotel} that {ours} is off"


def _expects(letter: HotelAsked, said: Sequence[tuple[int, str]]) -> bool:
    """Whether a person at the hotel expects guests, or a question: nothing but a letter tells them
    otherwise."""
    words = [word for _edition, word in said]
    no = (letter.edition, DeskState.REFUSED.value) in said and DeskState.ACCEPTED.value not in words
    return not (no or DeskState.WITHDRAWN.value in words or UNKNOWN in words)


def _letters(world: World) -> list[HotelAsked]:
    """All that were sent, the newest of each order last."""
    rows = world.processes["bookings"].store.ask(
        "SELECT body FROM bookings_outbox WHERE subject = ? ORDER BY id", HotelAsked.subject()
    )
    found = [HotelAsked.model_validate_json(body) for (body,) in rows]
    return sorted(found, key=lambda one: one.sequence)


def _rooms(letter: HotelAsked) -> dict[tuple[date, str], int]:
    return {(one.night, one.kind): one.rooms for one in letter.rooms}


def _view(letter: HotelAsked) -> BlockView:
    nights = tuple(NightCount(*key, many, many, 0) for key, many in _rooms(letter).items())
    return BlockView(Ref(letter.order, letter.order), BlockState.TENTATIVE, nights)
