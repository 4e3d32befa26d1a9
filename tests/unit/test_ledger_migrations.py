"""The tables come by migrations: forward, once, in one transaction; a newer database is refused."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from ledger_cases import Databases
from voltloop.errors import LedgerError
from voltloop.ledger.migrations import VERSION_TABLE, newest_version, pending_sql, stored_version, upgrade
from voltloop.ledger.tables import metadata


def test_the_migrations_make_the_tables_that_the_program_describes(ledger: Engine) -> None:
    """Tables, columns, types, indexes and keys: Alembic's own comparison finds no difference."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def ours(_name: str, kind: str, parents: dict[str, str]) -> bool:
        table = _name if kind == "table" else parents.get("table_name", "")
        return table in metadata.tables

    with ledger.connect() as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, parents: kind == "schema" or ours(name, kind, parents),
        }
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        partitioned = set(
            connection.scalars(text("SELECT partrelid::regclass::text FROM pg_partitioned_table"))
        )
    assert partitioned == {
        table.name
        for table in metadata.tables.values()
        if table.dialect_options["postgresql"]["partition_by"]
    }


def test_nothing_is_left_to_do(ledger: Engine) -> None:
    with ledger.connect() as connection:
        assert stored_version(connection) == newest_version()
    assert pending_sql(ledger) == ""


def test_a_dry_run_prints_sql_that_does_the_same(databases: Databases) -> None:
    """The printed script, run by hand, gives a ledger that needs no upgrade."""
    with databases.fresh("template0") as engine:
        script = pending_sql(engine)
        with engine.connect() as connection:
            assert stored_version(connection) is None
        plain = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with plain.connect() as connection:
            connection.connection.driver_connection.execute(script)  # type: ignore[union-attr]
        assert pending_sql(engine) == ""
        upgrade(engine)


def test_programs_that_start_at_once_upgrade_once(databases: Databases) -> None:
    failures: list[BaseException] = []

    def start(engine: Engine) -> None:
        try:
            upgrade(engine)
        except BaseException as error:
            failures.append(error)

    with databases.fresh("template0") as engine:
        threads = [threading.Thread(target=start, args=(engine,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert pending_sql(engine) == ""


def test_a_newer_database_is_refused_in_words(ledger: Engine) -> None:
    with ledger.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    words = re.escape(f"are of version 9999, and this program works with version {newest_version()}")
    for act in (upgrade, pending_sql):
        with pytest.raises(LedgerError, match=words) as raised:
            act(ledger)
        assert raised.value.code == "database-newer"


def test_a_database_of_something_else_is_refused_and_left_alone(databases: Databases) -> None:
    """A table of the same name belongs to somebody else: nothing of ours stays behind."""
    with databases.fresh("template0") as engine:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE trace (note text)"))
        with pytest.raises(LedgerError, match="holds other tables") as raised:
            upgrade(engine)
        assert raised.value.code == "database-not-empty"
        with engine.connect() as connection:
            names = connection.scalars(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ).all()
        assert names == ["trace"]


def test_a_user_without_rights_is_told_so(databases: Databases) -> None:
    with databases.fresh("template0") as engine:
        with engine.begin() as connection:
            connection.execute(text("CREATE ROLE reader_only"))
        weak = create_engine(engine.url, poolclass=NullPool, connect_args={"options": "-c role=reader_only"})
        with pytest.raises(LedgerError, match="may not make the tables") as raised:
            upgrade(weak)
        assert raised.value.code == "database-no-rights"
        with engine.begin() as connection:
            connection.execute(text("DROP ROLE reader_only"))
