"""A real nats-server, alone or as a cluster of three."""

from __future__ import annotations

from deploy.servers.nats import EXECUTABLE, NatsCluster, NatsServer

__all__ = ["EXECUTABLE", "NatsCluster", "NatsServer"]
