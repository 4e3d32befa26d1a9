"""From chosen tours to the plan that is handed over: tables, sums, and the reason for what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from voltloop.collection.before import Before
from voltloop.collection.consistency import consistency_totals
from voltloop.collection.insertion import Usage
from voltloop.collection.model import Problem
from voltloop.collection.plan import UNSERVED_COLUMNS, Plan, tabulate
from voltloop.collection.schedule import Tour
from voltloop.collection.why import Why, explain
from voltloop.findings import Finding

__all__ = ["Account", "outcome"]


@dataclass(frozen=True, slots=True)
class Account:
    """How a plan was found; the fields are those of :class:`~voltloop.collection.plan.Plan`."""

    iterations: Mapping[str, int]
    stopped_by: Mapping[str, int]
    seconds: float
    first_plan_s: float
    seed: int
    solver: str


def outcome(
    problem: Problem,
    planned: Sequence[tuple[Tour, int]],
    held: Mapping[int, Finding],
    before: Before,
    bound_eur: float,
    account: Account,
) -> Plan:
    """Write down a plan.

    Parameters
    ----------
    planned
        Tours with their planning day (from 1), those that stand fast not among them.
    held
        Stops that nobody may serve, each with its reason.
    before
        The plan before; its fixed tours become part of this one.
    bound_eur
        Lower bound on the objective without the fixed tours.
    """
    fixed = [(entry.tour, entry.day) for entry in before.fixed]
    every = [*fixed, *planned]
    names = {number: entry.name for number, entry in enumerate(before.fixed)}
    tours, stops, breaks, reloads = tabulate(problem, every, names)
    left, missed_eur = _unserved(problem, every, held)
    tour_eur = sum(tour.objective_eur for tour, _ in every)
    objective = tour_eur + missed_eur
    bound = min(bound_eur + sum(tour.objective_eur for tour, _ in fixed), objective)
    return Plan(
        tours, stops, breaks, left,
        totals={
            "tours": float(len(every)),
            "served": float(sum(len(tour.stops) for tour, _ in every)),
            "deferred": float((left["outcome"] == "deferred").sum()),
            "held": float((left["outcome"] == "held").sum()),
            "km": sum(tour.km for tour, _ in every),
            "driving_h": float(tours["driving_h"].sum()),
            "duty_h": float(tours["duty_h"].sum()),
            "mass_kg": float(tours["mass_kg"].sum()),
            "cost_eur": sum(tour.cost_eur for tour, _ in every),
            "co2e_kg": sum(tour.co2e_kg for tour, _ in every),
            "tour_objective_eur": tour_eur,
            "objective_eur": objective,
            **consistency_totals(problem, tours, stops),
            "moved": float(before.moved(planned)),
        },
        bound_eur=bound,
        gap=max(0.0, (objective - bound) / objective) if objective > 0 else None,
        is_proven=objective <= bound + 1e-6 * max(1.0, objective),
        iterations=dict(sorted(account.iterations.items())),
        stopped_by=dict(sorted(account.stopped_by.items())),
        seconds=account.seconds,
        first_plan_s=account.first_plan_s,
        seed=account.seed,
        solver=account.solver,
        reloads=reloads,
    )  # fmt: skip


def _unserved(
    problem: Problem, planned: Sequence[tuple[Tour, int]], held: Mapping[int, Finding]
) -> tuple[pl.DataFrame, float]:
    """List what is left out with its reason, and what that weighs [EUR] where it could be served."""
    served = {stop for tour, _ in planned for stop in tour.stops}
    usage = Usage(problem, planned)
    rows, missed_eur = [], 0.0
    for stop, entry in enumerate(problem.stop_list):
        if stop in served:
            continue
        why = Why(held[stop], None) if stop in held else explain(usage, stop)
        missed_eur += 0.0 if stop in held else problem.unserved_eur(stop)
        rows.append(
            {
                "pickup_id": entry.pickup_id,
                "point_id": entry.point_id,
                "outcome": "held" if stop in held or problem.is_required(stop) else "deferred",
                "code": why.finding.code,
                "words": why.finding.message,
                "next_due": entry.due_on,
                "prize_eur": entry.prize_eur,
                "marginal_cost_eur": why.added_eur,
            }
        )
    return pl.DataFrame(rows, schema=UNSERVED_COLUMNS), missed_eur
