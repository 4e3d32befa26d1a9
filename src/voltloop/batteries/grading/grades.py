"""The grade of every battery by a scheme: exact where all is measured, bounded where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.batteries.grading.beliefs import ChoiceBelief, NumberBelief, belief, stated_chance
from voltloop.batteries.grading.measurements import Measurements
from voltloop.batteries.grading.measures import measures
from voltloop.batteries.grading.schemes import Criterion, Grade, Scheme

__all__ = ["GRADES_SCHEMA", "Graded", "grade"]

GRADES_SCHEMA: Final[dict[str, pl.DataType]] = {
    "row": pl.Int64(),
    "battery_id": pl.String(),
    "status": pl.String(),
    "grade": pl.String(),
    "best_grade": pl.String(),
    "worst_grade": pl.String(),
    "likely_grade": pl.String(),
    "route": pl.String(),
    "confidence": pl.Float64(),
    "reasons": pl.String(),
    "missing": pl.String(),
}
"""Columns of graded batteries."""

_CHUNK = 250_000

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Graded:
    """Grades of all batteries, and what they rest on.

    Attributes
    ----------
    table
        Columns of :data:`GRADES_SCHEMA`, one row per row of the measurements, in order. ``status`` is ``graded``
        (``grade`` holds), ``bounded`` (it lies from ``best_grade`` to ``worst_grade``, and ``missing`` names what would
        tell) or ``undecided`` (it may be any). ``likely_grade`` is the one with the highest chance and ``confidence``
        the chance of ``grade`` or, where there is none, of ``likely_grade``, whose ``route`` it is. ``reasons`` says
        which limits of the next better grade are not kept.
    probabilities
        Chance of each grade, one column per grade; each row sums to one.
    scheme
        The scheme used.
    """

    table: pl.DataFrame
    probabilities: pl.DataFrame
    scheme: Scheme


def grade(measurements: Measurements, scheme: Scheme) -> Graded:
    """Grade batteries by a scheme.

    Parameters
    ----------
    measurements
        From :func:`voltloop.batteries.grading.read_measurements`; empty gives no rows.
    scheme
        From :func:`voltloop.batteries.grading.read_schemes`.

    Returns
    -------
    Graded
        A battery has the best grade whose limits it keeps. A measure that is missing never counts as kept: the
        grade is then bounded by what it would be with the worst and with the best of values. The chances take the
        error of each reading into account and, for what is missing, the experience of the catalogue.

    Examples
    --------
    >>> from voltloop.batteries.grading import catalogue_schemes, read_measurements
    >>> given = read_measurements(pl.DataFrame({"battery_id": ["a", "b"], "soh": [0.55, 0.9], "visual": ["sound"] * 2}))
    >>> found = grade(given, catalogue_schemes().named("application-bands"))
    >>> found.table.select("battery_id", "status", "grade", "best_grade").rows()
    [('a', 'graded', 'recycle', 'recycle'), ('b', 'undecided', None, 'reuse')]
    """
    table = measurements.table
    parts = [_chunk(table.slice(start, _CHUNK), scheme) for start in range(0, max(table.height, 1), _CHUNK)]
    return Graded(pl.concat(part[0] for part in parts), pl.concat(part[1] for part in parts), scheme)


def _chunk(table: pl.DataFrame, scheme: Scheme) -> tuple[pl.DataFrame, pl.DataFrame]:
    beliefs = {name: belief(table, name) for name in scheme.measures}
    failed = [
        {name: _fails(table, beliefs[name], limits) for name, limits in _by_measure(one)}
        for one in scheme.grades
    ]
    open_ = [
        {
            name: ~beliefs[name].is_known
            for name, limits in _by_measure(one)
            if any(c.is_required for c in limits)
        }
        for one in scheme.grades
    ]
    none = np.zeros(table.height, dtype=bool)
    fails = np.array([np.any([none, *by_measure.values()], axis=0) for by_measure in failed])
    opens = np.array([np.any([none, *by_measure.values()], axis=0) for by_measure in open_])
    best, worst = np.argmax(~fails, axis=0), np.argmax(~fails & ~opens, axis=0)
    chances = _chances(scheme, beliefs, table.height)
    likely = np.argmax(chances, axis=0)
    is_graded = best == worst
    told = np.where(is_graded, best, likely)
    confidence = np.take_along_axis(chances, told[None, :], axis=0)[0] if table.height else np.zeros(0)
    last = len(scheme.grades) - 1
    is_undecided = (best == 0) & (worst == last) & ~is_graded
    status = np.where(is_graded, 0, np.where(is_undecided, 1, 2))
    names, routes = [one.name for one in scheme.grades], [one.route for one in scheme.grades]
    frame = table.select("row", "battery_id").with_columns(
        _named("status", status, ["graded", "undecided", "bounded"]),
        _named("grade", np.where(is_graded, best, -1), names),
        _named("best_grade", best, names),
        _named("worst_grade", worst, names),
        _named("likely_grade", likely, names),
        _named("route", told, routes),
        pl.Series("confidence", confidence),
        _reasons(table, scheme, failed, best),
        _missing(scheme, open_, fails, best, worst),
    )
    chance_columns = {one.name: chances[at] for at, one in enumerate(scheme.grades)}
    return frame.select(list(GRADES_SCHEMA)), pl.DataFrame(chance_columns)


def _named(column: str, places: npt.NDArray[np.integer], names: list[str]) -> pl.Series:
    """Turn places into names; -1 is null."""
    return pl.Series(column, names, dtype=pl.String).gather(pl.Series(places).replace(-1, None))


def _by_measure(one: Grade) -> Iterator[tuple[str, list[Criterion]]]:
    for name in dict.fromkeys(criterion.measure for criterion in one.criteria):
        yield name, [criterion for criterion in one.criteria if criterion.measure == name]


def _fails(table: pl.DataFrame, known: NumberBelief | ChoiceBelief, limits: list[Criterion]) -> Flags:
    """Say where a measure is known and breaks one of its limits."""
    column = table[known.measure.name]
    broken = np.zeros(table.height, dtype=bool)
    for limit in limits:
        if limit.choices:
            broken |= ~column.is_in(list(limit.choices)).fill_null(value=True).to_numpy()
            continue
        values = column.to_numpy()
        with np.errstate(invalid="ignore"):
            outside = (values < limit.low) | (values > limit.high)
            if limit.is_strict:
                outside |= (values == limit.low) | (values == limit.high)
        broken |= outside
    return broken & known.is_known


def _chances(scheme: Scheme, beliefs: dict[str, NumberBelief | ChoiceBelief], rows: int) -> Floats:
    """Chance that each grade is the best one kept, shape (grades, rows), by inclusion and exclusion.

    The chance that all grades of a set are kept is a product over measures, since these are independent.
    """
    found = np.zeros((len(scheme.grades), rows))
    kept: dict[tuple[str, tuple[Criterion, ...]], Floats] = {}

    def together(chosen: tuple[Grade, ...]) -> Floats:
        limits: dict[str, list[Criterion]] = {}
        for one in chosen:
            for criterion in one.criteria:
                limits.setdefault(criterion.measure, []).append(criterion)
        chance = np.ones(rows)
        for name, criteria in limits.items():
            key = (name, tuple(dict.fromkeys(criteria)))
            if key not in kept:
                kept[key] = stated_chance(beliefs[name], key[1])
            chance *= kept[key]
        return chance

    for at, one in enumerate(scheme.grades):
        better = scheme.grades[:at]
        for size in range(len(better) + 1):
            sign = -1.0 if size % 2 else 1.0
            for others in combinations(better, size):
                found[at] += sign * together((*others, one))
    found = np.clip(found, 0.0, 1.0)
    total: Floats = found.sum(axis=0)
    found /= total
    return found


def _reasons(table: pl.DataFrame, scheme: Scheme, failed: list[dict[str, Flags]], best: Places) -> pl.Series:
    """Say which limits of the grade just above the best possible are broken, with value and limit."""
    rows = table.with_columns(pl.Series("_next", best - 1, dtype=pl.Int16))
    sentences = []
    for name in scheme.measures:
        measure = measures()[name]
        breaks = np.zeros(table.height, dtype=bool)
        asks: dict[int, str] = {}
        for at, one in enumerate(scheme.grades):
            limits = [criterion.limit for criterion in one.criteria if criterion.measure == name]
            if limits:
                breaks |= failed[at][name] & (best - 1 == at)
                asks[at] = f", {one.name} asks {' and '.join(limits)}".replace("|", " or ")
        value = pl.col(name) if measure.choices else pl.col(name).round(4)
        unit = f" {measure.unit}" if measure.unit and measure.unit != "share" else ""
        asked = pl.col("_next").replace_strict(asks, default="", return_dtype=pl.String)
        said = pl.concat_str(pl.lit(f"{measure.label} "), value.cast(pl.String), pl.lit(unit), asked)
        sentences.append(pl.when(pl.Series(breaks)).then(said))
    top = scheme.grades[0].name
    held = pl.when(pl.col("_next") < 0).then(pl.lit(f"no limit of {top} is broken"))
    return rows.select(pl.concat_str([*sentences, held], separator="; ", ignore_nulls=True).alias("reasons"))[
        "reasons"
    ]


def _missing(
    scheme: Scheme, open_: list[dict[str, Flags]], fails: Flags, best: Places, worst: Places
) -> pl.Series:
    """Name what would narrow the grade: unknown measures of the grades that are still possible."""
    pattern = np.zeros(best.size, dtype=np.int64)
    for at, by_measure in enumerate(open_):
        possible = (best <= at) & (at < worst) & ~fails[at]
        for name, unknown in by_measure.items():
            pattern |= np.where(possible & unknown, 1 << scheme.measures.index(name), 0)
    texts = {
        int(code): "; ".join(name for at, name in enumerate(scheme.measures) if code >> at & 1)
        for code in np.unique(pattern)
    }
    codes = pl.Series("missing", pattern)
    return codes.replace_strict(texts, return_dtype=pl.String) if texts else codes.cast(pl.String)
