"""Use case: check the stock of a store against the storage rules, from files to a folder of tables."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from voltloop.app.files import new_folder, read_bytes, refuse_existing
from voltloop.app.tables import csv_bytes, json_bytes
from voltloop.errors import InputError

if TYPE_CHECKING:
    from voltloop.compliance import StoreResult

__all__ = ["check_store_files", "read_table", "store_summary", "write_store"]


def check_store_files(stock: Path, areas: Path, *, on: date) -> StoreResult:
    """Check a stock list against a table of areas.

    Parameters
    ----------
    stock, areas
        CSV (comma, semicolon or tab), Parquet or JSON lines; columns as in :func:`voltloop.compliance.check_store`.
    on
        Day of the check.

    Raises
    ------
    InputError
        A file cannot be read, holds no table, or lacks a column.
    """
    from voltloop.compliance import check_store

    return check_store(read_table(areas), read_table(stock), on)


def read_table(path: Path) -> pl.DataFrame:
    """Read a table as it stands; the cells of a CSV stay text, and rows with too many cells say so.

    Raises
    ------
    InputError
        ``no-such-file`` and its like, ``store-no-table`` or ``store-column-twice``.
    """
    data, ending = read_bytes(path), path.suffix.lower()
    try:
        if ending == ".parquet":
            return pl.read_parquet(io.BytesIO(data))
        if ending in (".jsonl", ".ndjson"):
            return pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise InputError(
            f"{path}: the file is no {ending[1:]} table ({str(error).splitlines()[0]}). Export it again.",
            code="store-no-table",
        ) from None
    return _csv(_text(data, path), path)


def _text(data: bytes, path: Path) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        raise InputError(
            f"{path}: this is a binary file, and a table was expected. Use CSV, .parquet or .jsonl.",
            code="store-no-table",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _csv(text: str, path: Path) -> pl.DataFrame:
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    csv.field_size_limit(10_000_000)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(row)]
    except csv.Error as error:
        raise InputError(
            f"{path}: the table cannot be taken apart ({error}). Export it again.", code="store-no-table"
        ) from None
    if not rows:
        raise InputError(
            f"{path}: the file is empty. A header line and one row for each lot or area were expected.",
            code="store-no-table",
        )
    head = [cell.strip().lower().replace(" ", "_") for cell in rows[0]]
    twice = [name for at, name in enumerate(head) if name and name in head[:at]]
    if twice:
        raise InputError(
            f'{path}: the column "{twice[0]}" stands twice in the header. Remove or rename one of them.',
            code="store-column-twice",
        )
    width, body = len(head), rows[1:]
    columns: dict[str, Any] = {
        name: [row[at] if at < len(row) else None for row in body] for at, name in enumerate(head) if name
    }
    columns["unreadable"] = [
        f"{len(row)} cells under {width} columns; put a cell that holds a {separator!r} in quotation marks"
        if any(cell.strip() for cell in row[width:])
        else None
        for row in body
    ]
    table = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    if separator == ",":
        return table
    # Where commas do not part the cells, a decimal comma is understood.
    return table.with_columns(
        pl.when(pl.col(name).str.contains(r"^\s*-?\d+,\d+\s*$"))
        .then(pl.col(name).str.replace(",", ".", literal=True))
        .otherwise(pl.col(name))
        .alias(name)
        for name in columns
        if not name.endswith("_id")
    )


def store_summary(result: StoreResult) -> dict[str, Any]:
    """Give the answer in numbers, as one JSON document.

    The lots of the list are the lots checked and the lots rejected.
    """
    outcomes = result.lots["outcome"]
    weights = dict(result.findings["severity"].value_counts(sort=True).iter_rows())
    return {
        "schema": "store/1",
        "on": result.on,
        "verdict": result.verdict,
        "lots": {
            "in": result.lots.height,
            "checked": int((outcomes == "checked").sum()),
            "rejected": int((outcomes == "rejected").sum()),
        },
        "editions": dict(result.editions),
        "findings": weights,
        "areas": result.areas.to_dicts(),
    }


def write_store(result: StoreResult, folder: Path, *, replace: bool = False) -> None:
    """Write the answer as a folder of tables, whole or not at all.

    Raises
    ------
    InputError
        ``folder-exists`` or ``cannot-write``.
    """
    refuse_existing(folder, replace=replace)

    def fill(draft: Path) -> None:
        for name in ("areas", "checks", "findings", "lots"):
            (draft / f"{name}.csv").write_bytes(csv_bytes(getattr(result, name)))
        (draft / "summary.json").write_bytes(json_bytes(store_summary(result)))

    new_folder(folder, fill, replace=replace)
