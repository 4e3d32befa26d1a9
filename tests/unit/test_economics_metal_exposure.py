"""Exposure to metal prices: closed forms of lognormal prices, and the value of a choice kept open."""

from __future__ import annotations

from datetime import date
from math import erf, exp, log, sqrt
from typing import Any

import numpy as np
import pytest

from voltloop.economics import (
    PriceModel,
    RouteProfit,
    catalogue_payable,
    exposure_risk,
    metal_exposure,
    price_model,
    route_choice,
    simulate_prices,
)
from voltloop.errors import InputError

MONEY: dict[str, Any] = {"currency": "EUR", "priced_on": date(2026, 5, 1)}
METALS = ("nickel", "cobalt", "copper", "lithium_carbonate")
PRICES = {"nickel": 16.0, "cobalt": 30.0, "copper": 11.0, "lithium_carbonate": 11.0, "gold": 1.0}
CONTENT = {"nickel": 5_000.0, "cobalt": 1_700.0, "copper": 3_700.0, "lithium_carbonate": 5_500.0}
RECOVERY = dict.fromkeys(METALS, 0.93)
PAYABLES: dict[str, float] = dict.fromkeys(METALS, 0.75)


def test_the_catalogue_gives_the_published_figures() -> None:
    """Volatilities of the newest window; copper and nickel move together, lithium nearly alone."""
    model = price_model(["nickel", "copper", "aluminium", "lithium_carbonate", "cobalt"])
    assert model.volatilities[:4] == (0.2785, 0.1628, 0.1869, 0.461)
    assert model.correlations[0][1] == model.correlations[1][0] == 0.601
    assert model.correlations[0][3] == 0.248
    assert "cobalt" in model.estimates
    assert price_model(["manganese", "nickel"]).assumed == ("manganese-nickel",)


def test_drawn_prices_have_the_mean_spread_and_correlation_of_the_model() -> None:
    model = price_model(METALS)
    drawn = simulate_prices(PRICES, model, horizon_yr=2.0, seed=5, samples=400_000, **MONEY)
    assert drawn.later.mean(axis=0) == pytest.approx(drawn.spot, rel=0.01)
    logs = np.log(drawn.later)
    assert logs.std(axis=0) == pytest.approx(np.array(model.volatilities) * sqrt(2), rel=0.01)
    assert np.abs(np.corrcoef(logs.T) - np.array(model.correlations)).max() < 0.01
    again = simulate_prices(PRICES, model, horizon_yr=2.0, seed=5, samples=400_000, **MONEY)
    assert np.array_equal(drawn.later, again.later)


def test_linear_exposure_has_the_variance_of_its_closed_form() -> None:
    model = price_model(METALS)
    drawn = simulate_prices(PRICES, model, horizon_yr=1.0, seed=2, samples=400_000, **MONEY)
    risk = exposure_risk(CONTENT, drawn, recovery=RECOVERY, payables=PAYABLES)
    values = np.array([CONTENT[m] * 0.93 * 0.75 * PRICES[m] for m in METALS])
    sigma, rho = np.array(model.volatilities), np.array(model.correlations)
    variance = values @ (np.exp(rho * np.outer(sigma, sigma)) - 1.0) @ values
    assert risk.value_now == pytest.approx(values.sum())
    assert risk.mean == pytest.approx(values.sum(), rel=0.005)
    assert risk.sd == pytest.approx(sqrt(variance), rel=0.02)
    assert sum(risk.share_of_variance.values()) == pytest.approx(1.0)
    assert list(risk.percentiles.values()) == sorted(risk.percentiles.values())
    assert risk.expected_shortfall > risk.value_at_risk > 0


def test_single_metal_quantile_is_exact() -> None:
    drawn = simulate_prices(PRICES, price_model(["nickel"]), horizon_yr=1.0, seed=2, samples=400_000, **MONEY)
    risk = exposure_risk({"nickel": 1.0}, drawn, recovery={"nickel": 1.0}, payables={"nickel": 1.0})
    expected = 16.0 * exp(-1.6448536 * 0.2785 - 0.5 * 0.2785**2)
    assert risk.percentiles[5] == pytest.approx(expected, rel=0.005)


def test_a_payable_that_follows_the_price_makes_exposure_steeper() -> None:
    curve = catalogue_payable("nickel_cobalt")
    flat, steep = (
        metal_exposure(
            {"nickel": 1.0},
            recovery={"nickel": 1.0},
            payables={"nickel": p},
            prices={"nickel": 16.0},
            **MONEY,
        )[0]
        for p in (curve.share_at(16.0), curve)
    )
    assert flat.value == pytest.approx(steep.value)
    assert steep.change_per_percent > flat.change_per_percent
    drawn = simulate_prices(PRICES, price_model(["nickel"]), horizon_yr=1.0, seed=2, **MONEY)
    risks = [
        exposure_risk({"nickel": 1.0}, drawn, recovery={"nickel": 1.0}, payables={"nickel": p}).sd
        for p in (curve.share_at(16.0), curve)
    ]
    assert risks[1] > risks[0]


def test_no_time_no_risk() -> None:
    drawn = simulate_prices(PRICES, price_model(METALS), horizon_yr=0.0, seed=1, **MONEY)
    risk = exposure_risk(CONTENT, drawn, recovery=RECOVERY, payables=PAYABLES)
    assert (risk.sd, risk.value_at_risk) == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6))


def test_the_value_of_a_choice_meets_the_formula_of_black() -> None:
    """Refine or do nothing is a call on the metal: its mean has a closed form."""
    drawn = simulate_prices(
        PRICES, price_model(["nickel"]), horizon_yr=1.0, seed=9, samples=1_000_000, **MONEY
    )
    found = route_choice({"hold": RouteProfit(0.0), "refine": RouteProfit(-17.0, {"nickel": 1.0})}, drawn)
    sigma = 0.2785
    d1 = (log(16 / 17) + sigma**2 / 2) / sigma
    phi = lambda x: 0.5 * (1 + erf(x / sqrt(2)))  # noqa: E731
    black = 16 * phi(d1) - 17 * phi(d1 - sigma)
    assert found.best_now == "hold"
    assert found.option_value == pytest.approx(black, rel=0.01)
    assert found.waiting_value == pytest.approx(black / 1.08, rel=0.01)
    assert sum(found.chosen_share.values()) == pytest.approx(1.0)


def test_a_single_route_has_no_option_value() -> None:
    drawn = simulate_prices(PRICES, price_model(["nickel"]), horizon_yr=1.0, seed=9, **MONEY)
    found = route_choice({"refine": RouteProfit(-10.0, {"nickel": 1.0})}, drawn, waiting_cost=1.0)
    assert found.option_value == 0.0
    assert found.waiting_value < 0


def test_bad_input_is_named() -> None:
    model = price_model(["nickel", "copper"])
    with pytest.raises(InputError, match="copper") as missing:
        simulate_prices({"nickel": 16.0}, model, horizon_yr=1.0, seed=1, **MONEY)
    assert missing.value.code == "price-missing"
    with pytest.raises(InputError, match="unobtainium"):
        price_model(["unobtainium"])
    with pytest.raises(InputError, match="price of nickel"):
        simulate_prices({"nickel": -16.0, "copper": 1.0}, model, horizon_yr=1.0, seed=1, **MONEY)
    odd = PriceModel(("a", "b", "c"), (0.1,) * 3, ((1, 0.9, -0.9), (0.9, 1, 0.9), (-0.9, 0.9, 1)))
    with pytest.raises(InputError) as impossible:
        simulate_prices({"a": 1.0, "b": 1.0, "c": 1.0}, odd, horizon_yr=1.0, seed=1, **MONEY)
    assert impossible.value.code == "correlations-impossible"
    drawn = simulate_prices(PRICES, model, horizon_yr=1.0, seed=1, **MONEY)
    with pytest.raises(InputError, match="cobalt"):
        exposure_risk({"cobalt": 1.0}, drawn, recovery=RECOVERY, payables=PAYABLES)
    with pytest.raises(InputError, match="recovery for nickel"):
        exposure_risk({"nickel": 1.0}, drawn, recovery={}, payables=PAYABLES)
    for nothing in ({}, {"x": RouteProfit(0.0, {"gold": 1.0})}):
        with pytest.raises(InputError):
            route_choice(nothing, drawn)
    with pytest.raises(InputError, match="No metal"):
        exposure_risk({}, drawn, recovery={}, payables={})
