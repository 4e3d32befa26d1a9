"""The bound is one: never above the optimum, and exact where it can be seen by hand."""

from __future__ import annotations

import numpy as np
import pytest

from collection_brute import best_by_brute_force
from collection_cases import line, problem, random_problem, stop, table, van
from voltloop.collection import Roads
from voltloop.collection.bound import lower_bound
from voltloop.collection.explain import impossible
from voltloop.collection.parts import Part


def bound(case: object, stops: list[int]) -> float:
    return lower_bound(case, Part("all", tuple(stops), tuple(range(len(case.fleet)))))  # type: ignore[attr-defined,arg-type]


@pytest.mark.parametrize("seed", range(25))
def test_never_above_the_optimum(seed: int) -> None:
    case = random_problem(seed, 4, depots=1 + seed % 2)
    stops = [i for i in range(4) if impossible(case, i) is None]
    hopeless = sum(case.unserved_eur(i) for i in range(4) if i not in stops)
    assert bound(case, stops) <= best_by_brute_force(case) - hopeless + 1e-6


def test_valid_without_triangle_inequality() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        km = rng.uniform(1, 200, (4, 4))
        np.fill_diagonal(km, 0)
        case = problem(
            table(*(stop(f"S{i}", i, mass_kg=400.0) for i in (1, 2, 3))),
            Roads(km, km / 60),
            fleet=(van(count=3),),
        )
        stops = [i for i in range(3) if impossible(case, i) is None]
        left = sum(case.unserved_eur(i) for i in range(3) if i not in stops)
        assert bound(case, stops) <= best_by_brute_force(case) - left + 1e-6


def test_exact_for_full_loads() -> None:
    """Stops that each fill a van: the way there and back for each, and that is the bound."""
    stops = table(stop("A", 1, mass_kg=1000.0), stop("B", 2, mass_kg=1000.0))
    case = problem(stops, line(0, 60, 90), fleet=(van(),))
    assert bound(case, [0, 1]) == pytest.approx(best_by_brute_force(case), rel=1e-6)


def test_no_stops_no_cost() -> None:
    assert bound(problem(table(), line(0)), []) == 0
