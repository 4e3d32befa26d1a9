"""The scenarios of Europe and North America: readable without a finding, each figure with its source."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from voltloop.app.network_scenario import check_folder

EXAMPLES = Path(__file__).parents[2] / "examples" / "network"
FOLDERS = ("europe", "north-america")
# Tables whose rows are figures; periods are dates, recipes share the source of their activity.
SOURCED = (
    "sites",
    "activities",
    "facilities",
    "utilities",
    "modes",
    "lanes",
    "supply",
    "demand",
    "bans",
    "shocks",
)


@pytest.mark.parametrize("folder", FOLDERS)
def test_example_is_read_without_a_finding(folder: str) -> None:
    read = check_folder(EXAMPLES / folder)
    assert [finding.message for finding in read.findings] == []
    assert read.scenario is not None
    assert read.scenario.periods["years"].sum() == 10.0


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("table", SOURCED)
def test_every_row_names_its_source(folder: str, table: str) -> None:
    rows = pl.read_csv(EXAMPLES / folder / f"{table}.csv", infer_schema=False)
    bare = rows.filter(pl.col("source").is_null())
    # Use of metal costs nothing: there is no figure to source.
    if table == "activities":
        bare = bare.filter(pl.col("family") != "using")
    assert bare.height == 0


@pytest.mark.parametrize("name", sorted(path.name for path in (EXAMPLES / "facts").glob("*.csv")))
def test_every_fact_names_its_source(name: str) -> None:
    facts = pl.read_csv(EXAMPLES / "facts" / name, infer_schema=False)
    assert facts["source"].null_count() == 0
    assert facts.height > 0


@pytest.mark.parametrize("folder", FOLDERS)
def test_shares_of_each_country_add_up(folder: str) -> None:
    regions = pl.read_csv(EXAMPLES / "facts" / "regions.csv").filter(continent=folder)
    shares = regions.group_by("country").agg(pl.col("share_of_country").sum())["share_of_country"]
    assert shares.to_list() == pytest.approx([1.0] * len(shares), abs=2e-3)


@pytest.mark.parametrize("folder", FOLDERS)
def test_more_packs_come_back_in_every_period(folder: str) -> None:
    supply = pl.read_csv(EXAMPLES / folder / "supply.csv", infer_schema_length=None)
    used = supply.filter(pl.col("commodity").str.contains("^(core|pack)_"))
    yearly = used.group_by("period").agg(pl.col("amount_per_year").sum()).sort("period")["amount_per_year"]
    assert yearly.len() == 5
    assert bool((yearly.diff().drop_nulls() > 0).all())


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_activity_makes_more_mass_than_it_takes(folder: str) -> None:
    commodities = pl.read_csv(EXAMPLES / folder / "commodities.csv")
    recipes = pl.read_csv(EXAMPLES / folder / "recipes.csv").join(commodities, on="commodity")
    kilograms = pl.col("amount_per_run") * pl.col("mass_kg_per_unit")
    kept = recipes.group_by("activity").agg(kilograms.sum())["amount_per_run"]
    assert kept.max() <= 1e-2
