"""What rides together: points of the load, 333 kg, goods that must go alone, nickel-metal hydride at sea."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from voltloop.app.classify_file import classify_file
from voltloop.app.scenarios import Defaults
from voltloop.compliance import load_rulebook

BASE = {
    "chemistry": "li_ion",
    "form": "battery",
    "unit_kind": "battery",
    "energy_wh": "500",
    "gross_mass_kg": None,
    "state": "new",
    "un38_3_tested": "yes",
    "mode": "road_eu",
    "date": "2026-11-24",
    "units": "1",
    "net_battery_mass_kg": "3",
    "load_id": None,
    "flags": None,
}
WET = {"chemistry": "lead_acid_flooded", "energy_wh": None, "un38_3_tested": None}
SORTING = {"state": "waste", "energy_wh": "40", "un38_3_tested": None, "flags": "qa_333kg"}


def run(folder: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    full = [{"id": f"R{number}", **BASE, **row} for number, row in enumerate(rows, start=1)]
    pl.DataFrame(full, infer_schema_length=None).write_csv(folder / "in.csv")
    classify_file(folder / "in.csv", load_rulebook(), Defaults(), date(2026, 11, 24), folder / "out.json")
    return list(json.loads((folder / "out.json").read_text()))


def points(folder: Path, rows: list[dict[str, Any]]) -> list[str | None]:
    return [row["adr_points"] for row in run(folder, rows)]


def test_points_are_those_of_the_whole_load_and_of_a_row_alone(tmp_path: Path) -> None:
    two, acid = (
        {"net_battery_mass_kg": "100", "units": "2"},
        {**WET, "net_battery_mass_kg": "300", "flags": "leaking_case"},
    )
    assert points(
        tmp_path,
        [{**two, "load_id": "L"}, {**acid, "load_id": "L"}, two, {**acid, "load_id": "M"}],
    ) == ["900", "900", "600", "300"]


@pytest.mark.parametrize(
    ("mass", "units", "wanted"),
    [("3", "111", "999"), ("3", "112", "1008"), ("0.1", "3", "0.9"), ("333.3333", "1", "999.9999"),
     ("1e-3", "1", "0.003"), ("400", "2500", "3000000")],
)  # fmt: skip
def test_points_are_written_without_needless_digits(
    tmp_path: Path, mass: str, units: str, wanted: str
) -> None:
    assert points(tmp_path, [{"net_battery_mass_kg": mass, "units": units}]) == [wanted]


def test_exempt_goods_count_nothing_and_category_0_leaves_no_points(tmp_path: Path) -> None:
    exempt = {"energy_wh": "60", "gross_mass_kg": "10"}
    critical = {"state": "critical"}
    mixed = [{"load_id": "L"}, {**critical, "load_id": "L"}, {**exempt, "load_id": "M"}, {"load_id": "M"}]
    given = points(tmp_path, [exempt, critical, *mixed])
    assert given == ["0", "none", "none", "none", "9", "9"]


def test_points_are_not_known_while_a_row_of_the_load_is_open(tmp_path: Path) -> None:
    rows = run(
        tmp_path,
        [
            {"load_id": "L"}, {"load_id": "L", "un38_3_tested": None}, {"net_battery_mass_kg": None}, {"units": None},
            {"load_id": "M"}, {"load_id": "M", "energy_wh": "-1"},
        ],
    )  # fmt: skip
    assert [row["adr_points"] for row in rows] == [None] * 6
    assert "adr_points is empty" in rows[0]["notes"]


def test_forbidden_goods_have_no_points(tmp_path: Path) -> None:
    assert points(tmp_path, [{"un38_3_tested": "no"}]) == ["none"]


def test_the_same_load_id_in_two_modes_or_on_two_days_is_two_loads(tmp_path: Path) -> None:
    rows = [{"load_id": "L"}, {"load_id": "L", "mode": "rail_eu"}, {"load_id": "L", "date": "2026-11-25"}]
    assert points(tmp_path, rows) == ["9", "9", "9"]


@pytest.mark.parametrize(("last", "is_above"), [("33", False), ("33.1", True)])
def test_sp_636_ends_at_333_kg_on_the_unit(tmp_path: Path, last: str, is_above: bool) -> None:
    rows = run(
        tmp_path,
        [
            {**SORTING, "units": "10", "net_battery_mass_kg": "30", "load_id": "L"},
            {**SORTING, "net_battery_mass_kg": last, "load_id": "L"},
            {**SORTING, "net_battery_mass_kg": last},
            {"load_id": "L", "net_battery_mass_kg": "500"},
        ],
    )
    outcome, provision = ("allowed", "377") if is_above else ("exempt_other", "636")
    for row in rows[:2]:
        assert (row["outcome"], row["special_provisions"]) == (outcome, provision)
    assert rows[2]["outcome"] == "exempt_other"
    total = 1500 + (3 * (300 + float(last)) if is_above else 0)
    assert rows[3]["adr_points"] == f"{total:g}"
    assert ("333" in (rows[0]["notes"] or "")) is is_above


def test_sp_670_a_neither_counts_nor_ends(tmp_path: Path) -> None:
    weee = {**SORTING, "form": "contained_in", "net_battery_mass_kg": "300", "load_id": "L"}
    main, other = (
        {**weee, "flags": "household_weee;qa_333kg"},
        {**weee, "flags": "household_weee;not_main_power;qa_333kg"},
    )
    assert [row["outcome"] for row in run(tmp_path, [main, other])] == ["exempt_other"] * 2
    assert [row["outcome"] for row in run(tmp_path, [main, main, other])] == [
        "allowed",
        "allowed",
        "exempt_other",
    ]


def test_a_sorting_load_that_cannot_be_counted_rests_on_its_quality_system(tmp_path: Path) -> None:
    (row,) = run(tmp_path, [{**SORTING, "net_battery_mass_kg": None}])
    assert row["outcome"] == "exempt_other"
    assert "quality system alone" in row["findings"]


def test_wet_batteries_under_173_159_e_ride_with_no_other_hazardous_goods(tmp_path: Path) -> None:
    wet = {**WET, "mode": "road_us", "flags": "secured_clean_protected"}
    other = {"mode": "road_us"}
    small = {**other, "energy_wh": "60", "gross_mass_kg": "10"}
    car = {**other, "form": "vehicle", "unit_kind": "vehicle"}
    rows = run(
        tmp_path,
        [{**wet, "load_id": "A"}, {**other, "load_id": "A"}, {**wet, "load_id": "B"}, {**small, "load_id": "B"},
         {**wet, "load_id": "C"}, {**wet, "load_id": "C"}, wet, other,
         {**wet, "load_id": "D"}, {**car, "load_id": "D"}],
    )  # fmt: skip
    assert [row["outcome"] for row in rows] == [
        "allowed", "allowed", "allowed", "exempt_small", "exempt_other", "exempt_other", "exempt_other", "allowed",
        "exempt_other", "exempt_other",
    ]  # fmt: skip
    assert "173.159(e)" in rows[0]["notes"]


@pytest.mark.parametrize(("last", "outcome"), [("19.9", "exempt_other"), ("20", "allowed")])
def test_nickel_metal_hydride_at_sea_counts_by_the_unit(tmp_path: Path, last: str, outcome: str) -> None:
    metal = {"chemistry": "nimh", "mode": "sea", "energy_wh": None, "un38_3_tested": None, "load_id": "L"}
    rows = run(
        tmp_path,
        [
            {**metal, "units": "4", "gross_mass_kg": "20"},
            {**metal, "gross_mass_kg": last},
            {**metal, "gross_mass_kg": "50", "form": "contained_in"},
            {**metal, "gross_mass_kg": "99", "load_id": None},
            {**metal, "gross_mass_kg": None, "load_id": None},
        ],
    )
    assert [row["outcome"] for row in rows[:4]] == [outcome, outcome, "exempt_other", "exempt_other"]
    assert rows[4]["outcome"] == "undecided"


def test_loads_over_a_whole_file_are_added_up_across_its_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voltloop.app.scenario_files.CHUNK_ROWS", 2)
    monkeypatch.setattr("voltloop.app.scenario_files._SMALL_BYTES", 0)
    part = {**SORTING, "net_battery_mass_kg": "100", "load_id": "L"}
    rows = run(tmp_path, [part, {}, part, {}, part, {}, part, {"load_id": "L"}])
    assert [row["outcome"] for row in rows[::2]] == ["allowed"] * 4
    assert [row["adr_points"] for row in rows] == ["1209", "9"] * 3 + ["1209", "1209"]
