"""Waste codes and the waste shipment procedure of rows that say from where to where they go."""

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

WASTE = {
    "chemistry": "li_ion",
    "form": "battery",
    "unit_kind": "battery",
    "energy_wh": "500",
    "gross_mass_kg": "4",
    "state": "waste",
    "mode": "road_eu",
    "date": "2026-11-24",
    "from_country": "DE",
    "to_country": "PL",
}


def run(folder: Path, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    full = [{"id": f"R{number}", **WASTE, **row} for number, row in enumerate(rows, start=1)]
    pl.DataFrame(full, infer_schema_length=None).write_csv(folder / "in.csv")
    classify_file(folder / "in.csv", load_rulebook(), Defaults(), date(2026, 11, 24), folder / "out.json")
    return list(json.loads((folder / "out.json").read_text()))


@pytest.mark.parametrize(
    ("change", "code", "procedure"),
    [
        ({}, "16 06 07*", "notification"),
        ({"date": "2026-11-08"}, "16 06 05", "annex_vii"),
        ({"to_country": "DE"}, "16 06 07*", "none"),
        ({"to_country": "NG", "mode": "sea"}, "16 06 07*", "prohibited"),
        ({"state": "new", "un38_3_tested": "yes"}, None, "none"),
        ({"state": "used", "un38_3_tested": "yes", "is_waste": "no"}, "16 06 07*", "none"),
        ({"state": "used", "un38_3_tested": "yes"}, "16 06 07*", "undecided (is_waste)"),
    ],
)
def test_the_procedure_follows_code_state_and_countries(
    tmp_path: Path, change: dict[str, str], code: str | None, procedure: str
) -> None:
    (row,) = run(tmp_path, change)
    assert (row["waste_code"], row["waste_procedure"]) == (code, procedure)
    if procedure in {"notification", "annex_vii"}:
        assert row["waste_documents"]


def test_goods_that_leave_europe_by_sea_or_air_bear_the_european_code(tmp_path: Path) -> None:
    rows = run(
        tmp_path,
        {"mode": "sea", "to_country": "KR"},
        {"mode": "air_cargo", "to_country": "KR", "date": "2026-11-08"},
        {"mode": "sea", "from_country": "KR", "to_country": "DE"},
    )
    assert [row["waste_code"] for row in rows] == ["16 06 07*", "16 06 05", None]


def test_a_country_that_is_not_known_is_told(tmp_path: Path) -> None:
    (row,) = run(tmp_path, {"to_country": "Poland"})
    assert row["outcome"] == "allowed"
    assert row["waste_procedure"] is None
    assert '"POLAND" is not a country code' in row["findings"]


def test_without_countries_nothing_is_said_of_shipments(tmp_path: Path) -> None:
    (row,) = run(tmp_path, {"to_country": None})
    assert row["waste_procedure"] is None
    pl.DataFrame([{"id": "A", **WASTE}]).drop("to_country").write_csv(tmp_path / "in.csv")
    classify_file(tmp_path / "in.csv", load_rulebook(), Defaults(), date(2026, 11, 24), tmp_path / "out.json")
    assert "waste_procedure" not in json.loads((tmp_path / "out.json").read_text())[0]
