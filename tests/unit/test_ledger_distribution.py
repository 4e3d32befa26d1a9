"""The tables keep the keys that a distributed PostgreSQL needs, and every table has its place on a cluster."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, Table, UniqueConstraint, text

from voltloop.ledger.distribution import DISTRIBUTED, REFERENCE, distribution_statements
from voltloop.ledger.tables import metadata

TABLES = sorted(metadata.tables.values(), key=lambda table: table.name)


def unique_keys(table: Table) -> list[set[str]]:
    keys = [{column.name for column in table.primary_key}]
    keys += [{c.name for c in one.columns} for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys += [{c.name for c in index.columns} for index in table.indexes if index.unique]
    return [key for key in keys if key]


def test_a_table_has_one_place() -> None:
    assert not set(DISTRIBUTED) & set(REFERENCE)
    assert {*DISTRIBUTED, *REFERENCE} <= set(metadata.tables)


@pytest.mark.parametrize("name", DISTRIBUTED)
def test_unique_keys_hold_the_column_of_distribution(name: str) -> None:
    """Else two machines could each take a row that must be there once."""
    table = metadata.tables[name]
    assert unique_keys(table)
    for key in unique_keys(table):
        assert DISTRIBUTED[name] in key
    assert not table.c[DISTRIBUTED[name]].nullable


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_unique_keys_hold_the_column_of_the_partitions(table: Table) -> None:
    by = table.dialect_options["postgresql"]["partition_by"]
    if by:
        column = by.removeprefix("RANGE (").removesuffix(")")
        assert table.name in DISTRIBUTED
        assert all(column in key for key in unique_keys(table))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_table_refers_to_another(table: Table) -> None:
    """A foreign key between rows on two machines cannot be held."""
    assert table.foreign_keys == set()


def test_the_database_itself_keeps_them(ledger: Engine) -> None:
    """Also in what the migrations really made: unique indexes, no foreign keys, sequences or triggers."""
    unique = text(
        "SELECT t.relname, array_agg(a.attname::text) FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid "
        "JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY(i.indkey) "
        "WHERE i.indisunique AND t.relnamespace = 'public'::regnamespace GROUP BY i.indexrelid, t.relname"
    )
    with ledger.connect() as connection:
        for name, columns in connection.execute(unique):
            column = DISTRIBUTED.get(name.removesuffix("_early").removesuffix("_late"))
            assert column is None or column in columns, (name, columns)
        count = "SELECT count(*) FROM "
        assert connection.scalar(text(count + "pg_constraint WHERE contype = 'f'")) == 0
        serial = (
            "information_schema.columns WHERE column_default LIKE 'nextval%' AND table_name = ANY(:names)"
        )
        assert connection.scalar(text(count + serial), {"names": list(DISTRIBUTED)}) == 0
        assert connection.scalar(text(count + "pg_trigger WHERE NOT tgisinternal")) == 0


def test_the_statements_name_every_table_and_keep_things_together(ledger: Engine) -> None:
    """A stand-in for Citus takes the calls: tables, columns and neighbours exist, and neighbours have one type."""
    seen: list[tuple[Any, ...]] = []
    with ledger.connect() as connection:
        connection.execute(text("CREATE TABLE call (name regclass, by text, beside text)"))
        connection.execute(
            text(
                "CREATE FUNCTION create_distributed_table(regclass, text, colocate_with text) RETURNS void "
                "LANGUAGE sql AS 'INSERT INTO call VALUES ($1, $2, $3)'"
            )
        )
        connection.execute(
            text(
                "CREATE FUNCTION create_reference_table(regclass) RETURNS void "
                "LANGUAGE sql AS 'INSERT INTO call VALUES ($1)'"
            )
        )
        for statement in distribution_statements():
            connection.execute(text(statement))
        seen = [tuple(row) for row in connection.execute(text("SELECT name::text, by, beside FROM call"))]
    assert {(name, by) for name, by, _ in seen if by} == set(DISTRIBUTED.items())
    assert {name for name, by, _ in seen if not by} == set(REFERENCE)
    types = {name: repr(metadata.tables[name].c[by].type) for name, by, _ in seen if by}
    for position, (name, _by, beside) in enumerate(seen):
        if beside not in {None, "none"}:
            assert types[name] == types[beside]
            assert beside in {earlier for earlier, *_ in seen[:position]}
