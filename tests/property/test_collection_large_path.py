"""The path of large components on tiny rich problems: as cheap as trying everything, and legal for the checker."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from collection_brute import best_by_brute_force
from collection_cases import random_rich_problem
from voltloop.collection import Plan, Problem, evaluate, solve
from voltloop.collection import engine as engine_module
from voltloop.collection.model import Consistency


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_LARGE_STOPS", 0)


def check(case: Problem, plan: Plan) -> None:
    found = evaluate(case, plan.tours, plan.stops, plan.breaks, unserved=plan.unserved, reloads=plan.reloads)
    assert found.violations == ()
    assert found.totals["tour_objective_eur"] == pytest.approx(plan.totals["tour_objective_eur"])
    assert "tours mended" not in plan.stopped_by
    assert plan.totals["served"] + plan.unserved.height == len(case.stop_list)


def rich(seed: int, stops: int, *, only_hub: int = 0) -> Problem:
    """A rich problem of which the first stops may be unloaded at the hub only."""
    case = random_rich_problem(seed, stops, planning_days=2)
    homes = pl.when(pl.int_range(pl.len()) < only_hub).then(pl.lit(["yard"])).otherwise("depots")
    return replace(
        case,
        stops=case.stops.with_columns(depots=homes),
        missed_penalty_eur=5000.0,
        consistency=Consistency(),
    )


def objective_eur(case: Problem, plan: Plan) -> float:
    served = set(plan.stops["pickup_id"])
    left = [stop for stop, entry in enumerate(case.stop_list) if entry.pickup_id not in served]
    return plan.totals["tour_objective_eur"] + sum(case.unserved_eur(stop) for stop in left)


@pytest.mark.parametrize("only_hub", [0, 2])
@pytest.mark.parametrize("seed", range(12))
def test_a_tiny_rich_problem_ends_as_cheap_as_trying_everything(seed: int, only_hub: int) -> None:
    case = rich(seed, 4, only_hub=only_hub)
    plans = [solve(case, seed=number, max_iterations=4000, bound="none") for number in range(3)]
    for plan in plans:
        check(case, plan)
    assert min(objective_eur(case, plan) for plan in plans) == pytest.approx(best_by_brute_force(case))


@pytest.mark.parametrize("seed", range(6))
def test_goods_that_only_a_hub_may_take_are_fetched_among_many_others(seed: int) -> None:
    case = rich(seed, 60, only_hub=20)
    plan = solve(case, seed=seed, max_iterations=4000, bound="none")
    check(case, plan)
    names = [entry.pickup_id for entry in case.stop_list[:20]]
    assert plan.stops["pickup_id"].is_in(names).sum() > 10
    assert plan.reloads.height > 0
