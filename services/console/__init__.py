"""CONSOLE, the one public door: a JSON API, a stream of changes, and one page that lists visits.

Owns      idempotency keys with the first answer to each, how each command ended, and alarms.
Accepts   HTTP from planners; CommandAnswered of all services; VisitChanged for the stream.
Announces AlarmRang, AlarmCleared; commands visits (submit, propose, commit, drop, cancel) and
          owners of holds (consent), through its own outbox.
Promises  a write that was accepted survives a crash and is done once; every error is a problem
          document that names the place and what would be right; it decides nothing of the field.

Read `main.py` first, then `document.py`.
"""
