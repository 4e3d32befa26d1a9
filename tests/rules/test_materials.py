"""Materials of the battery chain as cargo: classified by test, never by silence."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import polars as pl
import pytest

from voltloop.compliance import Load, classify, load_rulebook

BOOK = load_rulebook()
ON = date(2026, 11, 24)
PACKAGED = ("road_eu", "rail_eu", "road_us", "sea", "air_pax", "air_cargo")
TESTS = {
    "water_reactive": ("no", "pg_i", "pg_ii", "pg_iii"),
    "self_heating": ("no", "pg_ii", "pg_iii"),
    "solvent_residue": ("no", "yes"),
    "corrosive": ("no", "pg_i", "pg_ii", "pg_iii"),
    "releases_hf": ("no", "yes"),
    "toxic": ("no", "pg_i", "pg_ii", "pg_iii"),
    "aquatic_hazard": ("no", "yes"),
}
CLEAN = dict.fromkeys(TESTS, "no") | {"aquatic_hazard": "yes"}
LISTED = ["allowed", "exempt_small", "exempt_other", "approval_needed", "forbidden", "undecided"]


def verdicts(rows: list[dict[str, Any]], mode: str = "road_eu", on: date = ON) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    goods = pl.DataFrame({name: [row.get(name) for row in rows] for name in names})
    return classify(goods, BOOK, mode=mode, on=on).rows(named=True)


def verdict(mode: str = "road_eu", on: date = ON, **facts: Any) -> dict[str, Any]:
    return verdicts([facts], mode, on)[0]


@pytest.mark.parametrize("mode", [*PACKAGED, "sea_bulk"])
def test_materials_get_an_outcome_in_every_mode(mode: str) -> None:
    """No material falls through the tables: each has one of the outcomes, and an undecided one names facts."""
    rows = [{"material": name} for name in BOOK.facts["material"].values if name != "none"]
    for row, found in zip(rows, verdicts(rows, mode), strict=True):
        assert found["outcome"] in LISTED, row
        assert (found["outcome"] == "undecided") == bool(found["missing_facts"]), row


@pytest.mark.parametrize("mode", PACKAGED)
def test_materials_black_mass_is_never_free_without_every_test(mode: str) -> None:
    """Leaving out any single test leaves the batch undecided unless another result has settled it already."""
    clean = {**CLEAN, "aquatic_hazard": "no", "material": "black_mass", "package_net_kg": 1.0}
    rows = [{key: value for key, value in clean.items() if key != left_out} for left_out in TESTS]
    for left_out, found in zip(TESTS, verdicts(rows, mode), strict=True):
        assert found["outcome"] == "undecided"
        assert left_out in found["missing_facts"].split(";")


def test_materials_black_mass_by_any_results_is_exempt_only_when_all_are_clean() -> None:
    """Every combination of results: only a batch without any danger leaves the rules; two dangers need a person."""
    rows = [
        {"material": "black_mass", **dict(zip(TESTS, results, strict=True))}
        for results in itertools.product(*TESTS.values())
    ]
    for row, found in zip(rows, verdicts(rows), strict=True):
        dangers = [
            name for name in ("water_reactive", "self_heating", "solvent_residue", "corrosive", "toxic")
            if row[name] != "no"
        ]  # fmt: skip
        acid = row["releases_hf"] == "yes"
        corrosive = "corrosive" in dangers
        if len(dangers) > 1 or acid != corrosive:
            assert (found["outcome"], found["missing_facts"]) == ("undecided", "legal_advice"), row
        elif not dangers and row["aquatic_hazard"] == "no":
            assert found["outcome"] == "exempt_other", row
        else:
            assert (found["outcome"], found["un_number"] != "none") == ("allowed", True), row


@pytest.mark.parametrize("material", [name for name in BOOK.facts["material"].values if name != "none"])
def test_materials_have_the_same_entry_in_every_packaged_mode(material: str) -> None:
    """UN number, name, class and packing group come from the list that all modes share."""
    facts = {
        **CLEAN,
        "self_heating": "no",
        "flammable_solid": "no",
        "respirable_pct": 12.0,
        "flash_point_c": 18.0,
    }
    if material in ("lithium_hydroxide_solution", "lipf6"):
        facts["corrosive"] = "pg_ii"
    if material == "aluminium_powder":
        facts["water_reactive"] = "pg_ii"
    found = [
        verdict(mode, material=material, package_net_kg=0.4, package_net_l=0.4, **facts) for mode in PACKAGED
    ]
    assert (
        len({tuple(one[name] for name in ("un_number", "hazard_class", "packing_group")) for one in found})
        == 1
    )


def test_materials_waste_code_changes_on_the_day_of_the_new_list() -> None:
    before = verdict(on=date(2026, 11, 8), material="black_mass", **CLEAN)
    after = verdict(on=date(2026, 11, 9), material="black_mass", **CLEAN)
    assert (before["waste_code"], after["waste_code"]) == ("19 12 11*|19 12 12", "19 14 02*")
    assert "hazardous waste, code 19 14 02*" in after["statements"]
    assert "hazardous waste" not in before["statements"]


def test_materials_count_in_the_points_of_a_load() -> None:
    """Lithium hydroxide is of category 2, cobalt sulphate of 3, and water-reactive black mass of 0."""
    load = Load(BOOK, mode="road_eu", on=ON)
    load.add(load.profile_of(verdict(material="lithium_hydroxide")), 200.0)
    load.add(load.profile_of(verdict(material="cobalt_sulphate")), 400.0)
    assert (load.points, load.exceeds_1136) == (1000.0, False)
    load.add(load.profile_of(verdict(material="cobalt_sulphate", package_net_kg=5.0)), 500.0)
    assert (load.points, load.exceeds_1136) == (1000.0, False)
    load.add(load.profile_of(verdict(material="black_mass", **{**CLEAN, "water_reactive": "pg_iii"})), 1.0)
    assert load.exceeds_1136


def test_materials_environmentally_hazardous_goods_bring_no_tunnel_restriction() -> None:
    load = Load(BOOK, mode="road_eu", on=ON)
    load.add(load.profile_of(verdict(material="cobalt_sulphate")), 2000.0)
    assert load.exceeds_1136
    assert load.tunnel_restriction in (None, "-")


@pytest.mark.parametrize(
    ("moisture", "limit", "outcome"),
    [(8.0, 8.1, "allowed"), (8.1, 8.1, "forbidden"), (8.2, 8.1, "forbidden"), (None, 8.1, "undecided"),
     (8.0, None, "undecided"), (None, None, "undecided")],
)  # fmt: skip
def test_materials_moisture_is_compared_with_its_limit(
    moisture: float | None, limit: float | None, outcome: str
) -> None:
    """IMSBC 7.3.1: the content is below the limit; the limit itself is too much, and one number alone says nothing."""
    found = verdict(
        "sea_bulk", material="nickel_ore", moisture_pct=moisture, tml_pct=limit, moisture_test_age_days=1.0,
        tml_test_age_days=1.0,
    )  # fmt: skip
    assert found["outcome"] == outcome
    if outcome == "undecided":
        assert found["missing_facts"] == "moisture_below_tml"


def test_materials_more_moisture_never_makes_a_cargo_loadable() -> None:
    rows = [
        {"material": "nickel_ore", "moisture_pct": moisture / 10, "tml_pct": 33.0, "moisture_test_age_days": 2.0,
         "tml_test_age_days": 30.0}
        for moisture in range(300, 361)
    ]  # fmt: skip
    outcomes = [found["outcome"] for found in verdicts(rows, "sea_bulk")]
    assert outcomes == ["allowed"] * 30 + ["forbidden"] * 31


def test_materials_rows_of_batteries_and_materials_share_a_list() -> None:
    """A table that names a material for some rows leaves the batteries of the other rows alone."""
    battery = {"chemistry": "li_ion", "form": "battery", "unit_kind": "battery", "state": "used",
               "energy_wh": 500.0, "un38_3_tested": "yes"}  # fmt: skip
    found = verdicts([battery, {"material": "lithium_hydroxide"}, {**battery, "material": "none"}])
    assert [one["un_number"] for one in found] == ["3480", "2680", "3480"]


def test_materials_stated_as_waste_go_as_waste() -> None:
    """The state of the goods says that a material is waste; a statement to the contrary is noted."""
    assert verdict(material="battery_fluid_acid", state="waste")["waste_code"] == "16 06 06*"
    assert verdict(material="battery_fluid_acid", state="new")["waste_code"] is None
    clash = verdict(material="battery_fluid_acid", state="waste", material_status="product")
    assert (clash["outcome"], clash["missing_facts"]) == ("undecided", "material_status")


@pytest.mark.parametrize(
    ("on", "lawful", "chosen"),
    [
        (date(2023, 12, 31), ("IMSBC-06-21",), "IMSBC-06-21"),
        (date(2024, 1, 1), ("IMSBC-06-21", "IMSBC-07-23"), "IMSBC-07-23"),
        (date(2024, 12, 31), ("IMSBC-06-21", "IMSBC-07-23"), "IMSBC-07-23"),
        (date(2025, 1, 1), ("IMSBC-07-23",), "IMSBC-07-23"),
        (date(2026, 1, 1), ("IMSBC-07-23", "IMSBC-08-25"), "IMSBC-07-23"),
        (date(2026, 12, 31), ("IMSBC-07-23", "IMSBC-08-25"), "IMSBC-07-23"),
        (date(2027, 1, 1), ("IMSBC-08-25",), "IMSBC-08-25"),
    ],
)
def test_materials_bulk_editions_overlap_for_a_year(on: date, lawful: tuple[str, ...], chosen: str) -> None:
    """An amendment may be used for a year before it must be; the newest one that has been read answers by default."""
    assert BOOK.lawful_editions("sea_bulk", on) == lawful
    assert BOOK.edition("IMSBC", on).name == chosen
