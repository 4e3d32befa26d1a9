"""Use case: grade the batteries of a file by a scheme, and say which test is worth its cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from voltloop.app.grade_tests import next_tests
from voltloop.app.read_list import read_file, require_usable
from voltloop.app.store import read_table
from voltloop.app.whole_rows import blank_broken_rows, whole_table
from voltloop.batteries.grading import (
    GradeCost,
    Graded,
    Scheme,
    catalogue_schemes,
    cost_of_grade,
    grade,
    holders,
    measures,
    read_measurements,
    read_schemes,
    rights_of,
)
from voltloop.errors import InputError
from voltloop.findings import kinds

__all__ = ["GradedFile", "grade_file"]

_VISUAL: Final = {"ok": "sound", "suspect": "suspect", "damaged": "damaged", "critical": "critical"}
"""What a condition of the battery table says to the examination; an unknown one says nothing."""


_IDENTIFIERS: Final = ("battery_id", "id", "serial")


@dataclass(frozen=True)
class GradedFile:
    """Grades of a file.

    Attributes
    ----------
    name, kind
        Name of the file, and ``measurements`` or ``list``.
    graded
        Grades of all rows.
    table
        The grades with the best next test of each battery: ``next_test``, ``test_value_eur``, ``test_cost_eur``
        (null where no test is worth its cost), ``cost_to_grade_eur`` and ``unmeasured`` (of what is missing).
    findings
        What is wrong with the rows, as :data:`voltloop.batteries.grading.FINDINGS_SCHEMA`.
    holder
        Whose rights were counted with.
    costs
        What a grade costs for each holder, of a battery of which nothing is known.
    prices_on
        Day of the newest price behind the value of the routes.
    rejected
        Rows of a list that could not be read, with their reasons.
    """

    name: str
    kind: str
    graded: Graded
    table: pl.DataFrame
    findings: pl.DataFrame
    holder: str
    costs: tuple[GradeCost, ...]
    prices_on: date
    rejected: int

    def summary(self) -> dict[str, Any]:
        """Give the grades as a document."""
        counts = self.table.group_by("status").len().sort("status").rows()
        told = self.findings.group_by("code").len().sort("code").rows()
        return {
            "schema": "grade/1",
            "file": self.name,
            "kind": self.kind,
            "scheme": self.graded.scheme.name,
            "access": self.holder,
            "rows": self.table.height,
            "rejected_rows": self.rejected,
            "status": dict(counts),
            "grades": {
                one.name: self.table.filter(pl.col("grade") == one.name).height
                for one in self.graded.scheme.grades
            },
            "currency": "EUR",
            "prices_on": self.prices_on,
            "cost_of_grade": [
                {
                    "access": cost.holder,
                    "cost_eur": cost.cost_eur,
                    "hours": cost.hours,
                    "tests": list(cost.tests),
                    "replaced_parts": list(cost.parts),
                    "unmeasured": list(cost.unmeasured),
                }
                for cost in self.costs
            ],
            "refused_tests": rights_of(self.holder).refused,
            "finding_counts": dict(told),
            "findings": [row | {"help": kinds()[row["code"]].help} for row in self.findings.rows(named=True)],
            "batteries": [
                battery | {"probabilities": chances}
                for battery, chances in zip(
                    self.table.rows(named=True), self.graded.probabilities.rows(named=True), strict=True
                )
            ],
        }


def grade_file(path: Path, *, scheme: str, holder: str, on: date) -> GradedFile:
    """Grade the batteries of a file.

    Parameters
    ----------
    path
        A table of measurements (CSV, Parquet or JSON lines with a column of a measure besides ``soh``, or with
        ``battery_id`` and ``soh``; ``id`` or ``serial`` may name the battery), or a list of
        batteries as ``voltloop read`` takes it.
    scheme
        Name of a scheme of the catalogue, or a CSV, Parquet or JSON lines file with one.
    holder
        Whose tests are offered: see :func:`voltloop.batteries.grading.holders`.
    on
        Day of grading, for expiry dates and prices.

    Raises
    ------
    InputError
        The file, the scheme or the holder cannot be used.
    """
    used = _scheme(scheme)
    rights = rights_of(holder)
    kind, batteries, rejected = _batteries(path, on)
    given = _with_conditions(batteries, on)
    read = read_measurements(given)
    graded = grade(read, used)
    offers = next_tests(read, given, graded, rights, on)
    return GradedFile(
        name=path.name,
        kind=kind,
        graded=graded,
        table=pl.concat([graded.table, offers.table], how="horizontal"),
        findings=pl.concat([read.findings, offers.findings]).sort("row", maintain_order=True),
        holder=holder,
        costs=tuple(cost_of_grade(used, one) for one in holders()),
        prices_on=offers.prices_on,
        rejected=rejected,
    )


def _scheme(name: str) -> Scheme:
    path = Path(name)
    if name in catalogue_schemes().schemes or not (path.suffix or path.exists()):
        return catalogue_schemes().named(name)
    reading = read_schemes(whole_table(path), name=path.stem)
    if len(reading.schemes) == 1 and not reading.findings:
        return next(iter(reading.schemes.values()))
    if reading.findings:
        told = " ".join(finding.message for finding in reading.findings)
        raise InputError(f"{path}: {told}", code="grading-scheme-unusable")
    raise InputError(
        f"{path}: the file holds the schemes {', '.join(reading.schemes)}, and one was expected. "
        "Keep the rows of the one to grade by.",
        code="grading-scheme-several",
    )


def _batteries(path: Path, on: date) -> tuple[str, pl.DataFrame, int]:
    """Read the file as a table of measurements or, where it is none, as a list."""
    try:
        table = read_table(path)
    except InputError as error:
        if not error.code.startswith("store-"):
            raise
        table = pl.DataFrame()
    stated = [name for name in measures() if name in table.columns]
    if stated and (stated != ["soh"] or "battery_id" in table.columns):
        return "measurements", _measured(table), 0
    try:
        read = read_file(path, on=on)
        require_usable(read, path.name)
    except InputError:
        if stated:  # it says too little of the batteries to be a list of returns, and enough to be graded
            return "measurements", _measured(table), 0
        raise
    return "list", read.batteries, read.rejected.height


def _measured(table: pl.DataFrame) -> pl.DataFrame:
    """Give measurements with their identifiers, whatever these are called; broken rows tell."""
    name = next((one for one in _IDENTIFIERS if one in table.columns), None)
    named = table if name is None else table.with_columns(pl.col(name).alias("battery_id"))
    return blank_broken_rows(named, "soh", measures())


def _with_conditions(batteries: pl.DataFrame, on: date) -> pl.DataFrame:
    """Turn condition, reason of return and expiry date into measures, where these are not stated themselves."""
    added = []
    if "visual" not in batteries.columns and "condition" in batteries.columns:
        text = pl.col("condition").cast(pl.String).str.strip_chars().str.to_lowercase()
        unsaid = pl.when(text.is_in(["", "unknown"])).then(None).otherwise(pl.col("condition"))
        added.append(text.replace_strict(_VISUAL, default=unsaid, return_dtype=pl.String).alias("visual"))
    if "is_recalled" not in batteries.columns and "reason" in batteries.columns:
        added.append(
            pl.when(pl.col("reason").cast(pl.String).str.strip_chars() == "recall")
            .then(pl.lit("yes"))
            .alias("is_recalled")
        )
    if "is_past_expiry" not in batteries.columns and "expires_on" in batteries.columns:
        stated = pl.col("expires_on").cast(pl.String).str.strip_chars()
        day = stated.str.to_date("%Y-%m-%d", strict=False)
        past = pl.when(day < on).then(pl.lit("yes")).when(day >= on).then(pl.lit("no"))
        # What is no day stays as it is, so that the reading tells of it.
        added.append(past.otherwise(pl.when(stated != "").then(stated)).alias("is_past_expiry"))
    return batteries.with_columns(added)
