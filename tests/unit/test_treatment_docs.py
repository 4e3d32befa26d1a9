"""The explanation of treatments agrees with the data it describes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from voltloop import economics
from voltloop.catalogue import money

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "treatment.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ("recycling_passed_on_share", "reaches the one who delivers at {:.0%}"),
        ("reman_price_share_of_new", "{:.0%} of the price of a new service pack"),
        ("reman_replaced_share_best", "{:.0%} of them at 90%"),
        ("reman_replaced_share_worst", "{:.0%} at 70%"),
        ("reuse_life_end_soh", "left above {:.0%} state of health"),
        ("reman_displaced_share", "remanufacturing {:.0%} of one"),
        ("second_life_displaced_share", "a second life {:.0%} × state of health"),
    ],
)
def test_figures_on_the_page_are_those_of_the_catalogue(parameter: str, words: str) -> None:
    value = money.route_parameters()[parameter]
    assert words.format(value).replace("%", " %") in WORDS


def test_the_second_life_on_the_page_is_that_of_the_applications() -> None:
    given = economics.second_life_application("grid_storage")
    assert f"× {given['mid_usd_per_kwh']:.0f} USD/kWh" in WORDS
    assert f"{given['integration_usd_per_kwh']:.0f} USD/kWh of new energy" in WORDS


def test_bands_on_the_page_are_those_of_the_rules() -> None:
    rules = money.treatment_rules()
    bands = dict(rules.filter(pl.col("soh_min").is_not_null()).select("rule", "soh_min").rows())
    assert f"from {bands['reuse.band']:.0%}".replace("%", " %") in WORDS
    assert f"from {bands['reman.band']:.0%}".replace("%", " %") in WORDS
    both = f"from {bands['second.band']:.0%} ({bands['second.backup']:.0%} for backup power)".replace(
        "%", " %"
    )
    assert both in WORDS


def test_every_file_named_on_the_page_exists() -> None:
    folder = Path(money.__file__).parent
    rules = [f"treatment_rules{part}.csv" for part in ("", "_kinds", "_words", "_capacity")]
    for name in (*rules, "values_chemistry.csv", "values_routes.csv", "prices.csv", "freight.csv"):
        assert name in PAGE
        assert (folder / name).exists()
