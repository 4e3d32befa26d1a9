"""From findings to statuses, tables and the account of every record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from voltloop import findings
from voltloop.batteries._decode import MIXED
from voltloop.batteries._grid import Grid
from voltloop.batteries._header import Column
from voltloop.batteries._notes import Note
from voltloop.batteries._work import Work
from voltloop.batteries.result import STATUSES, ReadResult
from voltloop.batteries.schema import BatterySchema
from voltloop.findings import Severity

__all__ = ["report"]


def report(
    grid: Grid,
    columns: Sequence[Column],
    work: Work,
    ignored: dict[int, tuple[str, str]],
    layout: dict[str, Any],
) -> ReadResult:
    """Give the result of a reading from its findings and values."""
    _header_notes(work, columns, layout)
    by_row = work.notes.by_row()
    severity = {code: kind.severity for code, kind in findings.kinds().items()}
    status = {
        row: _status(by_row.get(row, ()), row in ignored, severity) for row in range(1, grid.height + 1)
    }
    counts = dict.fromkeys(STATUSES, 0)
    for name in status.values():
        counts[name] += 1
    layout["findings"] = [work.notes.sentence(note) for note in by_row.get(0, ())]
    entries: list[dict[str, Any]] = [
        {"row": row, "status": name, "findings": [_entry(note) for note in by_row.get(row, ())]}
        for row, name in status.items()
    ]
    if layout["header_row"]:  # what was made of a header belongs to its record
        guessed = [
            _entry(note) for note in by_row.get(0, ()) if note[1] in ("header-read", "header-ambiguous")
        ]
        entries[layout["header_row"] - 1]["findings"] += guessed
    return ReadResult(
        batteries=_batteries(work, status),
        rejected=_rejected(grid, columns, work, _causes(by_row, severity), status),
        entries=entries,
        findings=_table(work, by_row, severity),
        counts=counts,
        layout=layout,
    )


def _header_notes(work: Work, columns: Sequence[Column], layout: dict[str, Any]) -> None:
    for column in columns:
        if column.how == "fuzzy" and column.name:
            work.notes.add(0, "header-read", column.name, column.header, column.name, 0.8)
        elif not column.name and column.candidates and column.candidates[0][0] != "line":
            work.notes.add(0, "header-ambiguous", column.candidates[0][0], column.header, None, 0.5)
        elif not column.name and column.header:
            work.notes.add(0, "header-not-known", "", column.header, None, 0.0)
    if layout.get("encoding") == MIXED:
        work.notes.add(0, "encoding-mixed", "", None, None, 0.9)
    for other in layout.get("other_sheets", ()):
        work.notes.add(0, "sheet-not-read", "", other["sheet"], None, 1.0, records=other["records"])


def _status(notes: Sequence[Note], is_ignored: bool, severity: dict[str, Severity]) -> str:
    if is_ignored:
        return "ignored"
    weights = {severity[note[1]] for note in notes}
    if Severity.REJECT in weights:
        return "rejected"
    if Severity.REVIEW in weights:
        return "review"
    return "accepted_with_findings" if weights else "accepted"


def _causes(by_row: dict[int, list[Note]], severity: dict[str, Severity]) -> dict[int, list[Note]]:
    """Keep the findings that hold a row back; the others stand in its entry."""
    heavy = {code for code, weight in severity.items() if weight in (Severity.REVIEW, Severity.REJECT)}
    return {row: [note for note in notes if note[1] in heavy] for row, notes in by_row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return round(value, 9) if isinstance(value, float) else value


def _entry(note: Note) -> dict[str, Any]:
    _, code, field, raw, value, confidence, _ = note
    return {"code": code, "field": field, "raw": raw, "value": _plain(value), "confidence": confidence}


def _batteries(work: Work, status: dict[int, str]) -> pl.DataFrame:
    kept = pl.Series([status[row].startswith("accepted") for row in work.rows], dtype=pl.Boolean)
    types = BatterySchema.create_empty().schema
    identity = pl.DataFrame(
        {"id": work.values["battery_id"], "serial": work.values["serial"], "row": work.rows}
    ).select(pl.coalesce("id", "serial", pl.format("row-{}", "row")))
    columns = {"row": work.rows, **work.values, "battery_id": identity.to_series()}
    frame = pl.DataFrame({name: columns[name].cast(kind) for name, kind in types.items()}).filter(kept)
    return BatterySchema.validate(frame)


def _rejected(
    grid: Grid, columns: Sequence[Column], work: Work, by_row: dict[int, list[Note]], status: dict[int, str]
) -> pl.DataFrame:
    rows = [row for row, name in status.items() if name in ("review", "rejected")]
    taken = {"row", "status", "codes", "reasons"}
    names: dict[str, str] = {}
    for column in columns:
        name = column.header or f"column {column.index + 1}"
        while name in taken:
            name = f"{name} ({column.index + 1})"
        taken.add(name)
        names[str(column.index)] = name
    for index in grid.cells.columns:
        names.setdefault(index, f"column {int(index) + 1}")
    cells = grid.cells[[row - 1 for row in rows]].rename(names)
    told = pl.DataFrame(
        {
            "row": rows,
            "status": [status[row] for row in rows],
            "codes": ["; ".join(dict.fromkeys(note[1] for note in by_row[row])) for row in rows],
            "reasons": [" ".join(work.notes.sentence(note) for note in by_row[row]) for row in rows],
        },
        schema={"row": pl.Int64, "status": pl.String, "codes": pl.String, "reasons": pl.String},
    )
    return told.hstack(cells)


def _table(work: Work, by_row: dict[int, list[Note]], severity: dict[str, Severity]) -> pl.DataFrame:
    notes = [note for _, group in sorted(by_row.items()) for note in group]
    return pl.DataFrame(
        {
            "row": [note[0] for note in notes],
            "code": [note[1] for note in notes],
            "severity": [severity[note[1]].value for note in notes],
            "field": [note[2] for note in notes],
            "raw": [note[3] for note in notes],
            "value": [None if note[4] is None else str(_plain(note[4])) for note in notes],
            "confidence": [note[5] for note in notes],
            "message": [work.notes.sentence(note) for note in notes],
        },
        schema={
            "row": pl.Int64,
            "code": pl.String,
            "severity": pl.String,
            "field": pl.String,
            "raw": pl.String,
            "value": pl.String,
            "confidence": pl.Float64,
            "message": pl.String,
        },
    )
