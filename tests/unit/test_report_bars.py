"""Bar charts as rows of a table."""

from __future__ import annotations

import polars as pl
import pytest

from voltloop.documents.report import bars


def test_the_longest_bar_fills_the_track_and_zero_ones_are_left_out() -> None:
    chart = bars.parts({"A": 50.0, "nothing": 0.0, "B": 200.0}, "Cost", "EUR")
    assert [(bar.name, bar.start, bar.width) for bar in chart.bars] == [("A", 0.0, 25.0), ("B", 0.0, 100.0)]
    assert chart.zero == 0.0


def test_what_is_avoided_reaches_to_the_left_of_zero_in_another_tone() -> None:
    chart = bars.parts({"tours": 100.0, "treatment": -300.0}, "Carbon", "kg", "warm")
    tours, treatment = chart.bars
    assert chart.zero == 75.0
    assert (tours.start, tours.width, tours.tone) == (75.0, 25.0, "warm")
    assert (treatment.start, treatment.width, treatment.tone) == (0.0, 75.0, "good")
    assert treatment.value.startswith("\u2212")


def test_nothing_known_gives_no_bars() -> None:
    assert bars.parts({}, "Cost", "EUR").bars == ()
    assert bars.compare(pl.DataFrame(), "Ways").bars == ()
    assert bars.compare(pl.DataFrame({"name": ["This plan"], "cost_eur": [1.0]}), "Ways").bars == ()


@pytest.mark.parametrize("measure", ["objective_eur", "cost_eur"])
def test_this_plan_stands_out_among_the_ways(measure: str) -> None:
    frame = pl.DataFrame({"name": ["This plan", "Savings", "unknown"], measure: [10.0, 20.0, None]})
    chart = bars.compare(frame, "Ways")
    assert [(bar.name, bar.width, bar.tone) for bar in chart.bars] == [
        ("This plan", 50.0, "main"),
        ("Savings", 100.0, "other"),
    ]
