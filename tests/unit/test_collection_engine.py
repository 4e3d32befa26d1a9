"""Planning as a whole: optimal where that can be checked, legal always, repeatable, explained."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from collection_brute import best_by_brute_force
from collection_cases import (
    line,
    plane,
    problem,
    random_problem,
    stop,
    table,
    truck,
    van,
)
from voltloop.collection import Driver, Plan, Problem, Progress, Roads, evaluate, solve
from voltloop.collection import pooled as engine_module
from voltloop.collection.explain import impossible
from voltloop.collection.parts import Effort, Found, Part

CERTIFIED = date(2030, 1, 1)


def check(case: Problem, plan: Plan) -> None:
    found = evaluate(case, plan.tours, plan.stops, plan.breaks, unserved=plan.unserved)
    assert found.violations == ()
    assert found.totals["tour_objective_eur"] == pytest.approx(plan.totals["tour_objective_eur"])
    assert found.totals["cost_eur"] == pytest.approx(plan.totals["cost_eur"])
    assert plan.bound_eur <= plan.totals["objective_eur"] + 1e-6


def optimum(case: Problem) -> float:
    hopeless = [i for i in range(len(case.stop_list)) if impossible(case, i) is not None]
    return best_by_brute_force(case) - sum(case.unserved_eur(i) for i in hopeless)


@pytest.mark.parametrize("seed", range(12))
def test_tiny_cases_are_solved_to_proven_optimality(seed: int) -> None:
    case = random_problem(seed, 4 + seed % 2, depots=1 + seed % 2)
    plan = solve(case)
    check(case, plan)
    assert plan.totals["objective_eur"] == pytest.approx(optimum(case), abs=1e-4)
    assert plan.is_proven


@pytest.mark.parametrize("seed", range(100, 110))
def test_search_alone_finds_the_optimum_of_tiny_cases(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without enumeration: PyVRP, the pool and the choice together."""
    monkeypatch.setattr(engine_module, "_TINY_STOPS", 0)
    case = random_problem(seed, 5, depots=2, tight=False)
    plan = solve(case, max_iterations=600)
    check(case, plan)
    assert plan.totals["objective_eur"] == pytest.approx(optimum(case), abs=1e-4)


@pytest.mark.parametrize("tight", [True, False])
def test_a_rich_case_is_legal_and_no_worse_than_savings(tight: bool) -> None:
    case = random_problem(7, 30, depots=3, planning_days=3, tight=tight)
    plan = solve(case, max_iterations=150)
    check(case, plan)
    assert plan.totals["served"] > 0
    assert plan.gap is not None
    assert 0 <= plan.gap < 1


def test_same_seed_same_plan_and_a_plan_repeats_from_its_iterations() -> None:
    """The record of iterations is all that is needed, whatever stopped the first run."""
    case = random_problem(3, 16, depots=2, planning_days=2)
    first = solve(case, seed=5, time_limit_s=1.0)
    again = solve(case, seed=5, max_iterations=dict(first.iterations))
    for name in ("tours", "stops", "breaks", "unserved"):
        assert getattr(first, name).equals(getattr(again, name)), name
    assert first.iterations == again.iterations
    assert first.bound_eur == pytest.approx(again.bound_eur)


def test_adding_a_constraint_never_lowers_the_optimum() -> None:
    for seed in range(6):
        loose = random_problem(seed, 4)
        base = optimum(loose)
        for column, change in (("needs_lift", True), ("needs_adr", True), ("close_s", 11 * 3600)):
            stops = loose.stops.with_columns(**{column: change if column != "close_s" else _cut(loose)})
            tight = problem(stops, loose.roads["road"], fleet=loose.fleet, drivers=loose.drivers,
                            depots=dict(loose.depots), days=loose.days,
                            missed_penalty_eur=loose.penalty_eur)  # fmt: skip
            plan = solve(tight)
            hopeless = sum(tight.unserved_eur(i) for i in range(4) if impossible(tight, i) is not None)
            before = sum(loose.unserved_eur(i) for i in range(4) if impossible(loose, i) is not None)
            assert plan.totals["objective_eur"] + hopeless >= base + before - 1e-4


def _cut(case: Problem) -> object:
    import polars as pl

    return pl.min_horizontal(pl.col("close_s"), pl.lit(11 * 3600))


def reasons(plan: Plan) -> dict[str, tuple[str, str]]:
    return {row["pickup_id"]: (row["outcome"], row["code"]) for row in plan.unserved.iter_rows(named=True)}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mass_kg": 9000.0}, "tour-too-heavy"),
        ({"floor_positions": 17.0}, "tour-too-much-floor"),
        ({"boxes": 3}, "tour-too-many-boxes"),
        ({"depots": ["nowhere"]}, "tour-no-depot"),
        ({"depots": []}, "tour-no-depot"),
        ({"close_s": 5 * 3600}, "tour-window-impossible"),
        ({"open_s": 10 * 3600, "close_s": 9 * 3600}, "tour-window-impossible"),
        ({"open_s": 17 * 3600 + 1800}, "tour-window-impossible"),
        ({"service_s": 13 * 3600, "service_by_hand_s": 13 * 3600}, "tour-shift-too-short"),
        ({"place": 2}, "tour-too-far"),
        ({"place": 3}, "tour-unreachable"),
    ],
)
def test_a_hopeless_stop_is_held_with_its_reason_and_the_rest_is_planned(
    changes: dict[str, object], code: str
) -> None:
    roads = line(0, 60, 400, 50)
    roads.distance_km[3, :] = roads.distance_km[:, 3] = np.inf
    case = problem(table(stop("good", 1), {**stop("bad", 1), **changes}), roads)
    plan = solve(case)
    check(case, plan)
    assert reasons(plan) == {"bad": ("held", code)}
    assert plan.stops["pickup_id"].to_list() == ["good"]
    assert "bad" in plan.unserved["words"][0]


def test_no_equipped_vehicle_and_no_certified_driver_are_told_apart() -> None:
    stops = table(stop("critical", 1, needs_adr=True), stop("plain", 1))
    case = problem(stops, line(0, 60), fleet=(van(),))
    assert reasons(solve(case)) == {"critical": ("held", "tour-needs-adr-vehicle")}
    case = problem(stops, line(0, 60), drivers=(Driver("D", "hub", date(2026, 11, 22)),))
    assert reasons(solve(case)) == {"critical": ("held", "tour-no-certified-driver")}


def test_points_limit_splits_a_load_among_unmarked_vans() -> None:
    """Two stops of 600 points: one van may not take both although mass and floor would allow it."""
    stops = table(stop("A", 1, points=600.0), stop("B", 2, points=600.0))
    vans = problem(stops, line(0, 60, 61), fleet=(van(),))
    plan = solve(vans)
    check(vans, plan)
    assert plan.totals["tours"] == 2
    assert plan.tours["points"].max() <= 1000
    marked = problem(stops, line(0, 60, 61), fleet=(van(is_adr_equipped=True),))
    plan = solve(marked)
    check(marked, plan)
    assert plan.totals["tours"] == 1
    assert plan.tours["needs_adr"].to_list() == [True]


def test_without_a_law_on_points_one_van_takes_all() -> None:
    stops = table(stop("A", 1, points=600.0), stop("B", 2, points=600.0))
    case = problem(stops, line(0, 60, 61), fleet=(van(),), relief_points=float("inf"))
    assert solve(case).totals["tours"] == 1


def test_critical_boxes_limit_a_tour() -> None:
    stops = table(*(stop(f"C{i}", i, boxes=1, needs_adr=True) for i in (1, 2, 3)))
    case = problem(stops, line(0, 60, 61, 62), fleet=(truck(count=2),))
    plan = solve(case)
    check(case, plan)
    assert sorted(plan.tours["boxes"]) == [1, 2]


def test_a_driver_shortage_holds_the_stop_that_costs_most() -> None:
    """Two directions, two vans, one driver, one day: one stop must wait, and the reason is the driver."""
    roads = plane(np.array([[0.0, 0.0], [240.0, 0.0], [-250.0, 0.0]]))
    stops = table(stop("near", 1), stop("far", 2))
    case = problem(stops, roads, fleet=(van(),), drivers=(Driver("D", "hub"),))
    plan = solve(case)
    check(case, plan)
    assert reasons(plan) == {"far": ("held", "tour-no-driver-left")}
    two_days = problem(table(stop("near", 1), stop("far", 2, due_day=2)), roads, fleet=(van(),),
                       drivers=(Driver("D", "hub"),), days=(date(2026, 11, 23), date(2026, 11, 24)))  # fmt: skip
    plan = solve(two_days)
    check(two_days, plan)
    assert plan.unserved.is_empty()
    days = dict(zip(plan.stops["pickup_id"], plan.tours["day_no"], strict=True))
    assert days == {"near": 1, "far": 2}


def test_vehicle_and_certificate_shortages_are_named() -> None:
    roads = plane(np.array([[0.0, 0.0], [240.0, 0.0], [-250.0, 0.0]]))
    stops = table(stop("near", 1), stop("far", 2))
    case = problem(stops, roads, fleet=(van(count=1),))
    assert reasons(solve(case)) == {"far": ("held", "tour-no-vehicle-left")}
    stops = table(stop("near", 1, needs_adr=True), stop("far", 2, needs_adr=True))
    drivers = (Driver("with", "hub", CERTIFIED), Driver("without", "hub"))
    case = problem(stops, roads, fleet=(truck(count=2),), drivers=drivers)
    plan = solve(case)
    assert reasons(plan) == {"far": ("held", "tour-no-certified-driver-left")}
    assert plan.tours["driver_id"].to_list() == ["with"]


def test_a_stop_is_deferred_until_it_pays_or_falls_due() -> None:
    def plan(**changes: object) -> Plan:
        return solve(problem(table(stop("A", 1, **changes)), line(0, 60)))

    alone = plan().totals["tour_objective_eur"]
    waits = plan(due_day=None, prize_eur=alone - 1, due_on=date(2026, 12, 9))
    assert reasons(waits) == {"A": ("deferred", "tour-waits")}
    assert waits.unserved["marginal_cost_eur"][0] == pytest.approx(alone)
    assert "2026-12-09" in waits.unserved["words"][0]
    assert waits.unserved["next_due"][0] == date(2026, 12, 9)
    assert plan(due_day=None, prize_eur=alone + 1).totals["served"] == 1
    assert plan(due_day=2, prize_eur=0.0).totals["served"] == 0
    assert plan(due_day=-3, prize_eur=0.0).totals["served"] == 1


def test_a_deadline_within_the_days_is_kept() -> None:
    roads = plane(np.array([[0.0, 0.0], [200.0, 0.0], [-200.0, 0.0], [0.0, 200.0]]))
    stops = table(stop("A", 1, due_day=3), stop("B", 2, due_day=1), stop("C", 3, due_day=2))
    days = tuple(date(2026, 11, 23 + i) for i in range(3))
    case = problem(stops, roads, fleet=(van(count=1),), days=days)
    plan = solve(case)
    check(case, plan)
    served = plan.stops.join(plan.tours, on="tour_id")
    assert dict(zip(served["pickup_id"], served["day_no"], strict=True)) == {"B": 1, "C": 2, "A": 3}


def test_independent_regions_do_not_mix_and_both_are_planned() -> None:
    roads = line(0, 30, 500, 530)
    stops = table(stop("west", 1, depots=["w"]), stop("east", 3, depots=["e"]))
    case = problem(stops, roads, fleet=(van("w"), van("e")), depots={"w": 0, "e": 2},
                   drivers=(Driver("W", "w"), Driver("E", "e")))  # fmt: skip
    plan = solve(case)
    check(case, plan)
    assert sorted(plan.tours["depot_id"]) == ["e", "w"]


def test_an_empty_problem_gives_an_empty_plan() -> None:
    case = problem(table(), line(0))
    plan = solve(case)
    check(case, plan)
    assert plan.totals["objective_eur"] == 0
    assert plan.gap is None


def test_progress_reports_a_full_plan_at_once_and_never_a_worse_one() -> None:
    seen: list[Progress] = []
    case = random_problem(11, 14, depots=2, tight=False)
    plan = solve(case, max_iterations=60, on_progress=seen.append)
    assert len(seen) >= 2
    assert all(later.objective_eur <= earlier.objective_eur + 1e-9 for earlier, later in pairwise(seen))
    assert plan.totals["objective_eur"] <= seen[-1].objective_eur + 1e-6


def test_processes_give_the_same_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_WORTH_PROCESSES", 0)
    case = random_problem(2, 12, depots=2)
    alone, shared = solve(case, max_iterations=40), solve(case, max_iterations=40, workers=2)
    assert alone.tours.equals(shared.tours)


def test_a_solver_that_proposes_nonsense_cannot_break_a_rule() -> None:
    """What a solver proposes is only ever a proposal."""

    class Careless:
        def tours(self, problem: Problem, part: Part, effort: Effort) -> Found:
            return Found(((part.kinds[0], part.stops),), ((part.kinds[0], part.stops),), 1, "iterations")

    case = random_problem(5, 10)
    check(case, solve(case, solver=Careless(), max_iterations=1))


def test_roads_without_triangle_inequality() -> None:
    km = np.array([[0, 50, 10.0], [50, 0, 10], [10, 10, 0]])
    case = problem(table(stop("A", 1), stop("B", 2)), Roads(km, km / 60))
    plan = solve(case)
    check(case, plan)
    assert plan.totals["objective_eur"] == pytest.approx(optimum(case), abs=1e-4)


def test_a_small_choice_still_gives_a_legal_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the pool is larger than the choice may be, the tours at hand and the best others remain."""
    monkeypatch.setattr(engine_module, "_CHOICE_COLUMNS", 60)
    case = random_problem(7, 25, depots=2, planning_days=3, tight=False)
    check(case, solve(case, max_iterations=100))


def test_any_whole_number_is_a_seed() -> None:
    case = random_problem(1, 9)
    check(case, solve(case, seed=-1, max_iterations=10))
    check(case, solve(case, seed=1 << 70, max_iterations=10))


class Watched:
    """A solver that finds nothing and remembers how long it was to search."""

    def __init__(self) -> None:
        self.efforts: list[Effort] = []

    def tours(self, problem: Problem, part: Part, effort: Effort) -> Found:
        self.efforts.append(effort)
        return Found((), (), 0, "time limit")


def test_all_time_is_used_only_where_asked_for() -> None:
    """Without, a region ends by its patience; with, the search goes on to the end, and what it had found stays."""
    case = random_problem(7, 30, tight=False)
    early, late = Watched(), Watched()
    hasty = solve(case, time_limit_s=2.0, solver=early, bound="none")
    patient = solve(case, time_limit_s=2.0, solver=late, bound="none", use_all_time=True)
    assert max((effort.patience for effort in early.efforts), default=0) < 10_000
    assert min(effort.patience for effort in late.efforts) > 10**15
    for plan in (hasty, patient):
        check(case, plan)
        assert plan.totals["served"] > 0
