"""Tables as files: CSV that no spreadsheet runs as a program, Parquet and JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import polars as pl

__all__ = ["csv_bytes", "json_bytes", "parquet_bytes", "table_bytes"]

_LIVE = ["=", "+", "-", "@", "\t", "\r"]
"""First characters that make a spreadsheet read a cell as a formula (OWASP, CSV injection)."""


def csv_bytes(table: pl.DataFrame, foreign: Sequence[str] | None = None) -> bytes:
    """Give a table as UTF-8 CSV with a header line.

    Text that a spreadsheet would run as a formula gets an apostrophe in front. Lists are joined by semicolons, numbers
    rounded to a millionth;
    dates and times are written as ISO 8601. ``foreign`` names the columns whose text is not ours; all by default.
    """
    flat = table.with_columns(
        pl.col(name).cast(pl.List(pl.String)).list.join(";")
        for name, kind in table.schema.items()
        if isinstance(kind, pl.List)
    )
    text = [
        name
        for name, kind in flat.schema.items()
        if kind == pl.String and (foreign is None or name in foreign)
    ]
    safe = flat.with_columns(_defused(name) for name in text).with_columns(
        pl.col(pl.Float64, pl.Float32).round(6)
    )
    return safe.write_csv().encode()


def _defused(name: str) -> pl.Expr:
    cell = pl.col(name)
    is_live = cell.str.slice(0, 1).is_in(_LIVE) & ~cell.str.contains(r"^[+-][0-9]+([.,][0-9]+)?$")
    return pl.when(is_live).then(pl.concat_str(pl.lit("'"), cell)).otherwise(cell).alias(name)


def parquet_bytes(table: pl.DataFrame) -> bytes:
    """Give a table as Parquet."""
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()


def json_bytes(document: Any) -> bytes:
    """Give a document as indented UTF-8 JSON; dates and times as ISO 8601 text.

    Raises
    ------
    TypeError
        The document holds something that JSON has no form for.
    """
    text = json.dumps(document, ensure_ascii=False, indent=2, default=_plain, allow_nan=False)
    return (text + "\n").encode()


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def table_bytes(table: pl.DataFrame, name: str) -> bytes:
    """Give a table in the format that a file name asks for: ``.parquet``, ``.csv`` or ``.jsonl``.

    Raises
    ------
    InputError
        ``unknown-format``.
    """
    from voltloop.errors import InputError

    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if ending == "parquet":
        return parquet_bytes(table)
    if ending == "csv":
        return csv_bytes(table)
    if ending in {"jsonl", "ndjson"}:
        return table.write_ndjson().encode()
    raise InputError(
        f'{name}: the ending "{ending}" names no format that can be written. Use .parquet, .csv or .jsonl.',
        code="unknown-format",
    )
