"""Commands that ask the ledger: where there is none, and in which words they answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from voltloop.cli.main import app
from voltloop.cli.stock import _late_lines
from voltloop.cli.things import ask, held_words
from voltloop.errors import InputError, LedgerError
from voltloop.ledger.under_way import Late


def test_asking_where_no_ledger_is_makes_none(tmp_path: Path) -> None:
    folder = tmp_path / "mistyped"
    with pytest.raises(LedgerError, match="there is no ledger here yet") as caught:
        ask(folder, lambda connection: connection)
    assert caught.value.code == "no-ledger"
    assert not folder.exists()


def test_late_steps_of_a_load_are_one_line_each() -> None:
    at = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    place = "https://id.example.com/place/P1"
    events = [
        Late("urn:x:1", "EU-T0001", "pickup/1", "packing", at, place, ("urn:x:a",), 1565.0),
        Late("urn:x:2", "EU-T0001", "pickup/1", "loading", at, place, ("urn:x:k",), 1565.0),
        Late("urn:x:3", None, None, "receiving", at, place, ("urn:x:b",), 61.5),
        Late("urn:x:4", None, None, "receiving", at, place, ("urn:x:c", "urn:x:d"), 5.0),
    ]
    assert list(_late_lines(events)) == [
        f"24 Nov 2026, 08:00 UTC  EU-T0001 pickup/1 at {place} (packing, loading), 1 d 2 h late",
        "24 Nov 2026, 08:00 UTC  receiving of urn:x:b, 1 h 1 min late",
        "24 Nov 2026, 08:00 UTC  receiving of 2 things, 5 min late",
    ]


def test_loads_of_two_plans_are_apart_and_the_longest_overdue_comes_first() -> None:
    at = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    days = [timedelta(hours=-3), timedelta(hours=1), timedelta(0), timedelta(days=-1)]
    packing, driving, other, before = (at + ahead for ahead in days)
    events = [
        Late("urn:x:4", "EU-T0001", "pickup/1", "packing", before, "A", ("urn:x:d",), 1500.0, "20261123-0-a"),
        Late("urn:x:1", "EU-T0001", "pickup/1", "packing", packing, "A", ("urn:x:a",), 240.0, "20261124-0-b"),
        Late("urn:x:3", "EU-T0002", "pickup/1", "packing", other, "B", ("urn:x:c",), 60.0, "20261124-0-b"),
        Late("urn:x:2", "EU-T0001", "pickup/1", "loading", driving, "A", ("urn:x:b",), 1.0, "20261124-0-b"),
    ]
    assert [line.partition("  ")[2] for line in _late_lines(events)] == [
        "EU-T0001 pickup/1 at A (packing), 1 d 1 h late",
        "EU-T0002 pickup/1 at B (packing), 1 h 0 min late",
        "EU-T0001 pickup/1 at A (packing, loading), 1 min late",
    ]


def test_an_empty_folder_is_refused() -> None:
    done = CliRunner().invoke(app, ["stock", "--data", ""])
    assert isinstance(done.exception, InputError)
    assert done.exception.code == "no-folder"


@pytest.mark.parametrize("content", [None, b"", b"PGDMP cut off"])
def test_no_ledger_is_made_for_what_is_no_backup(tmp_path: Path, content: bytes | None) -> None:
    file, folder = tmp_path / "ledger.dump", tmp_path / "ledger"
    if content is not None:
        file.write_bytes(content)
    done = CliRunner().invoke(app, ["restore", str(file), "--data", str(folder)])
    assert isinstance(done.exception, InputError)
    assert done.exception.code == "not-a-backup"
    assert not folder.exists()


def test_why_something_is_held_is_told_in_words() -> None:
    assert held_words("finding:seal-damaged") == "Seal found damaged (seal-damaged)"
    assert held_words("smells of solvent") == "smells of solvent"
    assert held_words("finding:unheard-of") == "finding:unheard-of"
