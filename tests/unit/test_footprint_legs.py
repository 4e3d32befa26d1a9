"""Transport legs after ISO 14083: published factors at their loads, empty running, bad input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.catalogue import life_cycle
from voltloop.errors import InputError
from voltloop.footprint import Leg, leg_carbon

TRUCKS = ("rigid_7_5t", "rigid_17t", "rigid_26t", "artic_33t", "artic_40t")


def test_every_published_factor_comes_back() -> None:
    loads = {"average": None, "half": 0.5, "full": 1.0}
    for row in life_cycle.transport_legs().iter_rows(named=True):
        found = leg_carbon(Leg(row["vehicle"], 100.0, loads[row["load"]]), 10_000.0)
        assert found.co2e_kg == pytest.approx(row["wtw_g_per_tkm"])
        if row["ttw_g_per_tkm"] is not None:
            assert row["ttw_g_per_tkm"] + row["wtt_g_per_tkm"] == pytest.approx(
                row["wtw_g_per_tkm"], abs=0.02
            )


def test_a_truck_that_comes_back_empty() -> None:
    there = leg_carbon(Leg("artic_40t", 300.0, 1.0), 24_000.0).co2e_kg
    both = leg_carbon(Leg("artic_40t", 300.0, 1.0, 0.5), 24_000.0).co2e_kg
    # Empty, the truck emits what it emits at half load less what half the load adds.
    empty = 24.0 * 300.0 * (118.56 - 73.91) / 1000.0
    assert both - there == pytest.approx(empty)


@given(st.sampled_from(TRUCKS), st.floats(0.05, 1.0), st.floats(0.0, 0.9), st.floats(0.0, 30_000.0))
def test_less_load_and_more_empty_running_cost_more(
    vehicle: str, load: float, empty: float, mass: float
) -> None:
    base = leg_carbon(Leg(vehicle, 100.0, load, empty), mass).co2e_kg
    assert base <= leg_carbon(Leg(vehicle, 100.0, load / 2.0, empty), mass).co2e_kg + 1e-9
    assert base <= leg_carbon(Leg(vehicle, 100.0, load, empty + 0.05), mass).co2e_kg + 1e-9
    assert leg_carbon(Leg(vehicle, 200.0, load, empty), mass).co2e_kg == pytest.approx(2.0 * base)


@pytest.mark.parametrize(
    ("leg", "mass", "code", "told"),
    [
        (Leg("zeppelin", 1.0), 1.0, "footprint-vehicle-unknown", "zeppelin"),
        (Leg("artic_40t", -1.0), 1.0, "footprint-number", "artic_40t"),
        (Leg("artic_40t", 1.0), -1.0, "footprint-number", "mass"),
        (Leg("artic_40t", float("nan")), 1.0, "footprint-number", "nan"),
        (Leg("artic_40t", 1.0, 0.0), 1.0, "footprint-share", "load"),
        (Leg("artic_40t", 1.0, 80.0), 1.0, "footprint-share", "per cent"),
        (Leg("artic_40t", 1.0, 0.5, 1.0), 1.0, "footprint-share", "empty"),
        (Leg("artic_40t", 1.0, None, 0.3), 1.0, "footprint-load-unknown", "load"),
        (Leg("rail", 1.0, 0.5), 1.0, "footprint-load-unknown", "rail"),
    ],
)
def test_legs_that_cannot_be(leg: Leg, mass: float, code: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        leg_carbon(leg, mass)
    assert refused.value.code == code
    assert told in refused.value.message
