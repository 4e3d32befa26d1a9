"""The papers of every load of a plan, as PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.app.loads import Context, make_load
from voltloop.app.packages import by_package
from voltloop.app.plan import MadePlan
from voltloop.app.runs import onward_runs, tour_runs
from voltloop.catalogue import country_shapes
from voltloop.documents import make_papers_of
from voltloop.findings import Finding

__all__ = ["PlanPapers", "write_papers"]


@dataclass(frozen=True)
class PlanPapers:
    """Papers of a plan: PDF bytes by path relative to the plan folder, those of each load, and open fields."""

    files: dict[str, bytes]
    of_load: dict[str, list[str]]
    findings: tuple[Finding, ...]


def write_papers(
    plan: MadePlan, ways: dict[str, NDArray[np.float64]], plan_id: str, say: Callable[[int, int], None]
) -> PlanPapers:
    """Write the papers of all tours and onward loads.

    Parameters
    ----------
    ways
        Lines of the tours, for the driver's map.
    plan_id
        Printed on every page.
    say
        Told how many loads are done, of how many.
    """
    planned = plan.assessed.batteries.join(plan.tour_of.select("row"), on="row", how="semi")
    context = Context(
        plan.request.network,
        plan.borders,
        plan.rulebook,
        by_package(planned, plan.prepared.packed.packages, plan.request.network.packagings),
        {row["row"]: row for row in planned.iter_rows(named=True)},
        plan_id,
    )
    runs = [*tour_runs(plan, ways), *onward_runs(plan)]
    outlines = _outlines(planned)
    files: dict[str, bytes] = {}
    of_load: dict[str, list[str]] = {}
    findings: list[Finding] = []
    loads = [make_load(run, context) for run in runs]
    for number, (load, papers) in enumerate(
        zip(
            loads,
            make_papers_of(loads, outlines=outlines, processes=plan.request.search.workers),
            strict=True,
        ),
        start=1,
    ):
        names = {f"documents/{load.load_id}-{name}.pdf": data for name, data in papers.files.items()}
        files.update(names)
        of_load[load.load_id] = list(names)
        findings += papers.findings
        say(number, len(loads))
    return PlanPapers(files, of_load, tuple(findings))


def _outlines(planned: pl.DataFrame) -> Sequence[Sequence[tuple[float, float]]]:
    countries = set(planned["point_country"].to_list())
    return [
        [(float(lat), float(lon)) for lon, lat in ring]
        for shape in country_shapes()
        if shape.iso2 in countries
        for polygon in shape.polygons
        for ring in polygon[:1]
    ]
