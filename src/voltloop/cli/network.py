"""``voltloop network``: check a scenario of a network, and ask which network should exist."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voltloop.cli.exit_codes import ExitCode
from voltloop.cli.lines import finding_lines
from voltloop.cli.progress import telling

if TYPE_CHECKING:
    import polars as pl

    from voltloop.findings import Finding

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Networks: check a scenario, and ask which sites, flows and lanes should exist.",
)

_Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Scenario: scenario.toml and CSV tables; see the docs.")
]
_Time = Annotated[
    float, typer.Option("--time", metavar="S", min=0.1, help="Time in seconds; then the best plan so far.")
]
_Gap = Annotated[
    float, typer.Option("--gap", metavar="SHARE", min=0.0, max=1.0, help="Distance to the bound to stop at.")
]
_Carbon = Annotated[
    float | None,
    typer.Option("--carbon-price", metavar="EUR", help="Per t CO2e, in place of those of the scenario."),
]
_Plan = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Answer folder of its plan; without it the scenario is planned first."),
]
_Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Write the answer folder.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Replace an earlier answer in DIR.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]


@app.command("check")
def check(folder: _Folder, as_json: _Json = False) -> None:
    """Name everything that is wrong with a scenario at once: file, line, what was expected, what to do.

    Exit code 2 where something must be corrected before the scenario can be used.

    Example: voltloop network check examples/network/europe
    """
    from voltloop.app.network_law import law_findings, with_law
    from voltloop.app.network_scenario import check_folder
    from voltloop.findings import Severity

    read = check_folder(folder)
    is_bad = any(finding.severity is Severity.REJECT for finding in read.findings)
    found = [*read.findings, *([] if is_bad else law_findings(with_law(read.scenario)))]
    bad = sum(finding.severity is Severity.REJECT for finding in found)
    lines = finding_lines((finding.severity, finding.message) for finding in found)
    said = f"{bad} to correct" if bad else "the scenario can be used"
    _print(
        "network-check/1",
        {"folder": str(folder), "is_usable": not bad, "findings": _findings(found)},
        [*lines, *_wrapped(f"{folder}: {said}, {len(found) - bad} to note.")],
        as_json=as_json,
    )
    if bad:
        raise typer.Exit(ExitCode.BAD_INPUT)


@app.command("design")
def design(  # noqa: PLR0913, PLR0917 - one argument per option
    folder: _Folder,
    time_limit: _Time = 60.0,
    gap: _Gap = 1e-3,
    carbon_price: _Carbon = None,
    case: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FOLDER:WEIGHT",
            help="Another future with the same sites; FOLDER itself weighs 1. Repeatable.",
        ),
    ] = None,
    shocks: Annotated[
        bool, typer.Option("--shocks", help="Each shock of shocks.csv is a further case, with its weight.")
    ] = False,
    risk_weight: Annotated[
        float,
        typer.Option(
            metavar="W", min=0.0, max=0.999, help="Weight of the mean of bad cases (CVaR) against all."
        ),
    ] = 0.0,
    risk_level: Annotated[
        float, typer.Option(metavar="A", min=0.0, max=0.999, help="Share of cases that are not bad.")
    ] = 0.9,
    out: _Out = None,
    yes: _Yes = False,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Choose what to open, close and expand, and what flows, at least cost, with a proven bound.

    Money in EUR, discounted to the first day of the first period. Several cases share what is open and differ in what
    flows. Where no plan keeps every condition, those that conflict are named (exit code 4).

    Example: voltloop network design examples/network/europe --time 60 --carbon-price 100 -o europe-100
    """
    from voltloop.app.files import refuse_existing
    from voltloop.app.network_answer import write_answer
    from voltloop.app.network_plan import Limits, plan_network
    from voltloop.app.network_words import cost_table, opening_table, plan_words
    from voltloop.network import Risk

    if out is not None:
        refuse_existing(out, replace=yes)
    risk = Risk(risk_level, risk_weight) if risk_weight > 0 else None
    with telling(quiet) as say:
        plan = plan_network(
            folder,
            say,
            Limits(time_limit, gap),
            carbon_price=carbon_price,
            others=case or (),
            with_shocks=shocks,
            risk=risk,
        )
    words = plan_words(plan)
    if out is not None:
        write_answer(plan, out, words, replace=yes)
    document = plan.facts | {
        "openings": opening_table(plan).to_dicts(),
        "costs": cost_table(plan).to_dicts(),
        "findings": _findings(plan.findings),
    }
    lines = [part for line in words for part in _wrapped(line)]
    _print("network-design/1", document, [*lines, *_notes(plan.findings)], as_json=as_json)


@app.command("stress")
def stress(  # noqa: PLR0913, PLR0917 - one argument per option
    folder: _Folder,
    plan: _Plan = None,
    what: Annotated[
        str,
        typer.Option(
            metavar="WHAT",
            help="shocks (of shocks.csv), single (each site, country, passage and mode in use), or all.",
        ),
    ] = "all",
    days: Annotated[
        float,
        typer.Option("--days-to-recover", metavar="N", min=0.0, help="Of single losses; shocks name theirs."),
    ] = 180.0,
    workers: Annotated[int, typer.Option(metavar="N", min=1, help="Processes.")] = 2,
    time_limit: _Time = 60.0,
    gap: _Gap = 1e-3,
    out: _Out = None,
    yes: _Yes = False,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Let things fail one after the other: extra cost, lost demand, time to survive against time to recover.

    What is open stays as planned, and everything else flows anew. A single loss lasts for one period, that in which the
    site, country, passage or mode is busiest. Money in EUR, discounted; times in months.

    Example: voltloop network stress examples/network/europe --plan europe-100 -o europe-stress
    """
    from voltloop.app.files import refuse_existing
    from voltloop.app.network_answer import write_answer
    from voltloop.app.network_plan import Limits
    from voltloop.app.network_stress import WHAT, stress_network, stress_words

    if what not in WHAT:
        raise typer.BadParameter(f'"{what}" is not one of {", ".join(WHAT)}.', param_hint="--what")
    if out is not None:
        refuse_existing(out, replace=yes)
    with telling(quiet) as say:
        made, table = stress_network(
            folder,
            say,
            Limits(time_limit, gap),
            plan=plan,
            what=what,
            days_to_recover=days,
            workers=workers,
        )
    words = stress_words(made, table)
    if out is not None:
        write_answer(made, out, words, {"stress": table}, replace=yes)
    _tell("network-stress/1", {"plan": made.facts}, {"failures": table}, words, "failures", as_json=as_json)


@app.command("frontier")
def frontier(
    folder: _Folder,
    points: Annotated[int, typer.Option(metavar="N", min=2, max=50, help="Caps, both ends included.")] = 7,
    time_limit: _Time = 150.0,
    gap: _Gap = 1e-3,
    out: _Out = None,
    yes: _Yes = False,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Find plans between least cost and least carbon, the knee among them, and weigh central against local hubs.

    Money in EUR, discounted, without a price of carbon; kg CO2e of all periods. Central has at most half the hubs of
    the free plan, twice as large, local at least half more, both at the scenario's own price of carbon.

    Example: voltloop network frontier examples/network/europe --points 7 --time 150 -o europe-front
    """
    from voltloop.app.files import refuse_existing
    from voltloop.app.network_answer import write_tables
    from voltloop.app.network_frontier import carbon_words, frontier_of, shape_table
    from voltloop.app.network_plan import Limits

    if out is not None:
        refuse_existing(out, replace=yes)
    with telling(quiet) as say:
        carbon = frontier_of(folder, say, Limits(time_limit, gap), points)
    words, found = carbon_words(carbon), shape_table(carbon.shapes)
    tables = {"frontier": carbon.front.points, "shapes": found}
    if out is not None:
        write_tables("network-frontier/1", carbon.facts, tables, out, words, replace=yes)
    _tell("network-frontier/1", carbon.facts, tables, words, "frontier", as_json=as_json)


@app.command("compare")
def compare(
    first: Annotated[Path, typer.Argument(metavar="FIRST", help="Answer folder, or scenario to plan first.")],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="Answer folder, or scenario.")],
    time_limit: _Time = 60.0,
    gap: _Gap = 1e-3,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Say what differs between two plans: openings, cost by kind, flows, carbon.

    Example: voltloop network compare europe-0 europe-100
    """
    from voltloop.app.network_compare import compare_networks, difference_words
    from voltloop.app.network_plan import Limits

    with telling(quiet) as say:
        found = compare_networks(first, second, say, Limits(time_limit, gap))
    tables = {name: getattr(found, name) for name in ("openings", "costs", "emissions", "flows")}
    _tell("network-compare/1", found.totals, tables, difference_words(found), None, as_json=as_json)


@app.command("invest")
def invest(
    folder: _Folder,
    plan: _Plan = None,
    time_limit: _Time = 60.0,
    gap: _Gap = 1e-3,
    out: _Out = None,
    yes: _Yes = False,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Say where to invest first: what each opening is worth for each euro, and what a growing budget buys.

    Money in EUR, discounted. An opening is worth what the plan would cost more without it, all others kept.

    Example: voltloop network invest examples/network/europe --plan europe-100
    """
    from voltloop.app.files import refuse_existing
    from voltloop.app.network_answer import write_answer
    from voltloop.app.network_invest import invest_network, invest_words
    from voltloop.app.network_plan import Limits

    if out is not None:
        refuse_existing(out, replace=yes)
    with telling(quiet) as say:
        found = invest_network(folder, say, Limits(time_limit, gap), plan)
    words = invest_words(found)
    tables = {"investments": found.ranked, "budget": found.budget}
    if out is not None:
        write_answer(found.plan, out, words, tables, replace=yes)
    _tell("network-invest/1", {"plan": found.plan.facts}, tables, words, None, as_json=as_json)


def _tell(
    schema: str,
    facts: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
    words: list[str],
    shown: str | None,
    *,
    as_json: bool,
) -> None:
    """Print words and one of the tables, or all as JSON."""
    from voltloop.cli.text_table import text_table

    document = {**facts, **{name: table.to_dicts() for name, table in tables.items()}}
    lines = [part for line in words for part in _wrapped(line)]
    table = ["", *text_table(tables[shown].to_dicts())] if shown is not None else []
    _print(schema, document, [*lines, *table], as_json=as_json)


def _findings(found: Iterable[Finding]) -> list[dict[str, Any]]:
    return [
        {
            "code": finding.code,
            "severity": str(finding.severity),
            "where": finding.where,
            "message": finding.message,
        }
        for finding in found
    ]


def _notes(found: tuple[Finding, ...]) -> list[str]:
    return ["", f"{len(found)} notes and warnings: voltloop network check prints them."] if found else []


def _wrapped(line: str) -> list[str]:
    indent = "  " if line.startswith("- ") else ""
    return textwrap.wrap(
        line, 100, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


def _print(schema: str, document: Mapping[str, Any], lines: Iterable[str], *, as_json: bool) -> None:
    from voltloop.app.tables import json_bytes

    if as_json:
        sys.stdout.write(json_bytes({**document, "schema": schema}).decode())
    else:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
