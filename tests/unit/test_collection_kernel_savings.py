"""Savings builds tours over all stops that fit, near the shortest on cases with a known answer."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from kernel_cases import kernel_problem, matrix, plane
from voltloop.collection.kernel.arrays import KernelProblem, KernelTours
from voltloop.collection.kernel.neighbours import neighbours
from voltloop.collection.kernel.savings import leg_eur, savings


def orders(tours: KernelTours) -> list[list[int]]:
    return [tours.visits[a:b].tolist() for a, b in pairwise(tours.begins)]


def cost(problem: KernelProblem, order: list[int]) -> float:
    places = [0, *problem.place[order], 0]
    return sum(leg_eur(problem, a, b, 0) for a, b in pairwise(places)) + float(problem.fixed_eur[0])


@pytest.mark.parametrize("seed", range(5))
def test_tours_serve_every_stop_once_and_carry_what_fits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = plane(rng.uniform(0, 100, (81, 2)).tolist(), rng.integers(1, 9, 80).tolist(), 25.0)
    load = np.column_stack([problem.pick[:, 0], rng.integers(0, 4, 80)])
    problem = problem._replace(pick=load, drop=np.zeros((80, 2)), room=np.array([[25.0, 9.0]]))
    tours = orders(savings(problem, neighbours(problem, 20)[0]))
    assert sorted(stop for tour in tours for stop in tour) == list(range(80))
    assert all((load[tour].sum(axis=0) <= [25.0, 9.0]).all() for tour in tours)
    alone = sum(cost(problem, [stop]) for stop in range(80))
    assert sum(cost(problem, tour) for tour in tours) < 0.6 * alone


def test_two_streets_are_two_tours() -> None:
    points = [[0, 0], [10, 0], [11, 0], [12, 0], [-10, 0], [-11, 0], [-12, 0]]
    tours = orders(savings(plane(points, [1] * 6, 3), neighbours(plane(points, [1] * 6, 3), 5)[0]))
    assert sorted(sorted(tour) for tour in tours) == [[0, 1, 2], [3, 4, 5]]
    assert all(tour[1] in (1, 4) for tour in tours)


def test_one_way_streets_are_driven_in_their_direction() -> None:
    """A ring road of one direction: all stops in the order of the ring."""
    around = np.array([[(b - a) % 5 for b in range(5)] for a in range(5)], float)
    problem = matrix(around, pick=np.ones((4, 1)), room=np.array([[4.0]]))
    assert orders(savings(problem, neighbours(problem, 3)[0])) == [[0, 1, 2, 3]]


def test_what_is_brought_and_what_is_fetched_fit_together() -> None:
    problem = kernel_problem(2, pick=np.ones((2, 1)), drop=np.ones((2, 1)), room=np.array([[3.0]]))
    near = neighbours(problem, 1)[0]
    assert len(orders(savings(problem, near))) == 2
    dear = problem._replace(fixed_eur=np.array([5.0]))
    assert len(orders(savings(dear, near))) == 2
    assert len(orders(savings(dear._replace(room=np.array([[4.0]])), near))) == 1


def test_only_the_wanted_stops_and_a_stop_too_large_for_the_vehicle() -> None:
    problem = plane([[0, 0], [5, 0], [6, 0], [7, 0]], [1, 9, 1], 3)
    near = neighbours(problem, 2)[0]
    tours = orders(savings(problem, near))
    assert sorted(sorted(tour) for tour in tours) == [[0, 2], [1]]
    assert orders(savings(problem, near, stops=np.array([2], np.int32))) == [[2]]
    none = savings(problem, near, stops=np.zeros(0, np.int32))
    assert none.begins.tolist() == [0]
    assert len(none.kind) == len(none.visits) == 0
