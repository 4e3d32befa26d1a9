"""Near neighbours are the nearest ones, whatever the metric."""

from __future__ import annotations

import numpy as np
import pytest

from kernel_cases import kernel_problem, matrix, plane
from voltloop.collection.kernel.arrays import SPHERE, KernelProblem
from voltloop.collection.kernel.legs import leg_km
from voltloop.collection.kernel.neighbours import along_a_curve, neighbours


def scattered(stops: int, seed: int) -> KernelProblem:
    points = np.random.default_rng(seed).integers(0, 12, (stops + 1, 2))
    return plane(points.tolist(), [1] * stops, 5)


def on_land(stops: int, seed: int, masses: int) -> KernelProblem:
    rng = np.random.default_rng(seed)
    xyz = rng.normal(size=(stops + 1, 3))
    return kernel_problem(
        stops,
        metric=SPHERE,
        xyz=xyz / np.linalg.norm(xyz, axis=1)[:, None],
        land=rng.integers(-1, masses, stops + 1).astype(np.int32),
        detour=np.array([[1.0, 1.4], [100.0, 1.2]]),
        speed=np.array([[[np.inf, 50.0]]]),
    )


def one_way(stops: int, seed: int) -> KernelProblem:
    km = np.random.default_rng(seed).integers(1, 30, (stops + 1, stops + 1)).astype(float)
    km[km > 27] = np.inf
    return matrix(km)


@pytest.mark.parametrize("make", [scattered, lambda n, seed: on_land(n, seed, 3), one_way])
@pytest.mark.parametrize(("stops", "wanted"), [(1, 3), (2, 1), (6, 10), (40, 7), (40, 39)])
def test_they_are_the_nearest(make, stops: int, wanted: int) -> None:  # type: ignore[no-untyped-def]
    problem = make(stops, 4)
    near, km = neighbours(problem, wanted)
    assert near.shape == km.shape == (stops, min(wanted, stops - 1))
    assert near.dtype == np.int32
    for a in range(stops):
        there = {b: leg_km(problem, problem.place[a], problem.place[b], 0) for b in range(stops) if b != a}
        back = {b: leg_km(problem, problem.place[b], problem.place[a], 0) for b in range(stops) if b != a}
        shorter = {b: min(there[b], back[b]) for b in there}
        assert a not in near[a]
        assert len(set(near[a])) == near.shape[1]
        assert km[a].tolist() == pytest.approx(sorted(shorter.values())[: near.shape[1]])
        assert km[a].tolist() == pytest.approx([shorter[b] for b in near[a]])


def test_many_stops_at_one_place_are_neighbours_of_each_other() -> None:
    problem = plane([[0, 0], *[[3, 3]] * 20, [9, 9]], [1] * 21, 5)
    near, km = neighbours(problem, 5)
    assert (km[:20] == 0).all()
    assert all(stop not in row for stop, row in enumerate(near))


def test_a_stop_that_no_road_reaches_has_neighbours_at_no_finite_length() -> None:
    problem = on_land(30, 1, 2)
    _, km = neighbours(problem, 4)
    lost = problem.land[problem.place] < 0
    assert lost.any()
    assert np.isinf(km[lost]).all()
    assert np.isfinite(km[~lost]).all()


def test_the_curve_visits_every_stop_once_and_makes_small_steps() -> None:
    grid = [[0, 0], *([x, y] for x in range(16) for y in range(16))]
    problem = plane(grid, [1] * 256, 5)
    order = along_a_curve(problem)
    assert sorted(order) == list(range(256))
    walked = problem.xyz[problem.place[order], :2]
    assert np.linalg.norm(np.diff(walked, axis=0), axis=1).max() < 2.3
    assert along_a_curve(matrix(np.zeros((4, 4)))).tolist() == [0, 1, 2]
