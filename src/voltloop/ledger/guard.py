"""The process that runs the embedded PostgreSQL: starts it, restarts it when it dies, stops it when nobody is left.

It is a script of the standard library alone, started by :mod:`voltloop.ledger.embedded` in a session of its own, so
that neither Ctrl-C nor the death of the process that started it ends the server under the others that use it. Every
user of the server holds a shared lock on the file ``in-use``; the kernel lets go of it however a process ends. The
guard waits for the exclusive lock: it gets it exactly when the last user is gone.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["SERVER_FAILED", "clear"]

SERVER_FAILED = 1
"""Exit code of a guard whose server does not start."""

_OTHER_GUARD = 3


def _processes_in(cluster: Path) -> list[int]:
    """Give the processes of PostgreSQL whose working folder is the cluster."""
    found = []
    inode = cluster.stat()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                there = (entry / "cwd").stat()
                is_postgres = (entry / "comm").read_text().strip() == "postgres"
            except OSError:
                continue
            if is_postgres and (there.st_dev, there.st_ino) == (inode.st_dev, inode.st_ino):
                found.append(int(entry.name))
    return found


def clear(cluster: Path) -> None:
    """End what an earlier server left behind, then drop the files that say it runs.

    PostgreSQL refuses to start beside any process that bears the number in a stale file. Numbers are given again, so
    the files are believed only while a process really works in the cluster.
    """
    pid_file = cluster / "postmaster.pid"
    patience = time.monotonic() + 60
    while left := _processes_in(cluster):
        postmaster = _first_number(pid_file)
        late = time.monotonic() > patience
        for number in [postmaster] if postmaster in left else left:
            try:
                # Fast shutdown for a postmaster, end of session for what has lost its postmaster.
                os.kill(
                    number,
                    signal.SIGQUIT if late else signal.SIGINT if number == postmaster else signal.SIGTERM,
                )
            except OSError:
                continue
        time.sleep(0.2)
    for stale in (pid_file, cluster / ".s.PGSQL.5432.lock", cluster / ".s.PGSQL.5432"):
        stale.unlink(missing_ok=True)


def _first_number(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _was_ready(pid_file: Path, number: int) -> bool:
    """Tell whether the server that died had come up: it did not say goodbye, so its file still says so."""
    try:
        lines = pid_file.read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(number) and lines[7].strip() == "ready"


class _Guard:
    def __init__(self, cluster: Path, command: list[str], owner: dict[str, Any], log: int) -> None:
        self.cluster = cluster
        self.command = command
        self.owner = owner
        self.log = log
        self.stopping = False
        self.lock = threading.RLock()
        self.server: subprocess.Popen[bytes] | None = None

    def stop(self, *_: int | FrameType | None) -> None:
        with self.lock:
            self.stopping = True
            if self.server is not None and self.server.poll() is None:
                self.server.send_signal(signal.SIGINT)

    def stop_when_unused(self, in_use: int) -> None:
        fcntl.flock(in_use, fcntl.LOCK_EX)
        self.stop()

    def run(self) -> int:
        pause_s, failures = 0.1, 0
        while True:
            started = time.monotonic()
            clear(self.cluster)
            with self.lock:
                if self.stopping:
                    return 0
                self.server = subprocess.Popen(
                    self.command,
                    cwd=self.cluster,
                    env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                    stdin=subprocess.DEVNULL,
                    stdout=self.log,
                    stderr=self.log,
                    **self.owner,
                )
            code = self.server.wait()
            if self.stopping or code == 0:
                return 0
            if _was_ready(self.cluster / "postmaster.pid", self.server.pid):
                failures = 0
            elif code > 0 or (failures := failures + 1) > 5:
                return SERVER_FAILED
            # One that dies again and again is not started ever faster.
            pause_s = 0.1 if time.monotonic() - started > 60 else min(pause_s * 2, 10.0)
            time.sleep(pause_s)


def _is_alone(path: str) -> bool:
    """Take the lock of guards, and keep it to the end. Who asks whether a guard runs holds it for a moment."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for _ in range(100):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False


def _main() -> int:
    task = json.loads(sys.argv[1])
    log = os.open(task["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.dup2(log, 2)
    if os.geteuid() == 0:
        # Root may look after the ledger of a user, who has to be able to write on.
        folder = Path(task["log"]).parent.stat()
        os.fchown(log, folder.st_uid, folder.st_gid)
    if not _is_alone(task["guard_lock"]):
        return _OTHER_GUARD
    guard = _Guard(Path(task["cluster"]), task["command"], task["owner"], log)
    signal.signal(signal.SIGTERM, guard.stop)
    signal.signal(signal.SIGINT, guard.stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    in_use = os.open(task["in_use"], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    threading.Thread(target=guard.stop_when_unused, args=(in_use,), daemon=True).start()
    return guard.run()


if __name__ == "__main__":
    sys.exit(_main())
