"""Findings about the rows of a table, written for whole columns at once."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from voltloop.findings import kinds

__all__ = ["FINDINGS_SCHEMA", "row_findings"]

FINDINGS_SCHEMA: Final[dict[str, pl.DataType]] = {
    "row": pl.Int64(),
    "battery_id": pl.String(),
    "code": pl.String(),
    "severity": pl.String(),
    "field": pl.String(),
    "raw": pl.String(),
    "message": pl.String(),
}
"""Columns of a table of findings; row 0 is the table as a whole."""


def row_findings(
    code: str,
    rows: pl.DataFrame,
    field: str,
    raw: pl.Series | None,
    *,
    blank: str = "",
    **words: str | pl.Expr,
) -> pl.DataFrame:
    """Give the findings of one kind, one per row of a table.

    Parameters
    ----------
    code
        Kind of finding.
    rows
        The rows: ``row`` and ``battery_id``; row 0 stands for the whole table.
    field
        Column that it is about.
    raw
        What stands there, one per row; None where nothing does.
    blank
        Word for nothing in the message.
    words
        What else the template of the kind names.

    Returns
    -------
    pl.DataFrame
        Columns of :data:`FINDINGS_SCHEMA`.
    """
    kind = kinds()[code]
    frame = rows.select("row", "battery_id").with_columns(
        pl.lit(None, dtype=pl.String).alias("raw") if raw is None else raw.alias("raw")
    )
    named = pl.concat_str(pl.lit("row "), pl.col("row").cast(pl.String), pl.lit(", "), pl.col("battery_id"))
    said: dict[str, str | pl.Expr] = {
        "where": pl.when(pl.col("row") > 0).then(named),
        "field": field,
        "raw": pl.col("raw").fill_null(blank),
        **words,
    }
    pieces = re.split(r"\{(\w+)\}", kind.template)
    texts = [pl.lit(piece) if at % 2 == 0 else _expression(said[piece]) for at, piece in enumerate(pieces)]
    return frame.select(
        "row",
        "battery_id",
        pl.lit(code).alias("code"),
        pl.lit(kind.severity.value).alias("severity"),
        pl.lit(field).alias("field"),
        "raw",
        pl.concat_str(texts).alias("message"),
    ).cast(FINDINGS_SCHEMA)  # type: ignore[arg-type]


def _expression(word: str | pl.Expr) -> pl.Expr:
    return pl.lit(word) if isinstance(word, str) else word
