"""Grading schemes as data: grades from best to worst, each with the limits that a battery of it keeps."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import polars as pl

from voltloop.batteries.grading.measures import Measure, measures
from voltloop.catalogue import diagnostics
from voltloop.errors import InputError, nearest
from voltloop.findings import Finding, make

__all__ = ["ROUTES", "Criterion", "Grade", "Scheme", "SchemeReading", "catalogue_schemes", "read_schemes"]

ROUTES: Final = ("reuse", "remanufacture", "second_life", "recycle")
"""What may become of a grade."""

_MOST_GRADES = 8
_NEEDED = ("grade", "measure", "limit")
_COMPARISON = re.compile(r"(>=|<=|>|<)\s*([0-9.eE+-]+)")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One limit of a grade.

    Attributes
    ----------
    measure
        Name of the measure.
    limit
        The limit as written: ``>=0.80``, ``<=1.5`` or ``sound|cosmetic``.
    low, high
        Bounds of a number; infinite where there is none.
    is_strict
        Whether the bound itself fails.
    choices
        Words that keep the limit; empty for numbers.
    is_required
        Whether the measure must be known; otherwise the limit counts only where it is stated.
    """

    measure: str
    limit: str
    low: float
    high: float
    is_strict: bool
    choices: tuple[str, ...]
    is_required: bool


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade: its name, what becomes of it, and its limits, all of which must be kept."""

    name: str
    route: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """Grades from best to worst; the last has no limits, so that every battery has a grade.

    Attributes
    ----------
    name
        Name of the scheme.
    grades
        One to eight grades.
    """

    name: str
    grades: tuple[Grade, ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures that any limit is about, in the order of the catalogue."""
        used = {criterion.measure for grade in self.grades for criterion in grade.criteria}
        return tuple(name for name in measures() if name in used)

    @property
    def required_measures(self) -> tuple[str, ...]:
        """Names of the measures that must be known for the best grades."""
        used = {one.measure for grade in self.grades for one in grade.criteria if one.is_required}
        return tuple(name for name in measures() if name in used)


@dataclass(frozen=True, slots=True)
class SchemeReading:
    """Schemes that can be used, by name, and what is wrong with the others."""

    schemes: dict[str, Scheme]
    findings: tuple[Finding, ...]

    def named(self, name: str) -> Scheme:
        """Give the scheme of this name.

        Raises
        ------
        InputError
            ``unknown-grading-scheme``, with the schemes that there are.
        """
        if name in self.schemes:
            return self.schemes[name]
        why = " ".join(finding.message for finding in self.findings if finding.value == name)
        known = ", ".join(self.schemes) or "none"
        raise InputError(
            f'"{name}" is not a grading scheme that can be used. {why or "Known schemes: " + known + "."}'
            f"{nearest(name, self.schemes)} Name one of these, or a CSV file with a scheme of your own.",
            code="unknown-grading-scheme",
        )


def read_schemes(table: pl.DataFrame, *, name: str = "own") -> SchemeReading:
    """Read grading schemes from a table, one row per limit, grades from best to worst.

    Parameters
    ----------
    table
        Text columns ``grade``, ``measure`` and ``limit``; optional ``scheme`` (else ``name``), ``route`` (one of
        :data:`ROUTES`; else the grade's name where it is a route, ``second_life`` for others and ``recycle`` for the
        last), ``required`` (yes or no, yes where blank), ``source`` and any other, which are not read. Limits are
        ``>=``, ``>``, ``<=`` or ``<`` with a number in the unit of the measure, or words separated by bars. Several
        rows of a grade must all hold. The last grade has one row without measure and limit.
    name
        Name of a scheme whose rows bear none.

    Returns
    -------
    SchemeReading
        A scheme with a wrong row is left out and the row is told.

    Raises
    ------
    InputError
        ``grading-scheme-columns``: a column is missing. ``grading-scheme-empty``: the table has no row.
    """
    absent = [column for column in _NEEDED if column not in table.columns]
    if absent:
        raise InputError(
            f"The grading scheme has no column {', '.join(absent)}. Expected {', '.join(_NEEDED)}, and optional "
            "scheme, route, required and source. Add the column.",
            code="grading-scheme-columns",
        )
    if not table.height:
        raise InputError(
            "The grading scheme has no row. Expected one row for each limit, grades from best to worst. Add them.",
            code="grading-scheme-empty",
        )
    parts: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for number, row in enumerate(table.iter_rows(named=True), start=1):
        cells = {key: "" if cell is None else str(cell).strip() for key, cell in row.items()}
        parts.setdefault(cells.get("scheme") or name, []).append((number, cells))
    schemes: dict[str, Scheme] = {}
    findings: list[Finding] = []
    for scheme, rows in parts.items():
        grades, wrong = _grades(scheme, rows)
        findings += wrong
        if not wrong:
            schemes[scheme] = Scheme(scheme, grades)
    return SchemeReading(schemes, tuple(findings))


def _grades(scheme: str, rows: list[tuple[int, dict[str, str]]]) -> tuple[tuple[Grade, ...], list[Finding]]:
    names: list[str] = []
    routes: dict[str, str] = {}
    limits: dict[str, list[Criterion]] = {}
    wrong: list[Finding] = []
    for number, cells in rows:
        where = f"scheme row {number}"
        grade = cells["grade"]
        if not names or names[-1] != grade:
            if grade in names:
                wrong.append(make("grading-scheme-order", where=where, raw=grade, value=scheme))
            names.append(grade)
        route = cells.get("route", "")
        if route and route not in ROUTES:
            wrong.append(
                make(
                    "grading-scheme-route",
                    where=where,
                    field="route",
                    raw=route,
                    value=scheme,
                    hint=nearest(route, ROUTES),
                    choices=", ".join(ROUTES),
                )
            )
        routes.setdefault(grade, route)
        found = _criterion(where, scheme, cells)
        if isinstance(found, Finding):
            wrong.append(found)
        elif found is not None:
            if found in limits.get(grade, []):
                wrong.append(
                    make(
                        "grading-scheme-twice",
                        where=where,
                        field=found.measure,
                        raw=found.limit,
                        value=scheme,
                    )
                )
            limits.setdefault(grade, []).append(found)
    wrong += [
        make("grading-scheme-never", where=f"scheme {scheme}", raw=below, value=scheme)
        for at, grade in enumerate(names)
        if grade not in limits
        for below in names[at + 1 :]
    ]
    if names[-1] in limits:
        wrong.append(make("grading-scheme-last", raw=names[-1], value=scheme))
    if len(names) > _MOST_GRADES:
        wrong.append(make("grading-scheme-many", raw=str(len(names)), value=scheme))
    usual = {name: name if name in ROUTES else "second_life" for name in names} | (
        {} if names[-1] in ROUTES else {names[-1]: "recycle"}
    )
    grades = tuple(Grade(one, routes[one] or usual[one], tuple(limits.get(one, ()))) for one in names)
    return grades, wrong


def _criterion(where: str, scheme: str, cells: Mapping[str, str]) -> Criterion | Finding | None:
    """Read the limit of a row; None where it has none."""
    name, limit, required = cells["measure"], cells["limit"], cells.get("required", "") or "yes"
    if not name and not limit:
        return None
    about: dict[str, Any] = {"where": where, "value": scheme}
    if name not in measures():
        return make(
            "grading-scheme-measure", field="measure", raw=name,
            hint=nearest(name, measures()), choices=", ".join(measures()), **about,
        )  # fmt: skip
    if required not in ("yes", "no"):
        return make("grading-scheme-required", field="required", raw=required, **about)
    measure = measures()[name]
    bounds = _choices(limit, measure) if measure.choices else _bounds(limit, measure)
    if isinstance(bounds, str):
        return make("grading-scheme-limit", field=name, raw=limit, expected=bounds, **about)
    low, high, is_strict, choices = bounds
    return Criterion(name, limit, low, high, is_strict, choices, required == "yes")


Bounds = tuple[float, float, bool, tuple[str, ...]]


def _bounds(limit: str, measure: Measure) -> Bounds | str:
    """Give the bounds that a limit of a number means, or what was expected."""
    expected = f"one of >=, >, <=, < and a number from {measure.low:g} to {measure.high:g} {measure.unit}"
    match = _COMPARISON.fullmatch(limit)
    try:
        value = float(match[2]) if match else math.nan
    except ValueError:
        return expected
    if match is None or not measure.low <= value <= measure.high:
        return expected
    if match[1].startswith(">"):
        return value, math.inf, match[1] == ">", ()
    return -math.inf, value, match[1] == "<", ()


def _choices(limit: str, measure: Measure) -> Bounds | str:
    """Give the words that a limit allows, or what was expected."""
    words = tuple(word.strip() for word in limit.split("|"))
    if any(word not in measure.choices for word in words):
        return f"words from {', '.join(measure.choices)}, separated by bars"
    return -math.inf, math.inf, False, words


@cache
def catalogue_schemes() -> SchemeReading:
    """Give the schemes of the catalogue: planning bands by application, UL 1974 style and IEC 63330 style."""
    return read_schemes(diagnostics.grading_schemes())
