"""The search for tours with windows finds known optima, is exactly legal, undoes what it rejects, repeats itself."""

from __future__ import annotations

from itertools import combinations, pairwise, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collection_cases import line, stop, table, van
from collection_cases import problem as tour_problem
from kernel_cases import kernel_problem, matrix, plane
from kernel_replay import replay
from voltloop.collection import engine as engine_module
from voltloop.collection import evaluate, solve
from voltloop.collection.kernel.arrays import SPHERE, KernelProblem, KernelTours
from voltloop.collection.kernel.timed import Annealing, is_timed


def with_hours(p: KernelProblem, rng: np.random.Generator, tight: bool = True) -> KernelProblem:
    """Windows in which every stop can be served alone, whole seconds throughout."""
    stops = len(p.place)
    opens = rng.integers(150, 500, stops).astype(float)
    width = rng.integers(20, 80, stops) if tight else rng.integers(60, 300, stops)
    return p._replace(
        opens_s=opens,
        closes_s=opens + width,
        service_s=np.tile(rng.integers(0, 20, stops).astype(float), (2, 1)),
        from_s=np.array([10.0]),
        to_s=np.array([1200.0]),
        max_duty_s=np.array([1e9]),
    )


def flat(rng: np.random.Generator, stops: int, **changed: Any) -> KernelProblem:
    points = rng.integers(0, 60, (stops + 1, 2)).tolist()
    return with_hours(
        plane(points, rng.integers(1, 6, stops).tolist(), 9.0, plane_offset=0.5, **changed), rng
    )


def one_way(rng: np.random.Generator, stops: int) -> KernelProblem:
    """Lengths and times that differ by direction and break the inequality of the triangle."""
    km = rng.integers(5, 90, (stops + 1, stops + 1)).astype(float)
    loads = rng.integers(1, 6, (stops, 1)).astype(float)
    p = matrix(
        km, rng.uniform(5.0, 90.0, km.shape), pick=loads, room=np.array([[9.0]]), fixed_eur=np.array([30.0])
    )
    return with_hours(p, rng)


def round_earth(rng: np.random.Generator, stops: int) -> KernelProblem:
    p = flat(rng, stops)
    xyz = np.column_stack([rng.uniform(0.6, 0.7, (stops + 1, 2)), np.full(stops + 1, 0.5)])
    return p._replace(
        metric=SPHERE,
        xyz=xyz / np.linalg.norm(xyz, axis=1)[:, None],
        land=np.full(stops + 1, 3, np.int32),
        detour=np.array([[2.0, 1.4], [50.0, 1.25], [900.0, 1.2]]),
        speed=np.array([[[10.0, 30.0], [np.inf, 60.0]]]),
        opens_s=p.opens_s * 360.0,
        closes_s=p.closes_s * 360.0,
        to_s=p.to_s * 3600.0,
        service_s=p.service_s * 60.0,
    )


def optional(rng: np.random.Generator, stops: int) -> KernelProblem:
    return flat(rng, stops, skip_eur=rng.integers(10, 80, stops).astype(float))


MAKERS = [flat, one_way, round_earth, optional]


def objective(p: KernelProblem, tours: KernelTours) -> float:
    """Cost of a plan by the slow second opinion, infinite when it breaks a rule."""
    served = tours.visits.tolist()
    assert len(set(served)) == len(served)
    eur = sum(replay(p, 0, tours.visits[a:b].tolist()) for a, b in pairwise(tours.begins))
    return float(eur + sum(p.skip_eur[c] for c in range(len(p.place)) if c not in served))


def cheapest(p: KernelProblem) -> float:
    everyone = range(len(p.place))
    one: dict[frozenset[int], float] = {}
    for order in (o for size in range(1, len(p.place) + 1) for o in permutations(everyone, size)):
        one[frozenset(order)] = min(one.get(frozenset(order), np.inf), replay(p, 0, order))
    for c in everyone:
        one[frozenset({c})] = min(one[frozenset({c})], float(p.skip_eur[c]))
    best: dict[frozenset[int], float] = {frozenset(): 0.0}
    groups = (frozenset(g) for size in range(1, len(p.place) + 1) for g in combinations(everyone, size))
    for group in groups:
        first = min(group)
        best[group] = min(one[t] + best[group - t] for t in one if first in t and t <= group)
    return best[frozenset(everyone)]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("seed", range(3))
def test_the_optimum_of_tiny_cases_is_found(make: Any, seed: int) -> None:
    p = make(np.random.default_rng(seed), 5)
    assert is_timed(p)
    search = Annealing(p, None, seed=1)
    search.run(4000, *search.heat_eur)
    tours, eur = search.best()
    assert eur == pytest.approx(objective(p, tours))
    assert eur == pytest.approx(cheapest(p))


@settings(deadline=None, max_examples=40)
@given(
    make=st.sampled_from(MAKERS),
    seed=st.integers(0, 10_000),
    stops=st.integers(1, 60),
    iterations=st.integers(0, 600),
    vehicles=st.integers(1, 40),
)
def test_every_plan_is_legal_at_the_cost_it_says(
    make: Any, seed: int, stops: int, iterations: int, vehicles: int
) -> None:
    p = make(np.random.default_rng(seed), stops)._replace(
        needs=np.array([0, 1], np.int32), resource=np.zeros(1, np.int32), stock=np.array([vehicles])
    )
    search = Annealing(p, None, seed=seed)
    start, start_eur = search.best()
    assert start_eur == pytest.approx(objective(p, start))
    search.run(iterations, 30.0, 1.0)
    best, eur = search.best()
    assert eur == pytest.approx(objective(p, best))
    assert eur <= start_eur * (1 + 1e-12)
    assert np.isfinite(objective(p, search.present()))
    assert max(len(best.kind), len(search.present().kind)) <= vehicles
    again = Annealing(p, best, seed=seed)
    assert again.best()[1] <= eur * (1 + 1e-9)


@pytest.mark.parametrize("make", MAKERS)
def test_a_rejected_iteration_leaves_everything_as_it_was(make: Any) -> None:
    """At next to no temperature most changes are undone; labels are those of the same plan made anew."""
    p = make(np.random.default_rng(3), 40)
    search = Annealing(p, None, seed=2)
    search.run(3000, 20.0, 0.5)
    search = Annealing(p, search.best()[0], seed=2)
    search.run(20_000, 1e-9, 1e-9)
    state = search._tours
    kept, tours, eur = state.line.copy(), search.present(), float(state.eur[0])
    undone = 0
    for _ in range(300):
        search.run(1, 1e-9, 1e-9)
        served = state.node[:, 2] >= 0
        if float(state.eur[0]) == eur and np.array_equal(search.present().visits, tours.visits):
            assert np.array_equal(state.line[served], kept[served])
            undone += 1
        kept, tours, eur = state.line.copy(), search.present(), float(state.eur[0])
    assert undone > 30
    fresh = Annealing(p, search.present(), seed=2)._tours
    served = fresh.node[: len(p.place), 2] >= 0
    assert np.array_equal(
        fresh.line[: len(p.place)][served][:, 2:7], state.line[: len(p.place)][served][:, 2:7]
    )


def test_same_seed_same_plan_and_another_seed_another_way() -> None:
    p = flat(np.random.default_rng(5), 120)
    found = []
    for seed in (4, 4, 5):
        search = Annealing(p, None, seed=seed)
        search.run(2000, *search.heat_eur)
        found.append(search.best()[0].visits.tolist())
    assert found[0] == found[1] != found[2]


def test_what_is_not_legal_of_a_start_is_planned_anew() -> None:
    """One tour of all stops is too heavy; one of three is legal and stays."""
    rng = np.random.default_rng(8)
    p = with_hours(plane([[0, 0], *[[i, 0] for i in range(1, 9)]], [3.0] * 8, 9.0), rng, tight=False)
    tours = KernelTours(np.zeros(1, np.int32), np.array([0, 8], np.int32), np.arange(8, dtype=np.int32))
    plan, eur = Annealing(p, tours, seed=1).best()
    assert sorted(plan.visits) == list(range(8))
    assert eur == objective(p, plan) < np.inf


def limited(**changed: Any) -> KernelProblem:
    return flat(np.random.default_rng(1), 12)._replace(**changed)


@pytest.mark.parametrize(
    "p",
    [
        limited(max_duty_s=np.array([150.0])),
        limited(max_driving_s=np.array([150.0])),
        limited(max_stretch_s=100.0),
        limited(closes_s=np.full(12, 1.0)),
        limited(to_s=np.array([200.0])),
        limited(opens_s=np.full(12, 150.5)),
        limited(window=np.array([0, *range(2, 14)], np.int32), opens_s=np.zeros(13), closes_s=np.ones(13)),
        limited(release_s=np.ones(12)),
        limited(skip_eur=np.full(12, np.inf)),
        limited(allowed=np.zeros((12, 1), np.bool_)),
        limited(goods=np.ones(12, np.uint64), clash=np.ones(12, np.uint64)),
        limited(end_clash=np.ones(1, np.uint64)),
        limited(eur_per_kg_km=np.array([1e-4])),
        limited(eur_per_s=np.array([1e-4])),
        limited(max_reloads=np.ones(1, np.int32)),
        limited(room=np.array([[4.0]])),
        limited(drop=np.ones((12, 1))),
        limited(extra_eur=np.ones((12, 1))),
        limited(pick=np.ones((12, 2)), drop=np.zeros((12, 2)), room=np.full((1, 2), 9.0)),
        matrix([[0, 1, 2], [3, 0, np.inf], [5, 6, 0]]),
        kernel_problem(3, kinds=2),
        kernel_problem(0),
    ],
)
def test_a_problem_with_any_other_rule_is_not_timed(p: KernelProblem) -> None:
    assert is_timed(limited())
    assert not is_timed(p)


def test_plans_of_the_engine_hold_before_the_exact_timetable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_LARGE_STOPS", 0)
    rng = np.random.default_rng(4)
    rows = [
        stop(f"S{i}", i, mass_kg=float(rng.integers(100, 400)), open_s=int(o), close_s=int(o) + 5400)
        for i, o in enumerate(rng.integers(8, 15, 30) * 3600, start=1)
    ]
    case = tour_problem(table(*rows), line(0, *rng.integers(1, 60, 30).tolist()), fleet=(van(count=20),))
    plan = solve(case, max_iterations=2000)
    found = evaluate(case, plan.tours, plan.stops, plan.breaks, unserved=plan.unserved, reloads=plan.reloads)
    assert found.violations == ()
    assert found.totals["tour_objective_eur"] == pytest.approx(plan.totals["tour_objective_eur"])
    assert "tours mended" not in plan.stopped_by
