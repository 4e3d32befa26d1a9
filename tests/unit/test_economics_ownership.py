"""Ownership: the renewal equation against single vehicles, and accounts that add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.economics import (
    BatteryReplacement,
    Ownership,
    compare_ownership,
    logistic_survival,
    ownership_cost,
    replacements_per_year,
)
from voltloop.errors import InputError

YEARS = 15
CASE = Ownership(
    40_000, 2_500, YEARS, logistic_survival(YEARS, mean_life_yr=15, sd_yr=4),
    vehicle_survival=logistic_survival(YEARS, mean_life_yr=17, sd_yr=4), residual_share=0.1, priced_on=date(2026, 1, 1),
)  # fmt: skip
NEW = BatteryReplacement(12_000, logistic_survival(YEARS, mean_life_yr=15, sd_yr=4), warranty_years=8)
RESTORED = BatteryReplacement(7_000, logistic_survival(YEARS, mean_life_yr=10, sd_yr=4), warranty_years=2)


def test_replacements_meet_a_simulation_of_single_vehicles() -> None:
    """200,000 vehicles, each with its own lives: the renewal equation in whole years gives their mean."""
    draw = np.random.default_rng(3)
    cases = 200_000
    chances = [np.diff(1 - np.array([1.0, *s])) for s in (CASE.battery_survival, RESTORED.survival)]

    def lives(chance: np.ndarray) -> np.ndarray:
        # Year of failure, beyond the horizon when it does not fail.
        return np.searchsorted(np.cumsum(chance), draw.random(cases), side="right") + 1

    counted, paid = np.zeros(YEARS), np.zeros(YEARS)
    fails = lives(chances[0])
    age = fails.copy()
    guarantee = np.full(cases, 8)
    while (fails <= YEARS).any():
        now = fails <= YEARS
        counted += np.bincount(fails[now] - 1, minlength=YEARS)
        paid += np.bincount((fails[now & (age > guarantee)]) - 1, minlength=YEARS)
        age = lives(chances[1])
        fails = np.where(now, fails + age, YEARS + 1)
        guarantee[:] = 2
    every, owner = replacements_per_year(CASE.battery_survival, RESTORED.survival, YEARS, warranty=(8, 2))
    assert every == pytest.approx(counted / cases, abs=0.002)
    assert owner == pytest.approx(paid / cases, abs=0.002)


def test_the_account_adds_up() -> None:
    found = ownership_cost(CASE, NEW)
    parts = found.purchase_eur + found.running_eur + found.batteries_eur - found.residual_eur
    assert found.total_eur == pytest.approx(parts)
    flat = ownership_cost(replace(CASE, discount_rate=0.0), NEW)
    assert sum(flat.yearly_eur) == pytest.approx(flat.total_eur)
    assert len(found.yearly_eur) == YEARS + 1
    assert found.currency == "EUR"


def test_restored_batteries_save_until_their_break_even_cost() -> None:
    found = compare_ownership(CASE, NEW, RESTORED)
    assert found.saving_eur > 0
    assert found.break_even_cost_eur is not None
    assert found.break_even_cost_eur > RESTORED.cost_eur
    even = compare_ownership(CASE, NEW, replace(RESTORED, cost_eur=found.break_even_cost_eur))
    assert even.saving_eur == pytest.approx(0.0, abs=1e-6)


def test_under_a_warranty_of_the_whole_horizon_nothing_is_paid() -> None:
    found = compare_ownership(
        replace(CASE, warranty_years=YEARS),
        replace(NEW, warranty_years=YEARS),
        replace(RESTORED, warranty_years=YEARS),
    )
    assert found.new.batteries_eur == found.restored.batteries_eur == found.saving_eur == 0.0
    assert found.break_even_cost_eur is None
    assert sum(found.new.replacements) > 0


survivals = st.lists(st.floats(0, 1), min_size=12, max_size=12).map(lambda s: sorted(s, reverse=True))


@given(survivals, survivals, st.integers(0, 12), st.integers(0, 12))
def test_replacements_are_never_negative_and_warranty_only_takes_away(
    first: list[float], later: list[float], new: int, restored: int
) -> None:
    every, paid = replacements_per_year(first, later, 12, warranty=(new, restored))
    assert all(0 <= p <= e + 1e-12 for p, e in zip(paid, every, strict=True))
    assert sum(every) >= 1 - first[-1] - 1e-12


def test_a_survival_that_rises_or_ends_early_is_refused() -> None:
    with pytest.raises(InputError, match="year 2") as rises:
        replacements_per_year([0.5, 0.6], [1.0, 1.0], 2)
    assert rises.value.code == "survival-rises"
    with pytest.raises(InputError, match="1 years") as short:
        replacements_per_year([0.5], [1.0, 1.0], 2)
    assert short.value.code == "survival-years"
    with pytest.raises(InputError, match="year 1"):
        replacements_per_year([95.0, 90.0], [1.0, 1.0], 2)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"purchase_eur": -1}, "purchase_eur"),
        ({"years": 0}, "years"),
        ({"residual_share": 10}, "residual_share"),
        ({"running_eur_per_yr": float("inf")}, "running_eur_per_yr"),
        ({"warranty_years": -1}, "warranty_years"),
    ],
)
def test_bad_input_is_named(wrong: dict[str, float], word: str) -> None:
    with pytest.raises(InputError, match=word):
        ownership_cost(replace(CASE, **wrong), NEW)  # type: ignore[arg-type]
