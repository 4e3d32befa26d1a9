"""The best of several routes at today's prices, and what it is worth to choose only later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from voltloop.economics.checks import number, yearly_rate
from voltloop.economics.price_model import SimulatedPrices
from voltloop.errors import InputError

__all__ = ["RouteChoice", "RouteProfit", "route_choice"]


@dataclass(frozen=True, slots=True)
class RouteProfit:
    """How the profit of a route follows from metal prices.

    Attributes
    ----------
    fixed
        What is left when metals are worth nothing: other revenue less cost.
    payable_kg
        Metal paid for, by metal.
    """

    fixed: float
    payable_kg: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RouteChoice:
    """The best of several routes now, and what it is worth to choose only later.

    Attributes
    ----------
    best_now, profit_now
        Route with the highest profit at the prices of today.
    expected_best
        Mean over the later prices of the best route's profit then, undiscounted.
    option_value
        Expected best less the best expectation of a single route: what keeping the choice open is worth, never below
        nought.
    waiting_value
        Discounted expected best less cost of waiting and profit now; above nought it pays to wait.
    chosen_share
        How often each route is the best.
    samples, seed, horizon_yr
        Of the simulation.
    currency, priced_on
        Of all amounts.
    """

    best_now: str
    profit_now: float
    expected_best: float
    option_value: float
    waiting_value: float
    chosen_share: Mapping[str, float]
    samples: int
    seed: int
    horizon_yr: float
    currency: str
    priced_on: date


def route_choice(
    routes: Mapping[str, RouteProfit],
    simulated: SimulatedPrices,
    *,
    discount_rate: float = 0.08,
    waiting_cost: float = 0.0,
) -> RouteChoice:
    """Give the best route now, and what keeping the choice open until later is worth.

    Parameters
    ----------
    routes
        By name, one or more, in the currency of the prices.
    simulated
        Prices of :func:`~voltloop.economics.price_model.simulate_prices`, for the metals of the routes at least.
    discount_rate
        Per year.
    waiting_cost
        Storage, insurance and loss of condition until then.

    Raises
    ------
    InputError
        ``route-none``: no route is given; ``price-missing``: a metal that was not drawn; ``economics-number``.

    Examples
    --------
    >>> from voltloop.economics.price_model import price_model, simulate_prices
    >>> prices = simulate_prices({"nickel": 16.0}, price_model(["nickel"]), horizon_yr=0.5, seed=1, currency="EUR",
    ...                          priced_on=date(2026, 5, 1))
    >>> found = route_choice({"sell": RouteProfit(10.0), "refine": RouteProfit(-6.5, {"nickel": 1.0})}, prices)
    >>> found.best_now, found.option_value > 0
    ('sell', True)
    """
    if not routes:
        raise InputError("No route is given. Expected one or more. Add routes.", code="route-none")
    names = list(routes)
    kilograms = np.zeros((len(simulated.metals), len(names)))
    fixed = np.zeros(len(names))
    for at, (name, route) in enumerate(routes.items()):
        for metal, mass in route.payable_kg.items():
            kilograms[simulated.column(metal), at] = number(f"{metal} of {name} in kg", mass)
        fixed[at] = number(f"profit of {name} without metals", route.fixed, minimum=None)
    now = simulated.spot @ kilograms + fixed
    later = simulated.later @ kilograms + fixed
    best = later.max(axis=1)
    expected = float(best.mean())
    discount = (1.0 + yearly_rate("discount_rate", discount_rate)) ** -simulated.horizon_yr
    chosen = np.bincount(later.argmax(axis=1), minlength=len(names)) / best.size
    return RouteChoice(
        best_now=names[int(now.argmax())],
        profit_now=float(now.max()),
        expected_best=expected,
        option_value=max(0.0, expected - float(later.mean(axis=0).max())),
        waiting_value=discount * expected - number("waiting_cost", waiting_cost) - float(now.max()),
        chosen_share={name: float(part) for name, part in zip(names, chosen, strict=True)},
        samples=int(best.size),
        seed=simulated.seed,
        horizon_yr=simulated.horizon_yr,
        currency=simulated.currency,
        priced_on=simulated.priced_on,
    )
