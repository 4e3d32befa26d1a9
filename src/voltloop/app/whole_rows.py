"""Tables whose rows have more cells than their header: refused, or blanked with the reason in one cell."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from voltloop.app.store import read_table
from voltloop.errors import InputError

__all__ = ["blank_broken_rows", "whole_table"]

_MARK = "unreadable"
"""Column in which :func:`voltloop.app.store.read_table` says what is wrong with a row."""


def whole_table(path: Path) -> pl.DataFrame:
    """Read a table of which every row must be whole, such as a scheme.

    Raises
    ------
    InputError
        Those of :func:`voltloop.app.store.read_table`, and ``broken-row``.
    """
    table = read_table(path)
    if _MARK not in table.columns:
        return table
    for row, why in table.with_row_index("row", offset=1).select("row", _MARK).drop_nulls().iter_rows():
        raise InputError(f"{path}, row {row}: {why}.", code="broken-row")
    return table.drop(_MARK)


def blank_broken_rows(table: pl.DataFrame, telling: str, blank: Iterable[str]) -> pl.DataFrame:
    """Blank the cells of broken rows, which may stand under the wrong header, and let one column tell.

    Parameters
    ----------
    table
        From :func:`voltloop.app.store.read_table`.
    telling
        Column that says what is wrong instead of its value; made where it is absent.
    blank
        Columns that are blanked.
    """
    if _MARK not in table.columns:
        return table
    if not table[_MARK].drop_nulls().len():
        return table.drop(_MARK)
    value = pl.col(telling) if telling in table.columns else pl.lit(None, dtype=pl.String)
    is_broken = pl.col(_MARK).is_not_null()
    return table.with_columns(
        *(
            pl.when(~is_broken).then(name).alias(name)
            for name in blank
            if name in table.columns and name != telling
        ),
        pl.when(is_broken).then(_MARK).otherwise(value).alias(telling),
    ).drop(_MARK)
