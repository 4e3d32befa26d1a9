"""Properties of the search with all constraints on drawn tiny cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_cases import kernel_problem
from kernel_replay import cheapest_plan, replay
from voltloop.collection.kernel.arrays import KernelProblem
from voltloop.collection.kernel.rich import anneal, evaluate


def case(draw_seed: int) -> KernelProblem:
    """Four stops, two kinds, loads both ways, one window each."""
    draw = np.random.default_rng(draw_seed)
    xyz = np.zeros((5, 3))
    xyz[:, :2] = draw.integers(0, 40, (5, 2))
    opens = draw.integers(0, 120, 4).astype(float)
    return kernel_problem(
        4,
        kinds=2,
        xyz=xyz,
        plane_offset=0.5,
        service_s=np.full((2, 4), 5.0),
        opens_s=opens,
        closes_s=opens + draw.integers(30, 200, 4),
        pick=draw.integers(0, 5, (4, 1)).astype(float),
        drop=draw.integers(0, 3, (4, 1)).astype(float),
        skip_eur=draw.integers(30, 400, 4).astype(float),
        room=np.array([[7.0], [12.0]]),
        fixed_eur=np.array([15.0, 30.0]),
        eur_per_s=np.array([0.05, 0.05]),
        from_s=np.zeros(2),
        to_s=np.full(2, 500.0),
        needs=np.array([0, 1, 2], np.int32),
        resource=np.array([0, 1], np.int32),
        stock=np.array([2, 1], np.int64),
    )


CONSTRAINTS: tuple[dict[str, Any], ...] = (
    {"room": np.array([[5.0], [9.0]])},
    {"to_s": np.full(2, 300.0)},
    {"max_duty_s": np.full(2, 120.0)},
    {"max_driving_s": np.full(2, 100.0)},
    {"stock": np.array([1, 1], np.int64)},
    {"release_s": np.array([60.0, 0.0, 30.0, 0.0])},
    {"goods": np.array([1, 2, 1, 2], np.uint64), "clash": np.array([2, 1, 0, 0], np.uint64)},
    {"max_stretch_s": 40.0, "break_s": 15.0},
    {"allowed": np.array([[True, False], [False, True], [True, True], [True, True]])},
    {"extra_eur": np.array([[4.0, 0.0], [0.0, 4.0], [0.0, 0.0], [9.0, 9.0]])},
)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), added=st.integers(0, len(CONSTRAINTS) - 1))
def test_a_constraint_more_never_makes_the_best_plan_cheaper(seed: int, added: int) -> None:
    free = case(seed)
    bound = free._replace(**CONSTRAINTS[added])
    _, eur, _ = anneal(free, None, seed=1, seconds=0.0, iterations=1500)
    _, bound_eur, _ = anneal(bound, None, seed=1, seconds=0.0, iterations=1500)
    assert eur == pytest.approx(cheapest_plan(free))
    assert bound_eur == pytest.approx(cheapest_plan(bound))
    assert bound_eur >= eur - 1e-6


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), added=st.integers(0, len(CONSTRAINTS) - 1))
def test_every_plan_is_legal_and_costs_what_it_says(seed: int, added: int) -> None:
    p = case(seed)._replace(**CONSTRAINTS[added])
    tours, eur, _ = anneal(p, None, seed=seed, seconds=0.0, iterations=100)
    visits = [tours.visits[a:b].tolist() for a, b in zip(tours.begins[:-1], tours.begins[1:], strict=True)]
    slow = sum(replay(p, int(kind), tour) for kind, tour in zip(tours.kind, visits, strict=True))
    slow += sum(p.skip_eur[stop] for stop in range(4) if not any(stop in tour for tour in visits))
    assert slow == pytest.approx(eur)
    assert evaluate(p, tours) == (pytest.approx(eur), True)
