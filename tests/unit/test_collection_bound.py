"""The bound is one: never above the optimum, and exact where it can be seen by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from collection_brute import best_by_brute_force
from collection_cases import line, problem, random_problem, random_rich_problem, stop, table, van
from voltloop.collection import Driver, Roads
from voltloop.collection.bound import lower_bound
from voltloop.collection.explain import impossible
from voltloop.collection.model import Hub
from voltloop.collection.parts import Part, components
from voltloop.collection.relaxation import best_bound


def bound(case: object, stops: Sequence[int]) -> float:
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


@pytest.mark.parametrize("payload_kg", [600.0, 1100.0])
def test_unloading_on_the_way_is_no_tour_of_its_own(payload_kg: float) -> None:
    """A van that may unload beside its stops drives out once where it would drive out for each stop."""
    stops = table(
        *(stop(f"P{n}", 2 + n, mass_kg=500.0, points=10.0, depots=["hub", "yard"]) for n in range(4))
    )
    kind = van(payload_kg=payload_kg, reload_at=("yard",), max_reloads=3)
    case = problem(stops, line(0, 100, 99, 98, 101, 102), fleet=(kind,), hubs={"yard": Hub(1, 300)})
    least = best_by_brute_force(case)
    assert 0 < bound(case, range(4)) <= least + 1e-6
    assert least < best_by_brute_force(replace(case, fleet=(replace(kind, max_reloads=0),)))


def test_tours_that_end_elsewhere() -> None:
    stops = table(*(stop(f"P{n}", 2 + n, mass_kg=500.0, points=10.0, depots=["other"]) for n in range(3)))
    drivers = tuple(Driver(f"D{n}", "hub") for n in range(5))
    kind = van(payload_kg=600.0, count=5, end_depot_id="other")
    case = problem(
        stops, line(0, 100, 99, 98, 101), fleet=(kind,), depots={"hub": 0, "other": 1}, drivers=drivers
    )
    assert 100 < bound(case, range(3)) <= best_by_brute_force(case) + 1e-6


@pytest.mark.parametrize("seed", range(8))
def test_no_bound_is_above_the_best_plan_with_every_demand(seed: int) -> None:
    case = random_rich_problem(seed, 4, planning_days=2)
    hopeless = [index for index in range(4) if impossible(case, index) is not None]
    left = sum(case.unserved_eur(index) for index in hopeless)
    stops = [index for index in range(4) if index not in hopeless]
    least = best_by_brute_force(case) - left + 1e-6
    assert bound(case, stops) <= least
    assert sum(best_bound(case, part, [], most_work=1e9)[0] for part in components(case, stops)) <= least
