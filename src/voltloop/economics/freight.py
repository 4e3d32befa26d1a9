"""What it costs to bring batteries over a distance by road."""

from __future__ import annotations

import polars as pl

from voltloop.catalogue import money

__all__ = ["freight_eur_per_kg_km", "freight_region"]

_US_RATES = frozenset({"US", "CA", "MX"})


def freight_region(country: str | None) -> str:
    """Name the region whose freight rates stand for a country: ``us`` for North America, else ``europe``.

    Examples
    --------
    >>> freight_region("US"), freight_region("PL")
    ('us', 'europe')
    """
    return "us" if country in _US_RATES else "europe"


def freight_eur_per_kg_km(region: str, *, is_damaged: bool, eur_per_usd: float) -> float:
    """Give the freight rate for batteries as dangerous goods.

    Parameters
    ----------
    region
        ``europe`` or ``us``.
    is_damaged
        Damaged, defective or critical goods in certified packaging.
    eur_per_usd
        Exchange rate.

    Returns
    -------
    float
        EUR per kg and km, not negative: rate per vehicle-km over the usual load, times the uplifts.

    Examples
    --------
    >>> round(freight_eur_per_kg_km("europe", is_damaged=False, eur_per_usd=0.86) * 1000, 4)
    0.2342
    """
    table = money.freight_rates().filter(pl.col("region") == region)
    given = dict(zip(table["parameter"].to_list(), table["value"].to_list(), strict=True))
    currency = table.filter(pl.col("parameter") == "rate_per_vehicle_km")["currency"][0]
    rate = float(given["rate_per_vehicle_km"]) * (eur_per_usd if currency == "USD" else 1.0)
    uplift = float(given["uplift_dangerous_goods"]) * (float(given["uplift_damaged"]) if is_damaged else 1.0)
    return rate / (float(given["load_t"]) * 1000.0) * uplift
