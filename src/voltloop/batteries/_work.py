"""The rows of a list while they are being understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from voltloop.batteries._header import Column
from voltloop.batteries._notes import Notes

__all__ = ["Work"]


@dataclass(slots=True)
class Work:
    """Cells by meaning, values made of them, and the findings on the way.

    Attributes
    ----------
    rows
        Record number of each row.
    raw
        Text of each cell by meaning (``serial``, ``energy``, ...); null where the cell says that there is no value.
    cells
        The same before that: the text of each cell as it stands, for findings to quote.
    typed
        Which of these cells the file holds as numbers.
    columns
        The column that each meaning came from.
    unknown
        Text columns without a meaning, by header.
    values
        What was made of the cells, by column of the battery table.
    """

    rows: pl.Series
    on: date
    raw: dict[str, pl.Series] = field(default_factory=dict)
    cells: dict[str, pl.Series] = field(default_factory=dict)
    typed: dict[str, pl.Series] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    unknown: dict[str, pl.Series] = field(default_factory=dict)
    values: dict[str, pl.Series] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    languages: dict[str, int] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def text(self, name: str) -> pl.Series:
        """Give the cells of a meaning; all null when the list has no such column."""
        found = self.raw.get(name)
        return found if found is not None else pl.Series([None] * self.height, dtype=pl.String)

    def cell(self, name: str) -> pl.Series:
        """Give the cells of a meaning as they stand, with "n/a" and the like; all null without such a column."""
        found = self.cells.get(name)
        return found if found is not None else self.text(name)

    def has(self, name: str) -> bool:
        """Say whether the list has a column of this meaning."""
        return name in self.raw

    def mark(
        self,
        mask: pl.Series,
        code: str,
        name: str,
        raw: pl.Series | None = None,
        value: pl.Series | None = None,
        confidence: float | pl.Series = 1.0,
    ) -> None:
        """Note a finding about every row of ``mask``."""
        places = mask.fill_null(False).arg_true()
        if not len(places):
            return
        rows = self.rows.gather(places).to_list()
        raws = raw.gather(places).cast(pl.String).to_list() if raw is not None else [None] * len(rows)
        values: list[Any] = value.gather(places).to_list() if value is not None else [None] * len(rows)
        if isinstance(confidence, pl.Series):
            for row, text, made, sure in zip(
                rows, raws, values, confidence.gather(places).to_list(), strict=True
            ):
                self.notes.add(row, code, name, text, made, round(float(sure), 3))
        else:
            self.notes.add_many(rows, code, name, raws, values, confidence)

    def mark_missing(self, name: str) -> None:
        """Note the cells of a meaning that say in words that there is no value; a mere dash is a blank."""
        cells = self.cell(name)
        self.mark(
            cells.str.contains(r"\pL|\?") & self.text(name).is_null(), "value-unknown", name, cells, None, 1.0
        )
