"""Published tables: new batteries against the grid, recycling, products, content. Copies in golden/footprint."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from voltloop.footprint import design, grid, new_battery, recycle

GOLDEN = Path(__file__).parents[1] / "golden" / "footprint"
LITRE_PER_GALLON = 3.785411784


def rows(name: str) -> list[dict[str, str]]:
    with (GOLDEN / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_carbon_of_new_batteries_follows_the_grid_as_published() -> None:
    found = rows("new_battery")
    assert len(found) == 6
    for row in found:
        given = {
            name: float(row[name])
            for name in ("cell_kg_per_kwh", "cell_assembly_mj_per_kg", "electricity_share")
        }
        intensity = float(row["co2e_g_per_kwh"])
        for level in ("cell", "pack"):
            published = float(row[f"{level}_co2e_kg_per_kwh"])
            assert new_battery(row["chemistry"], intensity, level, **given).co2e_kg == pytest.approx(
                published, rel=0.005
            )
            assert new_battery(row["chemistry"], grid(row["grid"]), level).co2e_kg == pytest.approx(
                published, rel=0.005
            )


def test_new_packs_of_all_eight_chemistries_in_two_places() -> None:
    found = rows("new_pack")
    assert len(found) == 8
    for row in found:
        here = new_battery(row["chemistry"], grid("UN-GREET"))
        assert here.co2e_kg == pytest.approx(float(row["co2e_kg_per_kwh_us"]), rel=0.005)
        assert here.energy_mj == pytest.approx(float(row["energy_mj_per_kwh"]), rel=0.005)
        assert here.water_l / LITRE_PER_GALLON == pytest.approx(float(row["water_gal_per_kwh"]), rel=0.005)
        there = new_battery(row["chemistry"], grid("CH-GREET"))
        assert there.co2e_kg == pytest.approx(float(row["co2e_kg_per_kwh_china"]), rel=0.005)
        cell = new_battery(row["chemistry"], 466.5, "cell")
        assert cell.co2e_kg == pytest.approx(float(row["cell_co2e_kg_per_kwh_us"]), rel=0.005)


def test_recycling_carbon_energy_and_water_per_kilogram_of_feed() -> None:
    found = rows("recycling")
    assert len(found) == 36
    for row in found:
        done = recycle(row["chemistry"], row["process"], grid(row["grid"]), row["feed"])
        assert done.co2e_kg * 1000.0 == pytest.approx(float(row["co2e_g_per_kg"]), rel=0.01)
        assert done.energy_mj == pytest.approx(float(row["energy_mj_per_kg"]), rel=0.01)
        # The source divides the water of preprocessing's energy by a million too many; that water is counted here.
        assert done.water_l / LITRE_PER_GALLON == pytest.approx(float(row["water_gal_per_kg"]), rel=0.04)


def test_recycling_of_other_chemistries_stays_in_the_published_ranges() -> None:
    ranges = {"pyro": (1.5, 1.8), "hydro": (2.35, 2.75), "direct": (1.9, 2.45)}
    for chemistry in ("NMC111", "NMC532", "NMC622", "NMC811", "NCA"):
        for process, (low, high) in ranges.items():
            assert low <= recycle(chemistry, process, 466.5).co2e_kg <= high
    assert recycle("NMC622", "direct", 700.1).co2e_kg == pytest.approx(2.61, rel=0.01)


def test_products_per_kilogram_of_cells() -> None:
    found = rows("products")
    assert len(found) == 42
    for row in found:
        done = recycle(row["chemistry"], row["process"], 466.5)
        assert done.products_kg.get(row["product"], 0.0) == pytest.approx(
            float(row["kg_per_kg_cell"]), abs=1e-5
        )


def test_content_per_kwh_as_published_with_the_designs() -> None:
    for row in rows("new_pack"):
        content = design(row["chemistry"]).content_kg_per_kwh()
        for element in (
            "lithium",
            "nickel",
            "cobalt",
            "manganese",
            "copper",
            "aluminium",
            "graphite",
            "steel",
        ):
            assert content[element] == pytest.approx(float(row[element]), rel=5e-4, abs=1e-5)


def test_content_agrees_with_a_later_release_of_the_designs_within_8_per_cent() -> None:
    """Steel is left out: the later release tells steel and stainless steel, and has another housing.

    LMO is rough in the source, which gives it the pack of LCO, so its lithium is left out. The later release counts
    aluminium as metal only, so that in the cathode of NCA is taken off.
    """
    compared = 0
    for row in rows("content_batpac51"):
        if row["design"] not in {"NMC111", "NMC532", "NMC622", "NMC811", "NCA", "LFP", "LMO"}:
            continue
        if row["element"] in {"steel", "stainless_steel"} or (row["design"], row["element"]) == (
            "LMO",
            "lithium",
        ):
            continue
        if row["element"] == "phosphorus" and row["design"] != "LFP":
            continue  # that of the conducting salt, which the later release leaves out
        made = design(row["design"])
        content = made.content_kg_per_kwh()[row["element"]]
        if row["element"] == "aluminium":
            content -= made.cathode["aluminium"] * made.materials["pack"]["cathode"] * made.pack_kg_per_kwh
        assert float(row["kg_per_kwh"]) == pytest.approx(content, rel=0.08, abs=1e-9), row
        compared += 1
    assert compared > 45
