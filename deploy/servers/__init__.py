"""Real servers on loopback for whatever is tried or measured: nats-server and PostgreSQL.

Must not: be needed by a service, or by `make run`; PostgreSQL comes from a wheel for development.
"""
