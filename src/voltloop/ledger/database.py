"""The door to the ledger's database: a server of the user's where one is named, else the embedded one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voltloop.errors import LedgerError
from voltloop.ledger import embedded
from voltloop.ledger.cluster import DATABASE

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

__all__ = ["URL_VARIABLE", "Ledger", "connect_engine", "embedded_url", "open_ledger"]

URL_VARIABLE = "VOLTLOOP_DATABASE_URL"
_OLDEST_SERVER = 15
_READER = {"default_transaction_read_only": "on", "statement_timeout": "60s"}


class Ledger:
    """An open ledger.

    Attributes
    ----------
    engine
        SQLAlchemy engine over psycopg 3.
    reader
        The same for questions: its transactions cannot write, and a statement ends after 60 s at the latest.
    url
        Address of the database, with its password.
    data_folder
        Folder on this machine that belongs to the ledger: bodies being captured, and the embedded server.
    """

    def __init__(self, engine: Engine, data_folder: Path, server: embedded.EmbeddedServer | None) -> None:
        self.engine = engine
        self.reader = connect_engine(engine.url, session=_READER)
        self.url = engine.url.render_as_string(hide_password=False)
        self.data_folder = data_folder
        self.server = server

    def close(self) -> None:
        """Close all connections and let go of the embedded server, which stops if nobody else uses it."""
        self.engine.dispose()
        self.reader.dispose()
        if self.server is not None:
            self.server.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_ledger(url: str | None = None, data: Path | None = None, *, upgrade: bool = True) -> Ledger:
    """Open the ledger and bring its tables up to date.

    Parameters
    ----------
    url
        Address of a PostgreSQL database, ``postgresql://user:password@host/database``. None takes the environment's
        ``VOLTLOOP_DATABASE_URL``, unless ``data`` is given.
    data
        Folder of the embedded server and of bodies being captured; None is the user's data folder.
    upgrade
        False leaves the tables as they are.

    Raises
    ------
    LedgerError
        The server cannot be started (see :func:`voltloop.ledger.embedded.start`) or reached (``bad-database-url``,
        ``database-not-reached``, ``postgres-version``), or its tables are newer than this program
        (``database-newer``).
    """
    if url is None and data is None:
        url = os.environ.get(URL_VARIABLE) or None
    folder = data or embedded.default_folder()
    if url is not None:
        ledger = Ledger(connect_engine(_checked(url)), folder, None)
    else:
        server = embedded.start(folder)
        ledger = Ledger(connect_engine(embedded_url(server)), folder, server)
    try:
        _check_server(ledger.engine)
        if upgrade:
            from voltloop.ledger.migrations import upgrade as bring_up

            bring_up(ledger.engine)
    except BaseException:
        ledger.close()
        raise
    return ledger


def connect_engine(url: URL, session: Mapping[str, str] | None = None, **options: Any) -> Engine:
    """Make the engine over a database: a pool, UTC, and the program's name in the server's list of sessions.

    Parameters
    ----------
    url
        Address with the dialect ``postgresql+psycopg``.
    session
        Settings of PostgreSQL for every session.
    options
        Further options of ``sqlalchemy.create_engine``.
    """
    from sqlalchemy import create_engine

    pool: Mapping[str, Any] = {"pool_size": 20, "max_overflow": 20, "pool_timeout": 30, "pool_pre_ping": True}
    settings = {"timezone": "UTC", "jit": "off", **(session or {})}
    arguments = {
        "application_name": "voltloop",
        "connect_timeout": 10,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
    return create_engine(url, connect_args=arguments, **({} if "poolclass" in options else pool), **options)


def embedded_url(server: embedded.EmbeddedServer, database: str = DATABASE) -> URL:
    """Give the address of a database of the embedded server."""
    from sqlalchemy import URL

    return URL.create(
        "postgresql+psycopg",
        username=DATABASE,
        database=database,
        query={"host": server.host, "port": "5432"},
    )


def _checked(text: str) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in {"postgresql", "postgres"}:
        raise LedgerError(
            f"{URL_VARIABLE}: this is not the address of a PostgreSQL database. "
            "postgresql://user:password@host:5432/database was expected; letters such as @ and / in a password are "
            "written %40 and %2F.",
            code="bad-database-url",
        )
    return url.set(drivername="postgresql+psycopg")


def _check_server(engine: Engine) -> None:
    from sqlalchemy.exc import DBAPIError

    try:
        with engine.connect() as connection:
            found = connection.dialect.server_version_info
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise LedgerError(
            f"The database {engine.url.render_as_string()} was not reached: {reason}. "
            f"A PostgreSQL server that lets this user in was expected. Check {URL_VARIABLE}, the server and its rules "
            "of access (pg_hba.conf); voltloop doctor checks the rest.",
            code="database-not-reached",
        ) from None
    if found is not None and int(found[0]) < _OLDEST_SERVER:
        raise LedgerError(
            f"The database {engine.url.render_as_string()} is PostgreSQL {found[0]}; {_OLDEST_SERVER} or newer was "
            "expected. Upgrade the server, or unset the variable to use the embedded one.",
            code="postgres-version",
        )
