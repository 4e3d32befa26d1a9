"""Data dictionaries: what each column of the files of a folder holds, as data that code and documentation share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import polars as pl

__all__ = ["ColumnSpec", "empty_table", "read_dictionary", "scenario_dictionary"]

_DTYPES: dict[str, pl.DataType] = {
    "number": pl.Float64(),
    "whole": pl.Int64(),
    "yes_no": pl.Boolean(),
    "date": pl.Date(),
}


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One row of a data dictionary: what a column of a file holds.

    ``type`` is one of key, text, word, list, country, number, whole, yes_no, time, date, dates, weekday, and the lists
    ``windows``, ``dated`` and ``counts`` of :mod:`voltloop.app.network_cells`;
    ``default`` is empty for none, or ``type`` for "the value of the vehicle type".
    """

    file: str
    column: str
    type: str
    unit: str
    required: bool
    default: str | None
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    meaning: str
    example: str

    @property
    def dtype(self) -> pl.DataType:
        """Type of the column in a table; lists stay text, their parts separated by semicolons."""
        return _DTYPES.get(self.type, pl.String())


def read_dictionary(source: bytes) -> dict[str, dict[str, ColumnSpec]]:
    """Give a data dictionary from its CSV: file, then column, in the order of the rows."""
    found: dict[str, dict[str, ColumnSpec]] = {}
    for row in pl.read_csv(source, infer_schema=False).iter_rows(named=True):
        spec = ColumnSpec(
            row["file"],
            row["column"],
            row["type"],
            row["unit"] or "",
            row["required"] == "yes",
            row["default"],
            float(row["minimum"]) if row["minimum"] else None,
            float(row["maximum"]) if row["maximum"] else None,
            tuple(row["choices"].split(";")) if row["choices"] else (),
            row["meaning"],
            row["example"] or "",
        )
        found.setdefault(spec.file, {})[spec.column] = spec
    return found


@cache
def scenario_dictionary() -> dict[str, dict[str, ColumnSpec]]:
    """Give the data dictionary of a scenario: file, then column, in the order of the documentation.

    Examples
    --------
    >>> scenario_dictionary()["recipes.csv"]["unit"].choices[0]
    't'
    """
    return read_dictionary((resources.files("voltloop.network") / "scenario_dictionary.csv").read_bytes())


@cache
def empty_table(name: str) -> pl.DataFrame:
    """Give a table of a scenario without rows.

    Examples
    --------
    >>> empty_table("bans").columns[:2]
    ['from_place', 'to_place']
    """
    specs = scenario_dictionary()[f"{name}.csv"]
    return pl.DataFrame(schema={column: spec.dtype for column, spec in specs.items()})
