"""The plan in figures and sentences."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from report_cases import empty_plan, small_plan
from voltloop.documents.report import summary


def _plain(text: str) -> str:
    return text.replace("\u202f", "").replace("\u00a0", " ")


def test_both_sums_are_written_out_and_checked() -> None:
    assert [item.holds for item in summary.sums(small_plan())] == [True, True]
    lost = replace(small_plan(), list_records=11)
    assert [item.holds for item in summary.sums(lost)] == [False, True]
    totals = replace(small_plan().totals, batteries_planned=4)
    assert [item.holds for item in summary.sums(replace(small_plan(), totals=totals))] == [True, False]


def test_a_status_nobody_knows_counts_in_the_sum() -> None:
    data = replace(small_plan(), list_counts={"accepted": 9, "odd": 1})
    assert summary.sums(data)[0].holds
    assert "1 odd" in _plain(summary.sums(data)[0].text)


def test_sentences_say_what_is_known_with_units() -> None:
    told = _plain(" ".join(summary.sentences(small_plan())))
    assert "“returns.csv” has 10 records: 6 accepted (2 of them with findings), 1 for review" in told
    assert "2 tours with 3 stops on 2 days fetch 3 batteries (1234 kg) over 1234 km, by 2 vehicles." in told
    assert "costs 1500 EUR and emits 900 kg CO₂e" in told
    assert "avoids 25.0 t CO₂e" in told
    assert "no tours that fetch the same can be below 1520 EUR (gap at most 5.0 %)" in told
    assert "Savings: 10 % dearer; One truck per site: 200 % dearer" in told


def test_what_is_not_known_is_not_said() -> None:
    told = " ".join(summary.sentences(empty_plan()))
    assert "No tour is planned." in told
    assert "EUR" not in told
    assert "None" not in told
    assert "–" not in told


def test_a_cheaper_baseline_is_admitted() -> None:
    data = replace(small_plan(), baselines=pl.DataFrame({"name": ["Savings"], "objective_eur": [1500.0]}))
    assert "cheaper" in " ".join(summary.sentences(data))


def test_tiles_lead_to_their_sections() -> None:
    tiles = {tile.name: tile for tile in summary.tiles(small_plan())}
    assert (tiles["Cost"].unit, tiles["Cost"].target) == ("EUR", "money")
    assert _plain(tiles["Batteries planned"].context) == "50 % of 6 accepted"
    assert len(summary.tiles(empty_plan())) == 2


def test_the_day_board_spans_whole_hours() -> None:
    tours = small_plan().tours
    assert summary.board_hours(tours) == (6.0, 16.0)
    assert summary.bar(tours.row(1, named=True), 6.0, 16.0) == (10.0, 50.0)


@pytest.mark.parametrize("value", [None, "", "soon"])
def test_a_tour_without_times_has_no_bar(value: str | None) -> None:
    tours = pl.DataFrame(
        {"starts_at": [value], "ends_at": ["12:00"]}, schema_overrides={"starts_at": pl.String}
    )
    assert summary.bar(tours.row(0, named=True), *summary.board_hours(tours)) is None


def test_a_tour_over_midnight_reaches_to_the_end_of_the_board() -> None:
    tours = pl.DataFrame({"starts_at": ["20:00"], "ends_at": ["02:00"]})
    hours = summary.board_hours(tours)
    start, width = summary.bar(tours.row(0, named=True), *hours) or (0.0, 0.0)
    assert hours[1] == 24.0
    assert start + width == pytest.approx(100.0)
