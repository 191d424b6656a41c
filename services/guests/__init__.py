"""GUESTS: who the guests are; the only place that knows a name, a document or a phone.

Owns      rosters, each guest sealed under a key of their own; the audit of every look and write.
Accepts   PutRoster, LookAtRoster, EraseGuest, ReadTotals, ReadAudit, VerifyAudit by request and
          reply; VisitChanged of visits, to know when a roster's purpose has ended.
Announces RosterChanged and LodgingChanged, by opaque ids: personal data is in no message that a
          stream stores.
Promises  a look gives what its purpose needs (PIPL art. 5-6) and is recorded with actor and
          purpose, or gives nothing; erasing a guest destroys the key (art. 47), and totals and the
          audit stay whole; without the master key the store tells nothing about anyone.

Read `rules.py` first.
"""
