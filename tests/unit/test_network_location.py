"""Choice of sites: against trying everything, against published optima, and on bad input."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.errors import InputError
from voltloop.network.allocation import allocate_demand
from voltloop.network.location import Location, locate


def draw(seed: int) -> Location:
    rng = np.random.default_rng(seed)
    sites, customers = int(rng.integers(2, 6)), int(rng.integers(1, 6))
    capacity = [
        rng.integers(3, 15, sites).astype(float), np.full(sites, 8.0), np.full(sites, np.inf)
    ][seed % 3]  # fmt: skip
    cost = np.where(rng.random((sites, customers)) < 0.15, np.inf, rng.integers(1, 30, (sites, customers)))
    fixed = rng.integers(0, 40, sites).astype(float)
    return Location(capacity, fixed, rng.integers(0, 6, customers).astype(float), cost)


def best_of_all(problem: Location) -> float:
    best = np.inf
    for many in range(1, len(problem.capacity) + 1):
        for chosen in combinations(range(len(problem.capacity)), many):
            sites = list(chosen)
            cost, _ = allocate_demand(problem.cost_eur[sites], problem.demand, problem.capacity[sites])
            best = min(best, cost + problem.fixed_eur[sites].sum())
    return best


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_is_the_best_of_all_choices_and_proven(seed: int) -> None:
    problem = draw(seed)
    found, best = locate(problem), best_of_all(problem)
    assert found.objective_eur == pytest.approx(best)
    assert found.is_proven
    if np.isfinite(best):
        assert found.share.sum(axis=0) == pytest.approx(np.ones(len(problem.demand)))
        assert (found.share @ problem.demand <= problem.capacity + 1e-6).all()
        assert not found.share[~found.is_open].any()
        served = np.where(found.share > 0, problem.cost_eur, 0.0) * found.share
        assert served.sum() + problem.fixed_eur[found.is_open].sum() == pytest.approx(best)


def test_the_bound_never_passes_the_optimum_when_time_is_short() -> None:
    rng = np.random.default_rng(5)
    problem = Location(
        np.full(30, 90.0), rng.uniform(100, 300, 30), rng.uniform(1, 9, 120), rng.uniform(1, 90, (30, 120))
    )
    hasty, whole = locate(problem, time_limit_s=0.0), locate(problem)
    assert whole.is_proven
    assert hasty.bound_eur <= whole.objective_eur * (1 + 1e-9) <= hasty.objective_eur * (1 + 2e-9)


def test_progress_tells_a_falling_gap() -> None:
    told: list[tuple[float, float, float]] = []
    found = locate(draw(4), on_progress=lambda *entry: told.append(entry))
    assert told
    assert all(bound <= objective + 1e-9 for _, objective, bound in told)
    assert told[-1][1] == pytest.approx(found.objective_eur)


def test_demand_beyond_all_capacity_is_told_as_infinite() -> None:
    found = locate(Location(np.array([1.0]), np.zeros(1), np.array([2.0]), np.ones((1, 1))))
    assert np.isinf(found.objective_eur)
    assert not found.is_open.any()


def test_bad_numbers_are_named() -> None:
    one = np.ones(1)
    with pytest.raises(InputError, match=r"demand\[0\] is nan"):
        Location(one, one, np.array([np.nan]), np.ones((1, 1)))
    with pytest.raises(InputError, match=r"cost_eur\[0, 0\] is -1"):
        Location(one, one, one, -np.ones((1, 1)))
    with pytest.raises(InputError, match="2 sites and 1 customers"):
        Location(one, one, one, np.ones((2, 1)))
