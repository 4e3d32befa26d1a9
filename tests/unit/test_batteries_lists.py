"""Five lists, one in each language but English: status of every record and what was made of the batteries."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from voltloop.batteries import read_list

_FOLDER = Path(__file__).parents[1] / "golden" / "batteries_lists"
_SHORT = {"A": "accepted", "F": "accepted_with_findings", "V": "review", "R": "rejected", "I": "ignored"}
_EXPECTED: dict[str, tuple[str, dict[int, dict[str, Any]]]] = {
    "french_list.csv": (
        "IIIIFFVII",
        {
            5: {"battery_id": "R1", "energy_wh": 500.0, "mass_kg": 2.6, "soh": 0.82, "country": "FR"},
            6: {"quantity": 10, "energy_wh": 500.0, "mass_kg": 2.6, "soh": None, "condition": "unknown"},
        },
    ),
    "italian_list.csv": (
        "IIFVVFI",
        {
            3: {"energy_wh": 82000.0, "mass_kg": 480.0, "soh": 0.885, "condition": "ok", "site": "Milano"},
            6: {"condition": "critical"},
        },
    ),
    "dutch_list.csv": (
        "IIFVF",
        {
            3: {"energy_wh": 551.0, "mass_kg": 3.0, "soh": 0.7, "returned_on": date(2026, 3, 5), "country": "NL"},
            5: {"condition": "unknown", "soh": None},
        },
    ),
    "spanish_list.csv": (
        "IFFF",
        {
            2: {"energy_wh": 624.0, "mass_kg": 3.4, "returned_on": date(2026, 4, 3), "soh": 0.85, "condition": "ok"},
            3: {"condition": "damaged", "mass_kg": 3.4},
        },
    ),
    "german_list.csv": (
        "IIFVFI",
        {
            3: {"model": "ID.3 58 kWh", "energy_wh": 62000.0, "mass_kg": 375.0, "soh": 0.815, "condition": "ok"},
            5: {"condition": "damaged", "site": "Köln", "returned_on": date(2026, 3, 20)},
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(_EXPECTED))
def test_a_list_of_each_language(name: str) -> None:
    """Titles, abbreviated headers, totals, units in cells, contradictions: as a person would read them."""
    statuses, values = _EXPECTED[name]
    result = read_list((_FOLDER / name).read_bytes(), name, on=date(2026, 11, 23))
    assert [entry["status"] for entry in result.entries] == [_SHORT[letter] for letter in statuses]
    rows = {row["row"]: row for row in result.batteries.iter_rows(named=True)}
    for row, wanted in values.items():
        assert {field: rows[row][field] for field in wanted} == wanted
