"""Numbers, days and names as a person reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from voltloop.documents.report import words

THIN, HARD = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 0, "0"),
        (-0.2, 0, "0"),
        (999, 0, "999"),
        (1000, 0, f"1{THIN}000"),
        (-1234567.89, 1, f"\u22121{THIN}234{THIN}567.9"),
        (None, 0, words.MISSING),
        (float("nan"), 0, words.MISSING),
        (float("inf"), 0, words.MISSING),
    ],
)
def test_numbers_have_narrow_spaces_and_a_real_minus(value: float | None, digits: int, text: str) -> None:
    assert words.number(value, digits) == text


def test_units_follow_the_size_of_the_value() -> None:
    assert words.mass(9999) == f"9{THIN}999{HARD}kg"
    assert words.mass(12_345) == f"12.3{HARD}t"
    assert words.mass(0.5) == f"0.5{HARD}kg"
    assert words.carbon(-12_000) == f"\u221212.0{HARD}t CO₂e"
    assert words.energy(999) == f"999{HARD}Wh"
    assert words.energy(64_000) == f"64.0{HARD}kWh"
    assert words.money(12.5) == f"12.50{HARD}EUR"
    assert words.money(1200) == f"1{THIN}200{HARD}EUR"
    assert words.share(0.825, 1) == f"82.5{HARD}%"
    assert words.share(None) == words.MISSING


def test_days_do_not_depend_on_the_language_of_the_machine() -> None:
    assert words.day(date(2026, 11, 24)) == f"24{HARD}Nov{HARD}2026"
    assert words.day(None) == words.MISSING
    assert words.moment(datetime(2026, 3, 1, 7, 5, tzinfo=UTC)) == f"1{HARD}Mar{HARD}2026, 07:05{HARD}UTC"


def test_nouns_follow_their_count() -> None:
    assert words.plural(1, "battery", "batteries") == f"1{HARD}battery"
    assert words.plural(0, "battery", "batteries") == f"0{HARD}batteries"
    assert words.plural(2, "tour") == f"2{HARD}tours"


@pytest.mark.parametrize(
    ("word", "heading"),
    [("second_life", "Second life"), ("rigid_adr", "Rigid ADR"), ("", words.MISSING), (None, words.MISSING)],
)
def test_words_of_our_vocabulary_become_headings(word: str | None, heading: str) -> None:
    assert words.label(word) == heading


def test_a_cell_sorts_by_its_day_and_not_by_its_text() -> None:
    assert words.cell(date(2026, 2, 3), "day") == (f"3{HARD}Feb{HARD}2026", "2026-02-03")
    assert words.cell("2026-02-03", "day") == ("2026-02-03", "")


def test_a_text_where_a_number_belongs_is_shown_and_does_not_break_the_page() -> None:
    assert words.cell("many", "0") == ("many", "")
    assert words.cell("12", "1") == ("12.0", "")


@pytest.mark.parametrize(
    ("value", "text"), [(True, "yes"), ("no", "no"), (False, "no"), ("yes", "yes"), (None, "–")]
)
def test_yes_and_no_are_words(value: object, text: str) -> None:
    assert words.cell(value, "yes") == (text, "")


def test_long_texts_and_lists_are_shown_in_bounds() -> None:
    assert len(words.cell("x" * 5000, "text")[0]) == 300
    assert words.cell(["a", "b"], "text")[0] == "a; b"


@pytest.mark.parametrize(
    "path", ["javascript:alert(1)", "//evil.example/x", "http://evil.example", "/etc/passwd"]
)
def test_a_path_never_becomes_an_address_outside_the_plan_folder(path: str) -> None:
    address = words.address(path)
    assert address.startswith("./")
    assert ":" not in address
    assert not address.startswith(".//")
