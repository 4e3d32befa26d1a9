"""``voltloop tours``: ask a plan folder why a stop is left, what a rule costs, which tour is weak, what changed."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli.plan import cache_folder
from voltloop.cli.progress import telling
from voltloop.cli.text_table import text_table

if TYPE_CHECKING:
    import polars as pl

    from voltloop.app.tour_questions import Question

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Tours of a plan: why a stop is left out, what a rule costs, which tour is weak, what has changed.",
)

_Plan = Annotated[Path, typer.Argument(metavar="PLAN", help="Plan folder, as voltloop plan wrote it.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]
_Most = Annotated[int, typer.Option("--show", metavar="N", min=1, help="Rows to print; --json has all.")]


@app.command("why")
def why(
    plan: _Plan,
    stop: Annotated[
        str | None,
        typer.Argument(metavar="[STOP]", help="A pick-up, or a point; without it all that is left out."),
    ] = None,
    show: _Most = 20,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Say why pick-ups are on no tour; of one stop also what keeps it off the tours near by, and what it would take.

    Money in EUR: what fetching it now is worth, and what it would add to the plan.

    Example: voltloop tours why tomorrow DE-0042
    """
    from voltloop.app.tour_questions import why_left, why_stop

    if stop is None:
        rows = why_left(plan)
        shown = [{name: row[name] for name in row if name != "words"} for row in rows[:show]]
        lines = [*text_table(shown), *_more(rows, show)] if rows else ["Every pick-up is on a tour."]
        _print("tours-why/1", {"stops": rows}, lines, as_json=as_json)
        return
    found = why_stop(_asked(plan, quiet), stop)
    lines = []
    for row in found:
        lines += _wrapped(f"{row['pickup_id']}, {row['outcome']}: {row['words']}")
        lines += [
            line
            for part in ("obstacles", "needs")
            for word in row.get(part, ())
            for line in _wrapped(word, "  ")
        ]
    _print("tours-why/1", {"stops": found}, lines, as_json=as_json)


@app.command("price")
def price(
    plan: _Plan,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE",
            help="A rule to drop, such as windows or driver@DEPOT. Repeatable; without it all but those with @.",
        ),
    ] = None,
    time_limit: Annotated[
        float,
        typer.Option("--time-limit", "--time", metavar="S", min=0.1, help="Time of one search, in seconds."),
    ] = 10.0,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="First seed of the searches.")] = 0,
    runs: Annotated[
        int, typer.Option(metavar="N", min=1, help="Searches of each side, with seeds of their own.")
    ] = 2,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Say what each rule costs: the plan is searched again without it, with as much effort on both sides.

    For R runs and C rules there are R times (C + 1) searches. Money in EUR, carbon in kg CO2e; the noise is what seeds
    differ.

    Example: voltloop tours price tomorrow --rule windows --rule tail-lift --time 20
    """
    from voltloop.app.tour_questions import prices_of

    table = prices_of(_asked(plan, quiet), rule, seconds=time_limit, seed=seed, runs=runs)
    columns = (
        "constraint",
        "saving_eur",
        "noise_eur",
        "saving_co2e_kg",
        "saving_km",
        "served_more",
        "is_clear",
    )
    lines = [*_table(table, columns), "", *(line for words in table["words"] for line in _wrapped(words))]
    _print("tours-price/1", {"rules": table.to_dicts()}, lines, as_json=as_json)


@app.command("weak")
def weak(
    plan: _Plan,
    look_at: Annotated[
        int, typer.Option(metavar="N", min=0, help="Tours whose stops are tried on other tours.")
    ] = 40,
    show: _Most = 10,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Rank tours from weak to strong: cost against alike ones, fill, empty kilometres, what giving one up would save.

    Money in EUR, distances in km, times in hours; shares are 0 to 1.

    Example: voltloop tours weak tomorrow --show 5
    """
    from voltloop.app.tour_questions import weak as weak_of

    table = weak_of(_asked(plan, quiet), look_at)
    columns = ("tour_id", "stop_count", "km", "cost_eur_per_kg", "alike_eur_per_kg", "fill", "empty_km_share", "removal_saves_eur")  # fmt: skip  # noqa: E501
    first = table.head(show)
    lines = [*_table(first, columns), ""]
    for row in first.iter_rows(named=True):
        lines += _wrapped(f"{row['words']} {row['suggestion']}")
    _print("tours-weak/1", {"tours": table.to_dicts()}, [*lines, *_more(table.rows(), show)], as_json=as_json)


@app.command("compare")
def compare(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="Plan folder, such as yesterday's.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="Plan folder, such as today's.")],
    by_point: Annotated[
        bool,
        typer.Option("--by-point", help="Match stops by their point, where the lists of the plans differ."),
    ] = False,
    show: _Most = 20,
    as_json: _Json = False,
) -> None:
    """Compare two plans: stops that came, went or moved, and what that did to cost and carbon.

    Example: voltloop tours compare yesterday tomorrow
    """
    from voltloop.app.tour_questions import changes

    found = changes(before, after, by_point=by_point)
    lines, document = [], {}
    for mode, one in found.items():
        lines += [line for words in one.words for line in _wrapped(words)]
        if one.causes.height:
            lines += [
                "",
                *_table(one.causes, ("cause", "tours_before", "tours_after", "km", "cost_eur", "co2e_kg")),
            ]
        if one.changes.height:
            lines += ["", *(line for words in one.changes["words"].head(show) for line in _wrapped(words))]
        lines += _more(one.changes.rows(), show)
        document[mode] = {
            "words": one.words,
            "totals": one.totals,
            "changes": one.changes.to_dicts(),
            "causes": one.causes.to_dicts(),
        }
    _print("tours-compare/1", document, lines, as_json=as_json)


def _asked(plan: Path, quiet: bool) -> tuple[Question, ...]:
    from voltloop.app.tour_questions import questions

    with telling(quiet) as say:
        return questions(plan, say, cache=cache_folder())


def _table(table: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    return text_table(table.select(columns).to_dicts())


def _more(rows: Sequence[Any], shown: int) -> list[str]:
    return [f"... and {len(rows) - shown} more; --json prints all."] if len(rows) > shown else []


def _wrapped(words: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        words, 100, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )


def _print(schema: str, document: Mapping[str, Any], lines: Sequence[str], *, as_json: bool) -> None:
    from voltloop.app.tables import json_bytes

    text = json_bytes({"schema": schema, **document}).decode() if as_json else "\n".join(lines) + "\n"
    sys.stdout.write(text)
