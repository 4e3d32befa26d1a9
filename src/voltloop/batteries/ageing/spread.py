"""How much batteries of one kind differ: the distribution of the scalar on a model's losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from voltloop.batteries.ageing.facts import rows
from voltloop.catalogue import diagnostics
from voltloop.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Spread", "calibrate", "reading_sds", "spread_of"]

ROUNDS = 60
ONE_SD = (0.1587, 0.8413)


@dataclass(frozen=True, slots=True)
class Spread:
    """A lognormal distribution of the scalar.

    Attributes
    ----------
    median
        Median of the scalar.
    log_sd
        Standard deviation of its logarithm between batteries.
    drift_per_year
        How far the logarithm of one battery's scalar wanders in a year, as a standard deviation: models do not follow a
        battery's course for good, so later readings count more than earlier ones.
    """

    median: float
    log_sd: float
    drift_per_year: float = 0.0


def spread_of(model: str) -> Spread:
    """Give the spread of a model's cells, from ``catalogue/ageing/spread.csv``."""
    row = next(row for row in rows("spread") if row["model"] == model)
    return Spread(float(row["median"]), float(row["log_sd"]), float(row["drift_per_year"]))


def reading_sds(methods: pl.Series) -> Floats:
    """Give the standard deviation of readings of the state of health, by the words for the test that gave each.

    The words and errors are those of the catalogue of diagnostic tests; a test not named counts as the usual
    one, its first.
    """
    errors = {
        row["test"]: float(row["sd"])
        for row in diagnostics.accuracies().filter(measure="soh").iter_rows(named=True)
    }
    by_word = {
        word: errors[row["test"]]
        for row in diagnostics.diagnostic_tests().iter_rows(named=True)
        if row["test"] in errors
        for word in (row["test"], *(row["words"] or "").split("|"))
    }
    usual = next(iter(errors.values()))
    said = methods.cast(pl.String).str.strip_chars().str.to_lowercase()
    return said.replace_strict(by_word, default=usual, return_dtype=pl.Float64).to_numpy()


def calibrate(capacity: Floats, loss: Floats, *, wide_from: float) -> tuple[float, Spread]:
    """Fit the scalar of a survey of many batteries, each read once.

    Parameters
    ----------
    capacity
        Capacity or energy read of each battery, any unit, shape (batteries,).
    loss
        Loss that the nominal model gives each by the day of its reading, share of new, shape (batteries,).
    wide_from
        The width is taken from batteries of at least this nominal loss: with little loss the spread of new
        batteries and of readings hides that of ageing.

    Returns
    -------
    tuple
        Capacity when new, in the unit given, and the spread.

    Raises
    ------
    InputError
        ``survey-too-small``: fewer than 30 batteries, or fewer than 30 at that loss.

    Notes
    -----
    ``capacity = new (1 - median loss)`` by least absolute deviations, found by iterated least squares; the
    width is half of the log of the range that holds the middle 68 % of the batteries' own scalars.
    """
    aged = loss >= wide_from
    if min(len(loss), int(aged.sum())) < 30:
        raise InputError(
            f"The survey has {len(loss)} batteries, {int(aged.sum())} of them with a nominal loss of {wide_from:g} or "
            "more. Thirty of each are the least to fit a spread. Give a larger survey, or a lower bound.",
            code="survey-too-small",
        )
    shape = np.stack([np.ones_like(loss), -loss], axis=1)
    fit = np.linalg.lstsq(shape, capacity, rcond=None)[0]
    for _ in range(ROUNDS):
        weight = 1 / np.maximum(np.abs(capacity - shape @ fit), 1e-4 * fit[0])
        fit = np.linalg.solve((shape.T * weight) @ shape, (shape.T * weight) @ capacity)
    own = (1 - capacity[aged] / fit[0]) / loss[aged]
    low, high = np.quantile(own[own > 0], ONE_SD)
    return float(fit[0]), Spread(float(fit[1] / fit[0]), float(np.log(high / low) / 2))
