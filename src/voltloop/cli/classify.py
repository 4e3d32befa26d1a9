"""``voltloop classify``: how every row of a file may travel, and which rules say so."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.cli.exit_codes import ExitCode
from voltloop.cli.options import day
from voltloop.cli.progress import telling

if TYPE_CHECKING:
    from voltloop.app.classify_file import Classified

__all__ = ["classify", "known_mode"]

_SHOWN = 20


def classify(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="List of batteries, or scenario file: CSV, Parquet, JSON lines, XLSX."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", help="Answers, one per row: .csv, .parquet or .json."),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Day of carriage, YYYY-MM-DD, of rows without one; lists: today."),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            metavar="M", help="Mode of rows without one, such as road_eu, rail_eu, sea, air_cargo, road_us."
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Leave with 1 if a row is forbidden, else with 3 if one is undecided."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="No progress and no findings on standard error.")
    ] = False,
) -> None:
    """Say of every row of a file how it may travel: UN number, packing, marks, limits, papers and the rules.

    FILE is a list of returned batteries as voltloop read takes it, or a scenario file, known by its columns:
    chemistry, form, unit_kind, state, energy_wh (one cell or battery, Wh), lithium_g (g), gross_mass_kg (one package,
    kg), net_battery_mass_kg (one package, kg), units, soc_percent, un38_3_tested, flags, load_id, mode, date, and any
    fact of the rulebook. Mode and date of a row win over the options. Rows with the same load_id ride on one unit.

    Example: voltloop classify goods.csv --mode road_eu --on 2026-11-24 -o verdicts.csv
    """
    from voltloop.app.classify_file import classify_file
    from voltloop.app.scenarios import Defaults
    from voltloop.compliance import load_rulebook

    rulebook = load_rulebook()
    if mode is not None:
        mode = known_mode(mode)
    defaults = Defaults(mode, day(on, "--on") if on else None)
    with telling(quiet or not sys.stderr.isatty()) as say:
        done = classify_file(file, rulebook, defaults, _today(), output, say)
    if not quiet:
        sys.stderr.write(_findings(done))
    sys.stdout.write(_json(done) if as_json else _words(done, output))
    if strict:
        raise typer.Exit(_strict_code(done))


def _today() -> date:
    return datetime.now().astimezone().date()


def known_mode(text: str) -> str:
    """Give the mode that an option names.

    Raises
    ------
    InputError
        ``unknown-mode``, with the modes that there are.
    """
    from voltloop.app.scenarios import carriage_modes
    from voltloop.compliance import load_rulebook
    from voltloop.errors import InputError, nearest

    modes = carriage_modes(load_rulebook())
    plain = text.strip().lower().replace("-", "_")
    if plain not in modes:
        raise InputError(
            f'--mode: "{text}" is not a mode. Known modes: {", ".join(modes)}.{nearest(plain, modes)}',
            code="unknown-mode",
        )
    return plain


def _strict_code(done: Classified) -> ExitCode:
    if done.outcomes["forbidden"]:
        return ExitCode.FORBIDDEN
    return ExitCode.UNDECIDED if done.outcomes["undecided"] else ExitCode.DONE


def _json(done: Classified) -> str:
    from voltloop.app.tables import json_bytes

    return json_bytes(done.summary()).decode()


def _findings(done: Classified) -> str:
    """Say what is wrong with the file and its rows, once per kind with an example."""
    lines = [
        f'The column "{name}" is neither an input column nor a fact of the rulebook and was left out.{hint}'
        for name, hint in done.unknown_columns.items()
    ]
    lines += [
        f"{count} row{'s' if count > 1 else ''}, {code}: {done.examples[code]}"
        for code, count in done.findings.most_common()
    ]
    return "".join(f"{line}\n" for line in lines)


def _words(done: Classified, output: Path | None) -> str:
    rows = "1 row" if done.rows == 1 else f"{done.rows} rows"
    lines = [f"{done.name}: {rows}, read as {_KINDS[done.kind]}"]
    lines += [f"  {count:>9}  {outcome}" for outcome, count in done.outcomes.most_common()]
    if done.missing:
        lines.append("Undecided for want of:")
        lines += [f"  {count:>9}  {fact}" for fact, count in done.missing.most_common()]
    if output is None:
        lines += ["", *_table(done)]
    else:
        lines.append(f"Answers: {output}")
    lines.append("Decision support: a trained person checks and signs.")
    return "\n".join(lines) + "\n"


_KINDS = {"scenarios": "a scenario file", "list": "a list of batteries"}


def _table(done: Classified) -> list[str]:
    """Give the first rows as aligned text."""
    columns = (
        "id",
        "outcome",
        "un_number",
        "packing_instruction",
        "transport_category",
        "adr_points",
        "missing_facts",
    )
    if not done.first.height:
        return []
    rows = [columns, *done.first.head(_SHOWN).select(columns).iter_rows()]
    cells = [[str(cell) if cell is not None else "" for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    if done.rows > _SHOWN:
        lines.append(
            f"... and {done.rows - _SHOWN} more rows; add -o FILE to have all of them with all columns."
        )
    return lines
