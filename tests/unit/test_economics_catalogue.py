"""The catalogue's facts of processes: each row with its source, every estimate marked, every key closed."""

from __future__ import annotations

from importlib import resources

import polars as pl
import pytest

from voltloop.catalogue import money, processes

FOLDER = resources.files("voltloop") / "catalogue" / "economics"
FILES = sorted(entry.name for entry in FOLDER.iterdir() if entry.name.endswith(".csv"))


@pytest.mark.parametrize("name", FILES)
def test_every_row_names_its_source_and_whether_it_is_an_estimate(name: str) -> None:
    table = pl.read_csv((FOLDER / name).read_bytes())
    assert table.height > 0
    assert table["source"].null_count() == 0
    assert set(table["estimate"].to_list()) <= {"yes", "no"}


def test_bills_of_materials_add_up_and_every_cathode_has_one() -> None:
    table = processes.compositions()
    masses = table.drop("chemistry", "feed", "kg_per_kwh", "estimate", "source")
    assert masses.sum_horizontal().to_list() == pytest.approx([1.0] * table.height, abs=5e-6)
    assert set(table["chemistry"]) == set(processes.cathodes()["chemistry"])


def test_cathodes_weigh_their_formula() -> None:
    """Metals by stoichiometry leave oxygen (and iron and phosphorus) for the rest."""
    for row in processes.cathodes().iter_rows(named=True):
        assert 0.3 < 1 - sum(row[m] for m in ("lithium", "nickel", "cobalt", "manganese")) < 0.97
        assert row["plant_of"] in set(processes.plant_running()["plant_of"])


def test_every_product_has_a_price_item() -> None:
    priced = set(processes.product_prices()["product"]) | {"cathode_powder"}
    assert set(processes.product_yields()["product"]) == priced
    assert set(processes.product_prices()["price_item"]) <= set(money.prices()["item"])


def test_volatilities_stand_once_per_window() -> None:
    assert not processes.volatilities().select("item", "other", "since", "until").is_duplicated().any()


def test_leases_offered() -> None:
    assert set(processes.battery_leases()["currency"]) == {"CNY"}
