"""Faults of the guests service to plant; see `planted`.

Must not: plant anything; `mutants` does.
"""

from __future__ import annotations

from tests.simulation.fault import Fault
from tests.simulation.planted_acts import CALL, RARE

HOST = "guest "
DESK = "services.guests.handlers"
GUESTS = (
    Fault("an erased guest is still there", DESK,
          "            strike_out(work, self.keys, query.visit, [row], query.counted)\n", "",
          deck=HOST),
    Fault("the key of an erased guest is left", "services.guests.store",
          '"key_id": None, "wrapped": None, "content"', '"key_id": None, "content"', deck=HOST),
    Fault("a replaced roster is as it was", "services.guests.changes",
          "    store.change_guests(work, changed)\n", "", deck=HOST),
    Fault("guests who are not in a new roster stay", "services.guests.changes",
          "    store.erase_guests(work, [one.guest for one in gone])\n", "", deck=HOST),
    Fault("a look that is refused is not recorded", DESK,
          '        audit.record(work, self.keys.chain, query, "look", shown.outcome',
          '        _ = shown.outcome == "refused" or audit.record('
          'work, self.keys.chain, query, "look", shown.outcome', deck=HOST),
    Fault("a roster counts that nobody had seen", "services.guests.changes",
          "if query.expected_revision != revision:", "if revision < 0:", deck=HOST),
    Fault("counts forget who was erased", "services.guests.changes",
          "key: (present - gone[key], erased + gone[key] * counted)",
          "key: (present - gone[key], erased)",
          deck=HOST),
    Fault("who was erased since a copy is back with it", "services.console.erasures",
          "await self._those_asked_for(event, since)", "0", RARE, deck=HOST),
    Fault("whom a roster left out since a copy is back with it", "services.console.erasures",
          "await self._those_left_out(event, since)", "0", RARE, deck=HOST),
    Fault("a roster that went back with a copy is not told", "services.console.erasures",
          "found.revision < one.revision", "found.revision < 0", RARE, deck=HOST),
    Fault("guests stay when their visit is over", DESK,
          "        for visit in due:\n", "        for visit in due[:0]:\n", deck=HOST),
    Fault("a hotel is told a replaced roster as it was", "services.guests.changes",
          "    _tell(work, query, matches, made, gone)\n", "", RARE, CALL),
    Fault("a hotel is not told that a guest was erased", DESK,
          "            tell_lodging(work, query, query.visit, [row.guest])\n", "", RARE, CALL),
    Fault("a hotel's look is recorded as our own", DESK,
          'actor=f"hotel:{query.lodging.hotel}"', "actor=query.actor", RARE, CALL),
)  # fmt: skip
