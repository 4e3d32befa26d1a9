"""The search for capacity-only tours finds known optima, keeps count of its cost, and repeats itself exactly."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_cases import kernel_problem, matrix, plane
from voltloop.collection.kernel.arrays import SPHERE, KernelProblem, KernelTours
from voltloop.collection.kernel.neighbours import neighbours
from voltloop.collection.kernel.plain import anneal, is_plain
from voltloop.collection.kernel.savings import leg_eur, savings


def on_plane(rng: np.random.Generator, stops: int, **changed: Any) -> KernelProblem:
    points = rng.integers(0, 60, (stops + 1, 2)).tolist()
    return plane(points, rng.integers(1, 6, stops).tolist(), 9.0, plane_offset=0.5, **changed)


def on_sphere(rng: np.random.Generator, stops: int) -> KernelProblem:
    flat = on_plane(rng, stops, eur_per_s=np.array([0.01]))
    xyz = np.column_stack([rng.uniform(0.6, 0.7, (stops + 1, 2)), np.full(stops + 1, 0.5)])
    return flat._replace(
        metric=SPHERE,
        xyz=xyz / np.linalg.norm(xyz, axis=1)[:, None],
        land=np.full(stops + 1, 3, np.int32),
        detour=np.array([[2.0, 1.4], [50.0, 1.25], [900.0, 1.2]]),
        speed=np.array([[[10.0, 30.0], [np.inf, 60.0]]]),
        service_s=np.full((2, stops), 600.0),
    )


def by_matrix(rng: np.random.Generator, stops: int) -> KernelProblem:
    km = rng.integers(5, 90, (stops + 1, stops + 1)).astype(float)
    time_s = rng.uniform(100.0, 900.0, km.shape)
    loads = rng.integers(1, 6, (stops, 1)).astype(float)
    return matrix(
        km + km.T,
        time_s + time_s.T,
        pick=loads,
        room=np.array([[9.0]]),
        eur_per_s=np.array([0.02]),
        fixed_eur=np.array([30.0]),
    )


def replayed(p: KernelProblem, tours: KernelTours) -> float:
    """Cost of a plan worked out leg by leg, after a check of the loads."""
    assert sorted(tours.visits) == list(range(len(p.place)))
    total = 0.0
    for begin, end in pairwise(tours.begins):
        order = tours.visits[begin:end]
        assert end > begin
        assert ((p.pick + p.drop)[order].sum(axis=0) <= p.room[0] + 1e-6).all()
        places = [p.starts[0], *p.place[order], p.ends[0]]
        total += sum(leg_eur(p, a, b, 0) for a, b in pairwise(places)) + float(p.fixed_eur[0])
        total += float(p.eur_per_s[0] * p.service_s[0, order].sum())
    return total


def cheapest(p: KernelProblem) -> float:
    """Lowest cost over all orders, cut into tours in every way."""
    stops = range(len(p.place))
    one: dict[frozenset[int], float] = {}
    for order in (o for size in range(1, len(stops) + 1) for o in permutations(stops, size)):
        if p.pick[list(order), 0].sum() <= p.room[0, 0]:
            visits = np.array(order, np.int32)
            places = [p.starts[0], *p.place[visits], p.ends[0]]
            cost = sum(leg_eur(p, a, b, 0) for a, b in pairwise(places)) + float(p.fixed_eur[0])
            key = frozenset(order)
            one[key] = min(one.get(key, np.inf), cost)
    best: dict[frozenset[int], float] = {frozenset(): 0.0}
    for size in range(1, len(stops) + 1):
        for group in (g for g in _subsets(len(stops)) if len(g) == size):
            first = min(group)
            best[group] = min(one[t] + best[group - t] for t in one if first in t and t <= group)
    return best[frozenset(stops)]


def _subsets(count: int) -> list[frozenset[int]]:
    return [frozenset(i for i in range(count) if mask >> i & 1) for mask in range(1 << count)]


def first_plan(p: KernelProblem) -> KernelTours:
    return savings(p, neighbours(p, 10)[0])


@pytest.mark.parametrize("make", [on_plane, on_sphere, by_matrix])
@pytest.mark.parametrize("seed", range(3))
def test_the_optimum_of_tiny_cases_is_found_whatever_the_metric(make: Any, seed: int) -> None:
    problem = make(np.random.default_rng(seed), 6)
    assert is_plain(problem)
    plan, eur, _ = anneal(problem, first_plan(problem), seed=1, iterations=4000)
    assert eur == pytest.approx(replayed(problem, plan))
    service = float(problem.eur_per_s[0] * problem.service_s[0].sum())
    assert eur == pytest.approx(cheapest(problem) + service)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), stops=st.integers(1, 60), iterations=st.integers(0, 600))
def test_cost_is_kept_exactly_and_never_rises(seed: int, stops: int, iterations: int) -> None:
    problem = on_plane(np.random.default_rng(seed), stops, fixed_eur=np.array([float(seed % 3) * 20.0]))
    start = first_plan(problem)
    plan, eur, done = anneal(problem, start, seed=seed, iterations=iterations)
    assert done == iterations
    assert eur == replayed(problem, plan) <= replayed(problem, start)


def test_decimal_loads_fill_a_vehicle_to_the_brim_and_no_further() -> None:
    """Ten times 0.1 is 1, which floating point sums miss; eleven tenths are too many."""
    points = [[0, 0], *[[50 + i, 0] for i in range(11)]]
    problem = plane(points, [0.1] * 11, 1.0)
    plan, _, _ = anneal(problem, first_plan(problem), seed=1, iterations=2000)
    assert sorted(np.diff(plan.begins)) == [1, 10]


def test_same_seed_same_plan_and_another_seed_another_way() -> None:
    problem = on_plane(np.random.default_rng(5), 120)
    start = first_plan(problem)
    runs = [anneal(problem, start, seed=seed, iterations=3000) for seed in (4, 4, 5)]
    assert runs[0][1] == runs[1][1]
    assert runs[0][0].visits.tolist() == runs[1][0].visits.tolist()
    assert runs[0][0].visits.tolist() != runs[2][0].visits.tolist()


def test_a_time_limit_ends_the_search_and_progress_is_told() -> None:
    problem = on_plane(np.random.default_rng(6), 80)
    told: list[tuple[float, int]] = []
    plan, eur, done = anneal(
        problem, first_plan(problem), seed=1, seconds=0.2, on_progress=lambda *news: told.append(news)
    )
    assert told[-1] == (eur, done)
    assert [cost for cost, _ in told] == sorted((cost for cost, _ in told), reverse=True)
    assert eur == replayed(problem, plan)
    assert anneal(problem, plan, seed=1, seconds=0.0)[1] == eur


def test_no_more_tours_than_vehicles() -> None:
    """Two vehicles drive far together; with free choice each stop would be a tour."""
    points = [[0, 0], *[[100, 0]] * 2, *[[-100, 0]] * 2]
    problem = plane(points, [1] * 4, 2.0)
    two = problem._replace(
        needs=np.array([0, 1], np.int32), resource=np.zeros(1, np.int32), stock=np.array([2])
    )
    start = KernelTours(
        np.zeros(2, np.int32), np.array([0, 2, 4], np.int32), np.array([0, 2, 1, 3], np.int32)
    )
    plan, eur, _ = anneal(two, start, seed=1, iterations=3000, temperature=(100.0, 1.0))
    assert len(plan.kind) == 2
    assert eur == 400.0


def limited(**changed: Any) -> KernelProblem:
    return on_plane(np.random.default_rng(1), 12)._replace(**changed)


@pytest.mark.parametrize(
    "problem",
    [
        limited(max_duty_s=np.array([150.0])),
        limited(max_driving_s=np.array([150.0])),
        limited(to_s=np.array([80_000.0]), opens_s=np.full(12, 79_000.0)),
        limited(closes_s=np.array([*[np.inf] * 11, 90.0]), from_s=np.zeros(1), opens_s=np.zeros(12)),
        limited(max_stretch_s=100.0),
        limited(skip_eur=np.full(12, 5.0)),
        limited(allowed=np.zeros((12, 1), np.bool_)),
        limited(goods=np.ones(12, np.uint64), clash=np.ones(12, np.uint64)),
        limited(eur_per_kg_km=np.array([1e-4])),
        limited(max_reloads=np.ones(1, np.int32)),
        limited(room=np.array([[4.0]])),
        limited(drop=np.ones((12, 1))),
        limited(extra_eur=np.ones((12, 1))),
        limited(pick=np.ones((12, 2)), drop=np.zeros((12, 2)), room=np.full((1, 2), 9.0)),
        matrix([[0, 1, 2], [3, 0, 4], [5, 6, 0]]),
        kernel_problem(3, kinds=2),
        kernel_problem(0),
    ],
)
def test_a_problem_with_any_other_limit_is_not_plain(problem: KernelProblem) -> None:
    assert not is_plain(problem)


def test_limits_that_no_tour_can_meet_do_not_count() -> None:
    day = limited(
        from_s=np.zeros(1),
        to_s=np.array([1e6]),
        opens_s=np.full(12, -5.0),
        closes_s=np.full(12, 1e6),
        max_stretch_s=1e5,
    )
    assert is_plain(day)
    assert is_plain(
        day._replace(pick=day.pick * [[1.0, 1e-3]], drop=np.zeros((12, 2)), room=np.full((1, 2), 9.0))
    )
    assert is_plain(day._replace(pick=np.zeros((12, 1)), drop=day.pick))
    assert is_plain(day._replace(goods=np.ones(12, np.uint64), clash=np.full(12, 6, np.uint64)))
    assert not is_plain(day._replace(service_s=np.full((2, 12), 5e4)))
