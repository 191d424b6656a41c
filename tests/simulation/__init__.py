"""The whole system in one process, driven by one seed: see `docs/reliability.md`.

Real: handlers, kernel, `plan()`, writer, relay, delivery rules, SQL on SQLite.
Simulated: the bus, time, chance, the moments at which a process dies, and the channel letters take.
"""
