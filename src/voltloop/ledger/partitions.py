"""Partitions of the large tables: one per quarter, made when the first row of the quarter comes.

Rows before 2010 and after 2049 go to two partitions at the edges, which always exist. There is no default partition:
PostgreSQL would have to lock and read it each time a quarter is attached, and readers would wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from voltloop.ledger.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Table

__all__ = ["FIRST_YEAR", "LAST_YEAR", "edge_statements", "ensure_partitions", "partitioned_tables"]

FIRST_YEAR = 2010
LAST_YEAR = 2049

_Quarter = tuple[int, int]
_known: WeakKeyDictionary[Engine, set[tuple[str, _Quarter]]] = WeakKeyDictionary()
_LOCK = 7403132


def partitioned_tables(column: str = "event_at") -> list[Table]:
    """Give the tables that are partitioned by time through this column."""
    wanted = f"RANGE ({column})"
    return [t for t in metadata.tables.values() if t.dialect_options["postgresql"]["partition_by"] == wanted]


def ensure_partitions(connection: Connection, instants: Iterable[datetime], column: str = "event_at") -> None:
    """Make the partitions that rows of these instants need.

    Parameters
    ----------
    connection
        A connection to the ledger. Missing partitions are made through another connection and committed at once:
        they stay if the caller rolls back, and neither readers nor the caller's own rows are in their way.
    instants
        Instants with their zone; any number.
    column
        Column that the tables are partitioned by.
    """
    known = _known.setdefault(connection.engine, set())
    missing = {(column, quarter) for quarter in {_quarter(instant) for instant in instants}} - known
    quarters = sorted(quarter for _, quarter in missing if FIRST_YEAR <= quarter[0] <= LAST_YEAR)
    if quarters:
        _make(connection.engine, quarters, column)
    known |= missing


def _quarter(instant: datetime) -> _Quarter:
    instant = instant.astimezone(UTC)
    return instant.year, (instant.month + 2) // 3


def _make(engine: Engine, quarters: list[_Quarter], column: str) -> None:
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    direct = create_engine(engine.url, poolclass=NullPool)
    with direct.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        for table in partitioned_tables(column):
            for year, quarter in quarters:
                name = f"{table.name}_{year}q{quarter}"
                if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
                    _attach(connection, table, name, _start(year, quarter), _start(year, quarter + 1))


def _start(year: int, quarter: int) -> str:
    year, quarter = (year, quarter) if quarter <= 4 else (year + 1, 1)
    return f"'{year}-{quarter * 3 - 2:02d}-01 00:00:00+00'"


def _attach(connection: Connection, table: Table, name: str, low: str, high: str) -> None:
    """Make a table and attach it: unlike ``CREATE TABLE ... PARTITION OF`` this lets readers and writers go on."""
    from sqlalchemy import text

    connection.execute(
        text(f"CREATE TABLE {name} (LIKE {table.name} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    )
    connection.execute(
        text(f"ALTER TABLE {table.name} ATTACH PARTITION {name} FOR VALUES FROM ({low}) TO ({high})")
    )


def edge_statements(table: Table) -> list[str]:
    """Give the SQL that makes the two partitions at the edges of a table; none where it is not partitioned."""
    if not table.dialect_options["postgresql"]["partition_by"]:
        return []
    first, last = _start(FIRST_YEAR, 1), _start(LAST_YEAR + 1, 1)
    return [
        f"CREATE TABLE {table.name}_{name} PARTITION OF {table.name} FOR VALUES FROM ({low}) TO ({high})"
        for name, low, high in (("early", "MINVALUE", first), ("late", last, "MAXVALUE"))
    ]
