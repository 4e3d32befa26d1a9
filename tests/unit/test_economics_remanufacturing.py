"""A restored pack's margin adds up, line by line, whatever fails on the way."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.economics import Part, catalogue_parts, matching_share, remanufacturing_margin
from voltloop.errors import InputError

ON = date(2026, 1, 1)
GIVEN: dict[str, Any] = {
    "price_eur": 6000.0, "parts": [Part("module", 200.0, 16, 0.75, needs_match=True), Part("housing", 60.0, 1, 0.9)],
    "labor_h": 8.5, "wage_eur_per_h": 45.0, "core_eur": 1000.0, "logistics_eur": 150.0, "test_eur": 180.0,
    "warranty_reserve_eur": 300.0, "matching": 0.8, "fallout_share": 0.05, "fallout_value_eur": 700.0,
    "priced_on": ON,
}  # fmt: skip


def test_the_lines_add_up() -> None:
    unit = remanufacturing_margin(**GIVEN)
    modules, housing = 16 * (1 - 0.75 * 0.8), 0.1
    assert unit.replaced_parts == pytest.approx({"module": modules, "housing": housing})
    assert unit.parts_eur == pytest.approx(modules * 200 + housing * 60)
    worked = 1000 + 150 + 180 + unit.parts_eur + 8.5 * 45
    assert unit.fallout_eur == pytest.approx(0.05 / 0.95 * (worked - 700))
    assert unit.margin_eur == pytest.approx(6000 - worked - 300 - unit.fallout_eur)
    assert remanufacturing_margin(
        **GIVEN | {"price_eur": unit.break_even_price_eur}
    ).margin_eur == pytest.approx(0)
    assert unit.currency == "EUR"


def test_a_batch_of_packs_comes_to_the_same() -> None:
    """Of 1,000 packs 50 fail: the cash of the batch over the 950 that are sold is the margin."""
    unit = remanufacturing_margin(**GIVEN)
    spent = 1000 * (unit.core_eur + unit.logistics_eur + unit.test_eur + unit.parts_eur + unit.labor_eur)
    earned = 950 * (6000 - 300) + 50 * 700
    assert unit.margin_eur == pytest.approx((earned - spent) / 950)


def test_worse_cores_leave_less() -> None:
    margins = [
        remanufacturing_margin(
            price_eur=6000,
            parts=catalogue_parts(state),
            labor_h=8.5,
            wage_eur_per_h=45,
            priced_on=date(2026, 1, 1),
        ).margin_eur
        for state in ("1", "2", "3")
    ]
    assert margins[0] > margins[1] > margins[2]


@given(st.floats(0, 0.2), st.floats(1e-4, 0.2))
def test_the_matching_share_is_that_of_the_best_window(limit: float, spread: float) -> None:
    share = matching_share(spread_limit=limit, capacity_sd=spread)
    assert 0 <= share <= 1
    assert matching_share(spread_limit=limit * 2, capacity_sd=spread) >= share


def test_the_matching_share_meets_a_count() -> None:
    drawn = np.random.default_rng(7).normal(0.85, 0.02, 200_000)
    counted = np.mean(np.abs(drawn - 0.85) <= 0.015)
    assert matching_share(spread_limit=0.03, capacity_sd=0.02) == pytest.approx(counted, abs=0.005)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"price_eur": -1.0}, "price_eur"),
        ({"fallout_share": 1.0}, "fallout_share"),
        ({"fallout_share": 5.0}, "Write 0.05"),
        ({"matching": -0.1}, "matching"),
        ({"labor_h": float("nan")}, "labor_h"),
        ({"parts": [Part("module", 200.0, 16, 75)]}, "reuse_share of module"),
        ({"parts": [Part("module", -200.0)]}, "price_eur of module"),
    ],
)
def test_bad_input_is_named(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        remanufacturing_margin(**GIVEN | wrong)


def test_an_unknown_state_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="1, 2, 3"):
        catalogue_parts("4")
