"""Assignment under capacity: exact limits, near the best, equal to brute force when small."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from voltloop.treatment import hold_scores
from voltloop.treatment.placing import Placing, place
from voltloop.treatment.program import Measure, Rule, Side

INF = np.inf


def assign(scores: np.ndarray, mass: np.ndarray, limits: np.ndarray) -> Placing:
    """Rows to sites under room in kg."""
    sides = tuple(
        Side(f"room at {s}", np.arange(limits.size) == s, Measure.KG, Rule.MOST, float(limits[s]))
        for s in np.flatnonzero(np.isfinite(limits))
    )
    return place(scores, mass, np.zeros(scores.shape), sides)


def brute_force(scores: np.ndarray, mass: np.ndarray, limits: np.ndarray) -> float:
    """Best total over all assignments that keep the limits."""
    fits = np.where(mass[:, None] <= limits[None, :], scores, -INF)
    hold = hold_scores(fits, mass)
    best = -INF
    for choice in product(range(-1, limits.size), repeat=mass.size):
        load = np.zeros(limits.size)
        total = 0.0
        for row, site in enumerate(choice):
            total += hold[row] if site < 0 else fits[row, site]
            if site >= 0:
                load[site] += mass[row]
        if np.isfinite(total) and (load <= limits).all():
            best = max(best, total)
    return best


def instance(seed: int, rows: int, sites: int, *, tight: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 500, (rows, sites)).round(1)
    scores[rng.random((rows, sites)) < 0.25] = -INF
    mass = rng.integers(1, 60, rows) * 10.0
    limits = np.where(
        rng.random(sites) < 0.2, INF, rng.integers(1, 10, sites) * mass.sum() * tight / sites / 5
    )
    return scores, mass, limits


def loads(site: np.ndarray, mass: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(site[site >= 0], weights=mass[site >= 0], minlength=count)


@pytest.mark.parametrize("seed", range(40))
def test_tiny_cases_equal_brute_force(seed: int) -> None:
    scores, mass, limits = instance(seed, 5, 3, tight=0.3 + 0.1 * (seed % 8))
    found = assign(scores, mass, limits)
    assert found.score == pytest.approx(brute_force(scores, mass, limits), abs=1e-6)
    assert found.gap < 1e-6
    assert (loads(found.option, mass, 3) <= limits).all()


@pytest.mark.parametrize(
    ("rows", "sites", "tight"), [(60, 8, 0.8), (300, 20, 0.9), (300, 20, 0.4), (1500, 30, 0.7)]
)
def test_larger_cases_keep_limits_and_come_close_to_the_bound(rows: int, sites: int, tight: float) -> None:
    scores, mass, limits = instance(7, rows, sites, tight=tight)
    found = assign(scores, mass, limits)
    chosen = np.flatnonzero(found.option >= 0)
    assert np.isfinite(scores[chosen, found.option[chosen]]).all()
    assert (loads(found.option, mass, sites) <= limits).all()
    assert found.score <= found.bound + 1e-6
    assert found.gap < 0.03


def test_alike_rows_are_one_group_and_are_split_back_to_single_rows() -> None:
    scores = np.tile([[100.0, 10.0]], (1000, 1))
    found = assign(scores, np.full(1000, 2.0), np.array([500.0, INF]))
    assert np.bincount(found.option).tolist() == [250, 750]
    assert found.gap < 1e-9


def test_without_limits_everyone_takes_the_best_site_and_it_is_proven() -> None:
    scores = np.array([[1.0, 2.0], [5.0, -INF], [-3.0, -4.0]])
    found = assign(scores, np.ones(3), np.full(2, INF))
    assert found.option.tolist() == [1, 0, 0]
    assert found.gap == 0.0
    assert found.prices.tolist() == []


def test_who_loses_most_by_missing_the_best_site_gets_it() -> None:
    scores = np.array([[100.0, 95.0], [90.0, 10.0]])
    assert assign(scores, np.ones(2), np.array([1.0, INF])).option.tolist() == [1, 0]


def test_a_battery_is_sent_at_a_loss_rather_than_held() -> None:
    found = assign(np.array([[-1000.0, -2000.0]]), np.array([10.0]), np.array([INF, INF]))
    assert found.option.tolist() == [0]


def test_a_battery_heavier_than_every_limit_or_open_to_nobody_is_held() -> None:
    found = assign(np.array([[5.0], [-INF]]), np.array([20.0, 1.0]), np.array([10.0]))
    assert found.option.tolist() == [-1, -1]


def test_scarce_room_has_a_price() -> None:
    scores = np.array([[100.0, 10.0], [90.0, 10.0], [80.0, 10.0]])
    found = assign(scores, np.ones(3), np.array([1.0, INF]))
    assert found.option.tolist() == [0, 1, 1]
    assert 80.0 <= found.prices[0] <= 90.0


def test_limits_hold_to_rounding_of_the_sum() -> None:
    scores = np.full((3, 1), 10.0)
    found = assign(scores, np.array([0.1, 0.2, 0.3]), np.array([0.3]))
    assert loads(found.option, np.array([0.1, 0.2, 0.3]), 1)[0] <= 0.3 + 1e-9
    assert (found.option >= 0).any()


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_assign_is_no_error(shape: tuple[int, int]) -> None:
    found = assign(np.zeros(shape), np.ones(shape[0]), np.full(shape[1], INF))
    assert found.option.tolist() == [-1] * shape[0]


def test_same_input_same_answer() -> None:
    first, second = (assign(*instance(11, 200, 12, tight=0.6)) for _ in range(2))
    assert first.option.tolist() == second.option.tolist()
