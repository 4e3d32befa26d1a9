"""Which share of its metal value black mass is paid, and how that share follows the price."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.catalogue import processes
from voltloop.economics.checks import number, one_of, positive, share
from voltloop.errors import InputError

__all__ = ["PayableCurve", "black_mass_price", "catalogue_payable", "fit_payable"]


@dataclass(frozen=True, slots=True)
class PayableCurve:
    """A payable that follows the logarithm of a price: ``intercept + slope × ln(price)``.

    Attributes
    ----------
    intercept, slope
        Of the fit.
    r_squared
        Share of the variance that the price explains [1].
    residual_sd
        Standard deviation of the quotes around the curve [1]; 0 for two quotes.
    quotes
        Number of quotes.
    low_price, high_price
        Range of the prices in the fit.
    """

    intercept: float
    slope: float
    r_squared: float
    residual_sd: float
    quotes: int
    low_price: float
    high_price: float

    def share_at(self, price: float) -> float:
        """Give the payable at a price, kept within 0 to 1.

        Raises
        ------
        InputError
            ``economics-number``: the price is not above zero.
        """
        return min(1.0, max(0.0, self.intercept + self.slope * math.log(positive("price", price))))

    def is_extrapolated(self, price: float) -> bool:
        """Whether a price lies outside the prices that the curve was fitted to."""
        return not self.low_price <= price <= self.high_price


def fit_payable(prices: Sequence[float], shares: Sequence[float]) -> PayableCurve:
    """Fit a payable to quotes by least squares on the logarithm of the price.

    Parameters
    ----------
    prices
        Price at each quote, above zero, in any one unit.
    shares
        Payable quoted, 0 to 1, as many as prices.

    Raises
    ------
    InputError
        ``payable-quotes``: fewer than two different prices, or lengths that differ; ``economics-number``,
        ``economics-share``.

    Examples
    --------
    >>> curve = fit_payable([10.0, 20.0, 40.0], [0.6, 0.7, 0.8])
    >>> round(curve.share_at(20.0), 6), round(curve.share_at(1e9), 6), curve.is_extrapolated(50.0)
    (0.7, 1.0, True)
    """
    if len(prices) != len(shares) or len(set(prices)) < 2:
        raise InputError(
            f"{len(prices)} prices and {len(shares)} payables are given, at {len(set(prices))} different prices. "
            "Expected as many of both, at two different prices or more. Add quotes from other days.",
            code="payable-quotes",
        )
    logs = [math.log(positive("price", price)) for price in prices]
    values = [share("payable", value) for value in shares]
    count = len(logs)
    mean_log, mean = sum(logs) / count, sum(values) / count
    spread = sum((x - mean_log) ** 2 for x in logs)
    slope = sum((x - mean_log) * (y - mean) for x, y in zip(logs, values, strict=True)) / spread
    intercept = mean - slope * mean_log
    rest = sum((y - intercept - slope * x) ** 2 for x, y in zip(logs, values, strict=True))
    total = sum((y - mean) ** 2 for y in values)
    return PayableCurve(
        intercept=intercept,
        slope=slope,
        r_squared=1.0 - rest / total if total > 0 else 1.0,
        residual_sd=math.sqrt(rest / (count - 2)) if count > 2 else 0.0,
        quotes=count,
        low_price=min(prices),
        high_price=max(prices),
    )


def catalogue_payable(payable: str, *, on: date | None = None) -> PayableCurve:
    """Give the curve fitted to the quotes of the catalogue.

    Parameters
    ----------
    payable
        ``nickel_cobalt``, against nickel in USD/kg, or ``lithium``, against LFP black mass in CNY per 1 % lithium and
        tonne, the lithium price quoted beside it.
    on
        Last day of the quotes to use; None uses all.

    Raises
    ------
    InputError
        ``economics-word``, ``payable-quotes``.
    """
    table = processes.payable_quotes()
    one_of("payable", payable, table["payable"].unique(maintain_order=True).to_list())
    rows = table.filter(pl.col("payable") == payable)
    if on is not None:
        rows = rows.filter(pl.col("quoted_on") <= on)
    return fit_payable(rows["price"].to_list(), rows["share"].to_list())


def black_mass_price(
    metals_kg: Mapping[str, float],
    prices_per_kg: Mapping[str, float],
    payables: Mapping[str, float],
    *,
    treatment_charge_per_kg: float = 0.0,
) -> float:
    """Give what a kilogram of black mass is paid.

    Parameters
    ----------
    metals_kg
        Metal in a kilogram of black mass; metals without a payable are not paid.
    prices_per_kg
        Price of each metal in one currency; lithium as metal contained.
    payables
        Share of the value paid, by metal.
    treatment_charge_per_kg
        Charge that the buyer takes off.

    Returns
    -------
    float
        Signed: below zero the seller pays.

    Raises
    ------
    InputError
        ``price-missing``: a paid metal has no price; ``economics-number``, ``economics-share``.

    Examples
    --------
    >>> black_mass_price({"nickel": 0.2, "iron": 0.1}, {"nickel": 16.0}, {"nickel": 0.75})
    2.4000000000000004
    """
    paid = [metal for metal, mass in metals_kg.items() if mass and metal in payables]
    missing = [metal for metal in paid if metal not in prices_per_kg]
    if missing:
        raise InputError(
            f"The price set has no price for {', '.join(missing)}. Expected a price for each metal that is paid. "
            "Add the price, or take the metal out of the payables.",
            code="price-missing",
        )
    value = sum(
        number(f"{metal} in kg", metals_kg[metal])
        * number(f"price of {metal}", prices_per_kg[metal])
        * share(f"payable of {metal}", payables[metal])
        for metal in paid
    )
    return value - number("treatment_charge_per_kg", treatment_charge_per_kg)
