"""The doctor says what is there, names what is amiss with its remedy, and changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from ledger_cases import Databases
from voltloop.cli.main import app
from voltloop.ledger import doctor
from voltloop.ledger.database import URL_VARIABLE
from voltloop.ledger.doctor import Check, examine
from voltloop.ledger.migrations import VERSION_TABLE
from voltloop.ledger.partitions import ensure_partitions


def address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_ledger_in_use(ledger: Engine) -> None:
    """The server of these tests runs without fsync: the doctor sees that, and finds no other fault."""
    with ledger.begin() as connection:
        ensure_partitions(connection, [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)])
    checks = examine(address(ledger))
    found = by_name(checks)
    assert found["partitions"].words == "2 quarters, 2026q1 to 2026q4."
    assert found["tables"].state == "good"
    assert found["clock"].state == "good"
    assert {check.name for check in checks if check.state == "problem"} == {"durability"}
    assert "fsync is off: an acknowledged event can be lost" in "".join(check.words for check in checks)


def test_tables_that_are_not_there_yet_are_left_so(databases: Databases) -> None:
    with databases.fresh("template0") as engine:
        found = by_name(examine(address(engine)))
        assert (found["tables"].state, "not there yet" in found["tables"].words) == ("note", True)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT to_regclass('event')")) is None


def test_a_newer_ledger_is_a_problem(ledger: Engine) -> None:
    with ledger.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    assert by_name(examine(address(ledger)))["tables"].state == "problem"


def test_a_missing_edge_is_a_problem(ledger: Engine) -> None:
    with ledger.begin() as connection:
        connection.execute(text("DROP TABLE trace_late"))
    assert "edges of trace are missing" in by_name(examine(address(ledger)))["partitions"].words


def test_a_clock_that_runs_ahead_is_told(ledger: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: object = None) -> Ahead:  # type: ignore[override]
            return cls.fromtimestamp(datetime.now(UTC).timestamp() + 400, UTC)

    monkeypatch.setattr(doctor, "datetime", Ahead)
    found = by_name(examine(address(ledger)))["clock"]
    assert (found.state, "NTP" in found.words) == ("problem", True)


def test_a_disk_that_runs_full_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for free, state in ((10_000_000, "problem"), (1_000_000_000, "warning"), (50_000_000_000, "good")):
        monkeypatch.setattr(
            doctor.shutil, "disk_usage", lambda _path, free=free: type("Usage", (), {"free": free})
        )
        assert doctor._room(tmp_path).state == state


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, "postgresql://nobody:secret@127.0.0.1:1/none")
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 2
    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert found["server"]["state"] == "problem"
    assert "was not reached" in found["server"]["words"]
    assert "secret" not in done.stdout


def test_a_machine_without_a_ledger_stays_so(tmp_path: Path) -> None:
    """A trial server shows that one can be made; nothing of it stays."""
    done = CliRunner().invoke(app, ["doctor", "--data", str(tmp_path / "new")])
    assert done.exit_code == 0, done.stdout
    assert "starts on this machine and stops again" in " ".join(done.stdout.split())
    assert list(tmp_path.iterdir()) == []
