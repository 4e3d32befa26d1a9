"""What the products of recycling are worth."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from voltloop.catalogue import processes
from voltloop.economics.checks import number
from voltloop.economics.price_set import PriceSet
from voltloop.errors import InputError, nearest

__all__ = ["cathode_price", "product_prices", "product_revenue"]

_CARBONATE_PER_LITHIUM = 5.3228


def product_revenue(products_kg: Mapping[str, float], prices_usd_per_kg: Mapping[str, float]) -> float:
    """Give the revenue of products: the sum of mass times price.

    Parameters
    ----------
    products_kg
        Mass by product, such as the yields per kg of feed. The names are free, if the prices use the same.
    prices_usd_per_kg
        Price by product; those that are not sold here may be in it.

    Returns
    -------
    float
        Revenue in the currency of the prices, for the mass given.

    Raises
    ------
    InputError
        ``price-missing``: a product of which there is some has no price; ``economics-number``.

    Examples
    --------
    >>> product_revenue({"Co": 0.05, "Ni": 0.15}, {"Co": 50.0, "Ni": 16.0, "Mn": 3.0})
    4.9
    """
    missing = sorted(name for name, mass in products_kg.items() if mass and name not in prices_usd_per_kg)
    if missing:
        raise InputError(
            f"The price set has no price for {', '.join(missing)}.{nearest(missing[0], prices_usd_per_kg)} "
            f"It has prices for {', '.join(sorted(prices_usd_per_kg)) or 'nothing'}. "
            "Add the price per kg to the price set.",
            code="price-missing",
        )
    return sum(
        number(f"mass of {name} in kg", mass) * number(f"price of {name} per kg", prices_usd_per_kg[name])
        for name, mass in products_kg.items()
        if mass
    )


def product_prices(prices: PriceSet) -> dict[str, float]:
    """Give the price of each product of recycling on the day of a price set.

    Parameters
    ----------
    prices
        Prices of metals.

    Returns
    -------
    dict of str to float
        USD/kg by product. A product whose metal has no price in the set is left out, so that
        :func:`product_revenue` names it.
    """
    return {
        row["product"]: prices.values[row["price_item"]] * row["price_factor"] / prices.eur_per_usd
        for row in processes.product_prices().iter_rows(named=True)
        if row["price_item"] in prices.values
    }


def cathode_price(chemistry: str, prices: PriceSet, base: PriceSet) -> float:
    """Give the price of the cathode powder that direct recycling gives back.

    Parameters
    ----------
    chemistry
        A chemistry of ``cathodes.csv``.
    prices
        Prices of the day.
    base
        Prices of the day of the catalogue's cathode prices.

    Returns
    -------
    float
        USD/kg, not negative.

    Raises
    ------
    InputError
        ``price-missing``: a metal of the cathode has no price in one of the sets.

    Notes
    -----
    Price of the base day plus the change of the value of its metals since: what the making adds to the metals is
    taken to stay, an estimate. On the base day it is EverBatt's price exactly. The reborn powder is taken to sell as
    virgin.
    """
    row = processes.cathodes().row(by_predicate=pl.col("chemistry") == chemistry, named=True)
    per_kg = {
        "lithium_carbonate": row["lithium"] * _CARBONATE_PER_LITHIUM,
        **{metal: row[metal] for metal in ("nickel", "cobalt", "manganese")},
    }
    used = {item: mass for item, mass in per_kg.items() if mass}
    for held in (prices, base):
        missing = [item for item in used if item not in held.values]
        if missing:
            raise InputError(
                f"The price set has no price for {', '.join(missing)} by {held.on}, so the cathode powder "
                f"of {chemistry} has none. Expected a price for each metal of the cathode. "
                "Add the price per kg to the price set.",
                code="price-missing",
            )
    now, then = (
        sum(mass * held.values[item] for item, mass in used.items()) / held.eur_per_usd
        for held in (prices, base)
    )
    return float(max(0.0, row["price_usd_per_kg"] + now - then))
