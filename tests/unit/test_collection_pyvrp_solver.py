"""The translation to PyVRP and back: what it proposes is legal where PyVRP knows the rule."""

from __future__ import annotations

from datetime import date

import pytest

from collection_cases import line, problem, random_problem, stop, table, truck, van
from voltloop.collection import Driver
from voltloop.collection.explain import impossible
from voltloop.collection.loads import first_fault
from voltloop.collection.parts import Effort, components
from voltloop.collection.pyvrp_solver import PyvrpSolver
from voltloop.collection.schedule import plan_tour

EFFORT = Effort(1, 200, 1 << 40, float("inf"))


@pytest.mark.parametrize("is_cautious", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_best_tours_keep_loads_permits_and_depots(seed: int, is_cautious: bool) -> None:
    case = random_problem(seed, 14, depots=2, planning_days=3)
    possible = [i for i in range(14) if impossible(case, i) is None]
    for part in components(case, possible):
        found = PyvrpSolver().tours(case, part, Effort(1, 200, 1 << 40, float("inf"), is_cautious))
        served = [s for _, stops in found.best for s in stops]
        assert len(served) == len(set(served))
        assert set(served) <= set(part.stops)
        assert found.iterations == 200
        assert found.stopped_by == "iterations"
        for kind, stops in found.best:
            assert first_fault(case, case.fleet[kind], stops) is None


def test_without_breaks_its_cost_is_ours() -> None:
    """Close stops, no break: PyVRP's best order is the best by our own timetable too."""
    case = problem(
        table(*(stop(f"S{i}", i) for i in range(1, 6))), line(0, 30, 10, 50, 20, 40), fleet=(truck(),)
    )
    (part,) = components(case, range(5))
    found = PyvrpSolver().tours(case, part, EFFORT)
    ((kind, stops),) = found.best
    ours = plan_tour(case, kind, stops)
    best = plan_tour(case, kind, (1, 3, 0, 4, 2))
    assert ours is not None
    assert best is not None
    assert ours.objective_eur == pytest.approx(best.objective_eur)


def test_same_seed_same_tours_and_a_start_is_used() -> None:
    case = random_problem(8, 14, depots=2)
    part = components(case, [i for i in range(14) if impossible(case, i) is None])[0]
    first = PyvrpSolver().tours(case, part, EFFORT)
    assert first == PyvrpSolver().tours(case, part, EFFORT)
    again = PyvrpSolver().tours(case, part, Effort(1, 0, 1 << 40, float("inf"), start=first.best))
    assert {frozenset(stops) for _, stops in again.best} == {frozenset(stops) for _, stops in first.best}


def test_patience_and_clock_stop_it_too() -> None:
    case = random_problem(8, 10)
    part = components(case, [i for i in range(10) if impossible(case, i) is None])[0]
    assert PyvrpSolver().tours(case, part, Effort(1, 10_000, 30, float("inf"))).stopped_by == "no improvement"
    assert PyvrpSolver().tours(case, part, Effort(1, 10_000, 1 << 40, 0.0)).stopped_by == "time limit"


def test_a_part_without_drivers_has_no_tours() -> None:
    case = problem(
        table(stop("A", 1)), line(0, 10), fleet=(van(),), drivers=(Driver("D", "hub", date(2030, 1, 1)),)
    )
    (part,) = components(case, [0])
    nobody = problem(case.stops, case.roads["road"], fleet=case.fleet, drivers=())
    assert PyvrpSolver().tours(nobody, part, EFFORT).stopped_by == "no vehicle"
