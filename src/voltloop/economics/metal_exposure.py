"""What moves when metal prices move: exposure, and its spread under prices that move together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from voltloop.economics.checks import number, positive, share
from voltloop.economics.payables import PayableCurve
from voltloop.economics.price_model import SimulatedPrices, need
from voltloop.errors import InputError

__all__ = ["ExposureRisk", "MetalExposure", "exposure_risk", "metal_exposure"]


@dataclass(frozen=True, slots=True)
class MetalExposure:
    """Exposure to one metal.

    Attributes
    ----------
    metal
        Its name.
    payable_kg
        Content × recovery × payable.
    price, value
        Price per kg, and value of the payable metal at it, in ``currency``.
    change_per_percent
        What the value changes when the price rises by 1 %, the payable following the price where it is a curve.
    currency, priced_on
        Of price and value.
    """

    metal: str
    payable_kg: float
    price: float
    value: float
    change_per_percent: float
    currency: str
    priced_on: date


@dataclass(frozen=True, slots=True)
class ExposureRisk:
    """Spread of the value of payable metal after a time.

    Attributes
    ----------
    value_now, mean, sd
        In the currency of the prices. The prices have no drift, so the mean of linear values is the value now.
    percentiles
        Value at 5, 25, 50, 75 and 95 %.
    value_at_risk, expected_shortfall
        Loss against the value now that is met or passed in 5 % of cases, and the mean loss in those.
    share_of_variance
        By metal, adding up to 1: the part of the variance that moves with it.
    samples, seed, horizon_yr
        Of the simulation.
    currency, priced_on
        Of all amounts.
    """

    value_now: float
    mean: float
    sd: float
    percentiles: Mapping[int, float]
    value_at_risk: float
    expected_shortfall: float
    share_of_variance: Mapping[str, float]
    samples: int
    seed: int
    horizon_yr: float
    currency: str
    priced_on: date


def metal_exposure(
    content_kg: Mapping[str, float],
    *,
    recovery: Mapping[str, float],
    payables: Mapping[str, float | PayableCurve],
    prices: Mapping[str, float],
    currency: str,
    priced_on: date,
) -> list[MetalExposure]:
    """Give the exposure to each metal: content × recovery × payable × price.

    Parameters
    ----------
    content_kg
        Metal contained.
    recovery
        Share recovered, 0 to 1, by metal.
    payables
        Share paid, or a curve of the price, by metal.
    prices
        Per kg, above zero, in ``currency``.
    currency, priced_on
        Of the prices.

    Returns
    -------
    list of MetalExposure
        In the order of ``content_kg``.

    Raises
    ------
    InputError
        ``price-missing``, ``exposure-missing``: a metal without price, recovery or payable; ``economics-number``,
        ``economics-share``.

    Examples
    --------
    >>> (nickel,) = metal_exposure({"nickel": 100}, recovery={"nickel": 0.9}, payables={"nickel": 0.75},
    ...                            prices={"nickel": 16.0}, currency="EUR", priced_on=date(2026, 5, 1))
    >>> nickel.payable_kg, nickel.value, round(nickel.change_per_percent, 6)
    (67.5, 1080.0, 10.8)
    """
    metals = list(content_kg)
    need(metals, prices, "price")
    need(metals, recovery, "recovery")
    need(metals, payables, "payable")
    found = []
    for metal in metals:
        price = positive(f"price of {metal}", prices[metal])
        mass = number(f"{metal} in kg", content_kg[metal]) * share(f"recovery of {metal}", recovery[metal])
        paid, risen = (mass * _payable(metal, payables[metal], p) for p in (price, 1.01 * price))
        change = risen * 1.01 * price - paid * price
        found.append(MetalExposure(metal, paid, price, paid * price, change, currency, priced_on))
    return found


def _payable(metal: str, payable: float | PayableCurve, price: float) -> float:
    if isinstance(payable, PayableCurve):
        return payable.share_at(price)
    return share(f"payable of {metal}", payable)


def exposure_risk(
    content_kg: Mapping[str, float],
    simulated: SimulatedPrices,
    *,
    recovery: Mapping[str, float],
    payables: Mapping[str, float | PayableCurve],
) -> ExposureRisk:
    """Give the spread of the value of payable metal after a time.

    Parameters
    ----------
    content_kg, recovery, payables
        As in :func:`metal_exposure`.
    simulated
        Prices of :func:`~voltloop.economics.price_model.simulate_prices`, for these metals at least.

    Raises
    ------
    InputError
        ``exposure-none``: no metal is given; otherwise as :func:`metal_exposure`.
    """
    if not content_kg:
        raise InputError(
            "No metal is given. Expected the kg of one or more. Add metals.", code="exposure-none"
        )
    exposures = metal_exposure(
        content_kg,
        recovery=recovery,
        payables=payables,
        prices=dict(zip(simulated.metals, simulated.spot.tolist(), strict=True)),
        currency=simulated.currency,
        priced_on=simulated.priced_on,
    )
    parts = np.stack(
        [
            _values(e, payables[e.metal], content_kg[e.metal] * recovery[e.metal], simulated)
            for e in exposures
        ],
        axis=1,
    )
    total = parts.sum(axis=1)
    now = sum(e.value for e in exposures)
    sd = float(total.std())
    together = ((parts - parts.mean(axis=0)) * (total - total.mean())[:, None]).mean(axis=0)
    weights = together / sd**2 if sd > 0 else np.full(len(exposures), 1.0 / len(exposures))
    low = float(np.quantile(total, 0.05))
    return ExposureRisk(
        value_now=now,
        mean=float(total.mean()),
        sd=sd,
        percentiles={p: float(np.quantile(total, p / 100)) for p in (5, 25, 50, 75, 95)},
        value_at_risk=now - low,
        expected_shortfall=now - float(total[total <= low].mean()),
        share_of_variance={e.metal: float(w) for e, w in zip(exposures, weights, strict=True)},
        samples=int(total.size),
        seed=simulated.seed,
        horizon_yr=simulated.horizon_yr,
        currency=simulated.currency,
        priced_on=simulated.priced_on,
    )


def _values(
    exposure: MetalExposure, payable: float | PayableCurve, mass: float, simulated: SimulatedPrices
) -> NDArray[np.float64]:
    prices = simulated.later[:, simulated.column(exposure.metal)]
    if isinstance(payable, PayableCurve):
        curve = np.clip(payable.intercept + payable.slope * np.log(prices), 0.0, 1.0)
        return np.asarray(mass * curve * prices, dtype=np.float64)
    return exposure.payable_kg * prices
