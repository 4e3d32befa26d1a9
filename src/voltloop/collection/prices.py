"""What a rule costs: drop it, plan again with equal effort, and compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from voltloop.collection.engine import solve
from voltloop.collection.model import Problem
from voltloop.collection.plan import Plan
from voltloop.collection.planned import planned_tours
from voltloop.collection.relaxed import relaxations, relaxed

__all__ = ["PRICE_COLUMNS", "Price", "price_of", "prices"]

PRICE_COLUMNS: Final[dict[str, pl.DataType]] = {
    "constraint": pl.String(),
    "title": pl.String(),
    "saving_eur": pl.Float64(),
    "noise_eur": pl.Float64(),
    "at_least_eur": pl.Float64(),
    "at_most_eur": pl.Float64(),
    "saving_cost_eur": pl.Float64(),
    "saving_co2e_kg": pl.Float64(),
    "saving_km": pl.Float64(),
    "served_more": pl.Int64(),
    "is_clear": pl.Boolean(),
    "words": pl.String(),
}
"""One row per rule, dearest first; see :class:`Price`."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a rule costs.

    Attributes
    ----------
    constraint, title
        Name of the rule (:func:`~voltloop.collection.relaxed.relaxations`) and what it is.
    saving_eur
        Objective that the best plan found without the rule saves against the best found with it [EUR], what
        is left out counted as under the rule. Never below 0: a plan that keeps a rule is a plan without it.
    noise_eur
        Spread of the objectives that different seeds gave, the larger of both sides [EUR].
    at_least_eur, at_most_eur
        Between these the true price lies for certain, whatever the search missed [EUR].
    saving_cost_eur, saving_co2e_kg, saving_km, served_more
        Differences of the two plans. Money may be spent on serving more stops.
    is_clear
        Whether the saving is above the noise, or proven.
    words
        The price as a sentence.
    """

    constraint: str
    title: str
    saving_eur: float
    noise_eur: float
    at_least_eur: float
    at_most_eur: float
    saving_cost_eur: float
    saving_co2e_kg: float
    saving_km: float
    served_more: int
    is_clear: bool
    words: str


@dataclass(frozen=True, slots=True)
class _Side:
    """The best plan of one side, how much its seeds differ, and its lower bound."""

    best_eur: float
    spread_eur: float
    bound_eur: float
    cost_eur: float
    co2e_kg: float
    km: float
    served: int


def price_of(
    problem: Problem, plan: Plan, constraint: str, *, seconds: float, seed: int = 0, runs: int = 2
) -> Price:
    """Say what one rule costs; see :func:`prices`."""
    return _prices(problem, plan, [constraint], seconds, seed, runs)[0]


def prices(
    problem: Problem,
    plan: Plan,
    constraints: Iterable[str] | None = None,
    *,
    seconds: float,
    seed: int = 0,
    runs: int = 2,
) -> pl.DataFrame:
    """Say what each rule costs, dearest first.

    Parameters
    ----------
    plan
        A plan of the problem; it counts as one of the plans found with the rules.
    constraints
        Names of :func:`~voltloop.collection.relaxed.relaxations`; None: all that apply to the problem.
    seconds
        Time of one search [s]. With R runs and C rules there are R x (C + 1) searches.
    seed, runs
        The searches of every side take the seeds ``seed`` to ``seed + runs - 1``.

    Returns
    -------
    polars.DataFrame
        :data:`PRICE_COLUMNS`.

    Raises
    ------
    InputError
        A name is not that of a rule of this problem.

    Notes
    -----
    Both sides get the same number of searches with the same seeds and time, each from a present plan, so that
    none is favoured; the best plan with the rule is also tried without it, so that the price is never
    negative by chance. What is left out weighs on both sides what it weighs under the rules. The bounds of
    the plans give the interval that is certain: bound with - best without <= price <= best with - bound
    without.
    """
    names = list(relaxations(problem)) if constraints is None else list(constraints)
    found = _prices(problem, plan, names, seconds, seed, runs)
    rows = [{name: getattr(price, name) for name in PRICE_COLUMNS} for price in found]
    table = pl.DataFrame(rows, schema=PRICE_COLUMNS)
    return table.sort("saving_eur", "constraint", descending=[True, False])


def _prices(
    problem: Problem, plan: Plan, names: Sequence[str], seconds: float, seed: int, runs: int
) -> list[Price]:
    easier = [(name, relaxed(problem, name)) for name in names]
    titles = relaxations(problem)

    def search(case: Problem, start: Plan) -> list[Plan]:
        return [
            solve(case, time_limit_s=seconds, seed=seed + number, start=start, change_cost_eur=0.0)
            for number in range(runs)
        ]

    own = search(problem, plan)
    with_rule = _side(problem, [plan, *own], own)
    best = min([plan, *own], key=lambda one: _objective_eur(problem, one))
    found = []
    for name, case in easier:
        others = search(case, best)
        kept = _carried(case, best)
        without = _side(problem, [*others, *([best] if kept else [])], others)
        found.append(_price(name, titles[name], with_rule, without))
    return found


def _objective_eur(problem: Problem, plan: Plan) -> float:
    """Objective of a plan with what is left out weighed as in one problem, impossible stops included [EUR]."""
    totals = plan.totals
    return totals["objective_eur"] + totals.get("consistency_eur", 0.0) + _impossible_eur(problem, plan)


def _impossible_eur(problem: Problem, plan: Plan) -> float:
    """Weigh the stops that nobody may serve, which the objective of a plan does not count [EUR]."""
    worth = {stop.pickup_id: problem.unserved_eur(index) for index, stop in enumerate(problem.stop_list)}
    missed = sum(worth[pickup_id] for pickup_id in plan.unserved["pickup_id"])
    return missed - (plan.totals["objective_eur"] - plan.totals["tour_objective_eur"])


def _carried(problem: Problem, plan: Plan) -> bool:
    """Whether a plan stands in another problem as it is, at the same cost."""
    tours = planned_tours(problem, plan)
    eur = sum(entry.tour.objective_eur for entry in tours if entry.tour is not None)
    return all(entry.tour is not None for entry in tours) and eur <= plan.totals["tour_objective_eur"] + 1e-6


def _side(problem: Problem, plans: Sequence[Plan], searched: Sequence[Plan]) -> _Side:
    """Sum up the plans of one side; the spread is that of the searches."""
    values = [_objective_eur(problem, plan) for plan in plans]
    best = min(values)
    totals = plans[values.index(best)].totals
    tried = [_objective_eur(problem, plan) for plan in searched]
    bound = max(plan.bound_eur + _impossible_eur(problem, plan) for plan in searched)
    return _Side(
        best, max(tried) - min(tried), bound,
        totals["cost_eur"], totals["co2e_kg"], totals["km"], int(totals["served"]),
    )  # fmt: skip


def _price(name: str, title: str, ruled: _Side, free: _Side) -> Price:
    saving = max(ruled.best_eur - free.best_eur, 0.0)
    noise = max(ruled.spread_eur, free.spread_eur)
    at_least = max(ruled.bound_eur - free.best_eur, 0.0)
    at_most = max(ruled.best_eur - free.bound_eur, saving)
    is_clear = saving > max(noise, 0.005) or at_least > 0.005
    more = free.served - ruled.served
    words = _words(title, saving, noise, at_least, at_most, more, is_clear=is_clear)
    return Price(
        name, title, saving, noise, min(at_least, saving), at_most, ruled.cost_eur - free.cost_eur,
        ruled.co2e_kg - free.co2e_kg, ruled.km - free.km, more, is_clear, words,
    )  # fmt: skip


def _words(
    title: str, saving: float, noise: float, at_least: float, at_most: float, more: int, *, is_clear: bool
) -> str:
    name = title[0].upper() + title[1:]
    served = f" {abs(more)} stop(s) {'more' if more > 0 else 'fewer'} would be served." if more else ""
    between = f" For certain it lies between EUR {at_least:.2f} and {at_most:.2f}."
    if at_most - at_least < 0.01:
        return f"{name}: EUR {saving:.2f}, proven.{served}"
    if is_clear:
        return f"{name}: about EUR {saving:.2f}, seeds differ by up to EUR {noise:.2f}.{between}{served}"
    if saving < 0.005:
        return (
            f"{name}: nothing cheaper was found without it, seeds differ by up to EUR {noise:.2f}.{between}"
        )
    return f"{name}: EUR {saving:.2f}, which is within the EUR {noise:.2f} by which seeds differ.{between}{served}"
