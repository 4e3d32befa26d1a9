"""PostgreSQL from the wheel, on a folder of the user's: no service to install, nothing listens on the network.

What keeps it private. The server listens on one Unix socket inside the folder of the cluster, which is closed to
everybody but its owner (mode 0700), and lets in by peer authentication only that owner and root, as the kernel names
them. There is no password to guess or to lose.

Run by root, the server runs as the user ``voltloop`` without a login, since PostgreSQL refuses to run as root. Every
PostgreSQL process works in the cluster's folder and calls it ``/proc/self/cwd``: so that user needs no way through the
folders above, which keep their permissions, and the length and the letters of the path do not matter.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from voltloop.ledger.cluster import (
    DATABASE,
    HERE,
    binaries,
    check_version,
    make_cluster,
    not_started,
    not_usable,
    owner_of,
    reachable,
    write_access,
)
from voltloop.ledger.guard import SERVER_FAILED, clear
from voltloop.ledger.tuning import server_settings

__all__ = ["EmbeddedServer", "default_folder", "start"]

_SOCKET_ROOM = 107 - len("/.s.PGSQL.5432")
_START_LIMIT_S = 600.0
_TRIES = 5
_LOG_LIMIT = 16_000_000
_GUARD = Path(__file__).with_name("guard.py")
_NEEDED_NEXT = ("sqlalchemy.dialects.postgresql.psycopg", "voltloop.ledger.state_rows")
"""Modules that take long to import and that whoever opens the ledger needs."""


def default_folder() -> Path:
    """Give the folder of the ledger where none is named: the user's data folder, for root ``/var/lib/voltloop``."""
    from platformdirs import user_data_path

    if os.geteuid() == 0 and not os.environ.get("XDG_DATA_HOME"):
        return Path("/var/lib/voltloop")
    return user_data_path("voltloop")


class EmbeddedServer:
    """A server that runs for as long as somebody uses it.

    Attributes
    ----------
    host
        The folder of its socket, as a connection names it.
    is_started_here
        Whether it did not run before, so that it was started for this process.
    """

    def __init__(self, folder: Path, in_use: int, guard: int | None) -> None:
        self.folder = folder
        self.host = str(folder / "postgres")
        self._in_use = in_use
        self._guard = guard
        self.is_started_here = guard is not None
        self._short: tempfile.TemporaryDirectory[str] | None = None
        if not _is_plain(self.host):
            self._short = tempfile.TemporaryDirectory(prefix="voltloop-")
            link = Path(self._short.name) / "s"
            link.symlink_to(self.host)
            self.host = str(link)

    def connection_arguments(self, database: str = DATABASE) -> dict[str, Any]:
        """Give the arguments with which psycopg reaches a database of this server."""
        return {"host": self.host, "port": 5432, "user": DATABASE, "dbname": database}

    def close(self) -> None:
        """Let go of the server; it stops when no other process uses it. Closing twice does nothing."""
        if self._in_use < 0:
            return
        os.close(self._in_use)
        self._in_use = -1
        if self._short is not None:
            self._short.cleanup()
        _wait_for_the_end(self.folder)
        if self._guard is not None:
            with suppress(ChildProcessError):
                os.waitpid(self._guard, os.WNOHANG)


def _is_plain(host: str) -> bool:
    """Tell whether a connection can name this folder: a socket's path holds 107 bytes, and a comma parts two hosts."""
    raw = os.fsencode(host)
    return len(raw) <= _SOCKET_ROOM and b"," not in raw and raw == host.encode(errors="replace")


def start(folder: Path, settings: Mapping[str, str] | None = None) -> EmbeddedServer:
    """Start the server of a folder, or join the one that runs there.

    Parameters
    ----------
    folder
        Folder of the ledger; it is made where it is missing. The cluster lies in ``postgres`` within it.
    settings
        Settings of PostgreSQL beside those tuned to this machine. They count where this call starts the server.

    Raises
    ------
    LedgerError
        ``folder-not-usable``, ``folder-of-another-user``, ``postgres-version``, ``no-system-user``, ``disk-full`` or
        ``postgres-not-started``, each with what to do.
    """
    programs = binaries()
    folder = folder.expanduser().resolve()
    _make_folder(folder)
    in_use = _open_lock(folder / "in-use")
    try:
        # Waits while a guard that has just seen the last user go stops its server.
        _lock(in_use, fcntl.LOCK_SH, folder)
        with _locked(folder / "start-lock"):
            cluster = folder / "postgres"
            check_version(cluster, programs)
            owner = owner_of(cluster)
            programs = reachable(programs, owner)
            if not cluster.exists():
                make_cluster(folder, programs, owner)
            guard = _run(folder, programs, owner, dict(settings or {}))
    except BaseException:
        os.close(in_use)
        raise
    return EmbeddedServer(folder, in_use, guard)


# Folders and locks


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not folder.is_dir():
            raise NotADirectoryError
        _open_lock(folder / "start-lock", close=True)
    except OSError as error:
        raise not_usable(folder, error) from None


def _open_lock(path: Path, *, close: bool = False) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if close:
        os.close(descriptor)
    return descriptor


def _lock(descriptor: int, kind: int, folder: Path) -> None:
    """Wait for a lock; some file systems of a network know none."""
    try:
        fcntl.flock(descriptor, kind)
    except OSError as error:
        raise not_usable(folder, error) from None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = _open_lock(path)
    try:
        _lock(descriptor, fcntl.LOCK_EX, path.parent)
        yield
    finally:
        os.close(descriptor)


def _is_free(path: Path, kind: int = fcntl.LOCK_EX) -> bool:
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _wait_for_the_end(folder: Path) -> None:
    """Wait until the server has stopped, where nobody else uses it; a minute at most."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit and not _is_free(folder / "guard-lock") and not _others_use(folder):
        time.sleep(0.02)


def _others_use(folder: Path) -> bool:
    """Tell whether other processes hold the server: their lock is shared, that of a stopping guard is not."""
    in_use = folder / "in-use"
    return not _is_free(in_use) and _is_free(in_use, fcntl.LOCK_SH)


# The running server


def _run(folder: Path, programs: Path, owner: Mapping[str, Any], settings: Mapping[str, str]) -> int | None:
    """Start a guard where none runs, and wait until the server answers; gives the guard if it is ours."""
    log = folder / "postgres.log"
    if log.exists() and log.stat().st_size > _LOG_LIMIT and _is_free(folder / "guard-lock"):
        log.replace(log.with_suffix(".log.1"))
    began = log.stat().st_size if log.exists() else 0
    limit = time.monotonic() + _START_LIMIT_S
    for _ in range(_TRIES):
        guard = _start_guard(folder, programs, owner, settings) if _is_free(folder / "guard-lock") else None
        while time.monotonic() < limit:
            if _answers(folder):
                return guard
            if guard is None:
                if _is_free(folder / "guard-lock"):
                    break
            else:
                ended, status = os.waitpid(guard, os.WNOHANG)
                if ended and os.waitstatus_to_exitcode(status) == SERVER_FAILED:
                    raise not_started(folder, _log_since(log, began))
                if ended:
                    break
            time.sleep(0.02)
    raise not_started(folder, _log_since(log, began))


def _start_guard(folder: Path, programs: Path, owner: Mapping[str, Any], settings: Mapping[str, str]) -> int:
    # A server whose guard was killed would answer, and be stopped by the new guard after that.
    clear(folder / "postgres")
    write_access(folder / "postgres", owner)
    options = {**server_settings(folder), **settings}
    task = {
        "cluster": str(folder / "postgres"),
        "command": [
            *(str(programs / "postgres"), "-D", HERE),
            *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
        ],
        "owner": dict(owner),
        "log": str(folder / "postgres.log"),
        "in_use": str(folder / "in-use"),
        "guard_lock": str(folder / "guard-lock"),
    }
    guard = _spawn([sys.executable, "-I", "-S", str(_GUARD), json.dumps(task)])
    for name in _NEEDED_NEXT:  # while PostgreSQL starts
        import_module(name)
    return guard


def _spawn(command: list[str]) -> int:
    """Start a process in a session of its own, with nothing of ours open."""
    nothing = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    return os.posix_spawn(command[0], command, dict(os.environ), file_actions=nothing, setsid=True)


def _answers(folder: Path) -> bool:
    """Tell whether the server takes connections; the first that finds it so makes the database."""
    import psycopg
    from psycopg import errors

    if not (folder / "postgres" / ".s.PGSQL.5432").exists():
        return False
    probe = EmbeddedServer(folder, -1, None)
    try:
        with psycopg.connect(
            **probe.connection_arguments("postgres"), connect_timeout=5, autocommit=True
        ) as link:
            if link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                link.execute(f"CREATE DATABASE {DATABASE}")
    except errors.OperationalError as error:
        if "authentication failed" in str(error):
            raise not_started(folder, str(error)) from None
        return False
    finally:
        if probe._short is not None:
            probe._short.cleanup()
    return True


def _log_since(log: Path, began: int) -> str:
    try:
        with log.open("rb") as file:
            file.seek(began)
            return file.read().decode(errors="replace")
    except OSError:
        return ""
