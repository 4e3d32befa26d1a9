"""Dates: what the cell says, and what only the column can tell."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from voltloop.batteries._date_columns import order_proof, read_dates
from voltloop.batteries._dates import full_year, read_date

ON = date(2026, 11, 23)
DAY = date(2024, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05",
        "2024/03/05",
        "2024.3.5",
        "20240305",
        "2024-03-05T10:00:00Z",
        "2024-03-05 23:30:00+02:00",
        "2024-03-05T10:00:00.000+01:00[Europe/Berlin]",
        "5. März 2024",
        "5 March 2024",
        "March 5, 2024",
        "5 mars 2024",
        "5 de marzo de 2024",
        "5 marzo 2024",
        "5 maart 2024",
        "05MAR2024",
        "05-Mar-2024",
        "Tue 5 March 2024",
        "45356",
        "45356.75",
        "1709600000",
        "1709600000000",
        "5th of March 2024",
    ],
)
def test_dates_that_read_one_way(text: str) -> None:
    """These need no column to be read."""
    assert read_date(text).first == DAY


@pytest.mark.parametrize("text", ["31.02.2024", "2024-02-30", "2024-13-13", "00/13/2024", "32.01.2024"])
def test_days_that_no_calendar_has(text: str) -> None:
    """An impossible day is not moved to a possible one."""
    assert read_dates(pl.Series([text]), ON, "", "").frame["code"][0] == "date-impossible"


@pytest.mark.parametrize("text", ["soon", "n. d.", "Montag", "12:30", "3,5", "-", "2024-"])
def test_what_is_no_date(text: str) -> None:
    """Text stays unread."""
    assert read_date(text).how == "unread"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("03/2024", date(2024, 3, 1), date(2024, 3, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("März 2024", date(2024, 3, 1), date(2024, 3, 31)),
        ("KW 12/2024", date(2024, 3, 18), date(2024, 3, 24)),
        ("Q2 2024", date(2024, 4, 1), date(2024, 6, 30)),
    ],
)
def test_dates_without_a_day_keep_their_span(text: str, first: date, last: date) -> None:
    """Comparisons use the span, so that a build year never contradicts a return in it."""
    found = read_date(text)
    assert (found.first, found.last) == (first, last)


def test_day_first_unless_the_column_proves_otherwise() -> None:
    """One proved date decides the column; without proof the day is first and the reading is flagged."""
    assert order_proof(pl.Series(["03/04/2024", "03/25/2024"])) == "month first"
    assert order_proof(pl.Series(["03/04/2024", "25/03/2024"])) == "day first"
    assert order_proof(pl.Series(["25/03/2024", "03/25/2024"])) == "conflict"
    proved = read_dates(pl.Series(["03/04/2024", "03/25/2024"]), ON, "", "").frame
    assert (proved["value"][0], proved["code"][0]) == (date(2024, 3, 4), None)
    open_ = read_dates(pl.Series(["03/04/2024"]), ON, "", "").frame
    assert (open_["value"][0], open_["code"][0]) == (date(2024, 4, 3), "date-ambiguous")
    told = read_dates(pl.Series(["03/04/2024"]), ON, "month first", "").frame
    assert (told["value"][0], told["code"][0]) == (date(2024, 3, 4), None)


def test_contradictory_proof_decides_nothing() -> None:
    """Where the column proves both orders, only dates with one reading are read."""
    frame = read_dates(pl.Series(["25/03/2024", "03/25/2024", "03/04/2024", "05/05/2024"]), ON, "", "").frame
    assert frame["value"].to_list() == [date(2024, 3, 25), date(2024, 3, 25), None, date(2024, 5, 5)]
    assert frame["code"].to_list() == ["date-order-mixed", "date-order-mixed", "date-order-conflict", None]


def test_years_of_two_digits_are_near_the_day_of_reading() -> None:
    """26 is 2026; 98 is 1998, since nothing is returned in 2098."""
    assert (full_year(26, 2, ON), full_year(98, 2, ON), full_year(28, 2, ON), full_year(29, 2, ON)) == (
        2026,
        1998,
        2028,
        1929,
    )
    assert read_dates(pl.Series(["13.03.25"]), ON, "", "").frame["value"][0] == date(2025, 3, 13)


@pytest.mark.parametrize("text", ["01.01.1900", "1970-01-01", "00.00.0000", "0", "1900-01-00", "31.12.9999"])
def test_dates_that_programs_write_for_none(text: str) -> None:
    """A placeholder is a missing date, and flagged."""
    frame = read_dates(pl.Series([text]), ON, "", "").frame
    assert (frame["value"][0], frame["code"][0]) == (None, "date-placeholder")
