"""Legs of the compiled search are those of the project's own distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_cases import kernel_problem, matrix, plane
from voltloop.collection.kernel.arrays import SPHERE, KernelProblem
from voltloop.collection.kernel.legs import leg_km, leg_s
from voltloop.collection.kernel.random import below, seeded, unit
from voltloop.transport.geometry import great_circle_km, unit_vectors
from voltloop.transport.great_circle import detour_factor, detour_table
from voltloop.transport.speeds import hours, profiles, speed_bands

EARTH_KM = 6371.0088


def sphere(lat: list[float], lon: list[float], land: list[int] | None = None) -> KernelProblem:
    speed = []
    for starts, speeds in speed_bands().values():
        speed.append(list(zip([*starts[1:], np.inf], speeds, strict=True)))
    return kernel_problem(
        len(lat) - 1,
        metric=SPHERE,
        xyz=unit_vectors(lat, lon) / EARTH_KM,
        land=np.array(land if land is not None else [0] * len(lat), np.int32),
        detour=np.column_stack(detour_table()),
        speed=np.array(speed),
    )


degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@settings(deadline=None)
@given(a=degrees, b=degrees, profile=st.integers(0, 2), near=st.floats(0, 1))
def test_legs_on_the_sphere_are_those_of_the_distance_provider(
    a: tuple[float, float], b: tuple[float, float], profile: int, near: float
) -> None:
    b = (a[0] + near**4 * (b[0] - a[0]), a[1] + near**4 * (b[1] - a[1]))
    problem = sphere([a[0], b[0]], [a[1], b[1]])
    straight = great_circle_km(a[0], a[1], b[0], b[1])
    km = straight * detour_factor(straight)
    assert leg_km(problem, 0, 1, profile) == pytest.approx(float(km), rel=1e-9, abs=2e-4)
    exact_s = float(hours(leg_km(problem, 0, 1, profile), profiles()[profile])) * 3600.0
    assert leg_s(problem, 0, 1, profile) == pytest.approx(np.ceil(exact_s - 1e-6), abs=1e-9)


def test_the_chord_is_as_exact_as_the_haversine_formula_at_usual_lengths() -> None:
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(36, 60, 300), rng.uniform(-9, 30, 300)
    problem = sphere(lat.tolist(), lon.tolist())
    for a in range(0, 300, 2):
        straight = great_circle_km(lat[a], lon[a], lat[a + 1], lon[a + 1])
        expected = float(straight * detour_factor(straight))
        assert leg_km(problem, a, a + 1, 0) == pytest.approx(expected, rel=1e-9)


def test_no_road_leads_over_the_sea_or_from_it() -> None:
    problem = sphere([50.0, 51.0, 50.5, 50.6], [5.0, 0.0, 5.2, 5.3], land=[0, 1, 0, -1])
    assert leg_km(problem, 0, 1, 0) == leg_s(problem, 0, 1, 0) == np.inf
    assert leg_km(problem, 3, 3, 0) == np.inf
    assert 70.0 < leg_km(problem, 0, 2, 0) < 80.0
    assert leg_km(problem._replace(land=np.zeros(0, np.int32)), 0, 1, 0) < np.inf


@pytest.mark.parametrize(
    ("scale", "offset", "expected"),
    [(1.0, -1.0, 2.5495097567963922), (1.0, 0.5, 3.0), (10.0, 0.0, 25.0), (1000.0, 0.5, 2550.0)],
)
def test_lengths_on_the_plane_are_rounded_as_told(scale: float, offset: float, expected: float) -> None:
    problem = plane([[0, 0], [2.5, 0.5]], [1], 1, plane_scale=scale, plane_offset=offset)
    assert leg_km(problem, 0, 1, 0) == expected
    assert leg_s(problem, 1, 0, 0) == np.ceil(expected)


def test_times_are_rounded_up_to_whole_seconds_but_not_by_a_rounding_error() -> None:
    problem = matrix([[0, 1.0], [2.5, 0]], [[0, 7.0000001], [7.001, np.inf]])
    assert (leg_km(problem, 0, 1, 0), leg_km(problem, 1, 0, 0)) == (1.0, 2.5)
    assert (leg_s(problem, 0, 1, 0), leg_s(problem, 1, 0, 0), leg_s(problem, 1, 1, 0)) == (7.0, 8.0, np.inf)


def test_random_numbers_follow_from_the_seed_and_are_even() -> None:
    first, again, other = seeded(7), seeded(7), seeded(8)
    drawn = [below(first, 10) for _ in range(20_000)]
    assert drawn == [below(again, 10) for _ in range(20_000)]
    assert drawn != [below(other, 10) for _ in range(20_000)]
    assert np.bincount(drawn, minlength=10) == pytest.approx(2000, abs=250)
    units = [unit(first) for _ in range(20_000)]
    assert 0 <= min(units) < 0.01
    assert 0.99 < max(units) < 1
    assert np.mean(units) == pytest.approx(0.5, abs=0.02)
