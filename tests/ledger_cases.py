"""Databases for tests of the ledger: copies of a template, so that each test begins with empty tables."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from voltloop.ledger import embedded
from voltloop.ledger.database import connect_engine, embedded_url
from voltloop.ledger.migrations import newest_version, upgrade

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "1GB",
}


def _check_revision() -> None:
    """Say at once that tables were changed without their revision, before tests fail for want of a column."""
    make_tables = runpy.run_path(str(Path(__file__).parents[1] / "scripts" / "make_tables.py"))
    if newest_version() == "0001" and make_tables["TARGET"].read_text() != make_tables["script"]():
        pytest.fail("The tables are described anew. Run: python scripts/make_tables.py", pytrace=False)


class Databases:
    """A server and its template of an empty ledger."""

    def __init__(self, folder: Path) -> None:
        self.server = embedded.start(folder, FAST)
        self.numbers = count(1)
        self.admin = connect_engine(embedded_url(self.server, "postgres"), isolation_level="AUTOCOMMIT")
        _check_revision()
        self._run("CREATE DATABASE empty_ledger")
        template = connect_engine(embedded_url(self.server, "empty_ledger"))
        upgrade(template)
        template.dispose()

    def _run(self, statement: str) -> None:
        with self.admin.connect() as connection:
            connection.execute(text(statement))

    @contextmanager
    def fresh(self, template: str = "empty_ledger") -> Iterator[Engine]:
        """Give an engine over a new database, by default with empty tables; it is dropped afterwards."""
        name = f"ledger_{next(self.numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        engine = connect_engine(embedded_url(self.server, name))
        try:
            yield engine
        finally:
            engine.dispose()
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self.admin.dispose()
        self.server.close()
