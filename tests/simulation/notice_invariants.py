"""What must be true of letters when the noise has stopped (INV5).

Must not: change anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import orjson

from services.notifications.documents import Contact
from services.notifications.programme import Programme, alike
from services.notifications.rules import part_of
from tests.simulation.asking import Stores, announcements
from tests.simulation.world import World


def notice_violations(world: World) -> Iterator[str]:
    """INV5: each recipient saw the last committed truth, once; nothing that was not committed."""
    yield from untruths(world)
    died = "notifications" in world.died
    yield from told_wrong(world, forgiven="visits" in world.restored, died=died)
    rows = world.processes["notifications"].store.ask("SELECT id, state FROM notifications_notices")
    yield from _mailbox(world, dict(rows))


def untruths(world: Stores) -> Iterator[str]:
    """What contacts were told last is the last announced arrangement, as far as it is theirs."""
    ask = world.processes["notifications"].store.ask
    told = {
        (recipient, channel, visit): Programme.model_validate_json(programme)
        for recipient, channel, visit, programme in ask(
            "SELECT recipient, channel, visit, programme FROM notifications_told"
        )
    }
    documents = ask("SELECT document FROM notifications_contacts ORDER BY id")
    contacts = [Contact.model_validate_json(document) for (document,) in documents]
    for visit, events in announcements(world).items():
        for contact in contacts:
            expected = part_of(events[max(events)], contact)
            for way in contact.ways:
                seen = told.get((contact.id, way.key, visit))
                if not alike(seen, expected):
                    yield f"{visit}: {contact.id} was last told {seen}, true is {expected}"


def told_wrong(world: Stores, forgiven: bool = False, died: bool = False) -> Iterator[str]:
    """Nothing waits, nothing was told twice, nothing was told that was not announced; `forgiven`
    where the orchestrator has forgotten what it announced. Where the sender `died`, a person is
    shown what may have arrived, and speaks of a moment that has passed since."""
    announced = announcements(world)
    once: Counter[tuple[str, ...]] = Counter()
    for one, visit, recipient, channel, cause, topic, content, state, late in world.processes[
        "notifications"
    ].store.ask(
        "SELECT id, visit, recipient, channel, cause, topic, content, state, expires_at"
        " FROM notifications_notices ORDER BY seq"
    ):
        if state not in ("sent", "withheld") and not (died and late and state == "failed"):
            yield f"notice {one} is still {state}"
        if state == "sent":
            once[recipient, channel, cause, topic, visit] += 1
            sequence = orjson.loads(content).get("sequence")
            if sequence is not None and sequence not in announced.get(visit, {}) and not forgiven:
                yield f"notice {one} tells of {visit} #{sequence}, which was never announced"
    yield from (f"{key} was told {n} times" for key, n in once.items() if n > 1)


def _mailbox(world: World, states: dict[str, str]) -> Iterator[str]:
    got = Counter(letter.id for letter in world.mailbox.letters)
    # A restored store no longer knows what it has sent: those letters go out once more.
    forgot = "notifications" in world.restored
    for one, state in states.items():
        if state == "sent" and not got[one]:
            yield f"notice {one} counts as sent and never arrived"
        if state == "withheld" and got[one] and not forgot:
            yield f"notice {one} was withheld and arrived"
    crashed = "notifications" in world.died
    for one, many in got.items():
        if many > 1 and not crashed and not forgot:
            yield f"notice {one} arrived {many} times and its sender had not died"
