"""The sharp bound is one: never above the optimum, and not above it for any start."""

from __future__ import annotations

import numpy as np
import pytest

from collection_brute import best_by_brute_force
from collection_cases import line, problem, random_problem, stop, table, truck, van
from voltloop.collection import Problem, Roads, solve
from voltloop.collection.bound import lower_bound
from voltloop.collection.explain import impossible
from voltloop.collection.parts import Part
from voltloop.collection.pool import Pool
from voltloop.collection.relaxation import DEFAULT_WORK, best_bound, relaxed_bound


def sharp(case: Problem, stops: list[int], **options: float) -> float | None:
    part = Part("all", tuple(stops), tuple(range(len(case.fleet))))
    pool = Pool(case)
    for index in stops:
        for kind in part.kinds:
            pool.add(kind, (index,))
    return relaxed_bound(case, part, pool.tours(stops), **options)[0]


@pytest.mark.parametrize("seed", range(30))
def test_never_above_the_optimum(seed: int) -> None:
    case = random_problem(seed, 4, depots=1 + seed % 2, planning_days=1 + seed % 3, tight=seed % 4 == 0)
    stops = [i for i in range(4) if impossible(case, i) is None]
    hopeless = sum(case.unserved_eur(i) for i in range(4) if i not in stops)
    bound = sharp(case, stops)
    assert bound is not None
    assert bound <= best_by_brute_force(case) - hopeless + 1e-6


def test_valid_without_triangle_inequality() -> None:
    rng = np.random.default_rng(2)
    for _ in range(8):
        km = rng.uniform(1, 200, (5, 5))
        np.fill_diagonal(km, 0)
        stops = table(*(stop(f"S{i}", i, mass_kg=float(rng.integers(50, 500))) for i in range(1, 5)))
        case = problem(stops, Roads(km, km / 60), fleet=(van(count=3), truck(count=2)))
        able = [i for i in range(4) if impossible(case, i) is None]
        left = sum(case.unserved_eur(i) for i in range(4) if i not in able)
        bound = sharp(case, able)
        assert bound is not None
        assert bound <= best_by_brute_force(case) - left + 1e-6


def test_it_is_sharper_than_splitting_by_shares() -> None:
    case = random_problem(21, 20, depots=2, tight=False)
    stops = [i for i in range(20) if impossible(case, i) is None]
    plan = solve(case, max_iterations=300)
    loose = lower_bound(case, Part("all", tuple(stops), tuple(range(len(case.fleet)))))
    assert 1.2 * loose < plan.bound_eur <= plan.totals["objective_eur"]


def test_exact_for_one_stop_per_tour() -> None:
    stops = table(stop("A", 1, mass_kg=1000.0), stop("B", 2, mass_kg=1000.0))
    case = problem(stops, line(0, 60, 90), fleet=(van(),))
    assert sharp(case, [0, 1]) == pytest.approx(best_by_brute_force(case), rel=1e-2)


def test_too_much_work_or_too_fine_steps_give_none() -> None:
    case = random_problem(1, 10, depots=2, tight=False)
    stops = [i for i in range(10) if impossible(case, i) is None]
    assert sharp(case, stops, most_work=1000.0) is None
    instant = table(*(stop(f"S{i}", 1, service_s=0, service_by_hand_s=0, mass_kg=0.0, floor_positions=0.0, points=0.0)
                      for i in (1, 2)))  # fmt: skip
    assert sharp(problem(instant, line(0, 10)), [0, 1]) is None


@pytest.mark.parametrize("seed", range(4))
def test_the_better_bound_needs_no_tours_and_bears_huge_penalties(seed: int) -> None:
    case = random_problem(seed, 4, tight=False)
    stops = [i for i in range(4) if impossible(case, i) is None]
    part = Part("all", tuple(stops), tuple(range(len(case.fleet))))
    bound, work = best_bound(case, part, [], most_work=DEFAULT_WORK)
    all_required = case.stops.with_columns(due_day=1)
    strict = problem(all_required, case.roads["road"], fleet=case.fleet, drivers=case.drivers,
                     depots=dict(case.depots), days=case.days, missed_penalty_eur=1e12)  # fmt: skip
    harder, _ = best_bound(strict, part, [], most_work=DEFAULT_WORK)
    assert work > 0
    assert 0 <= bound <= harder + 0.02 * harder
    missed = 1e12 * (4 - len(stops))
    assert harder <= best_by_brute_force(strict) - missed + 1e-3
    assert lower_bound(case, part) <= bound
