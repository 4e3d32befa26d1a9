"""``voltloop read``: what a list of returned batteries says, row by row."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.cli.options import day

if TYPE_CHECKING:
    from voltloop.batteries import ReadResult

__all__ = ["read"]


def read(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="List: CSV, TSV, XLSX, Parquet or JSON lines.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Accepted batteries: .parquet, .csv or .jsonl."),
    ] = None,
    rejected: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Rows for review and rejected rows with reasons, as CSV."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="One entry per record of the file with its findings, as JSON."),
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of reading, YYYY-MM-DD; today if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Read a list of returned batteries and say what was made of every row.

    Every record ends as accepted, accepted_with_findings, review, rejected or ignored; nothing is guessed in
    silence and nothing is lost. Energy is in Wh of one unit, mass in kg of one unit, shares are 0 to 1.

    Example: voltloop read returns.csv -o accepted.parquet --rejected rejected.csv --report report.json
    """
    from voltloop.app.files import write_bytes
    from voltloop.app.read_list import read_file, require_usable
    from voltloop.app.tables import csv_bytes, json_bytes, table_bytes

    result = read_file(file, on=day(on, "--on") if on else _today())
    # Each output is made before the first is written, so that a bad name leaves nothing behind.
    outputs: list[tuple[Path, bytes]] = []
    if report:
        outputs.append((report, json_bytes(result.entries)))
    if rejected:
        outputs.append((rejected, csv_bytes(result.rejected)))
    if output:
        outputs.append((output, table_bytes(result.batteries, output.name)))
    for path, data in outputs:
        write_bytes(path, data)
    require_usable(result, file.name)
    sys.stdout.write(_json(result) if as_json else _words(result, file))


def _today() -> date:
    return datetime.now().astimezone().date()


def _json(result: ReadResult) -> str:
    from voltloop.app.tables import json_bytes

    return json_bytes(
        {"schema": "read/1", "records": sum(result.counts.values()), "counts": dict(result.counts)}
    ).decode()


def _words(result: ReadResult, file: Path) -> str:
    tally: dict[str, int] = {}
    for entry in result.entries:
        for code in {finding["code"] for finding in entry["findings"]}:
            tally[code] = tally.get(code, 0) + 1
    lines = [f"{file.name}: {sum(result.counts.values())} records"]
    lines += [f"  {count:>7}  {status}" for status, count in result.counts.items()]
    if tally:
        lines.append("Rows by finding:")
        lines += [f"  {count:>7}  {code}" for code, count in sorted(tally.items(), key=lambda pair: -pair[1])]
    return "\n".join(lines) + "\n"
