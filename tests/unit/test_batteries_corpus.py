"""Lists as operators really export them: what must come of every record stands in expected.json."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from voltloop.batteries import BatterySchema, read_list

FOLDER = Path(__file__).parents[1] / "golden" / "batteries"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_record_ends_as_expected(name: str) -> None:
    """Status, finding codes and values of each record are those that a person gave it."""
    result = read_list((FOLDER / name).read_bytes(), name, on=date(2026, 11, 23))
    rows = {row["row"]: row for row in result.batteries.iter_rows(named=True)}
    got = []
    for entry in result.entries:
        said: dict[str, Any] = {
            "row": entry["row"],
            "status": entry["status"],
            "codes": sorted(finding["code"] for finding in entry["findings"]),
        }
        if entry["row"] in rows:
            listed = next(item for item in EXPECTED[name] if item["row"] == entry["row"])
            said["values"] = {field: _plain(rows[entry["row"]][field]) for field in listed.get("values", {})}
        got.append(said)
    assert got == EXPECTED[name]
    assert BatterySchema.is_valid(result.batteries)


def test_every_file_of_the_corpus_is_expected() -> None:
    """A file that nobody judged proves nothing."""
    assert {path.name for path in FOLDER.iterdir()} == {*EXPECTED, "expected.json"}
