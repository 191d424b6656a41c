"""What every layer's Alembic `env.py` does: run the versions on the connection handed over.

Must not: open a connection or commit; `store.migrate` owns the transaction.
"""

from __future__ import annotations

from alembic import context, op


def run() -> None:
    """Run the layer's versions inside the caller's transaction, with a version table of its own."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        version_table=f"{attributes['service']}_{attributes['layer']}_version",
        transactional_ddl=True,
    )
    context.run_migrations()


def service() -> str:
    """The service whose tables a version script is to make; its name starts every table's."""
    config = op.get_context().config
    assert config is not None
    return str(config.attributes["service"])
