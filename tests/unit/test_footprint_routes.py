"""Carbon of every route: signs, orders of size and what they depend on."""

from __future__ import annotations

import polars as pl
import pytest

from voltloop.footprint import carbon_table, route_carbon


def batteries(*rows: dict[str, object]) -> pl.DataFrame:
    base = {
        "chemistry": "NMC",
        "form": "pack",
        "quantity": 1,
        "energy_wh": 100_000.0,
        "mass_kg": 514.79,
        "soh": 0.8,
    }
    return pl.DataFrame(
        [{"row": number, **base, **row} for number, row in enumerate(rows, start=1)],
        schema_overrides={"energy_wh": pl.Float64, "mass_kg": pl.Float64, "soh": pl.Float64},
    )


def test_long_and_wide_tables_agree() -> None:
    given = batteries({}, {"chemistry": "LFP", "soh": None})
    wide, long = carbon_table(given), route_carbon(given)
    for name in wide.columns[1:]:
        treatment, _, process = name.partition("_") if name.startswith("recycle") else (name, "", "")
        part = long.filter(pl.col("treatment") == treatment, pl.col("route").fill_null("") == process)
        assert part["co2e_kg"].to_list() == wide[name].to_list()
    assert (
        long.select(
            (pl.col("emitted_co2e_kg") - pl.col("avoided_co2e_kg") - pl.col("co2e_kg")).abs().max()
        ).item()
        < 1e-9
    )


def test_a_new_pack_saved_whole_counts_once() -> None:
    """Reuse at full health displaces the whole new pack: 73.87 kg per kWh for NMC."""
    assert carbon_table(batteries({"soh": 1.0}))["reuse"][0] == pytest.approx(-7387.0)
    assert carbon_table(batteries({"soh": 0.6}))["reuse"][0] == pytest.approx(0.0)


def test_process_emissions_are_those_of_the_source() -> None:
    """EverBatt: 1.632 kg per kg of NMC622 pack by hydrometallurgy, 1.047 per kg of LFP pack by pyrometallurgy."""
    long = route_carbon(batteries({}, {"chemistry": "LFP", "mass_kg": 100.0}))
    emitted = {(r["row"], r["route"]): r["emitted_co2e_kg"] for r in long.iter_rows(named=True) if r["route"]}
    assert emitted[1, "hydromet"] == pytest.approx(1.63188 * 514.79)
    assert emitted[2, "pyromet"] == pytest.approx(104.725)


def test_recycling_nickel_cells_avoids_carbon_and_far_less_than_a_new_pack() -> None:
    found = carbon_table(batteries({}))["recycle_hydromet"][0]
    assert -2500 < found < -800


def test_quarantine_itself_neither_emits_nor_avoids() -> None:
    assert carbon_table(batteries({}))["quarantine"][0] == 0.0


def test_all_units_count() -> None:
    one, two = (carbon_table(batteries({"quantity": q})).drop("row").row(0) for q in (1, 2))
    assert two == pytest.approx([2 * x for x in one])
