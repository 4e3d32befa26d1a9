"""Measurements that cannot be right are told and count as not measured; every row stays."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from voltloop.batteries.grading import FINDINGS_SCHEMA, read_measurements
from voltloop.errors import InputError


def one(**cells: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Read one battery: its row, and messages by code."""
    read = read_measurements(
        pl.DataFrame({"battery_id": ["b1"], "soh": [0.9]} | {k: [v] for k, v in cells.items()})
    )
    assert dict(read.findings.schema) == FINDINGS_SCHEMA
    return read.table.row(0, named=True), dict(
        zip(read.findings["code"], read.findings["message"], strict=True)
    )


@pytest.mark.parametrize("value", [1.21, "85", -0.01, "1e9", "85.0"])
def test_an_impossible_state_of_health_is_told(value: object) -> None:
    row, told = one(soh=value)
    assert row["soh"] is None
    assert list(told) == ["grading-soh-impossible"]
    assert f"row 1, b1: a state of health of {value} cannot be right" in told["grading-soh-impossible"]


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_state_of_health_is_told(value: object) -> None:
    row, told = one(soh=value)
    assert row["soh"] is None
    assert list(told) == ["grading-soh-missing"]


@pytest.mark.parametrize("value", [0.0, 0, "0.85", 1.2, " 1.0 "])
def test_a_possible_state_of_health_is_taken(value: object) -> None:
    row, told = one(soh=value)
    assert row["soh"] == float(value)  # type: ignore[arg-type]
    assert told == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("resistance_ratio", -1.2),
        ("resistance_ratio", 0.0),
        ("isolation_ohm_per_v", -500),
        ("cell_spread_mv", -3),
        ("self_discharge_per_month", 1.5),
    ],
)
def test_impossible_measurements_are_told(field: str, value: float) -> None:
    row, told = one(**{field: value})
    assert row[field] is None
    assert list(told) == ["grading-value-impossible"]
    assert field in told["grading-value-impossible"]


@pytest.mark.parametrize("value", ["abc", "nan", "inf", "0,85", "85 %"])
def test_what_is_no_number_is_told(value: str) -> None:
    row, told = one(resistance_ratio=value)
    assert row["resistance_ratio"] is None
    assert f'says "{value}"' in told["grading-not-a-number"]


def test_the_worst_of_several_findings_counts() -> None:
    assert one(visual="Cosmetic; swollen;dented")[0]["visual"] == "swollen"
    assert one(bms_log="Safety fault")[0]["bms_log"] == "safety_fault"
    assert one(is_recalled=True)[0]["is_recalled"] == "yes"


def test_an_unknown_word_is_told_with_the_choices() -> None:
    row, told = one(visual="shiny")
    assert row["visual"] is None
    assert "sound, cosmetic" in told["grading-word-unknown"]


def test_the_error_of_a_reading_is_the_stated_one_or_that_of_its_test() -> None:
    assert one()[0]["soh_sd"] == 0.05
    assert one(diagnostic_source="bench_test")[0]["soh_sd"] == 0.01
    assert one(diagnostic_source="bench_test", soh_sd=0.002)[0]["soh_sd"] == 0.002
    row, told = one(soh_sd=-0.1, diagnostic_source="crystal ball")
    assert row["soh_sd"] == 0.05
    assert set(told) == {"grading-sd-impossible", "grading-source-unknown"}


def test_rows_without_identifier_or_with_the_same_one_stay() -> None:
    read = read_measurements(pl.DataFrame({"battery_id": ["a", None, "a", " "], "soh": [0.9] * 4}))
    assert read.table["battery_id"].to_list() == ["a", "row-2", "a", "row-4"]
    assert read.findings["code"].to_list() == [
        "grading-id-twice",
        "grading-id-missing",
        "grading-id-twice",
        "grading-id-missing",
    ]


def test_a_misspelt_column_is_told_and_columns_of_other_matters_are_not() -> None:
    _, told = one(isolation_ohm_per_volt=900, soc=0.3, energy_wh=40_000, note="x")
    assert list(told) == ["grading-column-unknown"]
    assert 'Did you mean "isolation_ohm_per_v"?' in told["grading-column-unknown"]


def test_a_table_without_any_measure_is_an_error() -> None:
    with pytest.raises(InputError, match="no column with a measurement"):
        read_measurements(pl.DataFrame({"battery_id": ["a"], "state of health": [0.9]}))
