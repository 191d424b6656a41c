"""Versions of the chassis tables, which every service has: inbox, outbox, parked."""
