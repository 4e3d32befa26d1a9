"""Commands that ask the ledger: where there is none, and in which words they answer."""

from __future__ import annotations

from datetime import UTC, datetime
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


def test_an_empty_folder_is_refused() -> None:
    done = CliRunner().invoke(app, ["stock", "--data", ""])
    assert isinstance(done.exception, InputError)
    assert done.exception.code == "no-folder"


def test_why_something_is_held_is_told_in_words() -> None:
    assert held_words("finding:seal-damaged") == "Seal found damaged (seal-damaged)"
    assert held_words("smells of solvent") == "smells of solvent"
    assert held_words("finding:unheard-of") == "finding:unheard-of"
