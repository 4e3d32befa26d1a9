"""The tables of the ledger through its versions: forward only, under a lock, one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["upgrade"]


def upgrade(engine: Engine) -> None:
    """Bring the tables of a database to the newest version."""
    from sqlalchemy import text

    from voltloop.ledger.partitions import create_edges
    from voltloop.ledger.tables import metadata

    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(7403131)"))
        metadata.create_all(connection)
        create_edges(connection)
