"""What a test is worth: the gain from deciding after its result instead of before (value of information).

A battery goes to the grade with the highest expected value. A test shifts the beliefs; the value of its information is
the mean, over all its results, of the best expected value then, less the best one now. Results of the state of health
are integrated over the normal distribution of what the test may show; other readings count by the limits that they
clear. Measures are independent of each other.

References
----------
Raiffa and Schlaifer (1961), Applied Statistical Decision Theory, chapters 4 and 5: preposterior analysis and the
expected value of sample information.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.batteries.grading.beliefs import (
    ChoiceBelief,
    Floats,
    NumberBelief,
    allowed_choices,
    allowed_range,
    belief,
)
from voltloop.batteries.grading.diagnosis import DiagnosticTest
from voltloop.batteries.grading.measurements import Measurements
from voltloop.batteries.grading.schemes import Criterion, Scheme
from voltloop.errors import InputError

__all__ = ["TESTS_SCHEMA", "RouteValues", "value_of_tests"]

TESTS_SCHEMA: Final[dict[str, pl.DataType]] = {
    "row": pl.Int64(),
    "test": pl.String(),
    "value_eur": pl.Float64(),
    "cost_eur": pl.Float64(),
    "net_eur": pl.Float64(),
    "rank": pl.Int64(),
}
"""Columns of the worth of tests."""

_NODES = 61
_REACH = 5.0
_CELLS = 2_000_000
_LEAST_EUR = 1e-6
"""Gains below are rounding."""


@dataclass(frozen=True, slots=True)
class RouteValues:
    """What each grade of a scheme brings in for each battery [EUR]; arrays of shape (rows, grades).

    Attributes
    ----------
    base_eur, per_soh_eur
        A battery that keeps the limits of the grade brings ``base_eur + per_soh_eur * soh``.
    fail_eur
        One that was sent there and does not keep them brings this: what is left after the detour.
    """

    base_eur: Floats
    per_soh_eur: Floats
    fail_eur: Floats


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """Results of reading one measure: weight (rows, results) and, by grade, what is believed after each.

    ``kept`` is the chance that the limits of a grade are kept, and ``amount`` the mean of the state of health times one
    where they are and zero where not, shape (rows, results, grades); ``amount`` is None for other measures.
    """

    weight: Floats
    kept: Floats
    amount: Floats | None


Limits = list[list[Criterion]]
"""Limits of one measure, grade by grade."""


def value_of_tests(
    measurements: Measurements, scheme: Scheme, values: RouteValues, tests: Sequence[DiagnosticTest]
) -> pl.DataFrame:
    """Rank tests by what their information is worth for each battery, less what they cost.

    Parameters
    ----------
    measurements
        From :func:`voltloop.batteries.grading.read_measurements`.
    scheme
        The grading scheme; its limits say when a grade's value is reached.
    values
        What each grade brings in.
    tests
        Tests on offer, such as those of :func:`voltloop.batteries.grading.rights_of`.

    Returns
    -------
    polars.DataFrame
        Columns of :data:`TESTS_SCHEMA`: one row per battery and test, batteries in order, best ``net_eur`` first.
        ``value_eur`` is zero or more; a test is worth its cost where ``net_eur`` is above zero. Tests that read nothing
        the scheme asks for are worth nothing.

    Raises
    ------
    InputError
        ``grading-values-shape`` or ``grading-values-number``.
    """
    table = measurements.table
    shape = (table.height, len(scheme.grades))
    for name in ("base_eur", "per_soh_eur", "fail_eur"):
        _require(name, getattr(values, name), shape)
    parts = []
    for test in tests:
        read = [name for name in scheme.measures if name in test.accuracy]
        results = math.prod(_result_bound(scheme, name) for name in read)
        step = max(1, _CELLS // (results * shape[1]))
        gains = [
            _gain(table[start : start + step], scheme, _rows(values, start, start + step), test, read)
            for start in range(0, table.height, step)
        ]
        gain = np.concatenate(gains) if gains else np.zeros(0)
        parts.append(
            table.select(
                "row",
                pl.lit(test.name).alias("test"),
                pl.Series("value_eur", gain),
                pl.lit(test.cost_eur).alias("cost_eur"),
                pl.Series("net_eur", gain - test.cost_eur),
            )
        )
    ranked = pl.concat([pl.DataFrame(schema=TESTS_SCHEMA).drop("rank"), *parts])
    ranked = ranked.sort("row", "net_eur", "test", descending=[False, True, False])
    return ranked.with_columns(pl.int_range(1, pl.len() + 1).over("row").alias("rank"))


def _require(name: str, values: Floats, shape: tuple[int, int]) -> None:
    if values.shape != shape:
        raise InputError(
            f"{name} has the shape {values.shape}. Expected one row per battery and one column per grade, {shape}.",
            code="grading-values-shape",
        )
    if not np.isfinite(values).all():
        row, grade = np.argwhere(~np.isfinite(values))[0]
        raise InputError(
            f"{name}, row {row + 1}, grade {grade + 1}: {values[row, grade]} is no amount of money. "
            "Expected a finite number in EUR. Correct it.",
            code="grading-values-number",
        )


def _rows(values: RouteValues, start: int, stop: int) -> RouteValues:
    return RouteValues(
        values.base_eur[start:stop], values.per_soh_eur[start:stop], values.fail_eur[start:stop]
    )


def _limits(scheme: Scheme, name: str) -> Limits:
    return [[limit for limit in grade.criteria if limit.measure == name] for grade in scheme.grades]


def _result_bound(scheme: Scheme, name: str) -> int:
    """Give the most results that reading a measure can have."""
    limits = _limits(scheme, name)
    return _NODES if name == "soh" else 1 + len({limit.limit for of_grade in limits for limit in of_grade})


def _gain(
    table: pl.DataFrame, scheme: Scheme, values: RouteValues, test: DiagnosticTest, read: list[str]
) -> npt.NDArray[np.float64]:
    """Give the value of the information of a test [EUR] per row."""
    if not read:
        return np.zeros(table.height)
    certain: list[_Outcomes] = []
    before: list[_Outcomes] = []
    after: list[_Outcomes] = []
    # The state of health stands in every sum of money, whether the scheme has a limit of it or not.
    for name in dict.fromkeys(("soh", *scheme.measures)):
        limits, known = _limits(scheme, name), belief(table, name)
        now = _unread(known, limits)
        if name in read:
            before.append(now)
            after.append(_read(known, limits, test.accuracy[name]))
        else:
            certain.append(now)
    with_test, without = _worth(certain + after, values), _worth(certain + before, values)
    gain: Floats = with_test - without
    return np.where(gain > _LEAST_EUR, gain, 0.0)


def _worth(measures: list[_Outcomes], values: RouteValues) -> Floats:
    """Give the mean over all results of the best expected value [EUR] per row."""
    rows = values.base_eur.shape[0]
    weight, kept, amount = np.ones((rows, 1)), np.ones((rows, 1, 1)), np.ones((rows, 1, 1))
    for one in measures:
        results = weight.shape[1] * one.weight.shape[1]
        weight = (weight[:, :, None] * one.weight[:, None, :]).reshape(rows, results)
        kept, amount = (
            (left[:, :, None, :] * right[:, None, :, :]).reshape(rows, results, -1)
            for left, right in ((kept, one.kept), (amount, one.kept if one.amount is None else one.amount))
        )
    gain = (values.base_eur - values.fail_eur)[:, None, :] * kept + values.per_soh_eur[:, None, :] * amount
    best: Floats = (weight * (values.fail_eur[:, None, :] + gain).max(axis=2)).sum(axis=1)
    return best


def _unread(known: NumberBelief | ChoiceBelief, limits: Limits) -> _Outcomes:
    """Give the one result of not reading: what is believed now."""
    if isinstance(known, NumberBelief):
        kept, amount = _normal(known, limits, known.centre[:, None], known.sd[:, None])
    else:
        kept, amount = np.stack([known.chance(of_grade) for of_grade in limits], axis=-1)[:, None, :], None
    return _Outcomes(np.ones(kept.shape[:2]), kept, amount)


def _normal(known: NumberBelief, limits: Limits, centre: Floats, sd: Floats) -> tuple[Floats, Floats | None]:
    """Chance and, for the state of health, mean within the limits of each grade under normal beliefs."""
    from scipy.special import ndtr

    kept, amount = [], []
    for of_grade in limits:
        low, high = ((bound - centre) / sd for bound in allowed_range(known.measure, of_grade))
        chance = np.maximum(ndtr(high) - ndtr(low), 0.0)
        density = (np.exp(-low * low / 2) - np.exp(-high * high / 2)) / math.sqrt(2 * math.pi)
        kept.append(chance)
        amount.append(np.where(chance > 0, centre * chance + sd * density, 0.0))
    is_soh = known.measure.name == "soh"
    return np.stack(kept, axis=-1), np.stack(amount, axis=-1) if is_soh else None


def _read(known: NumberBelief | ChoiceBelief, limits: Limits, error: float) -> _Outcomes:
    """Give the results of a test that reads the measure with an error."""
    if isinstance(known, ChoiceBelief):
        return _read_choice(known, limits, error)
    z = np.linspace(-_REACH, _REACH, _NODES)
    weight = np.exp(-z * z / 2)
    weight = weight / weight.sum()
    # A normal belief of variance v, read with variance e, moves by a normal step of variance v * v / (v + e).
    variance = known.sd**2
    total = variance + max(error, 1e-9) ** 2
    centre = known.centre[:, None] + (variance / np.sqrt(total))[:, None] * z
    sd = np.sqrt(variance * max(error, 1e-9) ** 2 / total)[:, None]
    kept, amount = _normal(known, limits, centre, sd)
    weights = np.broadcast_to(weight, centre.shape)
    if amount is not None:
        return _Outcomes(weights, kept, amount)
    return _by_class(known, limits, centre, weights, kept)


def _by_class(
    known: NumberBelief, limits: Limits, centre: Floats, weights: Floats, kept: Floats
) -> _Outcomes:
    """Join the results between two limits to one."""
    bounds = {bound for of_grade in limits for bound in allowed_range(known.measure, of_grade)}
    edges = np.array(sorted(bound for bound in bounds if math.isfinite(bound)))
    place = np.searchsorted(edges, centre)
    members = [(place == at) * weights for at in range(edges.size + 1)]
    weight = np.stack([one.sum(axis=1) for one in members], axis=-1)
    sums = np.stack([(one[:, :, None] * kept).sum(axis=1) for one in members], axis=1)
    return _Outcomes(weight, sums / np.maximum(weight, 1e-300)[:, :, None], None)


def _read_choice(known: ChoiceBelief, limits: Limits, missed: float) -> _Outcomes:
    """Every word may be read; the best one is also read for a share of the others."""
    allowed = np.stack([allowed_choices(known.measure, of_grade) for of_grade in limits], axis=-1)
    shares = known.shares[known.reading]
    hidden = shares * missed
    hidden[:, 0] = shares[:, 0]
    weights, kept = [hidden.sum(axis=1)], [hidden @ allowed]
    seen = shares * (1.0 - missed)
    # Words that open the same grades are one result.
    patterns, member = np.unique(allowed[1:], axis=0, return_inverse=True)
    for at, pattern in enumerate(patterns):
        weights.append(seen[:, 1:][:, member.ravel() == at].sum(axis=1))
        kept.append(weights[-1][:, None] * pattern)
    weight = np.stack(weights, axis=-1)
    return _Outcomes(weight, np.stack(kept, axis=1) / np.maximum(weight, 1e-300)[:, :, None], None)
