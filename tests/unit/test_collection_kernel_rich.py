"""The search with all constraints: known optima by brute force, frozen tours, determinism."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernel_cases import kernel_problem, matrix
from kernel_replay import cheapest_plan, replay
from voltloop.collection.kernel.arrays import KernelProblem, KernelTours
from voltloop.collection.kernel.rich import anneal, construct, evaluate


def rich_case(seed: int, stops: int = 5, **changed: Any) -> KernelProblem:
    """Two depots, three kinds, two measures, deliveries, windows, goods that clash, a hub, optional stops."""
    draw = np.random.default_rng(seed)
    places = stops + 3
    xyz = np.zeros((places, 3))
    xyz[:, :2] = draw.integers(0, 60, (places, 2))
    double = draw.random(stops) < 0.4
    opens, closes, window = [], [], [0]
    for x in range(stops):
        first = int(draw.integers(0, 250))
        spans = [(first, first + 150)] + ([(first + 220, first + 300)] if double[x] else [])
        opens += [float(a) for a, _ in spans]
        closes += [float(b) for _, b in spans]
        window.append(len(opens))
    arrays: dict[str, Any] = {
        "xyz": xyz,
        "plane_offset": 0.5,
        "s_per_km": np.array([1.0]),
        "place": np.arange(stops, dtype=np.int32),
        "service_s": draw.integers(1, 40, (2, stops)).astype(float),
        "window": np.array(window, np.int32),
        "opens_s": np.array(opens),
        "closes_s": np.array(closes),
        "release_s": draw.integers(0, 120, stops).astype(float),
        "pick": draw.integers(0, 6, (stops, 2)).astype(float),
        "drop": draw.integers(0, 4, (stops, 2)).astype(float),
        "skip_eur": np.where(draw.random(stops) < 0.4, 90.0, 5000.0),
        "goods": (np.uint64(1) << draw.integers(0, 3, stops).astype(np.uint64)),
        "clash": np.zeros(stops, np.uint64),
        "allowed": draw.random((stops, 3)) < 0.85,
        "extra_eur": draw.integers(0, 5, (stops, 3)).astype(float),
        "starts": np.array([stops, stops, stops + 1], np.int32),
        "ends": np.array([stops, stops, stops], np.int32),
        "room": np.array([[8.0, 9.0], [14.0, 15.0], [10.0, 12.0]]),
        "fixed_eur": np.array([20.0, 35.0, 25.0]),
        "eur_per_km": np.array([1.0, 1.3, 1.1]),
        "eur_per_s": np.array([0.1, 0.1, 0.2]),
        "eur_per_kg_km": np.array([0.01, 0.02, 0.0]),
        "from_s": np.array([0.0, 20.0, 0.0]),
        "to_s": np.array([600.0, 620.0, 640.0]),
        "max_duty_s": np.array([520.0, 500.0, 520.0]),
        "max_driving_s": np.full(3, 400.0),
        "by_hand": np.array([0, 1, 0], np.int32),
        "max_reloads": np.array([1, 0, 1], np.int32),
        "reload": np.array([0, 1, 1, 2], np.int32),
        "reload_place": np.array([stops + 2, stops + 2], np.int32),
        "reload_s": np.array([10.0, 10.0]),
        "needs": np.array([0, 2, 4, 6], np.int32),
        "resource": np.array([0, 3, 1, 3, 2, 3], np.int32),
        "stock": np.array([1, 1, 1, 2], np.int64),
        "max_stretch_s": 90.0,
        "break_s": 20.0,
        "service_is_break": bool(seed % 2),
    }
    arrays["clash"] = np.where(
        arrays["goods"] == 1, np.uint64(2), np.where(arrays["goods"] == 2, np.uint64(1), np.uint64(0))
    )
    arrays.update(changed)
    return kernel_problem(stops, kinds=3, measures=2, places=places, **arrays)


def plan_eur(p: KernelProblem, tours: KernelTours) -> float:
    """Cost of a plan by the slow replay."""
    total, served = 0.0, set()
    for t, kind in enumerate(tours.kind):
        visits = tours.visits[tours.begins[t] : tours.begins[t + 1]].tolist()
        served |= {v for v in visits if v >= 0}
        total += replay(p, int(kind), visits)
    return total + sum(p.skip_eur[v] for v in range(len(p.place)) if v not in served)


@pytest.mark.parametrize("seed", range(8))
def test_search_finds_the_best_plan_of_a_tiny_rich_case(seed: int) -> None:
    """All orders, kinds, hub places and ways of leaving out, one by one, give no cheaper plan."""
    p = rich_case(seed)
    best = cheapest_plan(p)
    tours, eur, _ = anneal(p, None, seed=1, seconds=0.0, iterations=4000)
    assert plan_eur(p, tours) == pytest.approx(eur)
    assert eur == pytest.approx(best)


def test_random_tours_cost_what_the_slow_replay_says() -> None:
    """Compiled and slow evaluation agree on legal and illegal tours alike."""
    draw = np.random.default_rng(7)
    legal = 0
    for seed in range(60):
        p = rich_case(seed, service_is_break=False, allowed=np.ones((5, 3), np.bool_))
        stops = draw.permutation(5)[: draw.integers(1, 4)].tolist()
        kind = int(draw.integers(0, 3))
        if kind != 1 and len(stops) > 1 and draw.random() < 0.5:
            stops.insert(1, -1 - int(p.reload[kind]))
        tours = KernelTours(
            np.array([kind], np.int32), np.array([0, len(stops)], np.int32), np.array(stops, np.int32)
        )
        eur, is_legal = evaluate(p, tours)
        slow = plan_eur(p, tours)
        assert is_legal == (slow < np.inf)
        if is_legal:
            legal += 1
            assert eur == pytest.approx(slow)
    assert legal > 10


def test_same_seed_and_iterations_give_the_same_plan() -> None:
    p = rich_case(3, stops=12)
    first = anneal(p, None, seed=5, seconds=0.0, iterations=500)
    again = anneal(p, None, seed=5, seconds=1e-9, iterations=500)
    assert first[1] == again[1]
    assert all(np.array_equal(a, b) for a, b in zip(first[0], again[0], strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_cost_kept_through_the_search_is_the_cost_of_the_plan(seed: int) -> None:
    """After thousands of changes and undone changes the sum still is what the plan costs."""
    p = rich_case(seed, stops=12, stock=np.array([4, 4, 4, 9], np.int64))
    tours, eur, done = anneal(p, None, seed=seed, seconds=0.0, iterations=1500)
    assert done == 1500
    assert evaluate(p, tours) == (pytest.approx(eur), True)
    assert plan_eur(p, tours) == pytest.approx(eur)


def test_frozen_tours_stay_and_the_rest_is_planned_around_them() -> None:
    p = rich_case(2, stops=12, stock=np.array([4, 4, 4, 9], np.int64))
    start = construct(p, 1)
    assert len(start.kind) > 1
    frozen = np.zeros(len(start.kind), np.bool_)
    frozen[1] = True
    tours, eur, _ = anneal(p, start, seed=1, seconds=0.0, iterations=500, frozen=frozen)
    held = start.visits[start.begins[1] : start.begins[2]].tolist()
    assert tours.kind[0] == start.kind[1]
    assert tours.visits[: tours.begins[1]].tolist() == held
    assert evaluate(p, tours) == (pytest.approx(eur), True)
    assert eur <= evaluate(p, start)[0] + 1e-9


def test_tours_of_the_start_that_are_no_longer_legal_are_planned_anew() -> None:
    """A vehicle breaks down: its kind has none left, and other tours take what they can."""
    p = rich_case(2, stops=8, stock=np.array([3, 3, 3, 9], np.int64))
    start, _, _ = anneal(p, None, seed=1, seconds=0.0, iterations=300)
    gone = int(start.kind[0])
    stock = p.stock.copy()
    stock[gone] = 0
    without = p._replace(stock=stock)
    assert evaluate(without, start) == (np.inf, False)
    tours, eur, _ = anneal(without, start, seed=1, seconds=0.0, iterations=300)
    assert gone not in tours.kind
    assert evaluate(without, tours) == (pytest.approx(eur), True)


def test_a_stop_that_nobody_may_serve_stays_out_and_the_rest_is_planned() -> None:
    allowed = np.ones((6, 3), np.bool_)
    allowed[4] = False
    p = rich_case(1, stops=6, allowed=allowed, stock=np.array([6, 6, 6, 9], np.int64))
    tours, eur, _ = anneal(p, None, seed=1, seconds=0.0, iterations=300)
    assert 4 not in tours.visits
    assert len(tours.kind) > 0
    assert eur >= p.skip_eur[4]


def test_missing_and_endless_roads_are_never_driven() -> None:
    """NaN and inf mean that no road leads there."""
    km = np.full((4, 4), 10.0)
    km[0, 2] = km[2, 0] = np.inf
    km[:, 3] = km[3, :] = np.nan
    p = matrix(km)
    tours, eur, _ = anneal(p, None, seed=1, seconds=0.0, iterations=200)
    assert 2 not in tours.visits
    assert eur >= p.skip_eur[2]
    assert evaluate(p, tours)[1]
    for first, last in zip(tours.begins[:-1], tours.begins[1:], strict=True):
        assert tours.visits[first] != 1
        assert tours.visits[last - 1] != 1


def test_a_time_limit_is_kept_and_progress_told() -> None:
    told: list[tuple[float, int]] = []
    p = rich_case(1, stops=10)
    _, eur, done = anneal(
        p, None, seed=1, seconds=1.0, on_progress=lambda cost, count: told.append((cost, count))
    )
    assert told
    assert told[-1] == (pytest.approx(eur), done)
