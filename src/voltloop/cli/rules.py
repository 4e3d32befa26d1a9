"""``voltloop rules``: look after the law as data, and see what its next edition changes."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli.exit_codes import ExitCode
from voltloop.cli.options import day
from voltloop.errors import InputError

if TYPE_CHECKING:
    from voltloop.compliance import Rulebook

__all__ = ["rules"]

rules = typer.Typer(
    name="rules",
    help="Compare editions of the law, and keep the rulebook in order.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Rulebook = Annotated[
    Path | None,
    typer.Option("--rulebook", metavar="DIR", help="Another rulebook than the one that comes with voltloop."),
]
_Folder = Annotated[
    Path | None,
    typer.Argument(metavar="[FOLDER]", help="Rulebook; by default the one that comes with voltloop."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@rules.command("diff")
def diff(
    before: Annotated[
        str, typer.Argument(metavar="EDITION", help="Edition to start from, such as ADR-2023.")
    ],
    after: Annotated[
        str, typer.Argument(metavar="EDITION", help="Edition of the same regime, such as ADR-2025.")
    ],
    folder: _Rulebook = None,
    as_json: _Json = False,
) -> None:
    """Say what changes from one edition to another, in sentences.

    Rules that begin, end or take another's place, with the goods for which they answer differently; limits and
    duties of a load; the worked cases whose verdict changes; and what nobody has read in the newer edition.

    Example: voltloop rules diff ADR-2023 ADR-2025
    """
    from voltloop.app.rules_report import wrapped
    from voltloop.compliance.upkeep.difference import compare
    from voltloop.compliance.upkeep.difference_text import difference_document, difference_lines

    rulebook = _load(folder)
    difference = compare(rulebook, before, after)
    _print(difference_document(difference) if as_json else wrapped(difference_lines(difference, rulebook)))


@rules.command("impact")
def impact(
    returns: Annotated[
        Path, typer.Argument(metavar="RETURNS", help="List of batteries, or a file of scenarios.")
    ],
    on: Annotated[list[str], typer.Option(metavar="DATE", help="Day to compare, YYYY-MM-DD; twice or more.")],
    mode: Annotated[
        str | None,
        typer.Option(
            metavar="MODE", help="Mode of rows that state none; by default the road law of their country."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Table of changes: .csv, .parquet or .jsonl."),
    ] = None,
    folder: _Rulebook = None,
    as_json: _Json = False,
) -> None:
    """List whose verdict differs between days, and what it changes to.

    Every battery of a list is asked both as a used battery and as waste. On days on which two editions may be used the
    answers of both count, so a row also changes when an older edition ends.

    Example: voltloop rules impact returns.csv --on 2026-11-08 --on 2026-11-09 -o changes.csv
    """
    from voltloop.app.files import refuse_over, write_bytes
    from voltloop.app.rules_impact import impact as compare_days
    from voltloop.app.rules_report import impact_document, impact_lines, wrapped
    from voltloop.app.tables import table_bytes

    refuse_over(output, returns)
    days = [day(text, "--on") for text in on]
    result = compare_days(returns, days, _load(folder), mode=mode, read_on=max(_today(), *days))
    if output:
        write_bytes(output, table_bytes(result.changes, output.name))
    said = wrapped(impact_lines(result, returns.name)) + (f"\nChanges: {output}\n" if output else "")
    _print(impact_document(result) if as_json else said)


@rules.command("lint")
def lint(
    folder: _Folder = None,
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of looking, YYYY-MM-DD; today if left out.")
    ] = None,
    notes: Annotated[bool, typer.Option("--notes", help="List notes one by one.")] = False,
    as_json: _Json = False,
) -> None:
    """Load and prove the rulebook, ask its worked cases, and say what a careful reader would mend.

    Exit code 1 when there are errors, 0 when there are none or only warnings.

    Example: voltloop rules lint my-rulebook
    """
    from voltloop.app.rules_files import lint_folder, rulebook_folder
    from voltloop.app.rules_report import lint_document, lint_lines, wrapped

    found = lint_folder(rulebook_folder(folder), on=day(on, "--on") if on else _today())
    document = lint_document(found)
    _print(document if as_json else wrapped(lint_lines(found, with_notes=notes)))
    if not document["ok"]:
        raise typer.Exit(ExitCode.FORBIDDEN)


@rules.command("fmt")
def fmt(
    folder: _Folder = None,
    check: Annotated[bool, typer.Option("--check", help="Only say which files would change.")] = False,
) -> None:
    """Bring the files of a rulebook into their canonical form; what they say stays the same.

    Exit code 1 with --check when a file would change.

    Example: voltloop rules fmt my-rulebook
    """
    from voltloop.app.rules_files import format_folder, rulebook_folder

    where = rulebook_folder(folder)
    result = format_folder(where, write=not check)
    verb = "would be formatted" if check else "formatted"
    for path in result.changed:
        typer.echo(f"{path.relative_to(where).as_posix()}: {verb}")
    typer.echo(f"{len(result.changed)} of {len(result.files)} files {verb}.")
    if check and result.changed:
        raise typer.Exit(ExitCode.FORBIDDEN)


@rules.command("coverage")
def coverage(
    mode: Annotated[
        str | None, typer.Option(metavar="MODE", help="One mode; all of them if left out.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Day whose editions answer, YYYY-MM-DD; today if left out."),
    ] = None,
    folder: _Rulebook = None,
    as_json: _Json = False,
) -> None:
    """Say what is modelled, confirmed and uncertain: editions, rules, and which consignments get a verdict.

    Example: voltloop rules coverage --mode road_eu --on 2026-11-24
    """
    from voltloop.app.rules_coverage import cover, coverage_document, coverage_lines
    from voltloop.app.rules_report import wrapped

    found = cover(_load(folder), on=day(on, "--on") if on else _today(), mode=mode)
    if not found.modes:
        raise InputError(
            f"No edition of any mode covers {found.on}. Choose another day with --on.", code="no-edition"
        )
    _print(coverage_document(found) if as_json else wrapped(coverage_lines(found)))


def _load(folder: Path | None) -> Rulebook:
    from voltloop.app.rules_files import rulebook_folder
    from voltloop.compliance import load_rulebook

    return load_rulebook(folder and rulebook_folder(folder))


def _print(said: str | dict[str, Any]) -> None:
    from voltloop.app.tables import json_bytes

    sys.stdout.write(said if isinstance(said, str) else json_bytes(said).decode())


def _today() -> date:
    return datetime.now().astimezone().date()
