"""Matching packs or modules into systems and packs of alike units: as many complete sets as there can be.

A set is complete when it has its number of units and the largest capacity and resistance exceed the smallest by no more
than the spreads allowed. On a log scale that is a window of fixed width in each measure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from voltloop.errors import InputError
from voltloop.findings import Finding, make
from voltloop.treatment.matching_boxes import match_exactly
from voltloop.treatment.matching_line import count_on_line, match_on_line
from voltloop.treatment.matching_problem import Floats, Found, Places, Problem, SetKind
from voltloop.treatment.matching_sweep import improve, sweep

__all__ = ["LEFTOVER_SCHEMA", "MEMBERS_SCHEMA", "SETS_SCHEMA", "Matching", "SetKind", "match_sets"]

MEMBERS_SCHEMA: Final[dict[str, pl.DataType]] = {
    "set": pl.Int64(),
    "kind": pl.String(),
    "row": pl.Int64(),
    "unit_id": pl.String(),
}
"""Which unit is in which set; sets count from 1."""

SETS_SCHEMA: Final[dict[str, pl.DataType]] = {
    "set": pl.Int64(),
    "kind": pl.String(),
    "group": pl.String(),
    "units": pl.Int64(),
    "least_capacity_ah": pl.Float64(),
    "capacity_spread": pl.Float64(),
    "resistance_spread": pl.Float64(),
    "value_eur": pl.Float64(),
}
"""The sets; spreads are the largest over the smallest, less one."""

LEFTOVER_SCHEMA: Final[dict[str, pl.DataType]] = {
    "row": pl.Int64(),
    "unit_id": pl.String(),
    "reason": pl.String(),
}
"""Units in no set, each with the reason."""

_ROUNDING = 1e-9
"""Slack on the log scale, so that a spread of exactly the limit is inside."""

_EXACT_UNITS = 400
_IMPROVED_UNITS = 3_000


@dataclass(frozen=True)
class Matching:
    """Sets, and what is left over; every unit is in exactly one of both.

    Attributes
    ----------
    members, sets, leftover
        Columns of :data:`MEMBERS_SCHEMA`, :data:`SETS_SCHEMA` and :data:`LEFTOVER_SCHEMA`.
    bound
        The most sets that there can be; where it is their number, there are no more.
    is_best_value
        Whether no other answer with as many sets is worth more.
    findings
        Units whose measurements cannot be used, and rows of a unit that stands in the table before.
    """

    members: pl.DataFrame
    sets: pl.DataFrame
    leftover: pl.DataFrame
    bound: int
    is_best_value: bool
    findings: tuple[Finding, ...]


def match_sets(units: pl.DataFrame, kinds: Sequence[SetKind]) -> Matching:
    """Match units into sets: as many as there can be, then as valuable as possible.

    Parameters
    ----------
    units
        One row per unit: ``unit_id``, ``capacity_ah`` (above 0), ``resistance_mohm`` (above 0; may be absent when no
        kind limits resistance), optional ``group`` (only units of one group stand together, such as a model) and
        ``value_eur`` (what the unit brings in a set, zero where absent). Empty gives no sets.
    kinds
        What is to be built, one or more.

    Returns
    -------
    Matching

    Raises
    ------
    InputError
        ``matching-columns``, ``matching-kinds`` or ``matching-kind``.

    Notes
    -----
    Units that can never stand together are solved apart. By one measure the number is proven best; by two, up to 400
    units that hang together are solved by a mixed-integer program whose search is bounded. More are swept from all four
    sides and improved piece by piece with the same program. ``bound`` tells how many sets could be missing.

    Examples
    --------
    >>> units = pl.DataFrame({"unit_id": list("abcd"), "capacity_ah": [50.0, 51.0, 56.0, 57.0]})
    >>> kind = SetKind("string", units=2, resistance_spread=None)
    >>> match_sets(units, [kind]).members.select("set", "unit_id").rows()
    [(1, 'a'), (1, 'b'), (2, 'c'), (2, 'd')]
    """
    _check_kinds(kinds)
    table, findings, wrong = _checked(units, kinds)
    usable = table.filter(~pl.col("row").is_in(list(wrong)))
    problem = _problem(usable, tuple(kinds))
    found: Found = []
    bound, is_best = 0, True
    for places in _components(problem):
        sets, most, best = _matched(problem.part(places))
        found += [(kind, places[members]) for kind, members in sets]
        bound, is_best = bound + most, is_best and best
    found.sort(key=lambda one: (one[0], int(one[1].min())))
    leftover = _leftover(problem, usable, found, kinds)
    bad = [(row, name, wrong[row]) for row, name in table.select("row", "unit_id").rows() if row in wrong]
    return Matching(
        members=_members(usable, found, kinds),
        sets=_sets(usable, found, kinds),
        leftover=pl.DataFrame(sorted(leftover + bad), schema=LEFTOVER_SCHEMA, orient="row"),
        bound=bound,
        is_best_value=is_best,
        findings=findings,
    )


def _check_kinds(kinds: Sequence[SetKind]) -> None:
    if not kinds or len({kind.name for kind in kinds}) != len(kinds):
        raise InputError(
            "The kinds of set are missing or bear the same name twice. Expected one or more, each with its own name.",
            code="matching-kinds",
        )
    for kind in kinds:
        limits = {
            "units": (kind.units, 1),
            "capacity_spread": (kind.capacity_spread, 0),
            "resistance_spread": (kind.resistance_spread, 0),
            "min_capacity_ah": (kind.min_capacity_ah, 0),
            "max_resistance_mohm": (kind.max_resistance_mohm, 0),
            "max_sets": (kind.max_sets, 0),
            "value_eur": (kind.value_eur, -math.inf),
        }
        for name, (value, least) in limits.items():
            if value is not None and not (math.isfinite(value) and value >= least):
                raise InputError(
                    f"Kind {kind.name}: {name} of {value} cannot be right. Expected a number of {least:g} or more. "
                    "Correct it.",
                    code="matching-kind",
                )


def _checked(
    units: pl.DataFrame, kinds: Sequence[SetKind]
) -> tuple[pl.DataFrame, tuple[Finding, ...], dict[int, str]]:
    """Give typed units, findings, and by row why a unit cannot be matched."""
    needs_resistance = any(
        kind.resistance_spread is not None or kind.max_resistance_mohm is not None for kind in kinds
    )
    needed = ["unit_id", "capacity_ah", *(["resistance_mohm"] if needs_resistance else [])]
    absent = [name for name in needed if name not in units.columns]
    if absent:
        raise InputError(
            f"The table of units has no column {', '.join(absent)}. Expected {', '.join(needed)}. Add the column, or "
            "leave out the limit that asks for it.",
            code="matching-columns",
        )
    optional = {"resistance_mohm": pl.lit(1.0), "group": pl.lit(""), "value_eur": pl.lit(0.0)}
    filled = units.with_columns(
        value.alias(name) for name, value in optional.items() if name not in units.columns
    )
    numbers = ("capacity_ah", "resistance_mohm", "value_eur")
    row = pl.int_range(1, units.height + 1, dtype=pl.Int64, eager=True).alias("row")
    table = filled.select(
        row,
        pl.col("unit_id").cast(pl.String).fill_null(""),
        pl.col("group").cast(pl.String).fill_null(""),
        *(pl.col(name).cast(pl.Float64, strict=False) for name in numbers),
    )
    raw = filled.select(pl.col(name).cast(pl.String) for name in numbers)
    findings: list[Finding] = []
    wrong: dict[int, str] = {}
    is_stated = raw["value_eur"].is_not_null()
    table = table.with_columns(pl.when(is_stated).then("value_eur").otherwise(0.0).alias("value_eur"))
    for name in numbers:
        value = table[name]
        good = value.is_finite() & ((value > 0) | (name == "value_eur"))
        for at in (~good.fill_null(value=False)).arg_true():
            number, unit = int(table["row"][at]), table["unit_id"][at]
            finding = make(
                "matching-value", where=f"row {number}, {unit}", field=name, raw=raw[name][at] or "nothing"
            )
            findings.append(finding)
            wrong.setdefault(number, f"its {name} cannot be used")
    named = table.filter(~pl.col("row").is_in(list(wrong)) & (pl.col("unit_id") != ""))
    for number, unit in named.filter(~pl.col("unit_id").is_first_distinct()).select("row", "unit_id").rows():
        findings.append(make("matching-twice", where=f"row {number}", field="unit_id", raw=unit))
        wrong.setdefault(number, "it stands in the table before")
    return table, tuple(findings), wrong


def _problem(table: pl.DataFrame, kinds: tuple[SetKind, ...]) -> Problem:
    """Bring units to log scales, groups so far apart that no window reaches from one to the next."""
    capacity, resistance = (np.log(table[name].to_numpy()) for name in ("capacity_ah", "resistance_mohm"))
    group = table["group"].rank("dense").to_numpy().astype(float) if table.height else np.zeros(0)
    span = (float(np.ptp(capacity)), float(np.ptp(resistance))) if table.height else (0.0, 0.0)
    may = [
        (table["capacity_ah"] >= (kind.min_capacity_ah or 0.0)).to_numpy()
        & (
            table["resistance_mohm"]
            <= (math.inf if kind.max_resistance_mohm is None else kind.max_resistance_mohm)
        ).to_numpy()
        for kind in kinds
    ]
    widths = tuple(
        (_width(kind.capacity_spread, span[0]), _width(kind.resistance_spread, span[1])) for kind in kinds
    )
    return Problem(
        capacity + group * (span[0] + 1.0),
        resistance,
        table["value_eur"].to_numpy(),
        np.stack(may, axis=1),
        kinds,
        widths,
    )


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit


def _width(spread: float | None, span: float) -> float:
    wide = span + 0.5
    return wide if spread is None else min(math.log1p(spread) + _ROUNDING, wide)


def _components(problem: Problem) -> list[Places]:
    """Cut units apart where no window reaches across; all stay together where numbers of sets are limited."""
    every = [np.arange(problem.size)] if problem.size else []
    if any(kind.max_sets is not None for kind in problem.kinds):
        return every
    wide = max(width for width, _ in problem.widths)
    high = max(height for _, height in problem.widths)
    done: list[Places] = []
    while every:
        places = every.pop()
        for scale, width in ((problem.capacity, wide), (problem.resistance, high)):
            ordered = places[np.argsort(scale[places], kind="stable")]
            cuts = np.flatnonzero(np.diff(scale[ordered]) > width) + 1
            if cuts.size:
                every += np.split(ordered, cuts)
                break
        else:
            done.append(np.sort(places))
    return sorted(done, key=lambda one: int(one[0]))


def _matched(problem: Problem) -> tuple[Found, int, bool]:
    """Match units that hang together: sets, the most sets there can be, and whether the value is proven best."""
    kind, (wide, high) = problem.kinds[0], problem.widths[0]
    is_line = len(problem.kinds) == 1 and kind.max_sets is None
    able = np.flatnonzero(problem.may.any(axis=1))
    for scale, width, other, reach in (
        (problem.capacity, wide, problem.resistance, high),
        (problem.resistance, high, problem.capacity, wide),
    ):
        if is_line and able.size and np.ptp(other[able]) <= reach:
            sets, is_best = match_on_line(scale[able], problem.value[able], width, kind.units)
            return [(0, able[places]) for places in sets], len(sets), is_best
    if problem.size <= _EXACT_UNITS:
        return match_exactly(problem)
    found = sweep(problem)
    if problem.size <= _IMPROVED_UNITS:
        found = improve(problem, found)
    return found, _bound(problem), False


def _bound(problem: Problem) -> int:
    """Give a number of sets that none can pass: each measure by itself, smallest sets and widest windows."""
    able = problem.may.any(axis=1)
    units = min(kind.units for kind in problem.kinds)
    most = [
        count_on_line(scale[able], max(width), units)
        for scale, width in zip(
            (problem.capacity, problem.resistance), zip(*problem.widths, strict=True), strict=True
        )
    ]
    wanted = [kind.max_sets for kind in problem.kinds]
    if all(number is not None for number in wanted):
        most.append(sum(number for number in wanted if number is not None))
    return min(most)


def _leftover(
    problem: Problem, table: pl.DataFrame, found: Found, kinds: Sequence[SetKind]
) -> list[tuple[int, str, str]]:
    """Say of each unit in no set why."""
    used = np.zeros(problem.size, dtype=bool)
    for _, units in found:
        used[units] = True
    names, rows = table["unit_id"].to_list(), table["row"].to_list()
    return [(rows[at], names[at], _why(problem, int(at), kinds)) for at in np.flatnonzero(~used)]


def _why(problem: Problem, at: int, kinds: Sequence[SetKind]) -> str:
    able = np.flatnonzero(problem.may[at])
    if not able.size:
        return "it is below the least capacity or above the highest resistance of every kind"
    mates = []
    for place in able:
        wide, high = problem.widths[place]
        near = problem.may[:, place] & (np.abs(problem.capacity - problem.capacity[at]) <= wide)
        near &= np.abs(problem.resistance - problem.resistance[at]) <= high
        kind = kinds[int(place)]
        mates.append((int(near.sum()) - kind.units, int(near.sum()) - 1, kind))
    spare, count, kind = max(mates, key=lambda one: one[0])
    if spare < 0:
        return f"only {count} of the {kind.units - 1} units that a {kind.name} needs beside it lie within its spreads"
    return f"the {count} units within its spreads are needed elsewhere or do not make a {kind.name} with it"


def _members(table: pl.DataFrame, found: Found, kinds: Sequence[SetKind]) -> pl.DataFrame:
    rows = [
        (number, kinds[kind].name, table["row"][int(at)], table["unit_id"][int(at)])
        for number, (kind, units) in enumerate(found, start=1)
        for at in units
    ]
    return pl.DataFrame(rows, schema=MEMBERS_SCHEMA, orient="row")


def _sets(table: pl.DataFrame, found: Found, kinds: Sequence[SetKind]) -> pl.DataFrame:
    capacity, resistance, value = (
        table[name].to_numpy() for name in ("capacity_ah", "resistance_mohm", "value_eur")
    )

    def spread(values: Floats) -> float:
        return float(values.max() / values.min() - 1.0)

    rows = [
        (
            number,
            kinds[kind].name,
            table["group"][int(units[0])],
            int(units.size),
            float(capacity[units].min()),
            spread(capacity[units]),
            spread(resistance[units]),
            kinds[kind].value_eur + float(value[units].sum()),
        )
        for number, (kind, units) in enumerate(found, start=1)
    ]
    return pl.DataFrame(rows, schema=SETS_SCHEMA, orient="row")
