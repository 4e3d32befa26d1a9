"""Net value of every route: signs, orders of size and what they depend on."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from voltloop import economics
from voltloop.catalogue import money

ON = date(2026, 11, 24)


def batteries(*rows: dict[str, object]) -> pl.DataFrame:
    base = {
        "chemistry": "NMC",
        "form": "pack",
        "quantity": 1,
        "energy_wh": 52_000.0,
        "mass_kg": 326.0,
        "soh": 0.8,
    }
    return pl.DataFrame(
        [{"row": number, **base, **row} for number, row in enumerate(rows, start=1)],
        schema_overrides={"energy_wh": pl.Float64, "mass_kg": pl.Float64, "soh": pl.Float64},
    )


def value(route: str, **facts: object) -> float:
    return float(economics.route_table(batteries(facts), on=ON)[route][0])


def test_long_and_wide_tables_agree_and_keep_the_order() -> None:
    given = batteries({}, {"chemistry": "LFP"}, {"chemistry": "NiMH", "energy_wh": 1310.0, "mass_kg": 41.0})
    wide = economics.route_table(given, on=ON)
    long = economics.route_values(given, on=ON)
    assert long.height == given.height * len(economics.ROUTES)
    assert long["row"].to_list() == [r for r in given["row"] for _ in economics.ROUTES]
    for route in economics.ROUTES:
        treatment, _, process = route.partition("_") if route.startswith("recycle") else (route, "", "")
        part = long.filter(pl.col("treatment") == treatment, pl.col("route").fill_null("") == process)
        assert part["net_value_eur"].to_list() == wide[route].to_list()
    assert set(long["currency"]) == {"EUR"}
    assert set(long["price_on"]) == {date(2026, 5, 1)}


def test_hydrometallurgical_revenue_meets_everbatt_at_its_prices() -> None:
    """Revenue per kg of NMC622 cells with the price set of 2022: 7.10 USD published."""
    cells = batteries({"form": "cell", "energy_wh": None, "mass_kg": 1.0})
    prices = economics.price_set(on=date(2022, 6, 1))
    found = economics.route_values(cells, prices).filter(pl.col("route") == "hydromet")["revenue_eur"][0]
    cobalt_2022 = 50.353521 * prices.eur_per_usd
    assert prices.value("cobalt") == pytest.approx(cobalt_2022)
    assert found / prices.eur_per_usd == pytest.approx(7.10383, rel=0.015)


@pytest.mark.parametrize("route", ["reuse", "remanufacture", "second_life"])
def test_a_healthier_battery_is_worth_more(route: str) -> None:
    values = [value(route, soh=soh) for soh in (0.6, 0.7, 0.8, 0.9, 1.0)]
    assert values == sorted(values)
    assert values[0] < values[-1]


def test_recycling_does_not_ask_for_the_state_of_health() -> None:
    assert value("recycle_hydromet", soh=0.2) == value("recycle_hydromet", soh=1.0)


def test_lfp_pays_a_gate_fee_where_nickel_cells_earn() -> None:
    assert value("recycle_hydromet", chemistry="LFP") < -300
    assert value("recycle_mechanical", chemistry="NMC") > 0


def test_a_positive_margin_is_shared_and_a_gate_fee_passed_on_whole() -> None:
    share = money.route_parameters()["recycling_passed_on_share"]
    long = economics.route_values(batteries({}, {"chemistry": "LFP"}), on=ON)
    part = long.filter(pl.col("treatment") == "recycle")
    for revenue, cost, net in part.select("revenue_eur", "cost_eur", "net_value_eur").iter_rows():
        margin = revenue - cost
        assert net == pytest.approx(margin * share if margin > 0 else margin)


@pytest.mark.parametrize("soh", [None, float("nan"), -0.1, 1.3])
def test_a_state_of_health_that_cannot_be_right_counts_as_the_planning_value(soh: float | None) -> None:
    assert value("second_life", soh=soh) == value("second_life", soh=0.70)


def test_a_state_of_health_just_above_one_counts_as_one() -> None:
    assert value("reuse", soh=1.1) == value("reuse", soh=1.0)


def test_three_units_are_worth_three_times_one() -> None:
    for route in economics.ROUTES:
        assert value(route, quantity=3) == pytest.approx(3 * value(route))


def test_a_price_set_without_cobalt_lowers_recycling_only() -> None:
    full = economics.price_set(on=ON)
    without = economics.price_set(money.prices().filter(pl.col("item") != "cobalt"), on=ON)
    a, b = (economics.route_table(batteries({}), p) for p in (full, without))
    assert without.missing == ("cobalt",)
    assert b["recycle_hydromet"][0] < a["recycle_hydromet"][0]
    assert b["reuse"][0] == a["reuse"][0]


def test_without_a_day_the_newest_prices_are_used() -> None:
    assert economics.route_table(batteries({})).equals(
        economics.route_table(batteries({}), on=date(2026, 5, 1))
    )


def test_an_empty_table_gives_an_empty_answer() -> None:
    nothing = batteries({}).clear()
    assert economics.route_table(nothing, on=ON).height == 0
    assert economics.route_values(nothing, on=ON).height == 0
