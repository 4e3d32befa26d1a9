"""The price of feed at which a recycler earns just enough: what it can pay, or must be paid."""

from __future__ import annotations

from voltloop.economics.checks import number
from voltloop.economics.price_set import PriceSet
from voltloop.economics.recycling import RecyclingResult, recycling_economics

__all__ = ["break_even_feed_price"]


def break_even_feed_price(
    chemistry: str,
    process: str,
    *,
    feed: str = "cell",
    feed_t_per_yr: float = 10_000.0,
    place: str = "United States",
    prices: PriceSet | None = None,
    wanted_profit_usd_per_kg: float = 0.0,
) -> float:
    """Give the signed price of feed at which recycling earns a wanted profit.

    Parameters
    ----------
    chemistry, process, feed, feed_t_per_yr, place, prices
        As in :func:`~voltloop.economics.recycling.recycling_economics`.
    wanted_profit_usd_per_kg
        Per kg of feed.

    Returns
    -------
    float
        USD per kg of feed: above zero the most that the plant can pay, below zero the least gate fee it needs.

    Raises
    ------
    InputError
        As :func:`~voltloop.economics.recycling.recycling_economics`.

    Notes
    -----
    Profit falls in proportion to a price that is paid, because consumables, packaging and fees follow it, and one for
    one with a gate fee that is lost.

    Examples
    --------
    >>> round(break_even_feed_price("LFP", "hydro"), 2), round(break_even_feed_price("NMC622", "hydro"), 2)
    (-1.76, 2.95)
    """

    def at(feed_price: float) -> RecyclingResult:
        return recycling_economics(
            chemistry,
            process,
            feed=feed,
            feed_t_per_yr=feed_t_per_yr,
            place=place,
            prices=prices,
            feed_price_usd_per_kg=feed_price,
        )

    free, paid = at(0.0), at(1.0)
    left = free.profit_usd_per_kg - number("wanted_profit_usd_per_kg", wanted_profit_usd_per_kg, minimum=None)
    return left / (paid.cost_usd_per_kg - free.cost_usd_per_kg) if left > 0 else left
