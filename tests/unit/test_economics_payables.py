"""Payables follow prices: the fit is the least-squares one, and stays a share."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.economics import (
    black_mass_price,
    break_even_feed_price,
    catalogue_payable,
    fit_payable,
    recycling_economics,
)
from voltloop.errors import InputError


@given(
    st.floats(-1, 1),
    st.floats(-0.3, 0.3),
    st.lists(st.floats(0.5, 1e5), min_size=2, max_size=20, unique=True),
)
def test_a_curve_is_found_again(intercept: float, slope: float, prices: list[float]) -> None:
    shares = [intercept + slope * math.log(p) for p in prices]
    if not all(0 <= s <= 1 for s in shares) or max(prices) < 1.01 * min(prices):
        return
    found = fit_payable(prices, shares)
    for price, share in zip(prices, shares, strict=True):
        assert found.share_at(price) == pytest.approx(share, abs=1e-6)
        assert not found.is_extrapolated(price)


def test_the_fit_is_that_of_least_squares() -> None:
    prices, shares = [12.0, 15.0, 15.5, 18.0, 25.0], [0.70, 0.74, 0.73, 0.78, 0.80]
    found = fit_payable(prices, shares)
    slope, intercept = np.polyfit(np.log(prices), shares, 1)
    assert (found.slope, found.intercept) == (pytest.approx(slope), pytest.approx(intercept))
    correlation = np.corrcoef(np.log(prices), shares)[0, 1]
    assert found.r_squared == pytest.approx(correlation**2)


@given(st.floats(1e-6, 1e12))
def test_a_payable_is_a_share_at_any_price(price: float) -> None:
    assert 0 <= catalogue_payable("lithium").share_at(price) <= 1


def test_payables_of_the_catalogue_rise_with_their_price() -> None:
    lithium, nickel = catalogue_payable("lithium"), catalogue_payable("nickel_cobalt")
    assert lithium.slope > 0
    assert nickel.slope > 0
    assert lithium.r_squared > 0.85
    assert lithium.share_at(2725) == pytest.approx(0.70, abs=0.015)
    assert lithium.share_at(5600) == pytest.approx(0.775, abs=0.015)
    assert catalogue_payable("lithium", on=date(2025, 12, 1)).quotes == 3


@pytest.mark.parametrize(
    ("prices", "shares", "code"),
    [
        ([], [], "payable-quotes"),
        ([10.0], [0.5], "payable-quotes"),
        ([10.0, 10.0], [0.5, 0.6], "payable-quotes"),
        ([10.0, 20.0], [0.5], "payable-quotes"),
        ([0.0, 20.0], [0.5, 0.6], "economics-number"),
        ([-1.0, 20.0], [0.5, 0.6], "economics-number"),
        ([10.0, 20.0], [0.5, 75.0], "economics-share"),
        ([10.0, float("nan")], [0.5, 0.6], "economics-number"),
    ],
)
def test_bad_quotes_are_named(prices: list[float], shares: list[float], code: str) -> None:
    with pytest.raises(InputError) as error:
        fit_payable(prices, shares)
    assert error.value.code == code


def test_black_mass_is_paid_by_metal_less_the_charge() -> None:
    metals, payables = {"nickel": 0.2, "cobalt": 0.1, "carbon": 0.4}, {"nickel": 0.75, "cobalt": 0.7}
    price = black_mass_price(metals, {"nickel": 16.0, "cobalt": 30.0}, payables, treatment_charge_per_kg=1.5)
    assert price == pytest.approx(0.2 * 16 * 0.75 + 0.1 * 30 * 0.7 - 1.5)
    assert black_mass_price({}, {}, {}, treatment_charge_per_kg=2.0) == -2.0
    with pytest.raises(InputError, match="cobalt") as error:
        black_mass_price(metals, {"nickel": 16.0}, payables)
    assert error.value.code == "price-missing"


@pytest.mark.parametrize("chemistry", ["NMC111", "NMC622", "NCA", "LFP"])
@pytest.mark.parametrize("process", ["pyro", "hydro", "direct"])
@pytest.mark.parametrize("profit", [0.0, 0.5])
def test_at_the_break_even_price_of_feed_the_wanted_profit_is_left(
    chemistry: str, process: str, profit: float
) -> None:
    price = break_even_feed_price(chemistry, process, wanted_profit_usd_per_kg=profit)
    found = recycling_economics(chemistry, process, feed_price_usd_per_kg=price)
    assert found.profit_usd_per_kg == pytest.approx(profit, abs=1e-9)
