"""A backup gives the same ledger again, row by row; anything else is refused in words and changes nothing."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ledger_cases import Databases
from voltloop.errors import InputError, LedgerError, VoltloopError
from voltloop.ledger import backup as module
from voltloop.ledger.backup import backup, event_count, restore
from voltloop.ledger.capture import capture_events
from voltloop.ledger.database import Ledger
from voltloop.ledger.keys import add_key, check_key
from voltloop.ledger.migrations import VERSION_TABLE

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def quiet(_step: str, _what: str) -> None:
    pass


def events(first: int, count: int) -> list[dict[str, Any]]:
    """Events over several quarters, with an extension, a name in other letters, and a tab."""
    return [
        {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "bizStep": "shipping",
            "eventTime": (NOW - timedelta(days=40 * (number % 9), seconds=number)).isoformat(),
            "eventTimeZoneOffset": "+01:00",
            "epcList": [f"urn:epc:id:sgtin:4012345.011111.{number}"],
            "example:note": "größer\t\\N 電池",
        }
        for number in range(first, first + count)
    ]


def fill(engine: Engine, first: int = 0, count: int = 60) -> None:
    with engine.begin() as connection:
        capture_events(connection, events(first, count), {"example": "https://example.com/"}, now=NOW)


def contents(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    with engine.connect() as connection:
        names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        return {
            name: sorted(connection.scalars(text(f"SELECT t::text FROM ONLY {name} t")).all())
            for name in sorted(names)
        }


@pytest.fixture
def opened(databases: Databases, ledger: Engine) -> Ledger:
    return Ledger(ledger, databases.server.folder, databases.server)


@pytest.fixture
def empty(databases: Databases) -> Iterator[Ledger]:
    """A database without any table."""
    with databases.fresh("template0") as engine:
        ledger = Ledger(engine, databases.server.folder, databases.server)
        yield ledger
        ledger.reader.dispose()


def test_a_restored_ledger_is_equal_row_by_row(opened: Ledger, empty: Ledger, tmp_path: Path) -> None:
    """Events, what follows from them, keys, partitions: all tables, and capture goes on after it."""
    fill(opened.engine)
    key = add_key(opened.engine, "scanner", ["read"])
    steps: list[str] = []
    size = backup(opened, tmp_path / "a.dump", lambda step, what: steps.append(f"{step} {what}"))
    assert size == (tmp_path / "a.dump").stat().st_size > 1000
    assert any(step.startswith("Backing up event_2026q4") for step in steps)
    assert restore(empty, tmp_path / "a.dump", lambda step, what: steps.append(f"{step} {what}")) == 60
    assert any(step.startswith("Restoring event_2026q4") for step in steps)
    assert contents(empty.engine) == contents(opened.engine)
    assert check_key(empty.engine, key) is not None
    fill(empty.engine, 60)
    assert event_count(empty.engine) == 120
    assert [path.name for path in tmp_path.iterdir()] == ["a.dump"]


def test_a_backup_holds_one_moment_while_events_are_captured(
    opened: Ledger, empty: Ledger, tmp_path: Path
) -> None:
    """Every table of it tells the same story, however it was overtaken."""
    fill(opened.engine)
    stop = threading.Event()

    def go_on() -> None:
        first = 1000
        while not stop.is_set():
            fill(opened.engine, first, 5)
            first += 5

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        backup(opened, tmp_path / "a.dump", quiet)
    finally:
        stop.set()
        writer.join()
    count = restore(empty, tmp_path / "a.dump", quiet)
    assert 60 <= count < event_count(opened.engine) + 1
    with empty.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM trace")) == count
        assert connection.scalar(text("SELECT count(*) FROM event_identity")) == count


def test_events_are_not_lost_unasked(opened: Ledger, tmp_path: Path) -> None:
    fill(opened.engine)
    backup(opened, tmp_path / "a.dump", quiet)
    fill(opened.engine, 100, 7)
    before = contents(opened.engine)
    with pytest.raises(InputError, match="The ledger holds 67 events") as raised:
        restore(opened, tmp_path / "a.dump", quiet)
    assert raised.value.code == "ledger-not-empty"
    assert contents(opened.engine) == before
    assert restore(opened, tmp_path / "a.dump", quiet, force=True) == 60


def test_a_file_is_not_replaced_unasked(opened: Ledger, tmp_path: Path) -> None:
    target = tmp_path / "a.dump"
    target.write_text("mine")
    with pytest.raises(InputError, match="a file of this name already"):
        backup(opened, target, quiet)
    assert target.read_text() == "mine"
    assert backup(opened, target, quiet, replace=True) > 1000


def test_a_place_that_cannot_be_written_is_told(opened: Ledger, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written here: No such file"):
        backup(opened, tmp_path / "none" / "a.dump", quiet)


def damaged(whole: Path, how: str) -> Path:
    bad = whole.with_name("bad.dump")
    data = whole.read_bytes()
    if how == "other":
        bad.write_text("hello")
    elif how == "empty":
        bad.write_bytes(b"")
    elif how == "truncated":
        bad.write_bytes(data[: len(data) * 9 // 10])
    else:
        middle = len(data) * 3 // 4
        bad.write_bytes(data[:middle] + bytes(200) + data[middle + 200 :])
    return bad


@pytest.mark.parametrize("how", ["other", "empty", "truncated", "overwritten", "missing"])
def test_a_damaged_file_leaves_the_ledger_as_it_was(opened: Ledger, tmp_path: Path, how: str) -> None:
    """Even by force, and even where the damage comes to light half-way."""
    fill(opened.engine)
    backup(opened, tmp_path / "a.dump", quiet)
    fill(opened.engine, 100, 7)
    bad = tmp_path / "none.dump" if how == "missing" else damaged(tmp_path / "a.dump", how)
    before = contents(opened.engine)
    with pytest.raises(VoltloopError) as raised:
        restore(opened, bad, quiet, force=True)
    assert raised.value.code == "not-a-backup"
    assert contents(opened.engine) == before


def test_a_killed_restore_leaves_the_ledger_as_it_was(
    opened: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program that reads the archive dies: psql has seen the end of the script, but no COMMIT."""
    fill(opened.engine)
    backup(opened, tmp_path / "a.dump", quiet)
    before = contents(opened.engine)
    real = module.subprocess.Popen

    def dying(command: list[str], **options: Any) -> Any:
        if "pg_restore" in command[0]:
            script = '"$@" | head -c 20000; kill -9 $$' if "--verbose" in command else 'exec "$@"'
            command = ["bash", "-c", script, "bash", *command]
        return real(command, **options)

    monkeypatch.setattr(module.subprocess, "Popen", dying)
    with pytest.raises(LedgerError, match="The ledger is as it was"):
        restore(opened, tmp_path / "a.dump", quiet, force=True)
    monkeypatch.undo()
    assert contents(opened.engine) == before


def test_a_backup_of_a_newer_version_is_refused(opened: Ledger, empty: Ledger, tmp_path: Path) -> None:
    with opened.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    backup(opened, tmp_path / "a.dump", quiet)
    with pytest.raises(LedgerError, match="of version 9999") as raised:
        restore(empty, tmp_path / "a.dump", quiet)
    assert raised.value.code == "database-newer"


def test_nobody_else_may_use_the_ledger_meanwhile(
    opened: Ledger, databases: Databases, tmp_path: Path
) -> None:
    """A server that runs on would believe in rows that are gone."""
    backup(opened, tmp_path / "a.dump", quiet)
    with opened.reader.connect() as other:
        other.execute(text("SELECT 1"))
        with pytest.raises(LedgerError, match="in use by voltloop") as raised:
            restore(opened, tmp_path / "a.dump", quiet)
    assert raised.value.code == "ledger-in-use"
    opened.reader.dispose()


def test_a_database_of_something_else_is_left_alone(opened: Ledger, empty: Ledger, tmp_path: Path) -> None:
    backup(opened, tmp_path / "a.dump", quiet)
    with empty.engine.begin() as connection:
        connection.execute(text("CREATE TABLE holiday (day date)"))
    with pytest.raises(LedgerError, match="not a ledger's"):
        restore(empty, tmp_path / "a.dump", quiet, force=True)
    assert list(contents(empty.engine)) == ["holiday"]


def test_a_full_disk_is_told_and_leaves_nothing(opened: Ledger) -> None:
    fill(opened.engine)
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no /dev/full")
    assert shutil.which("bash")
    target = Path("/dev/shm/voltloop-test") / "a.dump"
    target.parent.mkdir(exist_ok=True)
    try:
        (target.parent / ".a.dump.part").symlink_to("/dev/full")
        with pytest.raises(InputError, match="No space left on device"):
            backup(opened, target, quiet)
        assert not target.exists()
    finally:
        shutil.rmtree(target.parent)


def test_the_password_is_no_argument_of_any_program(
    opened: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Arguments of a process can be read by every user of the machine."""
    from voltloop.ledger.database import connect_engine
    from voltloop.ledger.programs import Programs

    engine = connect_engine(opened.engine.url.set(password="hunter 2"))
    programs = Programs(engine, is_embedded=True)
    assert "hunter" not in " ".join(programs.command("pg_dump"))
    assert programs.env["PGPASSWORD"] == "hunter 2"
    engine.dispose()
