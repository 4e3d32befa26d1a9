"""The choice among tours keeps every shared limit and never serves a stop twice."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from collection_brute import best_by_brute_force
from collection_cases import (
    MONDAY,
    days,
    line,
    problem,
    random_problem,
    stop,
    table,
    van,
)
from voltloop.collection import Driver, Problem, Roads
from voltloop.collection.choose import choose, choose_in_order
from voltloop.collection.days import spread_over_days
from voltloop.collection.explain import impossible
from voltloop.collection.insertion import Usage
from voltloop.collection.parts import Part
from voltloop.collection.pool import Pool, enumerate_tours


def pool_of(case: Problem) -> Pool:
    pool = Pool(case)
    part = Part("all", tuple(range(len(case.stop_list))), tuple(range(len(case.fleet))))
    assert enumerate_tours(case, part, pool, budget=100_000)
    return pool


@pytest.mark.parametrize("seed", range(10))
def test_choice_from_all_tours_is_the_optimum(seed: int) -> None:
    case = random_problem(seed, 4, depots=2, planning_days=3)
    stops = [i for i in range(4) if impossible(case, i) is None]
    hopeless = sum(case.unserved_eur(i) for i in range(4) if i not in stops)
    tours = pool_of(case).tours(stops)
    best = choose(case, stops, tours, node_limit=1000)
    assert best is not None
    assert best.objective_eur == pytest.approx(best_by_brute_force(case) - hopeless, abs=1e-4)
    assert best.bound_eur == pytest.approx(best.objective_eur, abs=1e-3)
    quick = choose_in_order(case, stops, tours)
    assert quick.objective_eur >= best.objective_eur - 1e-6
    for choice in (best, quick):
        served = [stop for tour, _ in choice.tours for stop in tour.stops]
        assert len(served) == len(set(served))


@pytest.mark.parametrize("seed", range(4, 10))
def test_days_keep_vehicles_drivers_and_deadlines(seed: int) -> None:
    """Every chosen tour gets a day on which a vehicle, a driver and, where needed, a certificate are free."""
    case = random_problem(seed, 7, planning_days=5)
    stops = [i for i in range(7) if impossible(case, i) is None]
    choice = choose(case, stops, pool_of(case).tours(stops), node_limit=1000)
    assert choice is not None
    tours = [tour for tour, _ in choice.tours]
    planned = list(zip(tours, spread_over_days(case, choice.tours), strict=True))
    assert all(1 <= day <= tour.last_day for tour, day in planned)
    usage = Usage(case, planned)
    assert all(count <= case.fleet[kind].count for (kind, _), count in usage.vehicles.items())
    for depot, crews in case.crews.items():
        for day, crew in enumerate(crews, start=1):
            assert usage.drivers_out(depot, day) <= crew
            assert usage.drivers_out(depot, day)[1] <= crew[1]


def test_dropping_a_repeat_that_would_cost_is_avoided() -> None:
    """With the direct road to B much longer than by way of A, the exact choice serves both in one tour."""
    km = np.array([[0, 10.0, 200.0], [10.0, 0, 10.0], [200.0, 10.0, 0]])
    case = problem(table(stop("A", 1), stop("B", 2)), Roads(km, km / 60), fleet=(van(),))
    pool = Pool(case)
    for order in ([0, 1, 0], [0], [1]):
        if len(set(order)) == len(order):
            pool.add(0, order)
    pool.add(0, [0, 1])
    choice = choose(case, [0, 1], pool.tours([0, 1]), node_limit=100)
    assert choice is not None
    served = sorted(stop for tour, _ in choice.tours for stop in tour.stops)
    assert served == [0, 1]


def test_nobody_to_drive_leaves_all_out() -> None:
    case = problem(
        table(stop("A", 1)), line(0, 60), drivers=(Driver("D", "else"),), depots={"hub": 0, "else": 0}
    )
    pool = Pool(case)
    pool.add(0, [0])
    choice = choose(case, [0], pool.tours([0]), node_limit=100)
    assert choice is not None
    assert choice.tours == ()
    assert choose_in_order(case, [0], pool.tours([0])).tours == ()


def test_late_stops_go_before_others_of_a_later_class() -> None:
    """One van; the late stop may be fetched on any day, the other falls due on day 2. The late one still goes first."""
    yesterday = MONDAY - timedelta(days=1)
    case = problem(
        table(
            stop("late", 1, due_day=2, due_on=yesterday, floor_positions=4.0),
            stop("later", 2, due_day=2, due_on=MONDAY + timedelta(days=1), floor_positions=4.0),
        ),
        line(0, 10, 30),
        fleet=(van(count=1),),
        days=days(2),
    )
    choice = choose(case, [0, 1], pool_of(case).tours([0, 1]), node_limit=1000)
    assert choice is not None
    tours = [tour for tour, _ in choice.tours]
    found = dict(zip([tour.stops for tour in tours], spread_over_days(case, choice.tours), strict=True))
    assert found == {(0,): 1, (1,): 2}
    assert case.unserved_eur(0) == 2 * case.unserved_eur(1)
