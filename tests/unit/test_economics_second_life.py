"""Second-life value: limits are kept, values follow the bands, and a missing fact permits nothing."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from voltloop.catalogue import processes
from voltloop.economics import residual_value, second_life_value, second_life_values
from voltloop.errors import InputError

ON = date(2026, 5, 1)
APPLICATIONS = processes.second_life_applications()["application"].to_list()


@pytest.mark.parametrize("application", APPLICATIONS)
def test_both_sides_of_each_limit(application: str) -> None:
    row = processes.second_life_applications().row(
        by_predicate=pl.col("application") == application, named=True
    )
    at, below = (second_life_value(60, row["min_soh"] - step, application) for step in (0.0, 0.001))
    assert at.is_permitted
    assert not below.is_permitted
    assert (below.low_usd, below.high_usd) == (0.0, 0.0)
    assert str(row["min_soh"]) in below.reason
    assert at.low_usd < at.mid_usd < at.high_usd
    worn = second_life_value(60, 0.9, application, resistance_ratio=row["max_resistance_ratio"] + 0.1)
    assert "resistance" in worn.reason


def test_used_may_be_worth_more_than_new_cells() -> None:
    """Used packs have traded at 235 USD/kWh: nothing caps the band at the price of new ones."""
    assert second_life_value(60, 1.0, "vehicle_reuse").high_usd / 60 > 200


def test_a_new_controller_costs() -> None:
    with_it, without = (
        second_life_value(60, 0.8, "grid_storage", has_battery_management=b).mid_usd for b in (True, False)
    )
    assert without == with_it - 300


def test_the_table_says_the_same_as_the_single_value() -> None:
    batteries = pl.DataFrame(
        {"row": [1, 2, 3, 4, 5], "energy_wh": [60_000.0, 60_000.0, None, 40_000.0, 1000.0],
         "soh": [0.9, 0.62, 0.9, None, 1.3], "resistance_ratio": [1.8, None, 1.0, 1.0, 1.0]},
    )  # fmt: skip
    found = second_life_values(batteries, eur_per_usd=0.5)
    assert found.height == 5 * len(APPLICATIONS)
    for row in found.filter(pl.col("row") <= 2).iter_rows(named=True):
        given = batteries.row(by_predicate=pl.col("row") == row["row"], named=True)
        one = second_life_value(
            60, given["soh"], row["application"], resistance_ratio=given["resistance_ratio"]
        )
        assert (row["is_permitted"], row["reason"]) == (one.is_permitted, one.reason)
        assert row["mid_eur"] == pytest.approx(one.mid_usd * 0.5)
    reasons = dict(found.filter(pl.col("row") > 2).select("row", "reason").unique().rows())
    assert reasons == {
        3: "energy not known",
        4: "state of health not measured",
        5: "state of health 1.3 cannot be right",
    }
    assert set(found["currency"]) == {"EUR"}


def test_no_resistance_leaves_its_limit_unchecked() -> None:
    found = second_life_values(
        pl.DataFrame({"row": [1], "energy_wh": [60_000.0], "soh": [0.95]}), eur_per_usd=0.9
    )
    assert found["is_permitted"].all()


def test_the_residual_is_the_best_use() -> None:
    sound = residual_value(60, 0.85, price_usd=7000, recycling_usd=100, priced_on=ON)
    assert sound.use == "vehicle_reuse"
    assert sound.share_of_price == pytest.approx(sound.value_usd / 7000)
    assert residual_value(60, 0.4, price_usd=7000, recycling_usd=-150, priced_on=ON).value_usd == -150
    assert residual_value(60, None, price_usd=7000, recycling_usd=50, priced_on=ON).use == "recycling"
    other = residual_value(60, 0.85, price_usd=7000, other_uses_usd={"remanufacturing": 1e6}, priced_on=ON)
    assert other.use == "remanufacturing"


@pytest.mark.parametrize(
    ("energy", "soh", "application", "word"),
    [
        (0.0, 0.8, "grid_storage", "energy_kwh"),
        (60.0, 1.21, "grid_storage", "soh"),
        (60.0, -0.1, "grid_storage", "soh"),
        (60.0, 0.8, "grid_stroage", "Did you mean"),
    ],
)
def test_bad_input_is_named(energy: float, soh: float, application: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        second_life_value(energy, soh, application)
