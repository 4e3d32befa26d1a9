"""The catalogue's prices, values and factors: complete, sourced, and right against their own sources."""

from __future__ import annotations

import polars as pl
import pytest

from voltloop.catalogue import money

ROUTES = ("mechanical", "hydromet", "pyromet")

TABLES = {
    "prices": money.prices,
    "chemistry_values": money.chemistry_values,
    "product_yields": money.product_yields,
    "processing_costs": money.processing_costs,
    "freight_rates": money.freight_rates,
    "material_factors": money.material_factors,
    "recycling_factors": money.recycling_factors,
    "transport_factors": money.transport_factors,
    "treatment_rules": money.treatment_rules,
    "site_kinds": money.site_kinds,
    "site_words": money.site_words,
    "makers": money.makers,
    "capacity_units": money.capacity_units,
}

CHEMISTRIES = [
    "NMC", "NCA", "LFP", "LMO", "LMO/NMC", "LCO", "LTO", "Li-ion", "Li-metal", "Na-ion", "NiMH", "NiCd",
    "lead-acid", "Na-NiCl2", "unknown",
]  # fmt: skip


def battery(**facts: object) -> pl.DataFrame:
    row = {
        "row": 1,
        "chemistry": "NMC",
        "form": "pack",
        "quantity": 1,
        "energy_wh": 50_000.0,
        "mass_kg": 300.0,
    }
    return pl.DataFrame([row | facts], schema_overrides={"energy_wh": pl.Float64, "mass_kg": pl.Float64})


@pytest.mark.parametrize("name", TABLES)
def test_every_row_names_its_source(name: str) -> None:
    """A figure without a source cannot be defended, so no table may hold one."""
    table = TABLES[name]()
    assert table.height > 0
    assert table["source"].null_count() == 0
    if "estimate" in table.columns:
        assert set(table["estimate"].to_list()) <= {"yes", "no"}


def test_all_chemistries_of_the_battery_table_have_values() -> None:
    assert sorted(money.chemistry_values()["chemistry"].to_list()) == sorted(CHEMISTRIES)


@pytest.mark.parametrize("table", [money.processing_costs, money.recycling_factors])
def test_every_group_feed_and_route_has_a_figure(table: object) -> None:
    """A gap would turn into a null value in a plan."""
    frame = table()  # type: ignore[operator]
    groups = money.chemistry_values()["cost_group"].unique().to_list()
    wanted = {(g, f, r) for g in groups for f in ("pack", "cell") for r in ROUTES}
    assert set(frame.select("cost_group", "feed", "route").rows()) == wanted
    assert frame.height == len(wanted)


def test_every_product_has_a_price_and_a_carbon_factor() -> None:
    priced = set(money.prices()["item"].to_list())
    yields = money.product_yields()
    assert set(yields["price_item"].to_list()) <= priced
    assert set(yields["payable_item"].drop_nulls().to_list()) - {""} <= priced
    assert set(yields["element"].to_list()) <= set(money.material_factors()["element"].to_list())
    assert set(yields["route"].to_list()) == set(ROUTES)


def test_no_price_stands_twice_for_one_day() -> None:
    assert not money.prices().select("item", "priced_on").is_duplicated().any()


@pytest.mark.parametrize(
    ("chemistry", "product", "kg_per_kg_cell"),
    [("NMC", "nickel", 0.151475), ("NMC", "cobalt", 0.050698), ("NMC", "manganese", 0.047261)],
)
def test_hydrometallurgical_yields_meet_everbatt(chemistry: str, product: str, kg_per_kg_cell: float) -> None:
    """Content x recovery per kg of cells must give the published product yields of NMC622."""
    content = money.element_content(battery(chemistry=chemistry, form="cell", energy_wh=None, mass_kg=1.0))
    share = money.product_yields().filter((pl.col("route") == "hydromet") & (pl.col("element") == product))
    assert content[product][0] * share["recovery_share"][0] == pytest.approx(kg_per_kg_cell, rel=0.002)


def test_lithium_ion_content_follows_energy_and_others_mass() -> None:
    """An old pack of twice the mass holds no more nickel; a NiMH pack is valued by what it weighs."""
    light, heavy = (money.element_content(battery(mass_kg=m))["nickel"][0] for m in (250.0, 500.0))
    assert light == heavy == pytest.approx(50 * 0.51942)
    nimh = [
        money.element_content(battery(chemistry="NiMH", energy_wh=1310.0, mass_kg=m)) for m in (20.0, 40.0)
    ]
    assert nimh[1]["nickel"][0] == pytest.approx(2 * nimh[0]["nickel"][0])


def test_missing_energy_or_mass_is_filled_by_the_ratio_of_the_chemistry() -> None:
    no_mass = money.element_content(battery(mass_kg=None))
    assert no_mass["mass_kg"][0] == pytest.approx(50 * 5.1479)
    no_energy = money.element_content(battery(energy_wh=None, mass_kg=514.79))
    assert no_energy["energy_kwh"][0] == pytest.approx(100.0)
    neither = money.element_content(battery(energy_wh=None, mass_kg=None))
    assert neither.select("energy_kwh", "mass_kg", *money.ELEMENTS).row(0) == (0.0,) * 11


def test_all_units_of_a_row_count() -> None:
    one, three = (money.element_content(battery(quantity=q)) for q in (1, 3))
    for column in ("energy_kwh", "mass_kg", "nickel"):
        assert three[column][0] == pytest.approx(3 * one[column][0])


def test_a_chemistry_outside_the_catalogue_holds_nothing() -> None:
    content = money.element_content(battery(chemistry="unobtainium"))
    assert content["family"][0] == "unknown"
    assert sum(content.select(money.ELEMENTS).row(0)) == 0.0
