"""Faults of reminders to plant; see `planted`.

Must not: plant anything; `mutants` does.
"""

from __future__ import annotations

from tests.simulation.fault import Fault

DECK = "remind"
DIARY = "services.notifications.diary"
REMINDERS = (
    Fault("a reminder of what was changed is sent", DIARY,
          'if row["state"] == WAITING or letters:', "if letters:", deck=DECK),
    Fault("the letter of a reminder leaves that was called off", DIARY,
          '                book.withhold(letter, "the arrangement has changed")\n',
          "                assert letter\n", deck=DECK),
    Fault("a reminder that is due is dropped", "services.notifications.reminders",
          "for one in due if now >= one.deadline}", "for one in due if now >= one.due_at}",
          deck=DECK),
    Fault("what is changed is reminded of no more", DIARY,
          'if row["state"] != CANCELLED}', 'if row["state"]}', deck=DECK),
    Fault("a reminder is made again each time", "services.notifications.handlers",
          '            diary.move(reminder.id, "sent", "")\n', "", deck=DECK),
)  # fmt: skip
