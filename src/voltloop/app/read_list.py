"""Use case: read a list of returned batteries from a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from voltloop.app.files import read_bytes
from voltloop.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from voltloop.batteries import ReadResult

__all__ = ["read_file", "require_usable"]


def read_file(path: Path, *, on: date, points: pl.DataFrame | None = None) -> ReadResult:
    """Read a list of batteries as it stood on day ``on``.

    Parameters
    ----------
    path
        CSV, TSV, XLSX, Parquet or JSON lines.
    on
        Day of reading; a return after it is a contradiction.
    points
        Collection points of the network, which help to place a row; None when there is no network.

    Raises
    ------
    InputError
        The file cannot be read, or holds no table of batteries.
    """
    from voltloop.batteries import read_list

    return read_list(read_bytes(path), path.name, on=on, points=points)


def require_usable(result: ReadResult, name: str) -> None:
    """Raise unless at least one row was accepted.

    Raises
    ------
    InputError
        ``no-usable-rows``, with the commonest reasons.
    """
    if result.batteries.height:
        return
    blocking = result.rejected["codes"].str.split(";").explode().drop_nulls().value_counts(sort=True).head(5)
    why = ", ".join(f"{code} ({count})" for code, count in blocking.iter_rows()) or "no row holds a battery"
    raise InputError(
        f"{name}: no row of the list can be used. Of {sum(result.counts.values())} records, "
        f"{result.counts.get('review', 0)} need a person's decision and {result.counts.get('rejected', 0)} were "
        f"rejected. The commonest reasons: {why}. Run voltloop read with --report to see every row.",
        code="no-usable-rows",
    )
