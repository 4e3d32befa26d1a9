"""``voltloop plan`` and ``voltloop rerun``: tomorrow's legal, cheapest collection, with its papers."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from voltloop.cli.options import Data, day
from voltloop.cli.progress import telling
from voltloop.cli.record import plan_words, record_folder
from voltloop.errors import InputError

__all__ = ["cache_folder", "plan", "rerun"]

_Output = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Plan folder to make.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Replace a plan that stands in the folder.")]
_Json = Annotated[bool, typer.Option("--json", help="Print summary.json.")]
_Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]


def plan(  # noqa: PLR0913, PLR0917 - one argument per option
    returns: Annotated[
        Path, typer.Argument(metavar="RETURNS", help="List of returned batteries, as voltloop read takes it.")
    ],
    network: Annotated[
        Path,
        typer.Option(metavar="NETWORK", help="Folder with points, sites, vehicles, drivers and packagings."),
    ],
    on: Annotated[str, typer.Option(metavar="DATE", help="First day to plan, YYYY-MM-DD.")],
    output: _Output,
    time_limit: Annotated[
        float,
        typer.Option(
            "--time-limit",
            "--time",
            metavar="S",
            min=1,
            help="Longest search for tours, in seconds of wall time.",
        ),
    ] = 10.0,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of every random choice.")] = 0,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Processes of the search; without it two, or one for each core."
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(metavar="PLAN", help="Plan folder to go on from; as little as possible is changed."),
    ] = None,
    freeze: Annotated[
        str,
        typer.Option(
            metavar="TOUR[,TOUR]",
            help="Tours of that plan that stay as they are, because they are driving already.",
        ),
    ] = "",
    yes: _Yes = False,
    as_json: _Json = False,
    quiet: _Quiet = False,
    record: Annotated[
        bool, typer.Option("--record", help="Write the plan into the ledger as planned events.")
    ] = False,
    data: Data = None,
) -> None:
    """Plan the collection of returned batteries: verdicts, treatments, packages, tours, loads and papers.

    Masses are in kg, money in EUR, distances in km. What the law forbids or leaves undecided is held and listed with
    whom to ask; what does not pay yet is deferred until its point's storage limit or the law calls for it.

    With --start a running day is planned again: what changed in the list or the network is taken in, tours named by
    --freeze stay, and of the rest as little as possible moves.

    Example: voltloop plan returns.csv --network my-network --on 2026-11-24 -o tomorrow

    Example: voltloop plan returns.csv --network my-network --on 2026-11-24 --start tomorrow --freeze EU-T0001 -o later
    """
    first = day(on, "--on")
    from voltloop.app.groundwork import Search
    from voltloop.app.plan_folder import Job, plan_into

    frozen = tuple(name.strip() for name in freeze.split(",") if name.strip())
    if frozen and start is None:
        raise InputError(
            f'--freeze names "{frozen[0]}", but there is no plan that it could be a tour of. Name the plan folder '
            "with --start PLAN.",
            code="no-start",
        )
    job = Job(
        returns,
        network,
        first,
        Search(seed, time_limit, None, workers or min(2, os.cpu_count() or 1), start, frozen),
        may_replace=yes,
        cache=cache_folder(),
    )
    with telling(quiet) as say:
        summary = plan_into(job, output, say)
        recorded = record_folder(output, data, say) if record else None
    words = f"{plan_words(recorded)}\n" if recorded else ""
    sys.stdout.write(_json(summary) if as_json else _words(summary, output) + words)


def rerun(
    folder: Annotated[Path, typer.Argument(metavar="PLAN", help="Plan folder to make again.")],
    output: _Output,
    yes: _Yes = False,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Make a plan again from the inputs in its folder; the same version of voltloop gives the same plan.

    Example: voltloop rerun tomorrow -o tomorrow-again
    """
    from voltloop.app.plan_folder import rerun_into

    with telling(quiet) as say:
        summary = rerun_into(folder, output, say, may_replace=yes, cache=cache_folder())
    sys.stdout.write(_json(summary) if as_json else _words(summary, output))


def cache_folder() -> Path | None:
    """Folder for built road graphs: VOLTLOOP_CACHE, or the user's cache folder; None where it cannot be made."""
    named = os.environ.get("VOLTLOOP_CACHE")
    base = os.environ.get("XDG_CACHE_HOME")
    folder = Path(named) if named else (Path(base) if base else Path.home() / ".cache") / "voltloop"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _json(summary: dict[str, Any]) -> str:
    from voltloop.app.tables import json_bytes

    return json_bytes(summary).decode()


def _words(summary: dict[str, Any], output: Path) -> str:
    batteries, tours, found = summary["batteries"], summary["tours"], summary["list"]
    others = "; ".join(f"{way['name']} {_number(way['cost_eur'])} EUR" for way in summary["comparisons"])
    lines = [
        f"{found['records']} records: {batteries['accepted']} accepted, {found.get('review', 0)} for review, "
        f"{found.get('rejected', 0)} rejected, {found.get('ignored', 0)} ignored.",
        f"{_rows(summary, 'accepted')}: {batteries['planned']} planned, {batteries['deferred']} deferred, "
        f"{batteries['held']} held.",
        f"{tours['count']} tours with {tours['stops']} stops on {len(summary['days'])} days: "
        f"{_number(tours['km'])} km, {_number(tours['cost_eur'])} EUR, {_number(tours['co2e_kg'])} kg CO2e.",
        f"The same pick-ups in plainer ways: {others}.",
        f"{summary['onward_loads']['count']} onward loads. In all {_number(summary['cost_eur'])} EUR.",
        "",
        f"Look at {output / 'report.html'} first; the papers are in {output / 'documents'}.",
        "A trained person checks and signs.",
    ]
    return "\n".join(lines) + "\n"


def _rows(summary: dict[str, Any], end: str) -> str:
    """Name the rows, and the single batteries in them where a row stands for several."""
    rows, units = summary["batteries"][end], summary["units"][end]
    return f"{rows} batteries" if rows == units else f"{rows} rows with {units} batteries"


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
