"""Hotels that run their own systems: one port, an adapter for each kind of system.

Owns: what bookings may ask a hotel, what a hotel's answer means, and how both are kept in step.
Promises: nothing is confirmed before the room line was read back; a call that timed out is
settled by reading, never by trying again; older hotel data never overwrites a newer decision.
Must not: let a guest's name reach an event, a log or an error.
"""
