"""What is believed of each measure: the chance that it keeps limits, from a reading or from experience.

Readings of numbers are normal about the value read, those on a log scale log-normal. A word that was read is the true
one, but for the best word, which a test also gives for a share of bad batteries (Bayes with the catalogue's shares).
Measures are taken as independent of each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.batteries.grading.measures import Measure, measures
from voltloop.batteries.grading.schemes import Criterion
from voltloop.catalogue import diagnostics

__all__ = ["ChoiceBelief", "NumberBelief", "allowed_choices", "allowed_range", "belief", "stated_chance"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_EXACT = 1e-9
"""Standard deviation of a reading without error: small, so that limits become steps."""


@dataclass(frozen=True, slots=True)
class NumberBelief:
    """Normal belief of a number, per row, on the scale of its errors.

    Attributes
    ----------
    centre, sd
        Mean and standard deviation, shape (rows,).
    is_known
        Whether the row was measured.
    below
        Chance to be below a bound, for the bounds that were asked for.
    """

    measure: Measure
    centre: Floats
    sd: Floats
    is_known: Flags
    below: dict[float, Floats] = field(default_factory=dict)

    def chance(self, criteria: Iterable[Criterion]) -> Floats:
        """Chance that all of some limits of this measure are kept, shape (rows,), 0 to 1."""
        low, high = allowed_range(self.measure, criteria)
        kept: Floats = np.maximum(self._below(high) - self._below(low), 0.0)
        return kept

    def _below(self, bound: float) -> Floats:
        from scipy.special import ndtr

        if bound not in self.below:
            self.below[bound] = ndtr((bound - self.centre) / self.sd)
        return self.below[bound]


@dataclass(frozen=True, slots=True)
class ChoiceBelief:
    """Belief of a choice, per row.

    Attributes
    ----------
    reading
        Place of the word in the measure's choices, -1 where it was not read; shape (rows,).
    shares
        Share of each word behind a reading, shape (readings + 1, words); the last row is of no reading.
    """

    measure: Measure
    reading: npt.NDArray[np.int8]
    shares: Floats

    @property
    def is_known(self) -> Flags:
        """Whether the row was examined."""
        return self.reading >= 0

    def chance(self, criteria: Iterable[Criterion]) -> Floats:
        """Chance that all of some limits of this measure are kept, shape (rows,), 0 to 1."""
        of_row: Floats = (self.shares @ allowed_choices(self.measure, criteria))[self.reading]
        return of_row


def stated_chance(known: NumberBelief | ChoiceBelief, criteria: Iterable[Criterion]) -> Floats:
    """Chance that limits are kept where those that need not be known count only in rows that were measured."""
    given = list(criteria)
    required = [one for one in given if one.is_required]
    kept = known.chance(given)
    return kept if len(required) == len(given) else np.where(known.is_known, kept, known.chance(required))


def allowed_range(measure: Measure, criteria: Iterable[Criterion]) -> tuple[float, float]:
    """Give the range that keeps all limits, on the scale of the errors; infinite where there is none."""
    low = max((one.low for one in criteria), default=-math.inf)
    high = min((one.high for one in criteria), default=math.inf)
    return measure.on_scale(low), measure.on_scale(high)


def allowed_choices(measure: Measure, criteria: Iterable[Criterion]) -> Floats:
    """Give 1 for each word that keeps all limits and 0 for the others."""
    given = list(criteria)
    return np.array([float(all(word in one.choices for one in given)) for word in measure.choices])


def belief(table: pl.DataFrame, name: str) -> NumberBelief | ChoiceBelief:
    """Give what is believed of one measure.

    Parameters
    ----------
    table
        Table of :class:`~voltloop.batteries.grading.Measurements`.
    name
        Name of the measure.
    """
    measure = measures()[name]
    if measure.choices:
        rank = {word: at for at, word in enumerate(measure.choices)}
        reading = table[name].replace_strict(rank, default=-1, return_dtype=pl.Int8).to_numpy()
        return ChoiceBelief(measure, reading, _shares(measure))
    values = table[name].to_numpy()
    is_known = ~np.isnan(values)
    # A log scale ends above zero; a dead short keeps a logarithm.
    centre = np.log(np.maximum(values, math.exp(measure.on_scale(0.0)))) if measure.is_log else values
    sd = np.maximum(table[f"{name}_sd"].to_numpy(), _EXACT)
    return NumberBelief(
        measure,
        np.where(is_known, centre, measure.prior_centre),
        np.where(is_known, sd, measure.prior_sd),
        is_known,
    )


def _shares(measure: Measure) -> Floats:
    """Share of each true word behind each reading; a reading of the best word hides some of the others."""
    prior = np.array(measure.prior_shares)
    prior = prior / prior.sum()
    rows = diagnostics.accuracies().filter(pl.col("measure") == measure.name)
    missed = float(rows["miss_share"][0]) if rows.height else 0.0
    best = prior * missed
    best[0] = prior[0]
    words = np.eye(len(prior))
    words[0] = best / best.sum()
    return np.vstack([words, prior])
