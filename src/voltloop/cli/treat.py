"""``voltloop treat``: what should become of each battery, and where."""

from __future__ import annotations

import sys
import textwrap
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voltloop.cli.lines import kind_lines
from voltloop.cli.options import day
from voltloop.cli.plan import cache_folder
from voltloop.cli.progress import telling

if TYPE_CHECKING:
    from voltloop.app.treat import Treated

__all__ = ["treat"]

_SHOWN = 20


def treat(  # noqa: PLR0913, PLR0917 - one argument per option
    batteries: Annotated[
        Path, typer.Argument(metavar="LIST", help="List of batteries, as voltloop read takes it.")
    ],
    network: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Network folder; contracts.csv in it binds volumes and makers."),
    ],
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day, YYYY-MM-DD; today if left out.")
    ] = None,
    days: Annotated[
        int, typer.Option(metavar="N", help="Days over which yearly capacities and volumes count pro rata.")
    ] = 5,
    carbon_price: Annotated[
        float | None,
        typer.Option(metavar="EUR", help="Worth of a tonne of CO2e [EUR/t]; the network's if left out."),
    ] = None,
    carbon_budget: Annotated[
        float | None,
        typer.Option(
            metavar="KG",
            help="Most carbon of all treated batteries, with freight [kg CO2e]; may be negative.",
        ),
    ] = None,
    wait: Annotated[
        float | None,
        typer.Option(
            metavar="DAYS",
            help="Let sound batteries wait so many days for the next period if it is worth more.",
        ),
    ] = None,
    drift: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ITEM=SHARE", help="Expected change of a price in a year, such as nickel=0.1. Repeatable."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", help="Answers of all rows: .csv, .parquet or .jsonl."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="HTML", help="Page with charts, which needs nothing from outside.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all answers and the summary as JSON.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="No progress and no findings on standard error.")
    ] = False,
) -> None:
    """Choose for every battery its treatment and plant, the best for the whole under room, contracts and carbon.

    Only what law, condition, contracts and rights permit is considered. Each answer says why, what the runner-up is and
    what would turn the choice; what more room would be worth is told for each full plant. Money in EUR, mass in kg.

    Example: voltloop treat returns.csv --network my-network --on 2026-11-24 --carbon-price 120 --wait 30 -o answers.csv
    """
    from voltloop.app.files import refuse_over, write_bytes
    from voltloop.app.tables import json_bytes, table_bytes
    from voltloop.app.treat import TreatJob, treat_list
    from voltloop.app.treat_plot import treat_page
    from voltloop.errors import VoltloopError

    refuse_over(output, batteries)
    refuse_over(plot, batteries)
    when = day(on, "--on") if on else datetime.now().astimezone().date()
    job = TreatJob(
        batteries,
        network,
        when,
        days,
        carbon_price,
        carbon_budget,
        wait,
        _drifts(drift or [], wait),
        cache_folder(),
    )
    try:
        with telling(quiet) as say:
            treated = treat_list(job, say)
    except VoltloopError as error:
        if as_json:
            problem = {"schema": "problem/1", "code": error.code, "message": error.message}
            sys.stdout.write(json_bytes(problem).decode())
        raise
    if output:
        write_bytes(output, table_bytes(treated.table, output.name))
    if plot:
        write_bytes(plot, treat_page(treated))
    if as_json:
        document = treated.summary() | {
            "sites": treated.sites.to_dicts(),
            "answers": treated.table.to_dicts(),
        }
        sys.stdout.write(json_bytes(document).decode())
    else:
        if not quiet:
            told = kind_lines((one.code, one.message) for one in treated.findings)
            sys.stderr.write("".join(f"{line}\n" for line in told))
        sys.stdout.write(_words(treated))


def _drifts(texts: list[str], wait: float | None) -> tuple[tuple[str, float], ...]:
    from voltloop.errors import InputError

    if texts and wait is None:
        raise InputError(
            "--drift says how prices change while batteries wait, but nothing may wait. Add --wait DAYS.",
            code="drift-without-wait",
        )
    found = []
    for text in texts:
        item, _, share = text.partition("=")
        try:
            found.append((item, float(share)))
        except ValueError:
            raise InputError(
                f'--drift: "{text}" cannot be used. Expected ITEM=SHARE, such as nickel=0.1 for ten per cent a year.',
                code="bad-drift",
            ) from None
    return tuple(found)


def _words(treated: Treated) -> str:
    summary = treated.summary()
    count, decision = summary["batteries"], treated.decision
    unread = summary["list"]["review"] + summary["list"]["rejected"]
    lines = [
        f"{treated.job.batteries.name}: {count['accepted']} batteries accepted: {count['treated']} treated, "
        f"{count['waits']} wait for the next period, {count['held']} held.",
        *([f"{unread} rows of the list could not be used: see voltloop read --rejected"] if unread else []),
        f"Net value EUR {summary['net_value_eur']:.0f}, freight about EUR {summary['freight_eur']:.0f}, "
        f"{summary['co2e_kg']:.0f} kg CO2e with freight (avoided burden), for {treated.job.days} day(s).",
        f"Proven within {100 * decision.gap:.4f} % of the best. Prices of {decision.prices.newest_on}, carbon at EUR "
        f"{decision.carbon_price_eur_per_t:g} a tonne.",
        "",
        f"{'plant':<34} {'treatment':<14}{'batteries':>10}{'value EUR':>12}{'freight EUR':>12}{'kg CO2e':>12}",
    ]
    for row in treated.sites.iter_rows(named=True):
        name = textwrap.shorten(f"{row['site']} ({row['country']})", 34, placeholder="…")
        lines.append(
            f"{name:<34} {row['treatment'].replace('_', ' '):<14}{row['batteries']:>10}{row['net_value_eur']:>12.0f}"
            f"{row['freight_eur']:>12.0f}{row['co2e_kg']:>12.0f}"
        )
    told = [sentence for sentence in decision.limits["told"].to_list() if sentence]
    lines += ["", *told] if told else []
    for row in treated.table.head(_SHOWN).iter_rows(named=True):
        name = row["battery_id"] or row["serial"] or f"row {row['row']}"
        lines += [
            "",
            *textwrap.wrap(f"{name}: {row['reason']}", 100, subsequent_indent="  ", break_on_hyphens=False),
        ]
    if treated.table.height > _SHOWN:
        lines += ["", f"... and {treated.table.height - _SHOWN} more; add -o FILE to have all of them."]
    lines += ["", "A trained person checks and signs."]
    return "\n".join(lines) + "\n"
