"""Classes of use and climate, and the stress series of one year under both."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from voltloop.batteries.ageing.facts import rows
from voltloop.batteries.ageing.series import Series
from voltloop.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["class_series", "climates", "uses"]

WEEK_H = 168
WARMEST_HOUR = 15
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def uses() -> dict[str, str]:
    """Give the classes of use with what each stands for."""
    return {row["use"]: row["title"] for row in rows("uses")}


def climates() -> dict[str, str]:
    """Give the classes of climate with the place each is taken from."""
    return {row["climate"]: row["place"] for row in rows("climates")}


@cache
def class_series(use: str, climate: str) -> Series:
    """Give the stress series of one year of a class of use in a class of climate, one sample an hour.

    Parameters
    ----------
    use
        Class of ``catalogue/ageing/uses.csv``; its week is repeated.
    climate
        Class of ``catalogue/ageing/climates.csv``. The temperature is the mean of the month with a daily
        swing that is highest at 15 h; the cell is as warm as the air around it.

    Raises
    ------
    InputError
        ``unknown-use`` or ``unknown-climate``, with those there are.
    """
    _require(use, uses(), "use")
    _require(climate, climates(), "climate")
    points = [row for row in rows("use_profiles") if row["use"] == use]
    hour = np.arange(sum(MONTH_DAYS) * 24 + 1)
    soc = np.interp(
        hour % WEEK_H, [float(row["hour"]) for row in points], [float(row["soc"]) for row in points]
    )
    months = sorted(
        (row for row in rows("climates") if row["climate"] == climate), key=lambda row: int(row["month"])
    )
    month = np.append(np.repeat(np.arange(12), np.array(MONTH_DAYS) * 24), 0)
    mean = np.array([float(row["mean_c"]) for row in months])[month]
    swing = np.array([float(row["daily_range_c"]) for row in months])[month]
    temperature = mean + swing / 2 * np.cos(2 * np.pi * (hour % 24 - WARMEST_HOUR) / 24)
    return Series(hour.astype(np.float64) * 3600, soc, np.asarray(temperature, dtype=np.float64))


def _require(name: str, known: Iterable[str], what: str) -> None:
    known = list(known)
    if name not in known:
        raise InputError(
            f'"{name}" is not a class of {what}. Known: {", ".join(known)}.{nearest(name, known)}',
            code=f"unknown-{what}",
        )
