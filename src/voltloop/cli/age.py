"""``voltloop age``: how batteries have aged, will age, and how long they last under one use or another."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli.lines import kind_lines
from voltloop.cli.options import Data, day, standing_ledger_at

if TYPE_CHECKING:
    import polars as pl

    from voltloop.app.age import Aged, AgedSeries, Lives

__all__ = ["age"]

_SHOWN = 20


def age(  # noqa: PLR0913, PLR0917 - one argument per option
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="List of batteries, or a stress series: Time_s, SOC, Temperature_C."
        ),
    ] = None,
    use: Annotated[
        str, typer.Option(metavar="CLASS", help="Use until now, and from now on if it goes on.")
    ] = "personal_ev_large",
    climate: Annotated[str, typer.Option(metavar="CLASS", help="Climate of that use.")] = "temperate",
    second_use: Annotated[
        str | None, typer.Option(metavar="CLASS", help="Another use from now on, to be set beside it.")
    ] = None,
    second_climate: Annotated[
        str | None, typer.Option(metavar="CLASS", help="Climate of the second use; the same if left out.")
    ] = None,
    years: Annotated[int, typer.Option(metavar="N", help="How many years to look ahead, 0 to 50.")] = 10,
    threshold: Annotated[
        float, typer.Option(metavar="SOH", help="State of health at which a life ends, share of new.")
    ] = 0.7,
    coverage: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of cases that the intervals hold.")
    ] = 0.9,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Ageing model of all; else that of each chemistry.")
    ] = None,
    chemistry: Annotated[
        str | None, typer.Option(metavar="CHEMISTRY", help="Of the one battery, without a list.")
    ] = None,
    made: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of make of the one battery, YYYY-MM-DD.")
    ] = None,
    soh: Annotated[
        float | None, typer.Option(metavar="SOH", help="State of health read of the one battery.")
    ] = None,
    readings: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE", help="Dated readings besides those of the list: battery_id, on, soh, method."
        ),
    ] = None,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Also count what the ledger has measured of these batteries.")
    ] = False,
    data: Data = None,
    identifier_base: Annotated[
        str | None,
        typer.Option(metavar="URI", help="Under which the ledger names batteries, as in network.toml."),
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of the answer, YYYY-MM-DD; today if left out.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="Answers: .csv, .parquet or .jsonl.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="HTML", help="Page with charts, which needs nothing from outside.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No findings on standard error.")] = False,
) -> None:
    """Say how batteries have aged and will age: state of health by year with its interval, and years left.

    FILE is a list as voltloop read takes it (state of health, day of make and chemistry are used), or a
    stress series of one battery: Time_s (s), SOC (0 to 1), Temperature_C (deg C), repeated from its end.
    Without FILE, one battery is described by --chemistry with --made or --soh or both.

    Example: voltloop age returns.csv --use commercial_ev --second-use grid_storage --threshold 0.65
    """
    from voltloop.app.age import Lives, age_batteries, age_file, age_series, series_of
    from voltloop.app.age_plot import age_page, age_series_page
    from voltloop.app.files import refuse_over

    when = day(on, "--on") if on else datetime.now().astimezone().date()
    lives = Lives(use, climate, second_use, second_climate, years, threshold, coverage, model)
    for path in (output, plot):
        for given in (file, readings):
            if given is not None:
                refuse_over(path, given)
    if file is None:
        one = _one_battery(chemistry, made, soh, when)
        found = age_batteries(one, lives, on=when, name="one battery")
    elif (series := series_of(file)) is not None:
        aged = age_series(series, file.name, chemistry=chemistry, model=model, years=years)
        _write(aged.course, output, plot, age_series_page(aged) if plot else b"")
        sys.stdout.write(_json(aged) if as_json else _series_words(aged))
        return
    else:
        base = {"identifier_base": identifier_base} if identifier_base else {}
        with ExitStack() as opened:
            connection = None
            if ledger:
                connection = opened.enter_context(
                    opened.enter_context(standing_ledger_at(data)).engine.connect()
                )
            found = age_file(file, lives, on=when, readings=readings, ledger=connection, **base)
    _write(found.table, output, plot, age_page(found) if plot else b"")
    if not quiet:
        told = kind_lines((one.code, one.message) for one in found.findings)
        sys.stderr.write("".join(f"{line}\n" for line in told))
    sys.stdout.write(_json(found) if as_json else _words(found))


def _one_battery(chemistry: str | None, made: str | None, soh: float | None, on: date) -> pl.DataFrame:
    import polars as pl

    from voltloop.errors import InputError

    if chemistry is None:
        raise InputError(
            "There is neither FILE nor --chemistry. Give a list of batteries, or describe one: voltloop age "
            "--chemistry NMC --made 2019-05-01 --soh 0.86",
            code="ageing-nothing-given",
        )
    return pl.DataFrame(
        {
            "battery_id": ["given"],
            "chemistry": [chemistry],
            "produced_on": [day(made, "--made") if made else None],
            "soh": [soh],
            "read_on": [on],
        },
        schema_overrides={"produced_on": pl.Date, "soh": pl.Float64},
    )


def _write(table: pl.DataFrame, output: Path | None, plot: Path | None, page: bytes) -> None:
    from voltloop.app.files import write_bytes
    from voltloop.app.tables import table_bytes

    data = table_bytes(table, output.name) if output else b""
    if output:
        write_bytes(output, data)
    if plot:
        write_bytes(plot, page)


def _json(found: Aged | AgedSeries) -> str:
    from voltloop.app.tables import json_bytes

    return json_bytes(found.summary()).decode()


def _words(found: Aged) -> str:
    lives = found.lives
    many = "1 battery" if found.table.height == 1 else f"{found.table.height} batteries"
    lines = [f"{found.name}: {many} aged to {found.on}, {found.left_out.height} left out"]
    if found.rejected_rows:
        lines.append(
            f"{found.rejected_rows} rows of the list could not be read: see voltloop read --rejected"
        )
    for front, (use, climate) in zip(("", "second_"), lives.uses(), strict=False):
        lines += ["", f"As {use} ({climate}), until {lives.threshold:g}:"]
        lines += _table(found.table, front, lives)
    lines += ["", f"Intervals hold {lives.coverage:.0%} of cases. A trained person checks and signs."]
    return "\n".join(lines) + "\n"


def _table(table: pl.DataFrame, front: str, lives: Lives) -> list[str]:
    head = ("battery", "read", "now", "interval", f"in {lives.years} years", "years left", "interval")
    rows = [head]
    for row in table.head(_SHOWN).iter_rows(named=True):
        low, high = row[f"{front}years_left_low"], row[f"{front}years_left_high"]
        rows.append(
            (
                row["battery_id"],
                _share(row["soh_read"]),
                _share(row["soh"]),
                f"{_share(row['soh_low'])}-{_share(row['soh_high'])}",
                _share(row[f"{front}soh_later"]),
                _years(row[f"{front}years_left"]),
                f"{_years(low)}-{_years(high)}",
            )
        )
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    lines = [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if table.height > _SHOWN:
        lines.append(f"  ... and {table.height - _SHOWN} more; add -o FILE to have all of them.")
    return lines


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _years(value: float | None) -> str:
    from voltloop.app.age import FARTHEST_YEARS

    return f"over {FARTHEST_YEARS}" if value is None else f"{value:.1f}"


def _series_words(found: AgedSeries) -> str:
    lines = [f"{found.name}: repeated, {found.model}", "  year     cycles  health  resistance"]
    lines += [_series_line(row) for row in found.course.iter_rows(named=True)]
    return "\n".join([*lines, "A trained person checks and signs."]) + "\n"


def _series_line(row: dict[str, Any]) -> str:
    growth = "-" if row["relative_resistance"] is None else f"{row['relative_resistance']:.3f}"
    return f"  {row['year']:>4.0f}  {row['efc']:>9.1f}   {row['soh']:.3f}  {growth:>10}"
