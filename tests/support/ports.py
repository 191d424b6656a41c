"""Free loopback ports."""

from __future__ import annotations

from deploy.local import free_port

__all__ = ["free_port"]
