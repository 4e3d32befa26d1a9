"""Leasing a battery: what the lessor earns, which fee earns a wanted return, and when buying is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from voltloop.economics.checks import number, positive, share
from voltloop.errors import InputError

__all__ = ["LeaseResult", "break_even_months", "internal_rate", "lease", "lease_fee", "lessor_irr"]

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class LeaseResult:
    """What a lease is to the lessor.

    Attributes
    ----------
    irr
        Internal rate of return, effective per year; None when no rate balances the flows.
    npv
        Net present value at the discount rate.
    expected_fees, expected_residual
        Undiscounted, weighted with survival.
    payback_months
        First month in which the undiscounted flows have paid back the price, residual at the end included; None when
        they never do.
    cash_flows
        By month, from month 0, in ``currency``.
    currency, priced_on
        Of all amounts.
    """

    irr: float | None
    npv: float
    expected_fees: float
    expected_residual: float
    payback_months: int | None
    cash_flows: tuple[float, ...]
    currency: str
    priced_on: date


def internal_rate(cash_flows: Sequence[float], *, periods_per_year: int = _MONTHS) -> float | None:
    """Give the internal rate of return, effective per year.

    Parameters
    ----------
    cash_flows
        Flows at equal intervals, the first now.
    periods_per_year
        Flows in a year.

    Returns
    -------
    float or None
        Above -1; None when the flows never change their sign.

    Raises
    ------
    InputError
        ``irr-ambiguous``: more than one rate balances the flows; ``economics-number``.

    Examples
    --------
    >>> round(internal_rate([-100.0, 110.0], periods_per_year=1), 9)
    0.1
    """
    flows = np.array([number("cash flow", flow, minimum=None) for flow in cash_flows])
    positive("periods_per_year", periods_per_year)
    if flows.size < 2 or not (flows.min() < 0 < flows.max()):
        return None
    signs = np.sign(flows[flows != 0])
    if int((signs[1:] != signs[:-1]).sum()) == 1:
        return float(_balancing_factor(flows) ** -periods_per_year - 1.0)
    trial = np.exp(np.linspace(-0.7, 0.7, 4001)) ** (1.0 / periods_per_year)
    values = np.sign(np.polynomial.polynomial.polyval(trial, flows))
    if int((values[1:] * values[:-1] < 0).sum()) > 1:
        raise InputError(
            "More than one rate of return balances these cash flows, because they change their sign more than once. "
            "Expected money out first and in later. Compare the net present value at your own rate instead.",
            code="irr-ambiguous",
        )
    crossing = np.flatnonzero(values[1:] * values[:-1] < 0)
    if not crossing.size:
        return None
    root = _bisect(flows, float(trial[crossing[0]]), float(trial[crossing[0] + 1]))
    return float(root**-periods_per_year - 1.0)


def _balancing_factor(flows: np.ndarray) -> float:
    """Discount factor per period at which flows with one change of sign balance; there is exactly one above zero."""
    low, high = 1.0, 1.0
    start = _value(flows, 1.0)
    if start == 0.0:
        return 1.0
    rising = flows[np.flatnonzero(flows)[0]] < 0
    while (_value(flows, high) < 0) == rising and high < 1e12:
        high *= 1.05
    while (_value(flows, low) > 0) == rising and low > 1e-12:
        low /= 1.05
    return _bisect(flows, low, high)


def _value(flows: np.ndarray, factor: float) -> float:
    """Present value, divided by a power of the factor that keeps it finite and leaves its sign."""
    if factor <= 1.0:
        return float(np.polynomial.polynomial.polyval(factor, flows))
    return float(np.polynomial.polynomial.polyval(1.0 / factor, flows[::-1]))


def _bisect(flows: np.ndarray, low: float, high: float) -> float:
    below = _value(flows, low) < 0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if (_value(flows, middle) < 0) == below:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def lessor_irr(
    *,
    battery_price: float,
    monthly_fee: float,
    term_years: float,
    residual_share_of_price: float = 0.0,
) -> float | None:
    """Give the lessor's yearly return on a battery, without default and cost.

    Parameters
    ----------
    battery_price
        Paid by the lessor at the start, above zero.
    monthly_fee
        Received at the end of each month, in the same currency.
    term_years
        A whole number of months, above zero.
    residual_share_of_price
        Value at the end over the price, 0 to 1.

    Returns
    -------
    float or None
        Effective per year; None when nothing ever comes back.

    Raises
    ------
    InputError
        ``economics-number``, ``economics-share``.

    Examples
    --------
    >>> round(lessor_irr(battery_price=70_000, monthly_fee=980, term_years=8), 6)
    0.080102
    """
    price, fee = positive("battery_price", battery_price), number("monthly_fee", monthly_fee)
    flows = np.full(_months(term_years) + 1, fee)
    flows[0] = -price
    flows[-1] += price * share("residual_share_of_price", residual_share_of_price)
    return internal_rate(flows.tolist())


def lease(  # noqa: PLR0913
    *,
    currency: str,
    priced_on: date,
    battery_price: float,
    monthly_fee: float,
    term_years: float,
    residual_share_of_price: float = 0.0,
    monthly_cost: float = 0.0,
    yearly_survival: float = 1.0,
    lost_share: float = 0.0,
    discount_rate: float = 0.08,
) -> LeaseResult:
    """Give what a battery lease is worth to the lessor.

    Parameters
    ----------
    currency, priced_on
        Of all amounts.
    battery_price, monthly_fee, term_years, residual_share_of_price
        As in :func:`lessor_irr`.
    monthly_cost
        Upkeep, insurance and swap service per battery and month.
    yearly_survival
        Chance that a lease goes on for another year, 0 to 1; fees and cost are weighted with it by month.
    lost_share
        Share of the residual that is lost when a lease ends early: a lease that ends in a month gives back the residual
        less this share in that month.
    discount_rate
        Per year, of the net present value.

    Raises
    ------
    InputError
        ``economics-number``, ``economics-share``; ``irr-ambiguous``.

    Examples
    --------
    >>> terms = lease(currency="CNY", priced_on=date(2024, 3, 14), battery_price=70_000, monthly_fee=728,
    ...               term_years=10, residual_share_of_price=0.3)
    >>> round(terms.irr, 3), terms.payback_months
    (0.081, 97)
    """
    price = positive("battery_price", battery_price)
    fee, cost = number("monthly_fee", monthly_fee), number("monthly_cost", monthly_cost)
    months = _months(term_years)
    residual = price * share("residual_share_of_price", residual_share_of_price)
    going = share("yearly_survival", yearly_survival) ** (np.arange(months + 1) / _MONTHS)
    kept = residual * (1.0 - share("lost_share", lost_share))
    fees = fee * going[1:]
    returned = kept * (going[:-1] - going[1:])
    returned[-1] += residual * going[-1]
    flows = np.concatenate([[-price], fees - cost * going[1:] + returned])
    rate = number("discount_rate", discount_rate, minimum=-0.99)
    paid = np.flatnonzero(np.cumsum(flows) >= 0)
    return LeaseResult(
        irr=internal_rate(flows.tolist()),
        npv=float(flows @ (1.0 + rate) ** (-np.arange(months + 1) / _MONTHS)),
        expected_fees=float(fees.sum()),
        expected_residual=float(returned.sum()),
        payback_months=int(paid[0]) if paid.size else None,
        cash_flows=tuple(flows.tolist()),
        currency=currency,
        priced_on=priced_on,
    )


def _months(term_years: float) -> int:
    months = positive("term_years", term_years) * _MONTHS
    if abs(months - round(months)) > 1e-6 or not 1 <= round(months) <= 1200:
        raise InputError(
            f"term_years is {term_years!r}. Expected a whole number of months, from one to a century. "
            "Give the term in twelfths of a year.",
            code="economics-number",
        )
    return round(months)


def lease_fee(
    *,
    battery_price: float,
    term_years: float,
    target_rate: float,
    residual_share_of_price: float = 0.0,
    monthly_cost: float = 0.0,
) -> float:
    """Give the monthly fee at which a lease earns a wanted rate.

    Parameters
    ----------
    battery_price, term_years, residual_share_of_price, monthly_cost
        As in :func:`lease`.
    target_rate
        Effective per year, above -1.

    Returns
    -------
    float
        Fee per month in the currency of the price; below zero when the residual alone earns more.

    Raises
    ------
    InputError
        ``economics-number``, ``economics-share``.

    Examples
    --------
    >>> round(lease_fee(battery_price=70_000, term_years=8, target_rate=0.080102), 1)
    980.0
    """
    price = positive("battery_price", battery_price)
    months = _months(term_years)
    factor = (1.0 + number("target_rate", target_rate, minimum=-0.99)) ** (-1.0 / _MONTHS)
    weights = factor ** np.arange(1, months + 1)
    residual = price * share("residual_share_of_price", residual_share_of_price) * weights[-1]
    return float((price - residual) / weights.sum()) + number("monthly_cost", monthly_cost)


def break_even_months(
    *, battery_price: float, monthly_fee: float, discount_rate: float = 0.0, resale_share: float = 0.0
) -> int | None:
    """Give the month from which buying a battery is cheaper than having leased it.

    Parameters
    ----------
    battery_price, monthly_fee
        In one currency.
    discount_rate
        The customer's, per year.
    resale_share
        What the customer would get back for an owned battery, as a share of its price, whenever it is sold.

    Returns
    -------
    int or None
        Months; None when the fees never reach the price.

    Raises
    ------
    InputError
        ``economics-number``, ``economics-share``.

    Examples
    --------
    >>> break_even_months(battery_price=70_000, monthly_fee=728)
    97
    """
    price, fee = positive("battery_price", battery_price), number("monthly_fee", monthly_fee)
    resale = price * share("resale_share", resale_share)
    factor = (1.0 + number("discount_rate", discount_rate)) ** (-1.0 / _MONTHS)
    month = np.arange(1, 1201)
    owed = np.cumsum(fee * factor**month) + resale * factor**month
    reached = np.flatnonzero(owed >= price - 1e-9)
    return int(month[reached[0]]) if reached.size else None
