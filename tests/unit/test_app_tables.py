"""Tables leave as files that other programs read without surprises."""

from __future__ import annotations

import io
import json
from datetime import date

import numpy as np
import polars as pl
import pytest

from voltloop.app.tables import csv_bytes, json_bytes, table_bytes
from voltloop.errors import InputError


def test_live_cells_become_text_and_numbers_stay() -> None:
    """A cell that begins like a formula must not run in a spreadsheet; a negative number is no formula."""
    table = pl.DataFrame(
        {"text": ["=1+1", "@cmd", "+49 30 1234", "-12.5", "+7", "Łódź", None], "number": range(7)}
    )
    lines = csv_bytes(table).decode().splitlines()
    assert lines[1:] == ["'=1+1,0", "'@cmd,1", "'+49 30 1234,2", "-12.5,3", "+7,4", "Łódź,5", ",6"]


def test_lists_are_joined() -> None:
    """CSV has no lists; semicolons join them."""
    assert csv_bytes(pl.DataFrame({"ids": [["a", "b"]]})).decode() == "ids\na;b\n"


def test_formats_follow_the_ending() -> None:
    """The ending of the name decides, and an unknown one is refused with the choices."""
    table = pl.DataFrame({"a": [1]})
    assert pl.read_parquet(io.BytesIO(table_bytes(table, "x.parquet"))).equals(table)
    assert table_bytes(table, "x.csv") == b"a\n1\n"
    assert json.loads(table_bytes(table, "x.jsonl")) == {"a": 1}
    with pytest.raises(InputError, match=r"\.parquet, \.csv or \.jsonl"):
        table_bytes(table, "x.doc")


def test_json_takes_dates_and_numpy() -> None:
    """Results hold dates and array scalars; what has no form is refused."""
    document = {"on": date(2026, 11, 24), "n": np.int64(3)}
    assert json.loads(json_bytes(document)) == {"on": "2026-11-24", "n": 3}
    with pytest.raises(TypeError):
        json_bytes({"x": object()})
