"""A real PostgreSQL."""

from __future__ import annotations

from deploy.servers.postgres import PostgresServer

__all__ = ["PostgresServer"]
