"""The bare ceiling: the same seven steps with nothing around them.

Four processes on raw nats-py and sqlite3 with grouped commits (WAL, synchronous=FULL); requests and
replies instead of stored messages; no inbox, no outbox, no orchestrator's store. A crash loses
visits half-way: this is what a promise costs nothing against, not a system anyone could run.
"""
