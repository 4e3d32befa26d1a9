"""The ledger opens on the user's server where one is named, else on the embedded one; every refusal is in words."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from ledger_cases import Databases
from voltloop.errors import LedgerError
from voltloop.ledger import cluster, database, embedded
from voltloop.ledger.database import URL_VARIABLE, Ledger, open_ledger
from voltloop.ledger.migrations import pending_sql


def address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def test_the_variable_names_the_database(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Tables are made there; the folder for bodies is the user's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with databases.fresh("template0") as engine:
        monkeypatch.setenv(URL_VARIABLE, address(engine).replace("postgresql+psycopg:", "postgres:"))
        with open_ledger() as ledger:
            assert ledger.server is None
            assert ledger.data_folder == tmp_path / "voltloop"
            assert ledger.engine.url.database == engine.url.database
        assert pending_sql(engine) == ""


def test_a_folder_comes_before_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(URL_VARIABLE, "postgresql://nobody@127.0.0.1:1/none")
    with open_ledger(data=tmp_path / "ledger") as ledger:
        assert ledger.server is not None
        assert ledger.data_folder == tmp_path / "ledger"
        assert ledger.engine.url.query["host"] == str(tmp_path / "ledger" / "postgres")


def test_the_default_is_the_embedded_server_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with open_ledger(upgrade=False) as ledger:
        assert ledger.server is not None
        assert (tmp_path / "voltloop" / "postgres").is_dir()
        assert pending_sql(ledger.engine) != ""


def test_a_ledger_opens_again_from_its_address(tmp_path: Path) -> None:
    """Another program may be handed the address while the ledger is open."""
    with (
        open_ledger(data=tmp_path / "a b") as ledger,
        open_ledger(ledger.url) as again,
        again.engine.connect() as connection,
    ):
        assert connection.scalar(text("SELECT count(*) FROM event")) == 0


def test_sessions_are_in_utc_and_named(ledger: Engine) -> None:
    with ledger.connect() as connection:
        found = [connection.scalar(text(f"SHOW {name}")) for name in ("timezone", "application_name", "jit")]
    assert found == ["UTC", "voltloop", "off"]


def test_readers_cannot_write_nor_wait_for_ever(databases: Databases, ledger: Engine) -> None:
    opened = Ledger(ledger, databases.server.folder, None)
    with opened.reader.connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "1min"
        with pytest.raises(DBAPIError, match="read-only transaction"):
            connection.execute(text("DELETE FROM event"))
    opened.reader.dispose()


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("mysql://a@b/c", "bad-database-url", "not the address of a PostgreSQL database"),
        ("hello", "bad-database-url", "%40"),
        ("postgresql://a:b:c@h:port/d", "bad-database-url", "was expected"),
        (
            "postgresql://a:secret@127.0.0.1:1/d",
            "database-not-reached",
            "a:***@127.0.0.1:1/d was not reached",
        ),
        ("postgresql://a@no.such.host.invalid/d", "database-not-reached", "pg_hba.conf"),
    ],
)
def test_addresses_that_do_not_work(url: str, code: str, words: str) -> None:
    with pytest.raises(LedgerError, match=re.escape(words)) as raised:
        open_ledger(url)
    assert raised.value.code == code
    assert "secret" not in raised.value.message


def test_a_database_that_is_not_there(ledger: Engine) -> None:
    with pytest.raises(LedgerError, match='database "none" does not exist'):
        open_ledger(ledger.url.set(database="none").render_as_string(hide_password=False))


def test_an_old_server_is_refused(ledger: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_OLDEST_SERVER", 99)
    with pytest.raises(LedgerError, match="99 or newer was expected"):
        open_ledger(address(ledger))


@pytest.fixture
def network(tmp_path: Path) -> Iterator[str]:
    """A server of the user's, on a port, that asks for a password; gives its host and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = embedded.start(tmp_path / "ledger")
    with psycopg.connect(**server.connection_arguments("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'p@ss/word'")
        connection.execute("CREATE DATABASE elsewhere OWNER guest")
    server.close()
    folder = tmp_path / "ledger" / "postgres"
    (folder / "pg_hba.conf").write_text("host all guest 127.0.0.1/32 scram-sha-256\n")
    settings = ("-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
    command = [cluster.binaries() / "postgres", "-D", "/proc/self/cwd", *settings]
    user = {"user": folder.stat().st_uid} if os.geteuid() == 0 else {}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, stdout=quiet, stderr=quiet, **user) as process:
        pid_file = folder / "postmaster.pid"
        while not pid_file.exists() or "ready" not in pid_file.read_text():
            time.sleep(0.02)
        yield f"127.0.0.1:{port}"
        process.send_signal(signal.SIGINT)


def test_a_server_on_the_network_with_a_password(network: str, tmp_path: Path) -> None:
    """Passwords of any letters, refused ones without a word of what they were; backups reach it too."""
    from voltloop.ledger.backup import backup, restore

    with open_ledger(f"postgresql://guest:p%40ss%2Fword@{network}/elsewhere", tmp_path / "x") as ledger:
        assert ledger.server is None
        assert backup(ledger, tmp_path / "a.dump", lambda _step, _what: None) > 0
        ledger.reader.dispose()
        assert restore(ledger, tmp_path / "a.dump", lambda _step, _what: None) == 0
    with pytest.raises(LedgerError, match="password authentication failed") as raised:
        open_ledger(f"postgresql://guest:wrong-one@{network}/elsewhere")
    assert "wrong-one" not in raised.value.message
