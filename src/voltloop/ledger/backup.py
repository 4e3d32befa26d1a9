"""A backup of the ledger in one file, and a ledger from such a file: whole or not at all.

The file is an archive of ``pg_dump`` in its custom format, so PostgreSQL's own tools read it too. After the archive
stands its SHA-256: the format itself does not notice every damage. The file holds one consistent moment of the
database, whatever is captured meanwhile. Bodies that are still being captured are no part of the database: their jobs
are told as failed after a restore, and are to be sent again.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from voltloop.errors import InputError, LedgerError
from voltloop.ledger.migrations import VERSION_TABLE, newest_version, stored_version, upgrade
from voltloop.ledger.programs import Programs

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from voltloop.ledger.database import Ledger

__all__ = ["backup", "check_seal", "event_count", "restore"]

Tell = Callable[[str, str], None]
_SEAL_WORD = b"\nvoltloop backup, sha256 "
_SEAL_LENGTH = len(_SEAL_WORD) + 64


def event_count(engine: Engine) -> int:
    """Give how many events a ledger holds; 0 where it has no tables yet."""
    from sqlalchemy import text

    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('event')")) is None:
            return 0
        return int(connection.scalar(text("SELECT count(*) FROM event")) or 0)


def backup(ledger: Ledger, target: Path, tell: Tell, *, replace: bool = False) -> int:
    """Write a backup of a ledger.

    Parameters
    ----------
    target
        File to write; it appears when the backup is whole and on the disk.
    tell
        Called with each step and what it is at.
    replace
        Whether a file of this name may be replaced.

    Returns
    -------
    int
        Size of the file [B].

    Raises
    ------
    InputError
        ``file-exists`` or ``file-not-writable``.
    LedgerError
        ``backup-failed``.
    """
    if target.exists() and not (replace and target.is_file()):
        raise InputError(
            f"{target}: there is a file of this name already. A new name was expected; --yes replaces the file.",
            code="file-exists",
        )
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("w+b") as file:
            _dump(ledger, file, tell)
            file.seek(0)
            file.write(_seal(file, part.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise InputError(
            f"{target}: the backup cannot be written here: {error.strerror}. "
            "A folder with room that you may write in was expected; name another file.",
            code="file-not-writable",
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def _seal(file: IO[bytes], size: int) -> bytes:
    """Give the bytes that close a backup: a word and the digest of the first bytes of the file."""
    digest = hashlib.sha256()
    while size and (block := file.read(min(size, 1 << 20))):
        digest.update(block)
        size -= len(block)
    return _SEAL_WORD + digest.hexdigest().encode()


def _dump(ledger: Ledger, file: IO[bytes], tell: Tell) -> None:
    programs = Programs(ledger.engine, is_embedded=ledger.server is not None)
    options = ("--format=custom", "--compress=gzip:2", "--no-owner", "--no-privileges", "--verbose")
    command = programs.command("pg_dump", *options)
    with subprocess.Popen(
        command, env=programs.env, stdout=file, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = _follow(process.stderr, "Backing up", tell)
    if process.returncode:
        if "No space left on device" in said:
            raise OSError(28, "No space left on device")
        raise LedgerError(
            f"The backup failed: {said or 'pg_dump ended without a word'}. Nothing was written. "
            "voltloop doctor checks the database.",
            code="backup-failed",
        )


def _follow(lines: IO[str], step: str, tell: Tell) -> str:
    """Tell which table a program is at, and give what it complained of."""
    complaint = ""
    for line in lines:
        table = re.search(r'(?:contents of|data for) table "[^."]*\.?([^"]+)"', line)
        if table:
            tell(step, table[1].removeprefix("public."))
        elif "error:" in line or "FATAL" in line or "ERROR" in line:
            complaint = complaint or " ".join(line.split())
    return complaint


def restore(ledger: Ledger, source: Path, tell: Tell, *, force: bool = False) -> int:
    """Put the contents of a backup in the place of a ledger, in one transaction.

    Parameters
    ----------
    ledger
        An open ledger, empty unless ``force`` is given. If anything goes wrong it stays as it was.
    source
        File that :func:`backup` wrote, by this version of voltloop or an earlier one.
    tell
        Called with each step and what it is at.
    force
        Whether events that the ledger holds may be lost.

    Returns
    -------
    int
        Number of events in the restored ledger.

    Raises
    ------
    InputError
        ``not-a-backup`` or ``ledger-not-empty``.
    LedgerError
        ``database-newer``, ``database-not-empty``, ``ledger-in-use`` or ``restore-failed``.
    """
    check_seal(source)
    programs = Programs(ledger.engine, is_embedded=ledger.server is not None)
    _check_archive(programs, source)
    held = event_count(ledger.engine)
    if held and not force:
        raise InputError(
            f"The ledger holds {held:,} events, and a restore would take their place. An empty ledger was expected: "
            "name a new folder with --data DIR, or give --force to lose what is there.",
            code="ledger-not-empty",
        )
    _check_alone(ledger.engine)
    _replace_all(programs, source, tell)
    ledger.engine.dispose()
    upgrade(ledger.engine)
    tell("Restoring", "statistics")
    from sqlalchemy import text

    with ledger.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("ANALYZE"))
    return event_count(ledger.engine)


def _check_alone(engine: Engine) -> None:
    """See to it that the database is a ledger's or empty, and that no other program is at work on it."""
    from sqlalchemy import text

    others = text(
        "SELECT DISTINCT coalesce(nullif(application_name, ''), 'a program') FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    tables = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    engine.dispose()
    with engine.connect() as connection:
        if stored_version(connection) is None and connection.scalar(tables):
            raise LedgerError(
                f"The database {engine.url.render_as_string()} holds tables that are not a ledger's. An empty "
                "database, or one of a ledger, was expected. Make one for the ledger alone.",
                code="database-not-empty",
            )
        if busy := connection.scalars(others).all():
            raise LedgerError(
                f"The ledger is in use by {', '.join(sorted(busy))}. Stop whatever uses it, such as voltloop serve, "
                "and restore again.",
                code="ledger-in-use",
            )
    engine.dispose()


def check_seal(source: Path) -> None:
    """See to it that a file is a whole backup, before a ledger is opened or made for it.

    Raises
    ------
    InputError
        ``not-a-backup``.
    """
    if not source.is_file():
        raise InputError(f"{source}: there is no such file. A backup was expected.", code="not-a-backup")
    size = source.stat().st_size - _SEAL_LENGTH
    with source.open("rb") as file:
        if size < 0 or _seal(file, size) != file.read():
            raise InputError(
                f"{source}: this is no backup of a ledger, or it is damaged: the digest at its end does not match. "
                "A whole file written by voltloop backup was expected. Copy it again, or take an older one.",
                code="not-a-backup",
            )


def _check_archive(programs: Programs, source: Path) -> None:
    """See to it that a whole backup is one of a ledger of this version or an earlier one."""
    command = programs.plain("pg_restore", "--data-only", f"--table={VERSION_TABLE}", "--file=-", source)
    done = subprocess.run(command, env=programs.env, capture_output=True, check=False)
    version = re.search(rb"^COPY .*\n(\d{4})\n", done.stdout, flags=re.M)
    if done.returncode or version is None:
        reason = " ".join(done.stderr.decode(errors="replace").split()) or "it holds no tables of a ledger"
        raise InputError(
            f"{source}: this is no backup of a ledger: {reason}. A file written by voltloop backup was expected.",
            code="not-a-backup",
        )
    if version[1].decode() > newest_version():
        raise LedgerError(
            f"{source}: this backup is of version {version[1].decode()} of the tables, and this program works with "
            f"version {newest_version()}. Upgrade voltloop (pip install --upgrade voltloop) and restore again.",
            code="database-newer",
        )


_EMPTY_THE_DATABASE = b"""
SET lock_timeout = '10s';
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT format('%I', relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  LOOP EXECUTE 'DROP TABLE ' || name || ' CASCADE'; END LOOP;
END $$;
"""


def _replace_all(programs: Programs, source: Path, tell: Tell) -> None:
    """Feed the script of the archive to psql, and commit only when all of it has gone through."""
    options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
    read = programs.plain("pg_restore", "--file=-", "--no-owner", "--no-privileges", "--verbose", source)
    write = programs.command("psql", *options)
    pipe = subprocess.PIPE
    problem = ""
    with subprocess.Popen(write, env=programs.env, stdin=pipe, stderr=pipe) as database:
        assert database.stdin is not None
        assert database.stderr is not None
        with suppress(BrokenPipeError):
            database.stdin.write(b"BEGIN;\n" + _EMPTY_THE_DATABASE)
            database.stdin.flush()
            with subprocess.Popen(
                read, env=programs.env, stdout=database.stdin, stderr=pipe, text=True
            ) as archive:
                assert archive.stderr is not None
                problem = _follow(archive.stderr, "Restoring", tell)
            if archive.returncode:
                database.kill()
            else:
                database.stdin.write(b"\nCOMMIT;\n")
        with suppress(BrokenPipeError):
            database.stdin.close()
        said = database.stderr.read().decode(errors="replace")
    if database.returncode:
        raise _failed(source, said, problem)


def _failed(source: Path, said: str, problem: str) -> LedgerError:
    lines = [
        line.split("ERROR:")[-1].strip() for line in said.splitlines() if "ERROR:" in line or "FATAL:" in line
    ]
    reason = lines[0] if lines else problem or said.strip() or "psql ended without a word"
    return LedgerError(
        f"{source}: the restore failed: {reason}. The ledger is as it was.", code="restore-failed"
    )
