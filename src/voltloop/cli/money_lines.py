"""Print a table of money: aligned, as JSON, and as a page with charts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli.exit_codes import ExitCode
from voltloop.errors import InputError

if TYPE_CHECKING:
    from voltloop.app.money_table import MoneyTable

__all__ = ["AsJson", "Plot", "numbers", "show", "words"]

AsJson = Annotated[bool, typer.Option("--json", help="Print the table as JSON.")]
"""The option of every command that prints a table of money."""

Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="OUT.html", help="Write charts to a page that opens without network."),
]
"""The option of every command that draws a table of money."""


def show(
    table: MoneyTable,
    charts: Callable[[MoneyTable], list[tuple[str, Any]]],
    *,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Print a table to standard output, its findings to standard error, and write its charts."""
    if plot is not None:
        from voltloop.app.files import write_bytes
        from voltloop.app.plot_page import plot_page

        notes = [f"{table.currency} at prices of {table.priced_on}.", *table.notes]
        write_bytes(plot, plot_page(table.title, charts(table), notes=notes))
    if as_json:
        from voltloop.app.tables import json_bytes

        sys.stdout.write(json_bytes(table.document()).decode())
        _end(table)
        return
    from voltloop.cli.lines import finding_lines
    from voltloop.cli.text_table import text_table

    found = finding_lines((f.severity.value, f"{f.message} {f.help}") for f in table.findings)
    sys.stderr.write("".join(f"{line}\n" for line in found))
    lines = [
        f"{table.title} ({table.currency}, prices of {table.priced_on})",
        "",
        *text_table(table.rows),
        "",
    ]
    lines += table.notes
    lines += [f"Charts: {plot}"] if plot is not None else []
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    _end(table)


def _end(table: MoneyTable) -> None:
    if not table.rows:
        raise typer.Exit(ExitCode.BAD_INPUT)


def words(text: str, option: str) -> list[str]:
    """Give the words of an option, separated by commas.

    Raises
    ------
    InputError
        ``option-empty``: no word is given.
    """
    found = [word.strip() for word in text.split(",") if word.strip()]
    if not found:
        raise InputError(
            f"{option} names nothing. Expected words separated by commas. Name one.", code="option-empty"
        )
    return found


def numbers(text: str, option: str) -> list[float]:
    """Give the numbers of an option, separated by commas.

    Raises
    ------
    InputError
        ``option-empty``, ``option-number``: no number, or a word that is none.
    """
    found = []
    for word in words(text, option):
        try:
            found.append(float(word))
        except ValueError:
            raise InputError(
                f'{option}: "{word}" is not a number. Expected numbers separated by commas, such as 0.5,10. '
                "Write it plainly.",
                code="option-number",
            ) from None
    return found
