"""Recycling by chemistry, process, place and size: the published tables, and that nothing is lost on the way."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from economics_cases import published
from voltloop.economics import (
    FEEDS,
    PROCESSES,
    cathode_price,
    feed_materials,
    known_place,
    plant_capacity_t,
    plant_isbl_usd,
    price_set,
    process_balance,
    product_prices,
    product_revenue,
    recycling_economics,
)
from voltloop.errors import InputError

CHEMISTRIES = ("NMC111", "NMC532", "NMC622", "NMC811", "NCA", "LFP", "LMO", "LCO")
EVERBATT = price_set(on=date(2022, 1, 1))
NAMES = {
    "Co": "cobalt", "Ni": "nickel", "Mn": "manganese", "Li2CO3 crude": "lithium_carbonate_crude",
    "Copper metal": "copper", "Copper scrap": "copper_scrap", "Aluminum scrap": "aluminium_scrap",
    "Graphite": "graphite",
}  # fmt: skip


def _name(product: str) -> str:
    return "cathode_powder" if product.startswith("cathode powder") else NAMES[product]


@pytest.mark.parametrize("row", published("revenue"), ids=lambda r: f"{r['chemistry']}-{r['process']}")
def test_revenue_is_the_sum_of_yield_times_price(row: dict[str, Any]) -> None:
    """The published revenue from the published yields and prices, within 0.5 %."""
    prices = {p["product"]: p["price_usd_per_kg"] for p in published("prices_2022")}
    yields = {
        y["product"]: y["kg_per_kg_feed"]
        for y in published("product_yields")
        if (y["chemistry"], y["process"]) == (row["chemistry"], row["process"])
    }
    assert product_revenue(yields, prices) == pytest.approx(row["expected_revenue_usd_per_kg"], rel=1e-4)


@pytest.mark.parametrize(
    "row", published("product_yields"), ids=lambda r: f"{r['chemistry']}-{r['process']}-{r['product']}"
)
def test_yields_follow_from_composition_and_recovery(row: dict[str, Any]) -> None:
    """The published yields need not be stored: bill of materials and step yields give them within 0.01 %."""
    balance = process_balance(feed_materials(row["chemistry"]), row["process"])
    assert balance.products_kg[_name(row["product"])] == pytest.approx(
        row["kg_per_kg_feed"], rel=1e-4, abs=1e-9
    )


@pytest.mark.parametrize(
    "row",
    published("recycling"),
    ids=lambda r: f"{r['chemistry']}-{r['process']}-{r['feed']}-{r['feed_t_per_yr']:.0f}",
)
def test_cost_and_revenue_per_kg_of_feed(row: dict[str, Any]) -> None:
    """The published summary of 36 cases. 5 % of cost is asked for; the parts are all there, so 0.1 % holds."""
    found = recycling_economics(
        row["chemistry"],
        row["process"],
        feed=row["feed"],
        feed_t_per_yr=row["feed_t_per_yr"],
        place=row["place"],
    )
    assert found.cost_usd_per_kg == pytest.approx(row["expected_cost_usd_per_kg"], rel=1e-3)
    assert found.revenue_usd_per_kg == pytest.approx(row["expected_revenue_usd_per_kg"], rel=1e-3)
    assert found.profit_usd_per_kg == pytest.approx(found.revenue_usd_per_kg - found.cost_usd_per_kg)
    if row["process"] == "pyro":
        assert found.feed_price_usd_per_kg == pytest.approx(row["expected_feed_price_usd_per_kg"], abs=1e-4)
    assert (found.currency, found.cost_on, found.priced_on) == ("USD", date(2022, 1, 1), date(2022, 1, 1))


# EverBatt 2023, cells, 10 kt a year: cost by process in the United States, net USD/kWh of hydro in China, and at 50 kt.
SPREAD = [
    ("NMC111", 5.61, 6.03, 6.99, 13.9, 14.8),
    ("NMC532", 5.18, 5.57, 6.51, 10.6, 11.4),
    ("NMC622", 5.34, 5.70, 6.62, 10.9, 11.7),
    ("NMC811", 5.12, 5.44, 6.33, 8.7, 9.4),
    ("NCA", 5.42, 5.73, 6.67, 10.5, 11.2),
    ("LFP", 1.29, 1.26, 2.32, 9.6, 10.5),
]


@pytest.mark.parametrize(("chemistry", "pyro", "hydro", "direct", "china", "large"), SPREAD)
def test_chemistries_and_places_beyond_the_plant_table(
    chemistry: str, pyro: float, hydro: float, direct: float, china: float, large: float
) -> None:
    """Chemistries without plants of their own, and a place with other wages, meet the source's figures."""
    for process, cost in zip(PROCESSES, (pyro, hydro, direct), strict=True):
        assert recycling_economics(chemistry, process).cost_usd_per_kg == pytest.approx(cost, rel=0.006)
    assert recycling_economics(chemistry, "hydro", place="China").net_usd_per_kwh == pytest.approx(
        china, abs=0.25
    )
    at_50 = recycling_economics(chemistry, "hydro", feed_t_per_yr=50_000)
    assert at_50.net_usd_per_kwh == pytest.approx(large, abs=0.15)


@pytest.mark.parametrize(("kilotonnes", "cost"), [(1, 28.0), (10, 5.70), (50, 3.44), (100, 3.11)])
def test_small_plants_are_hopeless(kilotonnes: float, cost: float) -> None:
    found = recycling_economics("NMC622", "hydro", feed_t_per_yr=1000 * kilotonnes)
    assert found.cost_usd_per_kg == pytest.approx(cost, rel=0.012)


def test_the_gate_fee_is_a_signed_input_of_its_own() -> None:
    """LFP pays 2 USD/kg; without it the plant at 10 kt loses about 7.5 USD/kWh."""
    usual = recycling_economics("LFP", "hydro")
    free = recycling_economics("LFP", "hydro", feed_price_usd_per_kg=0.0)
    assert usual.feed_price_usd_per_kg == -2.0
    assert free.cost_usd_per_kg - usual.cost_usd_per_kg == pytest.approx(2.0)
    assert free.net_usd_per_kwh == pytest.approx(-7.5, abs=0.1)
    paid = recycling_economics("LFP", "hydro", feed_price_usd_per_kg=0.5)
    assert paid.cost_usd_per_kg > free.cost_usd_per_kg + 0.5


def test_capacity_steps_and_equipment_between_the_sizes() -> None:
    assert plant_capacity_t(6667) == 11_000
    assert plant_capacity_t(6666) == 10_000
    sizes = [1_000, 5_000, 10_000, 30_000, 50_000, 100_000]
    for plant in ("pyro", "hydro", "direct", "preprocessing"):
        costs = [plant_isbl_usd(plant, size) for size in sizes]
        assert costs == sorted(costs)
        # Growing, and never faster than in proportion.
        assert all(b / a <= s / r for a, b, r, s in zip(costs, costs[1:], sizes, sizes[1:], strict=False))


def test_prices_of_today_move_revenue_and_feed_but_not_the_plant() -> None:
    now = recycling_economics("NMC622", "hydro", prices=price_set(on=date(2026, 11, 1)))
    then = recycling_economics("NMC622", "hydro")
    assert now.priced_on == date(2026, 11, 1)
    assert now.revenue_usd_per_kg < then.revenue_usd_per_kg
    assert now.feed_price_usd_per_kg < then.feed_price_usd_per_kg
    assert (
        now.recovery_plant.annualised_capital_usd_per_yr == then.recovery_plant.annualised_capital_usd_per_yr
    )


def test_the_powder_is_worth_its_published_price_on_its_day() -> None:
    published_prices = {p["product"]: p["price_usd_per_kg"] for p in published("prices_2022")}
    for chemistry in CHEMISTRIES:
        expected = published_prices[f"cathode powder {chemistry}"]
        assert cathode_price(chemistry, EVERBATT, EVERBATT) == pytest.approx(expected, rel=1e-12)


def test_a_price_set_without_a_metal_names_it() -> None:
    bare = price_set(
        pl.DataFrame(
            {"item": ["nickel"], "priced_on": [date(2026, 1, 1)], "value": [16.0], "currency": ["USD"]}
        ),
        on=date(2026, 1, 1),
    )
    assert "cobalt" not in product_prices(bare)
    with pytest.raises(InputError, match="cobalt") as error:
        recycling_economics("NMC622", "hydro", prices=bare)
    assert error.value.code == "price-missing"
    with pytest.raises(InputError, match="copper"):
        recycling_economics("LFP", "pyro", prices=bare)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"chemistry": "NMC662"}, 'Did you mean "NMC622"'),
        ({"process": "hydra"}, "pyro, hydro, direct"),
        ({"feed": "module"}, "cell, pack"),
        ({"place": "Atlantis"}, "United States"),
        ({"feed_t_per_yr": -5.0}, "feed_t_per_yr"),
        ({"feed_t_per_yr": 0.0}, "above zero"),
        ({"feed_price_usd_per_kg": float("nan")}, "feed_price_usd_per_kg"),
    ],
)
def test_bad_input_is_named(wrong: dict[str, Any], word: str) -> None:
    given: dict[str, Any] = {"chemistry": "NMC622", "process": "hydro"} | wrong
    with pytest.raises(InputError, match=word):
        recycling_economics(given.pop("chemistry"), given.pop("process"), **given)


@pytest.mark.parametrize(
    ("chemistry", "kg_per_kwh"), [("NMC111", 0.11687), ("NMC622", 0.10487), ("LFP", 0.08874)]
)
def test_lithium_of_cathode_and_electrolyte_is_all_there(chemistry: str, kg_per_kwh: float) -> None:
    """The published content of the cell; of all of it about 83 % ends in carbonate, since the salt's is lost."""
    cells = feed_materials(chemistry)
    ratio = {"NMC111": 3.4095, "NMC622": 3.1926, "LFP": 4.2382}[chemistry]
    held = cells["lithium"] + cells["electrolyte_lithium"]
    assert held * ratio == pytest.approx(kg_per_kwh, rel=0.002)
    recovered = process_balance(cells, "hydro").recovered_kg["lithium"] / held
    assert 0.81 < recovered < 0.835


def test_places_by_their_other_names() -> None:
    assert known_place(" us ") == known_place("U.S.") == "United States"
    assert known_place("KR") == "Korea"


def test_every_chemistry_feed_and_process_is_answered() -> None:
    for chemistry in CHEMISTRIES:
        for process in PROCESSES:
            for feed in FEEDS:
                found = recycling_economics(chemistry, process, feed=feed)
                assert found.cost_usd_per_kg > 0
                assert found.revenue_usd_per_kg > 0


SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "everbatt_recycling_summary.csv"


@pytest.mark.skipif(not SHARED.exists(), reason=f"the facts beside the clone are not at {SHARED}")
def test_the_facts_beside_the_clone_agree() -> None:
    for row in pl.read_csv(SHARED).iter_rows(named=True):
        found = recycling_economics(
            row["chemistry"], row["route"], feed=row["feedstock"].split()[-1], feed_t_per_yr=row["feed_t_per_yr"],
            place=row["location"],
        )  # fmt: skip
        assert found.cost_usd_per_kg == pytest.approx(row["recycling_cost_usd_per_kg_feed"], rel=0.05)
