"""What metal prices do to the value of a lot of batteries."""

from __future__ import annotations

from dataclasses import asdict

from voltloop.app.money_table import MoneyTable
from voltloop.catalogue import processes
from voltloop.economics import (
    PriceSet,
    exposure_risk,
    feed_materials,
    metal_exposure,
    price_model,
    process_balance,
    product_prices,
    simulate_prices,
)
from voltloop.economics.checks import number
from voltloop.errors import InputError

__all__ = ["exposure_table"]


def exposure_table(
    chemistry: str,
    feed_t: float,
    prices: PriceSet,
    *,
    process: str,
    feed: str,
    horizon_yr: float,
    seed: int,
    payable: float = 1.0,
) -> MoneyTable:
    """Give the exposure of a lot of batteries to metal prices, one row per product that has a price of its own.

    Raises
    ------
    InputError
        ``economics-word``, ``economics-number``, ``price-missing``, ``exposure-missing``.
    """
    tonnes = number("tonnes of feed", feed_t)
    balance = process_balance(feed_materials(chemistry, feed), process)
    items: dict[str, str] = {
        row["product"]: row["price_item"] for row in processes.product_prices().iter_rows(named=True)
    }
    known = set(processes.volatilities()["item"].to_list())
    unit_prices = product_prices(prices)
    kilograms: dict[str, float] = {}
    for name, kg in balance.products_kg.items():
        item = items.get(name, "")
        if item not in known or not kg:
            continue
        if name not in unit_prices:
            raise InputError(
                f"The price set has no price for {item}. Expected one by {prices.on}. "
                "Add the price to the price table.",
                code="price-missing",
            )
        # A product worth a share of its metal moves like that share of the metal.
        factor = unit_prices[name] * prices.eur_per_usd / prices.value(item) if prices.value(item) else 0.0
        kilograms[item] = kilograms.get(item, 0.0) + kg * factor * tonnes * 1000.0
    whole = dict.fromkeys(kilograms, 1.0)
    shares = dict.fromkeys(kilograms, payable)
    spot = {item: prices.value(item) for item in kilograms}
    model = price_model(list(kilograms))
    drawn = simulate_prices(
        spot, model, horizon_yr=horizon_yr, seed=seed, currency="EUR", priced_on=prices.on
    )
    risk = exposure_risk(kilograms, drawn, recovery=whole, payables=shares)
    exposures = metal_exposure(
        kilograms, recovery=whole, payables=shares, prices=spot, currency="EUR", priced_on=prices.on
    )
    rows = [
        {
            "metal": found.metal,
            "payable_kg": found.payable_kg,
            "price_eur_per_kg": found.price,
            "value_eur": found.value,
            "change_per_percent_eur": found.change_per_percent,
            "volatility": model.volatilities[model.metals.index(found.metal)],
            "share_of_variance": risk.share_of_variance[found.metal],
        }
        for found in exposures
    ]
    notes = [
        "Lognormal prices without drift, moving like the monthly prices of the World Bank and, lithium, Investing.com.",
        f"In {horizon_yr:g} years the value is {risk.percentiles[5]:,.0f} to {risk.percentiles[95]:,.0f} EUR in nine "
        f"cases of ten; now {risk.value_now:,.0f} EUR.",
    ]
    if model.estimates:
        notes.append(f"Estimates, for want of a series: {', '.join(model.estimates)}.")
    if model.assumed:
        notes.append(f"No correlation known, taken as nought: {', '.join(model.assumed)}.")
    return MoneyTable(
        "cost-exposure/1",
        f"Exposure of {feed_t:g} t of {chemistry} {feed}s to metal prices, EUR",
        rows,
        "EUR",
        prices.on,
        notes,
        prices.findings,
        {"risk": {key: value for key, value in asdict(risk).items() if key not in ("currency", "priced_on")}},
    )
