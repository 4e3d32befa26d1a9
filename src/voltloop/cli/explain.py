"""``voltloop explain``: why an item may travel as it may, step by step."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperCommand

from voltloop.cli.exit_codes import ExitCode
from voltloop.cli.options import day

if TYPE_CHECKING:
    from voltloop.app.explain_item import ItemExplained

__all__ = ["app", "explain"]

_SETTINGS: Final = {"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]}
"""Facts are options that the command reads by itself."""

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class _ExplainCommand(TyperCommand):
    """The command with every fact of the rulebook in its help, read only when the help is asked for."""

    def get_help(self, ctx: Any) -> str:
        """Give the help with the list of facts below it."""
        from voltloop.app.explain_words import facts_help
        from voltloop.compliance import load_rulebook

        return "\n".join([super().get_help(ctx), "", *facts_help(load_rulebook())])


@app.command(cls=_ExplainCommand, context_settings=_SETTINGS)
def explain(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE] [--FACT VALUE]...", help="A file and --id, or facts as options."),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(metavar="M", help="Mode, such as road_eu, rail_eu, sea, air_pax, air_cargo, road_us."),
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of carriage, YYYY-MM-DD; today if left out.")
    ] = None,
    row_id: Annotated[str | None, typer.Option("--id", metavar="ID", help="Row of FILE to explain.")] = None,
    considered: Annotated[
        bool, typer.Option("--considered", help="List the rules that did not answer, and why.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave with 1 if it is forbidden, with 3 if it is undecided.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the explanation as JSON.")] = False,
) -> None:
    """Explain how one item may travel: each rule that answered with its paragraph, what follows, what is missing.

    Facts are options in the law's words, hyphens for underscores; a yes-or-no fact needs no value to mean yes.
    Energy is in Wh of one cell or battery, masses in kg, soc is a share from 0 to 1 (soc-percent in %).

    Example: voltloop explain --chemistry li_ion --form battery --unit-kind battery --energy-wh 50000 --state new
    --un38-3-tested --strong-case-12kg --mode road_eu --on 2026-12-01

    Example: voltloop explain goods.csv --id P014
    """
    from voltloop.app.explain_item import explain_facts, explain_row
    from voltloop.app.explain_words import facts_of_words
    from voltloop.app.scenarios import Defaults
    from voltloop.cli.classify import known_mode
    from voltloop.compliance import load_rulebook

    rulebook = load_rulebook()
    facts, rest = facts_of_words(words or [], rulebook)
    chosen = known_mode(mode) if mode is not None else None
    first = day(on, "--on") if on else None
    if _is_file(facts, rest):
        item = explain_row(Path(rest[0]), row_id, rulebook, Defaults(chosen, first), _today())
    else:
        item = explain_facts(facts, rulebook, Defaults(chosen, first or _today()))
    sys.stdout.write(_json(item) if as_json else _text(item, considered))
    if strict:
        raise typer.Exit(_strict_code(item))


def _is_file(facts: dict[str, str], rest: list[str]) -> bool:
    from voltloop.errors import InputError

    if facts and rest:
        raise InputError(
            f'"{rest[0]}" stands beside facts. Give either a file with --id, or facts as options such as --state new.',
            code="file-or-facts",
        )
    if len(rest) > 1 or not (facts or rest):
        raise InputError(
            "Give one file with --id, or facts as options. voltloop explain --help lists the facts.",
            code="file-or-facts",
        )
    return bool(rest)


def _today() -> date:
    return datetime.now().astimezone().date()


def _strict_code(item: ItemExplained) -> ExitCode:
    codes = {"forbidden": ExitCode.FORBIDDEN, "undecided": ExitCode.UNDECIDED}
    return codes.get(item.answers["outcome"], ExitCode.DONE)


def _json(item: ItemExplained) -> str:
    from voltloop.app.tables import json_bytes

    return json_bytes(item.document()).decode()


def _text(item: ItemExplained, considered: bool) -> str:
    from voltloop.app.explain_text import text_of

    return text_of(item, with_considered=considered)
