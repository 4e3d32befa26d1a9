"""Findings of a list, entry by entry, as one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import polars as pl

__all__ = ["findings_of_entries"]

_SCHEMA: Final = {
    "row": pl.Int64,
    "status": pl.String,
    "code": pl.String,
    "field": pl.String,
    "raw": pl.String,
    "value": pl.String,
    "confidence": pl.Float64,
    "message": pl.String,
}


def findings_of_entries(entries: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Give one row per finding, as ``ReportData.row_findings`` takes them.

    Parameters
    ----------
    entries
        One mapping per record of the list: ``row``, ``status`` and ``findings``, each finding with ``code`` and, where
        known, ``field``, ``raw``, ``value``, ``confidence`` and ``message``. An entry without findings gives no row.
    """
    columns: dict[str, list[Any]] = {name: [] for name in _SCHEMA}
    for entry in entries:
        for finding in entry["findings"]:
            columns["row"].append(entry["row"])
            columns["status"].append(str(entry["status"]))
            columns["confidence"].append(finding.get("confidence"))
            for name in ("code", "field", "raw", "value", "message"):
                value = finding.get(name)
                columns[name].append(None if value is None else str(value))
    return pl.DataFrame(columns, schema=_SCHEMA)
