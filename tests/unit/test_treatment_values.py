"""The values by which treatments are chosen beside those of the cost and footprint commands."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from voltloop import economics, footprint
from voltloop.catalogue import money

PRICES = economics.price_set(on=date(2026, 11, 24))
DESIGNS = [("NMC", "NMC622"), ("NCA", "NCA"), ("LFP", "LFP")]
PROCESSES = [("pyro", "recycle_pyromet"), ("hydro", "recycle_hydromet")]
KWH = 60.0


def pack(chemistry: str = "NMC", soh: float = 0.8) -> pl.DataFrame:
    return pl.DataFrame(
        {"row": [1], "chemistry": [chemistry], "form": ["pack"], "quantity": [1], "energy_wh": [1000 * KWH],
         "mass_kg": [None], "soh": [soh]}, schema_overrides={"mass_kg": pl.Float64},
    )  # fmt: skip


@pytest.mark.parametrize("soh", [0.65, 0.8, 1.0])
def test_a_second_life_is_worth_what_its_application_pays(soh: float) -> None:
    """One truth: a plan counts with grid storage at the middle of its prices."""
    routes = economics.route_table(pack(soh=soh), PRICES)
    values = economics.second_life_values(pack(soh=soh), eur_per_usd=PRICES.eur_per_usd)
    assert routes["second_life"][0] == pytest.approx(
        values.filter(pl.col("application") == "grid_storage")["mid_eur"][0]
    )


@pytest.mark.parametrize(("soh", "replaced"), [(0.9, 0.25), (0.8, 0.375), (0.7, 0.5)])
def test_remanufacturing_is_worth_its_unit_margin(soh: float, replaced: float) -> None:
    """The same margin, with the price, parts and hours that a plan assumes of a pack nobody has opened."""
    given, eur = money.route_parameters(), PRICES.eur_per_usd
    new = money.chemistry_values().filter(pl.col("chemistry") == "NMC")["new_pack_usd_per_kwh"][0] * KWH * eur
    price = new * given["reman_service_markup"] * given["reman_price_share_of_new"]
    margin = economics.remanufacturing_margin(
        price_eur=price,
        parts=[
            economics.Part("modules", new, reuse_share=1 - replaced),
            economics.Part("small parts", 100 * eur),
        ],
        labor_h=8.5,
        wage_eur_per_h=50 * eur,
        priced_on=date(2025, 1, 1),
        warranty_reserve_eur=given["reman_reserve_share"] * price,
    )
    assert economics.route_table(pack(soh=soh), PRICES)["remanufacture"][0] == pytest.approx(
        margin.margin_eur
    )


@pytest.mark.parametrize(("process", "route"), PROCESSES)
@pytest.mark.parametrize(("chemistry", "design"), DESIGNS)
def test_recycling_is_worth_what_a_plant_of_its_process_can_pay(
    chemistry: str, design: str, process: str, route: str
) -> None:
    """They differ by design, by less than EUR 0.25 a kilogram.

    A plan takes payables of the day and the usual cost of a process, row by row; the command works out one plant with
    its mass balance, size and finance. What it could pay is the price of its feed and its profit.
    """
    batteries = pack(chemistry)
    net = economics.route_table(batteries, PRICES)[route][0]
    margin = net / money.route_parameters()["recycling_passed_on_share"] if net > 0 else net
    mass = money.element_content(batteries)["mass_kg"][0]
    plant = economics.recycling_economics(design, process, feed="pack", prices=PRICES)
    could_pay = (plant.feed_price_usd_per_kg + plant.profit_usd_per_kg) * PRICES.eur_per_usd
    assert margin / mass == pytest.approx(could_pay, abs=0.25)


@pytest.mark.parametrize(("process", "route"), PROCESSES)
@pytest.mark.parametrize(("chemistry", "design"), DESIGNS)
def test_recycling_saves_what_its_mass_balance_saves(
    chemistry: str, design: str, process: str, route: str
) -> None:
    """They differ by design, by less than 3 kg CO2e per kWh, and never in whether carbon is saved.

    A plan takes one factor per process and kilogram, at the grid of its source; the command follows every input at the
    grid of the place, here 380 g CO2e/kWh.
    """
    planned = footprint.carbon_table(pack(chemistry))[route][0]
    followed = footprint.recycled(footprint.Pack(design, KWH, 0.8), process, 380.0).avoided_burden.co2e_kg
    assert planned / KWH == pytest.approx(followed / KWH, abs=3.0)
    assert (planned < 0) == (followed < 0)
