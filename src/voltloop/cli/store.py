"""``voltloop store``: the stock of a store against the storage rules, area by area."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli.exit_codes import ExitCode
from voltloop.cli.lines import finding_lines
from voltloop.cli.options import day

if TYPE_CHECKING:
    import polars as pl

    from voltloop.compliance import StoreResult

__all__ = ["store"]

_EXIT = {"forbidden": ExitCode.FORBIDDEN, "undecided": ExitCode.UNDECIDED}
_ORDER = {"forbid": 0, "reject": 1, "review": 2, "warning": 3, "note": 4}


def store(
    stock: Annotated[
        Path, typer.Argument(metavar="STOCK", help="Lots of batteries: CSV, Parquet or JSON lines.")
    ],
    site: Annotated[
        Path, typer.Option("--site", metavar="AREAS", help="Table of the areas: CSV, Parquet or JSON lines.")
    ],
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of the check, YYYY-MM-DD; today if left out.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Folder for areas, checks, findings and lots as CSV."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Replace an earlier answer in the folder.")] = False,
) -> None:
    """Check stored batteries area by area: energy, volume, height, charge, distance, fire protection, permits, time.

    Energy is in Wh, mass in kg and volume in m3 of one unit; shares are 0 to 1. Exit codes: 0 every area is allowed,
    1 something is forbidden, 3 a fact is missing or nobody has confirmed a figure.

    Example: voltloop store stock.csv --site areas.csv --on 2026-11-24 -o store-check
    """
    from voltloop.app.files import refuse_existing
    from voltloop.app.store import check_store_files, store_summary, write_store
    from voltloop.app.tables import json_bytes

    if output:
        refuse_existing(output, replace=yes)
    when = day(on, "--on") if on else datetime.now().astimezone().date()
    result = check_store_files(stock, site, on=when)
    if output:
        write_store(result, output, replace=yes)
    summary = store_summary(result)
    sys.stdout.write(json_bytes(summary).decode() if as_json else _words(result, summary))
    code = _EXIT.get(result.verdict, ExitCode.DONE)
    if code:
        raise typer.Exit(code)


def _words(result: StoreResult, summary: dict[str, Any]) -> str:
    lots = summary["lots"]
    lines = [
        f"{lots['in']} lots in {result.areas.height} areas on {result.on}: {result.verdict}",
        f"  {lots['checked']} lots checked, {lots['rejected']} rejected",
        "",
        *_area_lines(result.areas),
        "",
    ]
    found = sorted(result.findings.iter_rows(named=True), key=lambda row: _ORDER[row["severity"]])
    lines += finding_lines((row["severity"], row["message"]) for row in found) or ["Nothing to report."]
    lines.append("Decision support, never legal advice: a trained person signs.")
    return "\n".join(lines) + "\n"


def _area_lines(areas: pl.DataFrame) -> list[str]:
    head = ("area", "verdict", "lots", "kWh", "m3", "kg", "height m", "fullest limit")
    rows = [head]
    for row in areas.iter_rows(named=True):
        share = (
            ""
            if row["top_share"] is None
            else f"{row['top_share']:.0%} {row['top_limit']} ({row['top_rule']})"
        )
        rows.append(
            (
                row["area_id"],
                row["verdict"],
                str(row["lots"]),
                _sum(row["energy_kwh"], row["energy_unknown_lots"]),
                _sum(row["volume_m3"], row["volume_unknown_lots"]),
                _sum(row["mass_kg"], row["mass_unknown_lots"]),
                "?" if row["height_m"] is None else f"{row['height_m']:g}",
                share,
            )
        )
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _sum(value: float, unknown: int) -> str:
    return f"{value:,.6g}".replace(",", " ") + ("+?" if unknown else "")
