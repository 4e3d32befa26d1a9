"""The search with all constraints: known optima by brute force, frozen tours, determinism."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernel_cases import kernel_problem
from kernel_replay import cheapest_plan, replay
from voltloop.collection.kernel.arrays import KernelProblem, KernelTours
from voltloop.collection.kernel.rich import anneal, evaluate


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
