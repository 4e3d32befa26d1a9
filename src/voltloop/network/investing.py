"""Where to invest first: what a plan is worth with each of its openings, and without."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from voltloop.network.kept_plan import Changes, KeptPlan
from voltloop.network.program import Ids, Numbers
from voltloop.network.scenario import Scenario

__all__ = ["BUDGET_COLUMNS", "INVEST_COLUMNS", "investments"]

INVEST_COLUMNS = {
    "rank": pl.Int64(),
    "facility": pl.String(),
    "opens": pl.String(),
    "investment_eur": pl.Float64(),
    "value_eur": pl.Float64(),
    "value_per_eur": pl.Float64(),
    "is_needed": pl.Boolean(),
}
BUDGET_COLUMNS = {
    "step": pl.Int64(),
    "facility": pl.String(),
    "budget_eur": pl.Float64(),
    "cost_eur": pl.Float64(),
    "saves_eur": pl.Float64(),
}


_BROKEN = 1e-6


def investments(
    scenario: Scenario,
    openings: pl.DataFrame,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rank the openings of a plan by what they are worth for each euro invested.

    Parameters
    ----------
    scenario, openings
        The network, checked, and ``facility, period, is_open, steps`` of its plan.
    on_progress
        Called with the number of flows solved, and of all.

    Returns
    -------
    ranked
        ``rank, facility, opens, investment_eur, value_eur, value_per_eur, is_needed``. The investment is what opening
        and expanding cost, discounted. The value is the cost of the plan without the facility less that with it, all
        others kept and all flows chosen anew; it is net of the investment, below 0 for what does not pay. Needed is
        what a condition cannot be kept without; such come first, and their value leaves out the broken condition.
    budget
        ``step, facility, budget_eur, cost_eur, saves_eur``: from none of these openings on, one more with each step;
        budget in all so far, cost of the plan, what the step saves. The order is that of giving up, from the whole plan
        on, what is missed least for its euro, so that plants which need each other come together. Broken conditions are
        not priced.
    """
    plan = KeptPlan(scenario, openings)
    made = plan.formulation.openings
    rows = _opened(scenario, openings)
    names = rows["facility"].to_list()
    place = np.array([made.facilities.index(name) for name in names], dtype=np.int64)
    spent = _investment(plan, rows)
    tell, total = on_progress or (lambda _done, _all: None), 2 * len(names)
    value, needed = np.zeros(len(names)), np.zeros(len(names), dtype=bool)
    for number, at in enumerate(place):
        outcome = plan.solve(_without(plan, at[None]))
        value[number] = outcome.cost_eur - plan.undisturbed.cost_eur
        needed[number] = outcome.broken > plan.undisturbed.broken + _BROKEN
        tell(number + 1, total)
    per_eur = np.where(spent > 0, value / np.maximum(spent, 1e-9), np.inf)
    order = np.lexsort((np.array(names, dtype=str), -per_eur, ~needed)) if names else np.zeros(0, dtype=int)
    ranked = pl.DataFrame(
        {
            "rank": range(1, len(names) + 1),
            "facility": [names[at] for at in order],
            "opens": [rows["period"][int(at)] for at in order],
            "investment_eur": spent[order],
            "value_eur": value[order],
            "value_per_eur": [float(per_eur[at]) if np.isfinite(per_eur[at]) else None for at in order],
            "is_needed": needed[order],
        },
        schema=INVEST_COLUMNS,
    )
    return ranked, _budget(plan, names, place, spent, lambda done: tell(len(names) + done, total))


def _budget(
    plan: KeptPlan, names: list[str], place: Ids, spent: Numbers, tell: Callable[[int], None]
) -> pl.DataFrame:
    """Give up one opening after the other, each time what is missed least for its euro; tell it backwards."""
    kept = list(range(len(names)))
    costs = [plan.undisturbed]
    given_up: list[int] = []
    while kept:
        found = [plan.solve(_without(plan, place[[*given_up, one]])) for one in kept]
        missed = [
            (
                one.broken - costs[-1].broken > _BROKEN,
                (one.cost_eur - costs[-1].cost_eur) / max(spent[at], 1.0),
            )
            for at, one in zip(kept, found, strict=True)
        ]
        least = min(range(len(kept)), key=missed.__getitem__)
        costs.append(found[least])
        given_up.append(kept.pop(least))
        tell(len(given_up))
    order = given_up[::-1]
    after = [one.cost_eur for one in costs[::-1]]
    rows: list[tuple[int, str | None, float, float, float]] = [(0, None, 0.0, after[0], 0.0)]
    for number, at in enumerate(order, 1):
        budget = float(spent[order[:number]].sum())
        rows.append((number, names[at], budget, after[number], after[number - 1] - after[number]))
    return pl.DataFrame(rows, schema=BUDGET_COLUMNS, orient="row")


def _opened(scenario: Scenario, openings: pl.DataFrame) -> pl.DataFrame:
    """Give the candidates that a plan opens, with the period in which each opens first."""
    candidates = scenario.facilities.filter(pl.col("status") == "candidate").select("facility")
    opened = openings.filter(pl.col("is_open")).unique("facility", keep="first", maintain_order=True)
    return opened.join(candidates, on="facility", how="semi").select("facility", "period")


def _investment(plan: KeptPlan, rows: pl.DataFrame) -> Numbers:
    """Discounted cost of opening and expanding each facility [EUR]."""
    made, values = plan.formulation.openings, plan.undisturbed.values
    place = [made.facilities.index(name) for name in rows["facility"]]
    spent = sum(
        (values[columns] * plan.cost[columns]).sum(axis=1)
        for columns in (made.opened[place], made.added[place])
    )
    return np.asarray(spent, dtype=np.float64)


def _without(plan: KeptPlan, place: Ids) -> Changes:
    closed = np.zeros(len(plan.formulation.openings.facilities), dtype=bool)
    closed[place] = True
    return plan.closed(closed)
