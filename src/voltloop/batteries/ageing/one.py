"""Ages one battery under one use: the model's answer without any reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voltloop.batteries.ageing.advance import health, resistance, trajectory
from voltloop.batteries.ageing.facts import rows
from voltloop.batteries.ageing.series import read_series
from voltloop.batteries.ageing.wear import wear
from voltloop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

__all__ = ["DAYS_PER_YEAR", "age", "soh_at_start"]

DAYS_PER_YEAR = 365.0


def soh_at_start(model: str) -> float:
    """Give the state of health against new on a model's first day: 1, or less where its cells were used ones."""
    return next(float(row["soh_at_start"]) for row in rows("models") if row["model"] == model)


def age(
    series: pl.DataFrame,
    model: str,
    years: Sequence[float] | float,
    *,
    scalar: float = 1.0,
    keeps_energy: bool = True,
) -> pl.DataFrame:
    """Age a battery from its first day under a use that repeats.

    Parameters
    ----------
    series
        The use of the battery when new: columns ``Time_s`` (seconds, strictly rising, any step, any first
        value), ``SOC`` (state of charge, 0 to 1 of the capacity of the day) and ``Temperature_C``
        (temperature of the cell, degrees Celsius), both straight between samples. The series runs from its
        first sample to its last, a day or years long, and then begins again. A constant use is a series of
        one day. There is no column for the current: half the movement of ``SOC`` gives equivalent full
        cycles, its slope the C-rate.
    model
        Name of the ageing model, such as ``Lfp_Gr_250AhPrismatic``; see :func:`model_names`.
    years
        Times at which the answer is wanted, one or many, years of 365 days since the first day, 0 to 100, any order.
    scalar
        Factor on all losses, gains and growth of resistance of the model; 1 is its nominal cell.
    keeps_energy
        True: the energy moved stays as it was new, so that depth of discharge, C-rate and swing grow by the
        inverse of the remaining capacity, and stop at empty and full. False: the state of charge moves as the
        series says, and one cycle of the series counts the same from first to last day.

    Returns
    -------
    polars.DataFrame
        One row per entry of ``years``, in its order: ``year``; ``efc`` (equivalent full cycles of the new
        battery); ``relative_capacity`` (to the model's first day); ``soh`` (to a new battery; differs where
        the model's cells were used ones); ``relative_resistance`` (null where the model has none). Values
        below the model's tested range (0.6 of the first day) are given, and mean little.

    Raises
    ------
    InputError
        ``unknown-ageing-model``; ``bad-years``; ``bad-scalar``; or what :func:`read_series` finds in the
        series.

    Notes
    -----
    Each term of a model is a power or sigmoid of an effective time or throughput z, a plain sum over the
    history: exact for any change of stress. The series is cut into windows of a day, or of one equivalent
    full cycle up to the next turn of the charge. Rates of calendar ageing are averaged over a window; the
    window counts as cycles of its depth and mean C-rate.

    Examples
    --------
    >>> import polars as pl
    >>> soc, hours = [0.9, 0.4, 0.4, 0.9], [0, 10, 18, 24]
    >>> day = pl.DataFrame({"Time_s": [hour * 3600 for hour in hours], "SOC": soc, "Temperature_C": [25.0] * 4})
    >>> age(day, "Lfp_Gr_250AhPrismatic", [0, 10])["soh"].round(2).to_list()
    [1.0, 0.91]
    """
    import polars as pl

    if not (np.isfinite(scalar) and scalar > 0):
        raise InputError(
            f"scalar: {scalar} is no factor of ageing. Give a number above 0; 1 is the nominal cell.",
            code="bad-scalar",
        )
    at = np.atleast_1d(np.asarray(years, dtype=np.float64))
    if not np.all(np.isfinite(at) & (at >= 0) & (at <= 100)):
        raise InputError(
            f"years: {', '.join(f'{one:g}' for one in at)}: not all are times. Give years since the first day, each "
            "from 0 to 100.",
            code="bad-years",
        )
    grown = wear(read_series(series), model, keeps_energy=keeps_energy)
    order = np.argsort(at, kind="stable")
    states = np.empty((len(at), len(grown.p), 1))
    states[order] = trajectory(grown, grown.start[:, None], scalar, at[order] * DAYS_PER_YEAR)
    z = np.moveaxis(states[:, :, 0], 0, 1)
    capacity, growth = health(grown, z, scalar), resistance(grown, z, scalar)
    return pl.DataFrame(
        {
            "year": at,
            "efc": z[-1],
            "relative_capacity": capacity,
            "soh": capacity * soh_at_start(model),
            "relative_resistance": pl.Series(values=growth, dtype=pl.Float64)
            if growth is not None
            else pl.Series([None] * len(at), dtype=pl.Float64),
        }
    )
