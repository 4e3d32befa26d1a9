"""One pack, new, restored and recycled: orders of size, balances, what they depend on, and bad input."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.errors import InputError
from voltloop.footprint import (
    RECYCLING_PROCESSES,
    Leg,
    Pack,
    StorageUse,
    design,
    grid,
    leg_carbon,
    new_battery,
    new_pack,
    recycle,
    recycled,
    remanufactured,
    second_life,
)

CHEMISTRIES = ("NMC111", "NMC532", "NMC622", "NMC811", "NCA", "LFP", "LMO", "LCO")


@given(
    st.sampled_from(CHEMISTRIES),
    st.sampled_from(RECYCLING_PROCESSES),
    st.sampled_from(["cell", "module", "pack"]),
    st.floats(0.0, 1.0),
)
@settings(max_examples=60, deadline=None)
def test_every_element_is_recovered_or_lost(chemistry: str, process: str, feed: str, recovery: float) -> None:
    done = recycle(chemistry, process, 400.0, feed, recovery=recovery)
    for element, kg in done.content_kg.items():
        assert done.recovered_kg[element] + done.lost_kg[element] == pytest.approx(kg, abs=1e-12)
        assert 0.0 <= done.recovered_kg[element] <= kg + 1e-9


@pytest.mark.parametrize("chemistry", CHEMISTRIES)
def test_a_design_weighs_what_its_materials_weigh(chemistry: str) -> None:
    made = design(chemistry)
    for level in ("cell", "module", "pack"):
        assert sum(made.materials[level].values()) == pytest.approx(1.0, abs=2e-5)
    assert made.cell_kg_per_kwh < made.kg_per_kwh("module") < made.pack_kg_per_kwh
    assert sum(made.cathode.values()) == pytest.approx(1.0)


def test_a_leaner_plant_takes_less_of_everything_but_the_feed() -> None:
    usual, half = recycle("NMC622", "hydro", 400.0), recycle("NMC622", "hydro", 400.0, efficiency=0.5)
    assert half.energy_mj == pytest.approx(2.0 * usual.energy_mj)
    assert half.co2e_kg < 2.0 * usual.co2e_kg
    assert half.products_kg == usual.products_kg


def test_smelting_hardly_depends_on_the_grid_and_relithiation_does() -> None:
    change = {
        p: recycle("NMC622", p, 700.0).co2e_kg - recycle("NMC622", p, 0.0).co2e_kg
        for p in RECYCLING_PROCESSES
    }
    assert change["direct"] > 4.0 * change["hydro"] > 0.0
    assert change["pyro"] < 0.25


def test_remanufacturing_is_new_modules_test_parts_and_transport() -> None:
    pack, place = Pack("NMC622", 60.0), grid("FR", 2024)
    leg = Leg("artic_40t", 800.0)
    none = remanufactured(pack, place, replaced_share=0.0, parts_kg={})
    part = remanufactured(pack, place, replaced_share=0.3, parts_kg={"steel": 2.0}, legs=[leg])
    test = 60.0 * 1.5 * 0.15 * 0.033
    assert none.cut_off.co2e_kg == pytest.approx(test)
    modules = 0.3 * 60.0 * new_battery("NMC622", place, "module").co2e_kg
    mass = 60.0 * design("NMC622").pack_kg_per_kwh
    expected = test + modules + 2.0 * 2.4511 + leg_carbon(leg, mass).co2e_kg
    assert part.cut_off.co2e_kg == pytest.approx(expected, rel=1e-4)
    assert part.avoided_burden.co2e_kg == pytest.approx(
        expected - new_pack(pack, place).cut_off.co2e_kg, rel=1e-4
    )
    assert part.cut_off_per_unit is not None
    assert part.cut_off_per_unit.unit == "kWh restored"


def test_material_kept_by_remanufacturing_is_the_new_pack_less_the_new_modules() -> None:
    pack = Pack("NMC622", 60.0)
    kept = remanufactured(pack, 300.0, replaced_share=0.25).kept_kg
    content = design("NMC622").content_kg_per_kwh()
    assert kept["nickel"] == pytest.approx(60.0 * 0.75 * content["nickel"])
    assert kept["steel"] > 60.0 * 0.75 * content["steel"]


def test_a_second_life_delivers_the_area_under_its_capacity() -> None:
    use = StorageUse(0.6, 10.0, 300.0, 0.8, 0.02, 0.9, 0.5)
    done = second_life(Pack("NMC622", 60.0, 0.8), 100.0, use)
    assert done.amount == pytest.approx(60.0 * 0.8 * 300.0 * 10.0 * 0.7)
    losses = next(part for part in done.cut_off.parts if part.name == "losses of storage")
    assert losses.impacts.co2e_kg == pytest.approx(done.amount * (1 / 0.9 - 1) * 0.1)
    faster = StorageUse(0.6, 10.0, 300.0, 0.8, 0.04, 0.9, 0.5)
    assert second_life(Pack("NMC622", 60.0, 0.8), 100.0, faster).amount == pytest.approx(
        60 * 0.8 * 300 * 5 * 0.7
    )


def test_a_second_life_displaces_making_and_losses_of_new_storage() -> None:
    done = second_life(Pack("NMC622", 60.0, 0.8), 100.0)
    credit = done.cut_off.co2e_kg - done.avoided_burden.co2e_kg
    making = done.amount / 4000.0 * new_battery("LFP", 100.0).co2e_kg
    assert credit == pytest.approx(making + done.amount * (1 / 0.92 - 1) * 0.1)


def test_a_pack_below_the_end_of_life_delivers_nothing() -> None:
    done = second_life(Pack("NMC622", 60.0, 0.4), 100.0)
    assert done.amount == 0.0
    assert done.cut_off_per_unit is None
    assert done.cut_off.co2e_kg > 0.0


def test_recycled_content_lowers_the_cut_off_view_only() -> None:
    pack = Pack("NMC622", 60.0)
    plain = new_pack(pack, 300.0)
    mixed = new_pack(pack, 300.0, recycled_content={"nickel": 0.15, "cobalt": 0.26, "lithium": 0.12})
    assert mixed.cut_off.co2e_kg < plain.cut_off.co2e_kg
    assert mixed.avoided_burden.co2e_kg == plain.avoided_burden.co2e_kg
    assert mixed.kept_kg["cobalt"] == pytest.approx(0.74 * plain.kept_kg["cobalt"])


def test_distance_rarely_flips_a_ranking_and_air_freight_does() -> None:
    pack, place = Pack("LFP", 60.0), grid("UN-GREET")
    credit = -recycled(pack, "direct", place).avoided_burden.co2e_kg
    by_road = recycled(pack, "direct", place, legs=[Leg("artic_40t", 1000.0)]).avoided_burden.co2e_kg + credit
    by_air = (
        recycled(pack, "direct", place, legs=[Leg("air_long_haul_rf", 9000.0)]).avoided_burden.co2e_kg
        + credit
    )
    assert by_road < 0.1 * credit < credit < by_air


@pytest.mark.parametrize(
    ("word", "meaning"), [("NMC 622", "NMC622"), ("ncm(811)", "NMC811"), ("NMC", "NMC622"), ("lfp", "LFP")]
)
def test_chemistries_by_many_spellings(word: str, meaning: str) -> None:
    assert design(word).chemistry == meaning


@pytest.mark.parametrize("word", ["LTO", "Na-ion", "lead-acid", "", "unknown"])
def test_a_chemistry_without_data_is_named(word: str) -> None:
    with pytest.raises(InputError, match="no life-cycle data") as refused:
        new_battery(word, 300.0)
    assert refused.value.code == "footprint-chemistry-unknown"
    assert f'"{word}"' in refused.value.message


def test_grids_by_country_and_year() -> None:
    assert grid("FR", 2024).co2e_g_per_kwh == 33.0
    assert grid("fra", 2024).co2e_g_per_kwh == 44.2
    assert grid("FR").year == 2025
    assert grid("US-CAL-CISO", 2023).co2e_g_per_kwh == 263.0
    assert grid("UN-GREET").co2e_g_per_kwh == pytest.approx(466.5, abs=0.01)
    assert not grid("UN-GREET").is_energy_estimated
    assert grid("FR").is_energy_estimated
    assert "ODbL" in grid("FR").source
    assert "CC BY-SA" in grid("FRA").source


@pytest.mark.parametrize(
    ("place", "year", "code", "told"),
    [
        ("Atlantis", None, "footprint-grid-unknown", '"Atlantis"'),
        ("FR", 1999, "footprint-year-unknown", "1999"),
        ("France", None, "footprint-grid-ambiguous", "FRA"),
        ("", None, "footprint-grid-unknown", '""'),
    ],
)
def test_unknown_electricity_is_named(place: str, year: int | None, code: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        grid(place, year)
    assert refused.value.code == code
    assert told in refused.value.message


@pytest.mark.parametrize(
    ("do", "code"),
    [
        (lambda: new_battery("LFP", -1.0), "footprint-number"),
        (lambda: new_battery("LFP", math.nan), "footprint-number"),
        (lambda: new_battery("LFP", "dirty"), "footprint-number"),
        (lambda: new_battery("LFP", None), "footprint-number"),
        (lambda: recycle("LFP", "hydro", 100.0, recovery="all"), "footprint-share"),
        (lambda: new_battery("LFP", 100.0, "brick"), "footprint-level"),
        (lambda: new_battery("LFP", 100.0, electricity_share=1.2), "footprint-share"),
        (lambda: new_battery("LFP", 100.0, cell_kg_per_kwh=0.0), "footprint-number"),
        (lambda: new_pack(Pack("LFP", -5.0), 100.0), "footprint-number"),
        (lambda: new_pack(Pack("LFP", 5.0, mass_kg=-1.0), 100.0), "footprint-number"),
        (lambda: new_pack(Pack("LFP", 5.0), 100.0, recycled_content={"nickel": 16.0}), "footprint-share"),
        (
            lambda: new_pack(Pack("LFP", 5.0), 100.0, recycled_content={"unobtainium": 0.1}),
            "footprint-material-unknown",
        ),
        (lambda: recycle("LFP", "magic", 100.0), "footprint-process-unknown"),
        (lambda: recycle("LFP", "hydro", 100.0, "brick"), "footprint-feed-unknown"),
        (lambda: recycle("LFP", "hydro", 100.0, efficiency=0.0), "footprint-share"),
        (lambda: recycle("LFP", "hydro", 100.0, recovery=1.01), "footprint-share"),
        (lambda: remanufactured(Pack("LFP", 5.0), 100.0, replaced_share=1.5), "footprint-share"),
        (lambda: remanufactured(Pack("LFP", 5.0), 100.0, parts_kg={"steel": -1.0}), "footprint-number"),
        (
            lambda: remanufactured(Pack("LFP", 5.0), 100.0, parts_kg={"wood": 1.0}),
            "footprint-material-unknown",
        ),
        (lambda: second_life(Pack("LFP", 5.0), 100.0), "footprint-soh"),
        (lambda: second_life(Pack("LFP", 5.0, 80.0), 100.0), "footprint-soh"),
        (lambda: second_life(Pack("LFP", 5.0, 0.0), 100.0), "footprint-soh"),
        (lambda: second_life(Pack("LFP", 5.0, math.nan), 100.0), "footprint-number"),
        (lambda: second_life(Pack("LFP", 5.0, -0.1), 100.0), "footprint-number"),
    ],
)
def test_numbers_that_cannot_be_are_refused(do: object, code: str) -> None:
    with pytest.raises(InputError) as refused:
        do()  # type: ignore[operator]
    assert refused.value.code == code
