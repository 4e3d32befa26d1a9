"""What reading a list gives: the batteries, the rest with reasons, and an account of every record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

__all__ = ["STATUSES", "ReadResult"]

STATUSES = ("accepted", "accepted_with_findings", "review", "rejected", "ignored")
"""What becomes of a record. ``ignored`` are titles, headers, totals, notes and blank lines."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A list that has been read.

    Attributes
    ----------
    batteries
        Table of :class:`~voltloop.batteries.BatterySchema`: the accepted rows, with or without findings.
    rejected
        Rows in review and rejected rows: ``row``, ``status``, ``codes`` and ``reasons`` of what holds them back ("; "
        and space between), then every cell
        as it stands in the file, under the file's own headers. Cells may begin like formulas; who writes them to a
        spreadsheet must quote them.
    entries
        One entry per record of the file, in order: ``{"row", "status", "findings": [{"code", "field", "raw",
        "value", "confidence"}]}``. Records count from 1, title lines, header and blank lines included.
    findings
        The same findings as a table, with ``severity`` and ``message``; row 0 is the file as a whole.
    counts
        Number of records by status; their sum is the number of records.
    layout
        How the file was understood: format, encoding, delimiter, sheet, header row, columns, date orders, decimal sign.
    """

    batteries: pl.DataFrame
    rejected: pl.DataFrame
    entries: list[dict[str, Any]]
    findings: pl.DataFrame
    counts: dict[str, int]
    layout: dict[str, Any]
