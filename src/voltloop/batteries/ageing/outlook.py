"""What the twins will be: state of health by year with its interval, and years left to a threshold."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voltloop.batteries.ageing.advance import advance, health, resistance
from voltloop.batteries.ageing.twins import Group, groups
from voltloop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from voltloop.batteries.ageing.wear import Wear

    Floats = NDArray[np.float64]

__all__ = ["forecast", "remaining_life", "soh_by_year"]

BLOCK = 65_536
"""Batteries worked on at once, so that their state stays near the processor."""

HALVINGS = 24
LONGEST_YEARS = 50


def soh_by_year(twins: pl.DataFrame, years: int, *, sigmas: float = 0.0) -> NDArray[np.float32]:
    """Give the state of health of every twin now and after each year of its use.

    Parameters
    ----------
    twins
        Table of :class:`~voltloop.batteries.ageing.TwinSchema`.
    years
        How many years, 0 or more.
    sigmas
        How many standard deviations above the mean the logarithm of the scalar is taken: above 0 a battery
        that ages faster.

    Returns
    -------
    numpy.ndarray
        Shape (years + 1, batteries), in the order of the table.
    """
    soh = np.empty((years + 1, twins.height), np.float32)
    for group in groups(twins):
        for part in _blocks(group):
            scalar, z = _scalar(part, sigmas), part.z
            for year in range(years + 1):
                soh[year, part.rows] = part.soh(z, scalar)
                if year < years:
                    z = advance(part.wear, 0, z, scalar)
    return soh


def _scalar(group: Group, sigmas: float) -> Floats:
    return np.asarray(np.exp(group.log_scalar + sigmas * group.log_scalar_sd))


def _sigmas(coverage: float) -> float:
    if not 0 < coverage < 1:
        raise InputError(
            f"coverage: {coverage:g} is no share of cases. Give a number between 0 and 1, such as 0.9.",
            code="bad-coverage",
        )
    return NormalDist().inv_cdf(0.5 + coverage / 2)


def forecast(twins: pl.DataFrame, years: int, *, coverage: float = 0.9) -> pl.DataFrame:
    """Give the state of health of every twin year by year, with its interval.

    Parameters
    ----------
    twins
        Table of :class:`~voltloop.batteries.ageing.TwinSchema`.
    years
        How many years from the day of each twin, 0 to 50; its use repeats every year.
    coverage
        Share of cases that the interval holds, in which the scalar, as known on the day, is all that is not known.

    Returns
    -------
    polars.DataFrame
        ``battery_id``, ``year`` (0 is the day of the twin), ``soh``, ``soh_low``, ``soh_high`` (share of
        new), and ``relative_resistance`` (null where the model has none).

    Raises
    ------
    InputError
        ``bad-years``, ``bad-coverage``.
    """
    if not 0 <= years <= LONGEST_YEARS:
        raise InputError(
            f"years: {years} is too few or too many. Give 0 to {LONGEST_YEARS}.", code="bad-years"
        )
    sigmas = _sigmas(coverage)
    middle, low, high = (soh_by_year(twins, years, sigmas=at) for at in (0.0, sigmas, -sigmas))
    return pl.DataFrame(
        {
            "battery_id": twins["battery_id"].gather(np.repeat(np.arange(twins.height), years + 1)),
            "year": np.tile(np.arange(years + 1), twins.height),
            "soh": middle.T.ravel().astype(np.float64),
            "soh_low": low.T.ravel().astype(np.float64),
            "soh_high": high.T.ravel().astype(np.float64),
            "relative_resistance": pl.Series(
                values=_resistance_by_year(twins, years).T.ravel(), nan_to_null=True
            ),
        }
    )


def _resistance_by_year(twins: pl.DataFrame, years: int) -> Floats:
    grown = np.full((years + 1, twins.height), np.nan)
    for group in groups(twins):
        if "resistance" not in group.wear.parts:
            continue
        scalar, z = _scalar(group, 0.0), group.z
        for year in range(years + 1):
            grown[year, group.rows] = resistance(group.wear, z, scalar)
            if year < years:
                z = advance(group.wear, 0, z, scalar)
    return grown


def remaining_life(
    twins: pl.DataFrame, threshold: float, *, coverage: float = 0.9, years: int = 30
) -> pl.DataFrame:
    """Give the years until every twin falls to a state of health under its use.

    Parameters
    ----------
    twins
        Table of :class:`~voltloop.batteries.ageing.TwinSchema`.
    threshold
        State of health, share of new, above 0 and up to 1.2.
    coverage
        Share of cases that the interval holds.
    years
        How far to look, 1 to 50.

    Returns
    -------
    polars.DataFrame
        ``battery_id``; ``years``, ``years_low``, ``years_high``: 0 where the battery is there already, null
        where it does not come there in the years looked at.

    Raises
    ------
    InputError
        ``bad-threshold``, ``bad-years``, ``bad-coverage``.
    """
    if not 0 < threshold <= 1.2:
        raise InputError(
            f"threshold: {threshold:g} is no state of health. Give a share of the new capacity, such as 0.7.",
            code="bad-threshold",
        )
    if not 1 <= years <= LONGEST_YEARS:
        raise InputError(
            f"years: {years} is too few or too many. Give 1 to {LONGEST_YEARS}.", code="bad-years"
        )
    sigmas = _sigmas(coverage)
    found: dict[str, Any] = {"battery_id": twins["battery_id"]}
    for name, at in (("years", 0.0), ("years_low", sigmas), ("years_high", -sigmas)):
        left = np.full(twins.height, np.nan)
        for group in groups(twins):
            for part in _blocks(group):
                left[part.rows] = _years_left(part, _scalar(part, at), threshold, years)
        found[name] = pl.Series(values=left, nan_to_null=True)
    return pl.DataFrame(found)


def _blocks(group: Group) -> Iterator[Group]:
    """Give a group in parts that fit near the processor, in single precision, ample for a health of four digits."""
    for first in range(0, len(group.rows), BLOCK):
        part = slice(first, first + BLOCK)
        yield Group(
            group.wear,
            group.rows[part],
            group.z[:, part].astype(np.float32),
            *(
                values[part].astype(np.float32)
                for values in (group.log_scalar, group.log_scalar_sd, group.soh_base)
            ),
        )


def _years_left(group: Group, scalar: Floats, threshold: float, years: int) -> Floats:
    """Years to the threshold of each battery of a group; NaN beyond the years looked at."""
    left = np.where(group.soh(group.z, scalar) <= threshold, 0.0, np.nan)
    relative = threshold / group.soh_base
    z, at = group.z, np.flatnonzero(np.isnan(left))
    for year in range(years):
        if not at.size:
            break
        before = z[:, at]
        after = advance(group.wear, 0, before, scalar[at])
        z[:, at] = after
        is_there = health(group.wear, after, scalar[at]) <= relative[at]
        crossing = at[is_there]
        left[crossing] = year + _share(
            group.wear, before[:, is_there], after[:, is_there], scalar[crossing], relative[crossing]
        )
        at = at[~is_there]
    return left


def _share(grown: Wear, z: Floats, after: Floats, scalar: Floats, relative: Floats) -> Floats:
    """Share of a year after which the capacity falls to a relative one, by halving."""
    low, high = np.zeros_like(scalar), np.ones_like(scalar)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_past = health(grown, z + (after - z) * middle, scalar) <= relative
        low, high = np.where(is_past, low, middle), np.where(is_past, middle, high)
    return high
