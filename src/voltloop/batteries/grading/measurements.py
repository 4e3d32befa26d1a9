"""Measurements as they come in: brought to numbers and words, with what cannot be right told and left out."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

import polars as pl

from voltloop.batteries.grading.measures import Measure, measures
from voltloop.batteries.grading.row_findings import FINDINGS_SCHEMA, row_findings
from voltloop.catalogue import diagnostics
from voltloop.errors import InputError, nearest

__all__ = ["Measurements", "read_measurements"]

_ALIKE = 0.8
"""Likeness of a column's name to a measure from which it is told; ``soc`` is no misspelt ``soh``."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """Measurements that can be graded, one row per row given.

    Attributes
    ----------
    table
        ``row`` (from 1), ``battery_id``, one column per measure (null where it is not known) and ``<measure>_sd`` of
        the numbers: the standard deviation of the reading, absolute or, on a log scale, as a share of the value.
    findings
        Columns of :data:`voltloop.batteries.grading.FINDINGS_SCHEMA`, by row.
    """

    table: pl.DataFrame
    findings: pl.DataFrame


def read_measurements(given: pl.DataFrame) -> Measurements:
    """Read measurements from a table of text or typed columns.

    Parameters
    ----------
    given
        One row per battery: ``battery_id`` and any of the measures of :func:`measures`, blank where not measured.
        Numbers are in the unit of the measure. Several words of a choice are separated by semicolons; the worst counts.
        ``<measure>_sd`` states the uncertainty of a reading; else ``diagnostic_source`` names the test it comes from
        (the usual test of the measure where blank). Other columns are not read.

    Returns
    -------
    Measurements
        As many rows as given. A value that cannot be right counts as not measured and is told.

    Raises
    ------
    InputError
        ``grading-no-measures``: no column is a measure.
    """
    known = measures()
    if not any(name in known for name in given.columns):
        raise InputError(
            f"The table has no column with a measurement. Expected at least one of {', '.join(known)}; its columns are "
            f"{', '.join(given.columns) or 'none'}. Rename the columns, or add one.",
            code="grading-no-measures",
        )
    told: list[pl.DataFrame] = [_odd_columns(given.columns)]
    base, found = _identified(given)
    told.append(found)
    columns: list[pl.Series] = []
    for measure in known.values():
        values, found = (_words if measure.choices else _numbers)(base, given, measure)
        columns.append(values)
        told.append(found)
    table = base.with_columns(columns)
    wrong = pl.concat(told).filter(pl.col("field") == "soh").select("row")
    missing = base.filter(table["soh"].is_null()).join(wrong, on="row", how="anti", maintain_order="left")
    told.append(row_findings("grading-soh-missing", missing, "soh", None))
    table, errors = _with_errors(table, given)
    findings = pl.concat([*told, *errors]).sort("row", maintain_order=True)
    return Measurements(table, findings)


def _cells(given: pl.DataFrame, name: str) -> pl.Series:
    """Give a column as trimmed text, null where it is blank or absent."""
    if name not in given.columns:
        return pl.Series(name, [None] * given.height, dtype=pl.String)
    column = given[name]
    if column.dtype == pl.Boolean:
        column = column.replace_strict({True: "yes", False: "no"}, return_dtype=pl.String)
    text = column.cast(pl.String).str.strip_chars()
    return text.set(text == "", None)


def _odd_columns(columns: list[str]) -> pl.DataFrame:
    """Name the columns that are not read and bear nearly the name of a measure."""
    known = [*measures(), *(f"{name}_sd" for name, measure in measures().items() if not measure.choices)]
    named = [
        (name, nearest(name, known))
        for name in columns
        if name not in known and difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE)
    ]
    rows = pl.DataFrame(
        {"row": [0] * len(named), "battery_id": [""] * len(named), "hint": [hint for _, hint in named]},
        schema={"row": pl.Int64, "battery_id": pl.String, "hint": pl.String},
    )
    parts = [
        row_findings("grading-column-unknown", rows[at], name, pl.Series([name]), hint=hint)
        for at, (name, hint) in enumerate(named)
    ]
    return pl.concat([pl.DataFrame(schema=FINDINGS_SCHEMA), *parts])


def _identified(given: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give row numbers and identifiers, and the rows whose identifier is missing or stands elsewhere too."""
    ids = _cells(given, "battery_id")
    number = pl.int_range(1, given.height + 1, dtype=pl.Int64, eager=True).alias("row")
    made = pl.concat_str(pl.lit("row-"), pl.col("row").cast(pl.String))
    base = pl.DataFrame([number, ids.alias("battery_id")])
    lost, twice = ids.is_null(), ids.is_not_null() & ids.is_duplicated()
    base = base.with_columns(pl.coalesce("battery_id", made))
    absent = base.filter(lost)
    told = pl.concat(
        [
            row_findings("grading-id-missing", absent, "battery_id", None, value=pl.col("battery_id")),
            row_findings("grading-id-twice", base.filter(twice), "battery_id", ids.filter(twice)),
        ]
    )
    return base, told


def _number_cells(given: pl.DataFrame, name: str) -> tuple[pl.Series, pl.Series]:
    """Give a column as finite numbers, null where it says none, and whether it says something else."""
    if name in given.columns and given[name].dtype.is_numeric():
        values, is_stated = given[name].cast(pl.Float64), given[name].is_not_null()
    else:
        cells = _cells(given, name)
        values, is_stated = cells.cast(pl.Float64, strict=False), cells.is_not_null()
    is_number = values.is_finite().fill_null(value=False)
    return values.set(~is_number, None), is_stated & ~is_number


def _numbers(base: pl.DataFrame, given: pl.DataFrame, measure: Measure) -> tuple[pl.Series, pl.DataFrame]:
    values, unreadable = _number_cells(given, measure.name)
    wrong = ~values.is_between(measure.low, measure.high).fill_null(value=True)
    code = "grading-soh-impossible" if measure.name == "soh" else "grading-value-impossible"
    words = {"unit": measure.unit, "low": f"{measure.low:g}", "high": f"{measure.high:g}"}
    told = [
        row_findings(kind, base.filter(rows), measure.name, _cells(given.filter(rows), measure.name), **words)
        for kind, rows in (("grading-not-a-number", unreadable), (code, wrong))
    ]
    return values.set(wrong, None).alias(measure.name), pl.concat(told)


def _words(base: pl.DataFrame, given: pl.DataFrame, measure: Measure) -> tuple[pl.Series, pl.DataFrame]:
    cells = _cells(given, measure.name)
    rank = {choice: at for at, choice in enumerate(measure.choices)}
    meant: dict[str, str] = {}
    for text in cells.drop_nulls().unique().to_list():
        words = [word.strip().lower().replace(" ", "_") for word in re.split("[;|]", text)]
        if all(word in rank for word in words):
            meant[text] = max(words, key=rank.__getitem__)
    values = cells.replace_strict(meant, default=None, return_dtype=pl.String)
    unknown = cells.is_not_null() & values.is_null()
    told = row_findings(
        "grading-word-unknown",
        base.filter(unknown),
        measure.name,
        cells.filter(unknown),
        choices=", ".join(measure.choices),
    )
    return values.alias(measure.name), told


def _with_errors(table: pl.DataFrame, given: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Add the standard deviation of every number: as stated, else of the test named, else of the usual test."""
    source = _cells(given, "diagnostic_source").str.to_lowercase()
    tests = {
        word: row["test"]
        for row in diagnostics.diagnostic_tests().iter_rows(named=True)
        for word in (row["test"], *(row["words"] or "").split("|"))
    }
    odd = source.is_not_null() & ~source.is_in(list(tests))
    told = [
        row_findings("grading-source-unknown", table.filter(odd), "diagnostic_source", source.filter(odd))
    ]
    exact: dict[str, dict[str, float]] = {}
    for row in diagnostics.accuracies().filter(pl.col("sd").is_not_null()).iter_rows(named=True):
        exact.setdefault(row["measure"], {})[row["test"]] = float(row["sd"])
    columns = []
    for measure in measures().values():
        if measure.choices:
            continue
        name = f"{measure.name}_sd"
        by_test = exact[measure.name]
        by_word = {word: by_test[test] for word, test in tests.items() if test in by_test}
        usual = next(iter(by_test.values()))
        stated, unreadable = _number_cells(given, name)
        wrong = unreadable | (stated < 0).fill_null(value=False)
        told.append(
            row_findings(
                "grading-sd-impossible", table.filter(wrong), name, _cells(given.filter(wrong), name)
            )
        )
        of_test = source.replace_strict(by_word, default=usual, return_dtype=pl.Float64)
        columns.append(stated.set(wrong, None).fill_null(of_test).alias(name))
    return table.with_columns(columns), told
