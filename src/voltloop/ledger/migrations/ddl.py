"""The SQL that makes the tables of the ledger, from their description in :mod:`voltloop.ledger.tables`."""

from __future__ import annotations

__all__ = ["table_statements"]


def table_statements() -> list[str]:
    """Give the statements that make every table, index and edge partition, in an order that works."""
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateIndex, CreateTable

    from voltloop.ledger.partitions import edge_statements
    from voltloop.ledger.tables import metadata

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    made: list[str] = []
    for table in metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += [str(CreateIndex(index).compile(dialect=dialect)).strip() for index in indexes]
        made += edge_statements(table)
    return made
