"""How any service runs: settings, store, one writer, inbox and outbox, delivery, probes.

Owns: the promise that a message is handled in one transaction and nothing committed is lost.
Must not: know a word of the domain.
"""
