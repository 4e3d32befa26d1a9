"""Carbon of moving goods."""

from __future__ import annotations

import polars as pl
import pytest

from voltloop.errors import InputError
from voltloop.footprint import transport_co2e, transport_kg_per_tkm


@pytest.mark.parametrize(
    ("vehicle", "g_per_tkm"),
    [
        ("artic_40t", 95.02),
        ("rigid_26t", 208.82),
        ("rigid_17t", 456.08),
        ("van_3_5t", 782.25),
        ("rail", 34.70),
    ],
)
def test_factors_are_the_published_ones(vehicle: str, g_per_tkm: float) -> None:
    assert transport_kg_per_tkm(vehicle) * 1000 == pytest.approx(g_per_tkm)


def test_a_pack_per_kwh_over_a_thousand_kilometres_is_half_a_kilogram() -> None:
    assert transport_co2e(1000.0, 5.0) == pytest.approx(0.475, abs=0.001)


def test_columns_and_numbers_give_the_same() -> None:
    frame = pl.DataFrame({"km": [100.0, 250.0], "kg": [400.0, 80.0]})
    column = transport_co2e(pl.col("km"), pl.col("kg"))
    assert isinstance(column, pl.Expr)
    assert frame.select(column.alias("x"))["x"].to_list() == pytest.approx(
        [transport_co2e(100.0, 400.0), transport_co2e(250.0, 80.0)]
    )


def test_a_whole_vehicle_counts_by_the_kilometre() -> None:
    assert transport_co2e(100.0, vehicle="artic_40t") == pytest.approx(109.0)


@pytest.mark.parametrize(
    ("vehicle", "mass", "code"),
    [("artic_40", 1.0, "unknown-emission-vehicle"), ("rail", None, "no-vehicle-km-factor")],
)
def test_what_has_no_factor_is_an_error(vehicle: str, mass: float | None, code: str) -> None:
    with pytest.raises(InputError) as error:
        transport_co2e(1.0, mass, vehicle=vehicle)
    assert error.value.code == code
    assert code != "unknown-emission-vehicle" or 'Did you mean "artic_40t"?' in error.value.message


def test_the_factors_of_plans_and_of_footprints_are_the_same() -> None:
    from voltloop.catalogue import life_cycle, money

    legs = life_cycle.transport_legs().filter(pl.col("load") == "average").select("vehicle", "wtw_g_per_tkm")
    both = money.transport_factors().join(legs, on="vehicle", how="left", suffix="_leg")
    assert both["wtw_g_per_tkm"].to_list() == both["wtw_g_per_tkm_leg"].to_list()
    made = {row["material"]: row["co2e_kg_per_kg"] for row in life_cycle.materials().iter_rows(named=True)}
    for row in money.material_factors().iter_rows(named=True):
        if row["element"] in made and row["element"] != "graphite":
            assert row["value"] == pytest.approx(made[row["element"]], rel=1e-3)
