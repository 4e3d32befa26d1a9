"""Judge tours by the project's own timetable and independent checker."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl

from tour_peers import Routes
from voltloop.collection.evaluator import evaluate
from voltloop.collection.model import Problem
from voltloop.collection.plan import Plan, tabulate
from voltloop.collection.schedule import plan_tour

__all__ = ["Verdict", "judge_plan", "judge_routes"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Cost of tours with the prizes they leave [EUR], and whether they are legal and complete, or why not."""

    cost_eur: float | None
    is_feasible: bool
    tours: int
    why: str = ""


def judge_routes(problem: Problem, routes: Routes) -> Verdict:
    """Judge tours that only say who visits what: they get the project's timetable, then the checker replays it."""
    planned = [(plan_tour(problem, kind, visits), visits) for kind, visits in routes]
    illegal = [visits for tour, visits in planned if tour is None]
    if illegal:
        return Verdict(None, False, len(planned), f"{len(illegal)} of {len(planned)} tours are not legal")
    tables = tabulate(problem, [(tour, 1) for tour, _ in planned if tour is not None])
    return _judge(problem, *tables)


def judge_plan(problem: Problem, plan: Plan) -> Verdict:
    """Judge a plan as it stands in its tables."""
    return _judge(problem, plan.tours, plan.stops, plan.breaks, plan.reloads)


def _judge(
    problem: Problem, tours: pl.DataFrame, stops: pl.DataFrame, breaks: pl.DataFrame, reloads: pl.DataFrame
) -> Verdict:
    served = set(stops["pickup_id"])
    left = [index for index, stop in enumerate(problem.stop_list) if stop.pickup_id not in served]
    missed = sum(problem.is_required(index) for index in left)
    found = evaluate(problem, tours, stops, breaks, reloads=reloads)
    why = [f"{count} x {code}" for code, count in Counter(v.code for v in found.violations).most_common(3)]
    if missed:
        why.insert(0, f"{missed} stops left out")
    cost = found.totals["tour_objective_eur"] + sum(
        problem.unserved_eur(index) for index in left if not problem.is_required(index)
    )
    return Verdict(cost, not why, tours.height, "; ".join(why))
