"""Use case: how the batteries of a file have aged, will age, and how long they last under one use or another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from voltloop.app.ledger_names import DEFAULT_BASE, Names
from voltloop.app.read_list import read_file, require_usable
from voltloop.app.store import read_table
from voltloop.batteries import age
from voltloop.batteries.ageing import (
    change_use,
    default_model,
    forecast,
    model_of_chemistry,
    move,
    remaining_life,
    replay,
    start_twins,
)
from voltloop.batteries.ageing.series import COLUMNS
from voltloop.errors import InputError
from voltloop.findings import Finding
from voltloop.ledger.health import health_readings

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "FARTHEST_YEARS",
    "Aged",
    "AgedSeries",
    "Lives",
    "age_batteries",
    "age_file",
    "age_series",
    "series_of",
]

_STORE: Final = "stored_half"
"""What a battery does between its return and the day of the answer."""

_SAME_SOH: Final = 1e-6
FARTHEST_YEARS: Final = 30
"""How far the years left are looked for; models were fitted to a few years of tests."""


@dataclass(frozen=True)
class Lives:
    """What is asked of every battery.

    ``use`` and ``climate`` are the classes of its life so far, and from the day on if it goes on;
    ``second_use`` and ``second_climate`` of another life from the day on, None without; ``years`` how far to
    look, ``threshold`` the state of health at which it ends, ``coverage`` of the intervals, ``model`` of all
    batteries, None for that of each chemistry.
    """

    use: str = "personal_ev_large"
    climate: str = "temperate"
    second_use: str | None = None
    second_climate: str | None = None
    years: int = 10
    threshold: float = 0.7
    coverage: float = 0.9
    model: str | None = None

    def uses(self) -> list[tuple[str, str]]:
        """Give use and climate of each life that a battery may have from the day on."""
        second = [(self.second_use, self.second_climate or self.climate)] if self.second_use else []
        return [(self.use, self.climate), *second]


@dataclass(frozen=True)
class Aged:
    """The batteries of a list, aged.

    Attributes
    ----------
    name, on, lives
        Name of the list, day of the answer, and what was asked.
    table
        One row per battery that could be aged, in the order of the list: ``battery_id``, ``chemistry``,
        ``model``, ``soh_read`` (null if not measured), ``soh``, ``soh_low``, ``soh_high`` (on the day),
        ``scalar`` (its losses against the model's) and, for each life, ``years_left``, ``years_left_low``,
        ``years_left_high`` and ``soh_later`` (after the years looked at); the second with ``second_`` in
        front.
    course
        State of health by year: ``life`` (the use), ``battery_id``, ``year``, ``soh``, ``soh_low``,
        ``soh_high`` and ``relative_resistance``.
    left_out
        ``battery_id`` and ``code`` of the batteries that could not be aged.
    findings
        What is to be said of list and readings.
    rejected_rows
        Rows of a list that could not be read.
    """

    name: str
    on: date
    lives: Lives
    table: pl.DataFrame
    course: pl.DataFrame
    left_out: pl.DataFrame
    findings: list[Finding] = field(default_factory=list)
    rejected_rows: int = 0

    def summary(self) -> dict[str, Any]:
        """Give the answer as a document."""
        told: dict[str, int] = {}
        for one in self.findings:
            told[one.code] = told.get(one.code, 0) + 1
        return {
            "schema": "age/1",
            "name": self.name,
            "on": self.on,
            "lives": [{"use": use, "climate": climate} for use, climate in self.lives.uses()],
            "years": self.lives.years,
            "threshold": self.lives.threshold,
            "coverage": self.lives.coverage,
            "aged": self.table.height,
            "left_out": self.left_out.rows(named=True),
            "rejected_rows": self.rejected_rows,
            "finding_counts": told,
            "findings": [
                {
                    "code": one.code,
                    "severity": one.severity.value,
                    "where": one.where,
                    "message": one.message,
                    "help": one.help,
                }
                for one in self.findings
            ],
            "batteries": self.table.rows(named=True),
            "course": self.course.rows(named=True),
        }


@dataclass(frozen=True)
class AgedSeries:
    """One battery under a measured use: ``course`` as :func:`voltloop.batteries.age` gives it."""

    name: str
    model: str
    course: pl.DataFrame

    def summary(self) -> dict[str, Any]:
        """Give the answer as a document."""
        return {
            "schema": "age-series/1",
            "name": self.name,
            "model": self.model,
            "course": self.course.rows(named=True),
        }


def series_of(path: Path) -> pl.DataFrame | None:
    """Give the stress series of a file, or None if it is a list of batteries."""
    try:
        table = read_table(path)
    except InputError as error:
        if not error.code.startswith("store-"):
            raise
        return None
    named = {name.lower(): name for name in COLUMNS}
    table = table.rename({name: named[name.lower()] for name in table.columns if name.lower() in named})
    if COLUMNS[0] not in table.columns:
        return None
    # A cell of text that is no number is left empty for the check to name.
    texts = [name for name in COLUMNS if table.schema.get(name) == pl.String]
    return table.with_columns(pl.col(texts).str.strip_chars().cast(pl.Float64, strict=False))


def age_series(
    series: pl.DataFrame, name: str, *, chemistry: str | None, model: str | None, years: int
) -> AgedSeries:
    """Age a battery from new under a measured use that repeats.

    Raises
    ------
    InputError
        ``ageing-model-needed``: neither model nor a chemistry that has one; or what is wrong with the series.
    """
    chosen = model or default_model(chemistry or "")
    if chosen is None:
        raise InputError(
            f"{name} is a stress series, and no ageing model is named"
            f"{f' by the chemistry {chemistry}' if chemistry else ''}. Give --chemistry, one of "
            f"{', '.join(model_of_chemistry())}, or --model.",
            code="ageing-model-needed",
        )
    return AgedSeries(name, chosen, age(series, chosen, list(range(years + 1))))


def age_file(
    path: Path,
    lives: Lives,
    *,
    on: date,
    readings: Path | None = None,
    ledger: Connection | None = None,
    identifier_base: str = DEFAULT_BASE,
) -> Aged:
    """Age the batteries of a file.

    Parameters
    ----------
    path
        A list as ``voltloop read`` takes it, or a table with ``battery_id``, ``chemistry`` and ``soh`` or
        ``produced_on``.
    lives
        What is asked.
    on
        Day of the answer.
    readings
        Table of dated readings: ``battery_id``, ``on``, ``soh`` and, if known, ``method``. The state of health of
        the list counts as one more, on the day of return.
    ledger
        A connection to the ledger whose readings of these batteries count too, up to the end of the day.
    identifier_base
        Under which the ledger names batteries without a URI of their own, as the network folder says.

    Raises
    ------
    InputError
        A file or an argument cannot be used.
    """
    batteries, rejected = _batteries(path, on, identifier_base)
    given = [_readings(readings)] if readings is not None else []
    if ledger is not None:
        given.append(_measured(ledger, batteries, on))
    every = pl.concat(given, how="diagonal") if given else None
    found = age_batteries(batteries, lives, on=on, name=path.name, readings=every)
    return Aged(found.name, on, lives, found.table, found.course, found.left_out, found.findings, rejected)


def _batteries(path: Path, on: date, identifier_base: str) -> tuple[pl.DataFrame, int]:
    read = read_file(path, on=on)
    require_usable(read, path.name)
    names = Names(identifier_base)
    table = read.batteries
    table = table.with_columns(
        pl.Series("epc", [names.battery(row) for row in table.iter_rows(named=True)], dtype=pl.String)
    )
    twice = table["battery_id"].is_duplicated()
    numbered = pl.format("{} (row {})", "battery_id", "row")
    table = table.with_columns(pl.when(twice).then(numbered).otherwise("battery_id").alias("battery_id"))
    returned = pl.when(pl.col("returned_on") <= on).then("returned_on")
    return table.with_columns(returned.alias("read_on")), read.rejected.height


def _measured(ledger: Connection, batteries: pl.DataFrame, on: date) -> pl.DataFrame:
    """Give what the ledger knows of the state of health of the batteries, as dated readings.

    What the list itself says is left out: a recorded plan tells it as an event, and it must not count twice.
    """
    end = datetime.combine(on, time.max, UTC)
    found = health_readings(ledger, batteries["epc"].to_list(), end)
    table = pl.DataFrame(
        [(one.epc, one.at.astimezone(UTC).date(), one.soh, one.method) for one in found],
        schema={"epc": pl.String, "on": pl.Date, "soh": pl.Float64, "method": pl.String},
        orient="row",
    )
    listed = batteries.select("epc", "battery_id", pl.col("soh").alias("listed"))
    table = table.join(listed, on="epc", maintain_order="left")
    is_new = (pl.col("soh") - pl.col("listed")).abs() > _SAME_SOH
    return table.filter(is_new.fill_null(value=True)).drop("epc", "listed")


def _readings(path: Path) -> pl.DataFrame:
    table = read_table(path)
    absent = [name for name in ("battery_id", "on", "soh") if name not in table.columns]
    if absent:
        raise InputError(
            f"{path}: it has no column {', '.join(absent)}. Dated readings have battery_id, on (YYYY-MM-DD), soh (a "
            "share such as 0.83) and, if known, method. Name the columns so.",
            code="ageing-readings-columns",
        )
    days = table["on"].cast(pl.String).str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
    shares = table["soh"].cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
    for name, values, meaning in (
        ("on", days, "a day such as 2026-11-24"),
        ("soh", shares, "a share such as 0.83"),
    ):
        wrong = values.is_null().arg_true()
        if len(wrong):
            row = int(wrong[0])
            raise InputError(
                f'{path}, row {row + 2}, {name}: "{table[name][row]}" is not {meaning} ({len(wrong)} such rows). Mend '
                "the cell or leave the row out.",
                code="ageing-readings-cell",
            )
    return table.with_columns(days.alias("on"), shares.alias("soh"), pl.col("battery_id").cast(pl.String))


def age_batteries(
    batteries: pl.DataFrame,
    lives: Lives,
    *,
    on: date,
    name: str = "batteries",
    readings: pl.DataFrame | None = None,
) -> Aged:
    """Age a table of batteries.

    Parameters
    ----------
    batteries
        As :func:`voltloop.batteries.ageing.start_twins` takes them; between ``read_on`` and the day they lie
        in store, half full, under the climate of their life so far.
    lives, on
        As of :func:`age_file`.
    readings
        As :func:`voltloop.batteries.ageing.replay` takes them; the state of health of the table counts as one more.

    Raises
    ------
    InputError
        An argument cannot be used, or no battery can be aged (``ageing-no-battery``).
    """
    if readings is None:
        begun = start_twins(batteries, on=on, use=lives.use, climate=lives.climate, model=lives.model)
        twins = move(change_use(begun.twins, _STORE, lives.climate), on)
    else:
        every = _all_readings(batteries, readings, on)
        begun = replay(batteries, every, on=on, use=lives.use, climate=lives.climate, model=lives.model)
        twins = begun.twins
    if not twins.height and batteries.height:
        said = " ".join(f"{one.message} {one.help}" for one in begun.findings[:3])
        many = f"none of the {batteries.height} batteries can be aged. " if batteries.height > 1 else ""
        raise InputError(f"{name}: {many}{said}", code="ageing-no-battery")
    later = [(use, change_use(twins, use, climate)) for use, climate in lives.uses()]
    courses = [
        forecast(one, lives.years, coverage=lives.coverage)
        .with_columns(pl.col(pl.Float64).round(6))
        .insert_column(0, pl.lit(use).alias("life"))
        for use, one in later
    ]
    return Aged(
        name,
        on,
        lives,
        _table(batteries, twins, [one for _, one in later], courses, lives),
        pl.concat(courses),
        begun.left_out,
        begun.findings,
    )


def _all_readings(batteries: pl.DataFrame, readings: pl.DataFrame, on: date) -> pl.DataFrame:
    """Give the readings of a table and those of the list itself."""
    method = (
        pl.col("diagnostic_source") if "diagnostic_source" in batteries.columns else pl.lit(None, pl.String)
    )
    own = batteries.filter(pl.col("soh").is_not_null()).select(
        "battery_id", pl.col("read_on").fill_null(on).alias("on"), "soh", method.alias("method")
    )
    given = readings.select(name for name in own.columns if name in readings.columns)
    return pl.concat([given, own], how="diagonal")


def _table(
    batteries: pl.DataFrame,
    twins: pl.DataFrame,
    later: Iterable[pl.DataFrame],
    courses: list[pl.DataFrame],
    lives: Lives,
) -> pl.DataFrame:
    """Give the answer of every battery as one row."""
    read = batteries.select("battery_id", "chemistry", pl.col("soh").alias("soh_read"))
    now = courses[0].filter(year=0).select("battery_id", "soh", "soh_low", "soh_high")
    scalar = twins.select("battery_id", "model", pl.col("log_scalar").exp().alias("scalar"))
    table = scalar.join(read, on="battery_id", how="left", maintain_order="left")
    table = table.join(now, on="battery_id", maintain_order="left")
    for front, life, course in zip(("", "second_"), later, courses, strict=False):
        left = remaining_life(life, lives.threshold, coverage=lives.coverage, years=FARTHEST_YEARS)
        left = left.select(
            "battery_id",
            pl.col("years").alias(f"{front}years_left"),
            pl.col("years_low").alias(f"{front}years_left_low"),
            pl.col("years_high").alias(f"{front}years_left_high"),
        )
        end = course.filter(year=lives.years).select("battery_id", pl.col("soh").alias(f"{front}soh_later"))
        table = table.join(left, on="battery_id", maintain_order="left")
        table = table.join(end, on="battery_id", maintain_order="left")
    first = ["battery_id", "chemistry", "model", "soh_read", "soh", "soh_low", "soh_high", "scalar"]
    return table.select(*first, pl.exclude(first)).with_columns(pl.col(pl.Float64).round(6))
