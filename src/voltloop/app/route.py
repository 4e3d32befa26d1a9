"""Tours for what was prepared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial

import polars as pl

from voltloop.app.groundwork import Search
from voltloop.app.pose import Posed
from voltloop.app.trips import Trips, trips_of
from voltloop.collection import Plan, Problem, Progress, solve
from voltloop.findings import Finding

__all__ = ["Routed", "law_prefix", "made_late", "route"]


@dataclass(frozen=True)
class Routed:
    """Tours of one road law.

    Attributes
    ----------
    mode
        Road law of all its tours.
    problem, plan
        As the tour engine saw and solved it.
    pickups
        Pick-ups with their ``items`` (rows of the list).
    items
        The goods that were grouped into pick-ups, one row per battery row.
    iterations
        Iterations of each search by part, which repeat it.
    findings
        What was noticed on the way.
    late
        Pick-ups that were searched again as late, because the days in time were too few for them.
    """

    mode: str
    problem: Problem
    plan: Plan
    pickups: pl.DataFrame
    items: pl.DataFrame
    iterations: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]
    late: tuple[str, ...] = ()

    @cached_property
    def trips(self) -> Trips:
        """The tours cut where they unload on the way: what rides together, from where to where."""
        return trips_of(self.plan)


def route(
    posed: Posed,
    search: Search,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    start: Plan | None = None,
    frozen: Collection[str] = (),
) -> Routed:
    """Make the tours of one road law, from an earlier plan where there is one."""
    mode, problem = posed.mode, posed.problem
    # The summary bounds the tours alone, which is what people compare with.
    engine = partial(solve, seed=search.seed, on_progress=on_progress, workers=search.workers, bound="none")
    if start is not None:
        engine = partial(engine, start=start, frozen=sorted(set(frozen) & set(start.tours["tour_id"])))
    known = None if search.max_iterations is None else search.max_iterations.get(mode, {})
    plan, late, iterations = _search(problem, engine, search.time_limit_s, known)
    return Routed(
        mode, made_late(problem, late), _named(plan, mode), posed.pickups, posed.items, iterations,
        posed.findings, tuple(late),
    )  # fmt: skip


_CROWDED_OUT = (
    "tour-no-vehicle-left",
    "tour-no-driver-left",
    "tour-no-certified-driver-left",
    "tour-no-trained-driver-left",
)
"""Reasons for which a required pick-up is left out only because others came first on the days in time."""


def _search(
    problem: Problem,
    engine: Callable[..., Plan],
    time_limit_s: float,
    known: Mapping[str, Mapping[str, int]] | None,
) -> tuple[Plan, list[str], dict[str, dict[str, int]]]:
    """Solve with deadlines; where days in time are too few, solve again with what was crowded out as late.

    Late is better than left: the second search may fetch it on any day, before all that is not late.
    """
    iterations: dict[str, dict[str, int]] = {}
    plan: Plan | None = None
    late: list[str] = []
    for name, share in (("in time", 1.0), ("late", 0.4)):
        if plan is not None:
            out = plan.unserved.filter((pl.col("outcome") == "held") & pl.col("code").is_in(_CROWDED_OUT))
            if out.is_empty():
                break
            late = out["pickup_id"].to_list()
        plan = engine(
            made_late(problem, late),
            time_limit_s=time_limit_s * share,
            max_iterations=None if known is None else known.get(name, {}),
        )
        iterations[name] = dict(plan.iterations)
    assert plan is not None
    return plan, late, iterations


def made_late(problem: Problem, pickups: Sequence[str]) -> Problem:
    """Give the problem in which some pick-ups are late: due by the last day, and before all that is not."""
    if not pickups:
        return problem
    crowded = pl.col("pickup_id").is_in(list(pickups))
    yesterday = pl.lit(problem.days[0] - timedelta(days=1))
    stops = problem.stops.with_columns(
        pl.when(crowded).then(pl.lit(problem.horizon)).otherwise("due_day").alias("due_day"),
        pl.when(crowded).then(pl.min_horizontal("due_on", yesterday)).otherwise("due_on").alias("due_on"),
    )
    return replace(problem, stops=stops)


def law_prefix(mode: str) -> str:
    """Prefix of the ids of tours and loads, which tells two road laws in one plan apart: ``EU-`` or ``US-``."""
    return mode.removeprefix("road_").upper() + "-"


def _named(plan: Plan, mode: str) -> Plan:
    named = pl.concat_str(pl.lit(law_prefix(mode)), "tour_id").alias("tour_id")
    return replace(
        plan,
        tours=plan.tours.with_columns(named),
        stops=plan.stops.with_columns(named),
        breaks=plan.breaks.with_columns(named),
        reloads=plan.reloads.with_columns(named),
    )
