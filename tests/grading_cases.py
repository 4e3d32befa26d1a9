"""Helpers for the tests of grading: tables of measurements and small schemes."""

from __future__ import annotations

from typing import Any

import polars as pl

from voltloop.batteries.grading import (
    Graded,
    Scheme,
    catalogue_schemes,
    grade,
    read_measurements,
    read_schemes,
)

SOUND: dict[str, Any] = {
    "soh": 0.9,
    "resistance_ratio": 1.1,
    "self_discharge_per_month": 0.02,
    "isolation_ohm_per_v": 5000.0,
    "cell_spread_mv": 8.0,
    "bms_log": "clean",
    "visual": "sound",
    "power_test": "passed",
    "lifetime_data": "yes",
    "is_past_expiry": "no",
    "is_recalled": "no",
}
"""A battery of which everything was measured and is good."""


def bands() -> Scheme:
    return catalogue_schemes().named("application-bands")


def graded(*batteries: dict[str, Any], scheme: Scheme | None = None) -> Graded:
    """Grade batteries, each :data:`SOUND` with changes; None is a missing measurement."""
    rows = [{"battery_id": f"b{at}", **SOUND, **changes} for at, changes in enumerate(batteries)]
    table = pl.DataFrame(rows, infer_schema_length=None)
    return grade(read_measurements(table), scheme or bands())


def own_scheme(*rows: tuple[str, str, str]) -> Scheme:
    """A scheme of rows of grade, measure and limit."""
    table = pl.DataFrame(rows, schema=["grade", "measure", "limit"], orient="row")
    reading = read_schemes(table)
    assert not reading.findings
    return reading.schemes["own"]
