"""Aligned tables for a terminal."""

from __future__ import annotations

from voltloop.cli.text_table import text_table


def test_long_names_take_several_lines_and_numbers_stand_to_the_right() -> None:
    rows = [
        {"name": "a", "price_usd_per_kg_of_feed": 1234567.891, "is_estimate": True, "count": 12_000},
        {"name": "long text", "price_usd_per_kg_of_feed": None, "is_estimate": False, "count": -1},
    ]
    assert text_table(rows) == [
        "           price_usd",
        "           per_kg_of  is",
        "name            feed  estimate   count",
        "a          1,234,568  yes       12,000",
        "long text          -  no            -1",
    ]


def test_numbers_keep_their_significant_digits() -> None:
    values = [0.012345, 1.5, 12.3456, 0.0, float("nan"), 1e9]
    lines = text_table([{"x": value} for value in values])
    assert [line.strip() for line in lines[1:]] == ["0.0123", "1.5", "12.35", "0", "nan", "1,000,000,000"]


def test_nothing_gives_nothing() -> None:
    assert text_table([]) == []
