"""Prices of one day in euro, picked from a table of dated prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from voltloop.catalogue import money
from voltloop.errors import InputError
from voltloop.findings import Finding, make

__all__ = ["PriceSet", "price_set"]

_OLD = timedelta(days=730)
_COLUMNS = ("item", "priced_on", "value", "currency")


@dataclass(frozen=True)
class PriceSet:
    """Prices in euro on one day.

    Attributes
    ----------
    on
        The day the prices are for.
    currency
        Always ``EUR``.
    eur_per_usd
        Rate by which dollars were turned into euro.
    values
        Metals in EUR/kg, payables as shares, by item.
    priced_on
        Day of the price used, by item.
    missing
        Items that recycling needs and the table does not have.
    findings
        Missing and old prices in words.
    """

    on: date
    currency: str
    eur_per_usd: float
    values: Mapping[str, float]
    priced_on: Mapping[str, date]
    missing: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @property
    def newest_on(self) -> date:
        """The day of the newest price used."""
        return max(self.priced_on.values())

    def value(self, item: str) -> float:
        """Give the price of an item, 0.0 when the set lacks it (a finding tells)."""
        return self.values.get(item, 0.0)


def _needed() -> list[str]:
    table = money.product_yields()
    items = set(table["price_item"].to_list()) | set(table["payable_item"].drop_nulls().to_list())
    return sorted(item for item in items if item)


def _check(table: pl.DataFrame) -> None:
    absent = [name for name in _COLUMNS if name not in table.columns]
    if absent:
        raise InputError(
            f"The price table has no column {', '.join(absent)}. Expected the columns {', '.join(_COLUMNS)}. "
            "Start from the table of the catalogue.",
            code="price-table-columns",
        )
    other = table.filter(~pl.col("currency").is_in(["USD", "EUR", "1"]))
    if not other.is_empty():
        raise InputError(
            f'The price table gives {other["item"][0]} in "{other["currency"][0]}". Expected USD, EUR, or 1 for a '
            "share. Convert it first.",
            code="price-currency",
        )
    wrong = table.filter(pl.col("value").is_null() | ~pl.col("value").is_finite() | (pl.col("value") < 0))
    if not wrong.is_empty():
        raise InputError(
            f"The price table gives {wrong['value'][0]} for {wrong['item'][0]}. Expected a number of zero or more. "
            "Correct the row or leave it out.",
            code="price-value",
        )


def price_set(prices: pl.DataFrame | None = None, *, on: date) -> PriceSet:
    """Pick for every item the newest price not later than ``on``, in euro.

    Parameters
    ----------
    prices
        Table with ``item``, ``priced_on`` (Date), ``value``, ``currency`` (USD, EUR or 1); None takes the
        catalogue's. Metals per kg. Without a row ``eur_per_usd`` the catalogue's rate of the day is used.
    on
        The day of planning.

    Returns
    -------
    PriceSet
        A metal without a price by that day is listed in ``missing`` and counts as worthless.

    Raises
    ------
    InputError
        ``price-table-columns``, ``price-currency``, ``price-value``; ``price-no-rate`` when dollars cannot be
        turned into euro.

    Examples
    --------
    >>> prices = price_set(on=date(2026, 11, 24))
    >>> prices.currency, round(prices.value("nickel"), 1)
    ('EUR', 16.2)
    """
    table = money.prices() if prices is None else prices
    _check(table)
    picked = table.filter(pl.col("priced_on") <= on).sort("item", "priced_on").group_by("item").last()
    by_item = {row["item"]: row for row in picked.iter_rows(named=True)}
    if "eur_per_usd" not in by_item:
        # Costs of the catalogue are in dollars, so a table without dollars needs the rate as well.
        own = money.prices().filter((pl.col("item") == "eur_per_usd") & (pl.col("priced_on") <= on))
        by_item |= {row["item"]: row for row in own.sort("priced_on").tail(1).iter_rows(named=True)}
    if "eur_per_usd" not in by_item:
        raise InputError(
            f"The price table has no rate eur_per_usd on or before {on}. Dollars cannot be turned into euro. "
            "Add a row for eur_per_usd.",
            code="price-no-rate",
        )
    rate = float(by_item["eur_per_usd"]["value"])
    values = {
        item: float(row["value"]) * (rate if row["currency"] == "USD" else 1.0)
        for item, row in by_item.items()
    }
    days = {item: row["priced_on"] for item, row in by_item.items()}
    needed = _needed()
    missing = tuple(item for item in needed if item not in values)
    findings = [make("treatment-price-missing", field=item, raw=on.isoformat()) for item in missing]
    findings += [
        make("treatment-price-old", field=item, raw=days[item].isoformat())
        for item in needed
        if item in days and on - days[item] > _OLD
    ]
    return PriceSet(on, "EUR", rate, values, days, missing, tuple(findings))
