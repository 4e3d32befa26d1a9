"""Partitions of the large tables, made when the first row of their time comes: one per quarter, of readings per month.

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

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "edge_statements",
    "ensure_partitions",
    "forget_partitions",
    "partition_name",
    "partitioned_tables",
]

FIRST_YEAR = 2010
LAST_YEAR = 2049

_Part = tuple[int, int]
"""Year and first month of a partition."""
_known: WeakKeyDictionary[Engine, set[tuple[str, _Part]]] = WeakKeyDictionary()
_MONTHS = {"measured_at": 1}
_QUARTER = 3
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
    months = _MONTHS.get(column, _QUARTER)
    missing = {(column, part) for part in {_part(instant, months) for instant in instants}} - known
    parts = sorted(part for _, part in missing if FIRST_YEAR <= part[0] <= LAST_YEAR)
    if parts:
        _make(connection.engine, parts, months, column)
    known |= missing


def forget_partitions(engine: Engine) -> None:
    """Forget which partitions are there, after some were dropped."""
    _known.pop(engine, None)


def partition_name(table: str, instant: datetime, months: int) -> str:
    """Give the name of the partition of a table for an instant, for partitions of so many months.

    Examples
    --------
    >>> at = datetime(2026, 11, 24, tzinfo=UTC)
    >>> partition_name("event", at, 3), partition_name("reading", at, 1)
    ('event_2026q4', 'reading_2026m11')
    """
    year, month = _part(instant, months)
    return f"{table}_{year}q{(month + 2) // 3}" if months == _QUARTER else f"{table}_{year}m{month:02d}"


def _part(instant: datetime, months: int) -> _Part:
    instant = instant.astimezone(UTC)
    return instant.year, (instant.month - 1) // months * months + 1


def _make(engine: Engine, parts: list[_Part], months: int, column: str) -> None:
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    direct = create_engine(engine.url, poolclass=NullPool)
    with direct.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        for table in partitioned_tables(column):
            for year, month in parts:
                name = partition_name(table.name, datetime(year, month, 1, tzinfo=UTC), months)
                if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
                    _attach(connection, table, name, _start(year, month), _start(year, month + months))


def _start(year: int, month: int) -> str:
    year, month = (year, month) if month <= 12 else (year + 1, month - 12)
    return f"'{year}-{month:02d}-01 00:00:00+00'"


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
