"""The plan folder: written whole or not at all, and enough to make the same plan again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from voltloop import __version__
from voltloop.app.earlier import FOLDER, search_files
from voltloop.app.files import new_folder, read_bytes, refuse_existing
from voltloop.app.groundwork import PlanRequest, Search
from voltloop.app.network_folder import read_network
from voltloop.app.papers import write_papers
from voltloop.app.plan import MadePlan, make_plan
from voltloop.app.plan_report import report_data
from voltloop.app.plan_tables import (
    batteries_table,
    comparisons_table,
    loads_table,
    packaging_table,
    stops_table,
    tours_table,
)
from voltloop.app.runs import ways_of
from voltloop.app.summary import summarise, totals_of
from voltloop.app.tables import csv_bytes, json_bytes, parquet_bytes
from voltloop.errors import InputError
from voltloop.findings import Finding
from voltloop.transport import DistanceProvider, RoadNetwork

__all__ = ["Job", "job_of", "plan_into", "rerun_into"]

Say = Callable[[str, str], None]


@dataclass(frozen=True)
class Job:
    """One order to plan.

    Attributes
    ----------
    returns, network
        Files that the user named.
    on
        First day that may be planned.
    search
        How the tours are searched.
    may_replace
        Whether a plan that stands in the folder may be replaced.
    cache
        Folder for what takes seconds to make; None keeps nothing.
    provider
        Source of road distances; None takes the built-in road network.
    """

    returns: Path
    network: Path
    on: date
    search: Search = field(default_factory=Search)
    may_replace: bool = False
    cache: Path | None = None
    provider: DistanceProvider | None = None


def plan_into(job: Job, target: Path, say: Say) -> dict[str, Any]:
    """Make a plan and write its folder.

    Returns
    -------
    dict
        The document of ``summary.json``.

    Raises
    ------
    VoltloopError
        Whatever keeps the plan from being made or written; then no folder is left behind.
    """
    refuse_existing(target, replace=job.may_replace)
    returns = read_bytes(job.returns)
    say("Network", job.network.name)
    network = read_network(job.network)
    inputs = _start_files(job.search) | {
        f"network/{path.name}": path.read_bytes() for path in sorted(job.network.iterdir()) if path.is_file()
    }
    provider = job.provider or RoadNetwork(job.cache)
    plan = make_plan(PlanRequest(job.returns.name, returns, network, job.on, job.search), provider, say)
    files, summary = _files(plan, provider, job.network.name, say)
    files |= {f"inputs/{name}": data for name, data in inputs.items()}
    files[f"inputs/returns/{job.returns.name}"] = returns
    files["inputs/run.json"] = json_bytes(_run(plan, job))
    say("Writing", f"{len(files)} files")
    new_folder(target, lambda folder: _write(folder, files), replace=job.may_replace)
    return summary


def _start_files(search: Search) -> dict[str, bytes]:
    """Give what a plan is kept with to be made again from the same start."""
    if search.start is None:
        return {}
    return {
        f"start/{path.relative_to(search.start)}": path.read_bytes()
        for path in sorted((search.start / FOLDER).rglob("*"))
        if path.is_file()
    }


def _files(
    plan: MadePlan, provider: DistanceProvider, network_name: str, say: Say
) -> tuple[dict[str, bytes], dict[str, Any]]:
    from voltloop.documents.report import render

    ways = ways_of(plan, provider)
    plan_id = f"{plan.days[0]:%Y%m%d}-{plan.request.search.seed}"
    papers = write_papers(plan, ways, plan_id, lambda done, of: say("Papers", f"{done} of {of} loads"))
    open_fields = _counted(papers.findings)
    comparisons = comparisons_table(plan)
    loads = loads_table(plan, papers.of_load)
    totals = totals_of(plan)
    summary = summarise(plan, totals, comparisons)
    say("Report", "")
    page = render(
        report_data(
            plan,
            totals,
            loads=loads,
            comparisons=comparisons,
            ways=ways,
            network_name=network_name,
            paper_findings=open_fields,
        )
    )
    files = {
        "batteries.parquet": parquet_bytes(batteries_table(plan)),
        "rejected.csv": csv_bytes(plan.read.rejected),
        "held.csv": csv_bytes(plan.held),
        "deferred.csv": csv_bytes(plan.deferred),
        "tours.csv": csv_bytes(tours_table(plan)),
        "stops.csv": csv_bytes(stops_table(plan)),
        "loads.csv": csv_bytes(loads),
        "packaging.csv": csv_bytes(packaging_table(plan)),
        "findings.csv": csv_bytes(_findings_table((*plan.findings, *open_fields), plan.read.findings)),
        "summary.json": json_bytes(summary),
        **search_files(plan.routed),
        "report.html": page.encode(),
        **papers.files,
    }
    return files, summary


def _counted(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """One finding per kind, field and value, which says on how many loads it stands; the papers list each of theirs."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.field, str(finding.value)), []).append(finding)
    found = []
    for group in groups.values():
        loads = list(dict.fromkeys(finding.where for finding in group))
        more = f" (the same on {len(loads) - 1} more loads)" if len(loads) > 1 else ""
        found.append(replace(group[0], message=group[0].message + more))
    return tuple(found)


def _findings_table(findings: tuple[Finding, ...], rows: pl.DataFrame) -> pl.DataFrame:
    schema = {"about": pl.String, "code": pl.String, "severity": pl.String, "field": pl.String, "raw": pl.String, "value": pl.String, "message": pl.String}  # fmt: skip  # noqa: E501
    made = [
        (
            finding.where, finding.code, str(finding.severity), finding.field, finding.raw,
            None if finding.value is None else str(finding.value), finding.message,
        )
        for finding in findings
    ]  # fmt: skip
    of_list = rows.select(
        pl.format("row {}", "row").alias("about"), "code", pl.col("severity").cast(pl.String), "field",
        pl.col("raw").cast(pl.String), pl.col("value").cast(pl.String), "message",
    )  # fmt: skip
    return pl.concat([pl.DataFrame(made, schema=schema, orient="row"), of_list.cast(schema)])  # type: ignore[arg-type]


def _run(plan: MadePlan, job: Job) -> dict[str, Any]:
    return {
        "schema": "run/1",
        "voltloop": __version__,
        "returns": f"returns/{job.returns.name}",
        "network": "network",
        "on": job.on,
        "seed": job.search.seed,
        "start": None if job.search.start is None else "start",
        "frozen": list(job.search.frozen),
        "iterations": {entry.mode: entry.iterations for entry in plan.routed},
    }


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def rerun_into(
    plan_folder: Path,
    target: Path,
    say: Say,
    *,
    may_replace: bool = False,
    cache: Path | None = None,
    provider: DistanceProvider | None = None,
) -> dict[str, Any]:
    """Make the plan of a folder again, from the inputs kept in it, into another folder.

    Raises
    ------
    InputError
        ``not-a-plan``: the folder holds no ``inputs/run.json`` that can be read.
    """
    job = replace(job_of(plan_folder), may_replace=may_replace, cache=cache, provider=provider)
    return plan_into(job, target, say)


def job_of(plan_folder: Path) -> Job:
    """Read the order that a plan was made to.

    Raises
    ------
    InputError
        ``not-a-plan``: the folder holds no ``inputs/run.json`` that can be read.
    """
    inputs = plan_folder / "inputs"
    if not (inputs / "run.json").is_file():
        raise InputError(
            f"{plan_folder}: this is not a plan folder, inputs/run.json is missing. "
            "Name the folder that voltloop plan wrote.",
            code="not-a-plan",
        )
    try:
        run = json.loads(read_bytes(inputs / "run.json"))
        known = {mode: _whole_numbers(searches) for mode, searches in run["iterations"].items()}
        start = inputs / run["start"] if run.get("start") else None
        search = Search(
            seed=int(run["seed"]), max_iterations=known, start=start, frozen=tuple(run.get("frozen", ()))
        )
        on = date.fromisoformat(run["on"])
        return Job(inputs / run["returns"], inputs / run["network"], on, search)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{inputs / 'run.json'}: the file cannot be used ({error!r}). It must be as voltloop plan wrote it.",
            code="not-a-plan",
        ) from None


def _whole_numbers(searches: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    return {name: {part: int(count) for part, count in parts.items()} for name, parts in searches.items()}
