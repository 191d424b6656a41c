"""Alembic's entry into this layer."""

from shared.chassis import migrating

migrating.run()
