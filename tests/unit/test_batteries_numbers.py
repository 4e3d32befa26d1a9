"""Numbers: what the cell says, and what only the column can tell."""

from __future__ import annotations

import polars as pl
import pytest

from voltloop.batteries._numbers import column_proof, read_number, read_numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("62,5", 62.5),
        ("62.5", 62.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567),
        ("1,234,567", 1234567),
        ("1 234", 1234),
        ("1\u00a0234,5", 1234.5),
        ("1\u202f234", 1234),
        ("1'234.5", 1234.5),
        ("1’234", 1234),
        ("0.500", 0.5),
        ("0,125", 0.125),
        ("1234.567", 1234.567),
        (".5", 0.5),
        (",5", 0.5),
        ("-5", -5),
        ("−5", -5),
        ("(5)", -5),
        ("5-", -5),
        ("+5", 5),
        ("1e3", 1000),
        ("1.2E+05", 120000),
        ("62 kWh", 62),
        ("62kWh", 62),
        ("ca. 62", 62),
        ("~62", 62),
        ("85 %", 85),
        ("kWh 62", 62),
    ],
)
def test_numbers_as_people_write_them(text: str, value: float) -> None:
    """A number with one reading is that number."""
    number = read_number(text)
    assert number is not None
    assert (number.value, number.other) == (pytest.approx(value), None)


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3", "12,34,56", "1 23", "62-64", "=1+1", "1/2", "62 parsecs", "1,23.45,6", "(5"]
)
def test_what_is_no_number(text: str) -> None:
    """Half a number is none."""
    assert read_number(text) is None


def test_three_digits_after_one_sign_read_two_ways() -> None:
    """1.234 is one and a bit or twelve hundred: the cell alone cannot say."""
    assert read_number("1.234") == read_number("1.234")
    point, comma = read_number("1.234"), read_number("1,234")
    assert point is not None
    assert comma is not None
    assert (point.value, point.other) == (1.234, 1234)
    assert (comma.value, comma.other) == (1234, 1.234)


@pytest.mark.parametrize(
    ("cells", "proof", "read"),
    [
        (["1.234", "62,5"], ",", 1234.0),
        (["1.234", "62.5"], ".", 1.234),
        (["1,234", "62.5"], ".", 1234.0),
        (["1,234", "62,5"], ",", 1.234),
        (["1.234", "1.234.567"], ",", 1234.0),
    ],
)
def test_the_column_decides(cells: list[str], proof: str, read: float) -> None:
    """One proved cell decides all cells of its column."""
    column = pl.Series(cells)
    assert column_proof(column, None) == proof
    assert read_numbers(column, None, "").frame["value"][0] == read


def test_typed_numbers_have_no_thousands() -> None:
    """A spreadsheet's number 1.234 is 1.234, though the text column around it uses decimal commas."""
    cells, typed = pl.Series(["1.234", "1.234", "62,5"]), pl.Series([True, False, False])
    assert read_numbers(cells, typed, "").frame["value"].to_list() == [1.234, 1234.0, 62.5]


def test_the_file_is_asked_when_the_column_is_silent() -> None:
    """What other columns prove is taken, and marked as borrowed."""
    frame = read_numbers(pl.Series(["1.234"]), None, ",").frame
    assert (frame["value"][0], frame["borrowed"][0]) == (1234.0, True)
    frame = read_numbers(pl.Series(["1.234"]), None, "").frame
    assert (frame["value"][0], frame["other"][0]) == (1.234, 1234.0)
