"""A PostgreSQL for the tests that need one: one server per worker, one fresh database per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ledger_cases import Databases


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """A server of this test run, without fsync: it proves no durability. It stops with the run, however that ends."""
    server = Databases(tmp_path_factory.mktemp("postgres"))
    yield server
    server.close()


@pytest.fixture
def ledger(databases: Databases) -> Iterator[Engine]:
    """An empty ledger: a database of its own, with all tables."""
    with databases.fresh() as engine:
        yield engine


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """A folder for bodies that are being captured."""
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder
