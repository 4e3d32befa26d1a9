"""Published tables of economics, in the project's own copies."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden" / "economics"


def published(name: str) -> list[dict[str, Any]]:
    """Rows of a published table, numbers read as such."""
    with (GOLDEN / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [{key: _cell(value) for key, value in row.items()} for row in csv.DictReader(file)]


def _cell(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def numbers(row: dict[str, Any], *names: str) -> dict[str, float]:
    """The cells of a row that a function takes by name."""
    return {name: row[name] for name in names}
