"""A stress series: how a battery is used over time, checked and ready to be cut into windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voltloop.errors import InputError

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["COLUMNS", "Series", "read_series"]

COLUMNS = ("Time_s", "SOC", "Temperature_C")
"""Columns of a stress series: time [s], state of charge [0 to 1] and cell temperature [deg C]."""

_RANGES = {"SOC": (0.0, 1.0, "a share from 0 to 1"), "Temperature_C": (-60.0, 120.0, "degrees Celsius")}


@dataclass(frozen=True, slots=True)
class Series:
    """A checked stress series: three arrays of one length, time strictly rising.

    Attributes
    ----------
    time_s
        Time of each sample [s].
    soc
        State of charge, 0 to 1; straight between samples.
    temperature_c
        Temperature of the cell [deg C]; straight between samples.
    """

    time_s: NDArray[np.float64]
    soc: NDArray[np.float64]
    temperature_c: NDArray[np.float64]


def read_series(table: pl.DataFrame, where: str = "the stress series") -> Series:
    """Check a table of samples.

    Parameters
    ----------
    table
        Columns ``Time_s``, ``SOC`` and ``Temperature_C``; others are not looked at. Two rows or more.
    where
        Name of the series in messages, such as its file.

    Raises
    ------
    InputError
        ``series-column-missing``, ``series-not-numbers``, ``series-too-short``, ``series-gap`` (an empty
        cell, NaN or infinity), ``series-out-of-range`` or ``series-time-not-rising``, with the first row
        concerned, counted from 1.
    """
    arrays = {name: _column(table, name, where) for name in COLUMNS}
    if table.height < 2:
        raise InputError(
            f"{where}: it has {table.height} rows. A stress series needs two samples or more, from the start to the "
            "end of the use that it shows. Give the whole series.",
            code="series-too-short",
        )
    for name, values in arrays.items():
        _check_values(name, values, where)
    late = np.flatnonzero(np.diff(arrays["Time_s"]) <= 0)
    if late.size:
        row = int(late[0]) + 2
        raise InputError(
            f"{where}, row {row}, Time_s: {arrays['Time_s'][row - 1]:g} does not come after "
            f"{arrays['Time_s'][row - 2]:g}. Time must rise from row to row. Sort the rows and leave out doubles.",
            code="series-time-not-rising",
        )
    return Series(arrays["Time_s"], arrays["SOC"], arrays["Temperature_C"])


def _column(table: pl.DataFrame, name: str, where: str) -> NDArray[np.float64]:
    import polars as pl

    if name not in table.columns:
        raise InputError(
            f'{where}: it has no column "{name}". A stress series has the columns {", ".join(COLUMNS)}; there '
            f"are {', '.join(table.columns) or 'none'}. Name the columns so.",
            code="series-column-missing",
        )
    if not (table.schema[name].is_numeric() or table.schema[name] == pl.Null):
        raise InputError(
            f'{where}, column "{name}": it holds {table.schema[name]}, not numbers. Give numbers with a decimal point.',
            code="series-not-numbers",
        )
    return np.asarray(table[name].cast(pl.Float64).fill_null(float("nan")).to_numpy(), dtype=np.float64)


def _check_values(name: str, values: NDArray[np.float64], where: str) -> None:
    broken = np.flatnonzero(~np.isfinite(values))
    if broken.size:
        raise InputError(
            f"{where}, row {int(broken[0]) + 1}, {name}: there is no number ({broken.size} such rows). Every sample "
            "needs time, state of charge and temperature. Fill the gap or leave the row out.",
            code="series-gap",
        )
    if name in _RANGES:
        low, high, meaning = _RANGES[name]
        outside = np.flatnonzero((values < low) | (values > high))
        if outside.size:
            raise InputError(
                f"{where}, row {int(outside[0]) + 1}, {name}: {values[outside[0]]:g} is outside {low:g} to {high:g} "
                f"({outside.size} such rows). {name} is {meaning}. Mend the unit or the value.",
                code="series-out-of-range",
            )
