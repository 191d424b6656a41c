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
from tests.simulation.asking import announcements
from tests.simulation.world import World


def notice_violations(world: World) -> Iterator[str]:
    """INV5: each recipient saw the last committed truth, once; nothing that was not committed."""
    store = world.processes["notifications"].store
    told = dict(store.ask("SELECT visit, programme FROM notifications_told ORDER BY visit"))
    document = store.ask("SELECT document FROM notifications_contacts")[0][0]
    contact = Contact.model_validate_json(document)
    announced = announcements(world)
    for visit, events in announced.items():
        expected = part_of(events[max(events)], contact)
        seen = Programme.model_validate_json(told[visit]) if visit in told else None
        if not alike(seen, expected):
            yield f"{visit}: the desk was last told {seen}, true is {expected}"
    sent = store.ask(
        "SELECT id, visit, recipient, channel, cause, topic, content, state"
        " FROM notifications_notices ORDER BY seq"
    )
    once: Counter[tuple[str, ...]] = Counter()
    for one, visit, recipient, channel, cause, topic, content, state in sent:
        if state not in ("sent", "withheld"):
            yield f"notice {one} is still {state}"
        if state == "sent":
            once[recipient, channel, cause, topic, visit] += 1
            sequence = orjson.loads(content).get("sequence")
            known = sequence in announced.get(visit, {}) or "visits" in world.restored
            if sequence is not None and not known:
                yield f"notice {one} tells of {visit} #{sequence}, which was never announced"
    yield from (f"{key} was told {n} times" for key, n in once.items() if n > 1)
    yield from _mailbox(world, {row[0]: row[7] for row in sent})


def _mailbox(world: World, states: dict[str, str]) -> Iterator[str]:
    got = Counter(letter.id for letter in world.mailbox.letters)
    # A restored store no longer knows what it has sent: those letters go out once more.
    forgot = "notifications" in world.restored
    for one, state in states.items():
        if state == "sent" and not got[one]:
            yield f"notice {one} counts as sent and never arrived"
        if state == "withheld" and got[one] and not forgot:
            yield f"notice {one} was withheld and arrived"
    crashed = any(fault.startswith("killed") for fault in world.faults)
    for one, many in got.items():
        if many > 1 and not crashed and not forgot:
            yield f"notice {one} arrived {many} times and nobody had died"
