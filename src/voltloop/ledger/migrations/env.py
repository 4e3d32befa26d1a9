"""What Alembic runs for every upgrade: on the connection it is given, or as SQL text for a dry run."""

from __future__ import annotations

from alembic import context

from voltloop.ledger.migrations import VERSION_TABLE


def _run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is None:
        context.configure(dialect_name="postgresql", version_table=VERSION_TABLE, literal_binds=True)
    else:
        context.configure(connection=connection, version_table=VERSION_TABLE)
    context.run_migrations()


if __name__ == "env_py":  # the name under which Alembic loads this file
    _run()
