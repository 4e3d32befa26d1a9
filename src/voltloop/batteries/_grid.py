"""A list as it stands in its file: records of text cells, before anybody has understood them."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

__all__ = ["Grid"]


@dataclass(slots=True)
class Grid:
    """Records of a file as columns of text.

    Attributes
    ----------
    cells
        One text column per column of the file, named "0", "1", ...; one row per record; blank cells are null.
    names
        Headers that the format itself gives (Parquet, JSON lines); None when the header is a record.
    typed
        Per column, which cells the file holds as numbers or dates and not as text; None when it holds text
        only. Such a number is never read as having thousands separators.
    broken
        Records that could not be taken apart, by record number (from 1), with the reason.
    widths
        Number of cells in each record; None when all records are equally wide.
    facts
        What was found out about the file: format, encoding, delimiter, sheet.
    """

    cells: pl.DataFrame
    names: list[str] | None = None
    typed: pl.DataFrame | None = None
    broken: dict[int, str] = field(default_factory=dict)
    widths: list[int] | None = None
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """Number of records."""
        return self.cells.height
