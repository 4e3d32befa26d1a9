"""Electric vehicles sold, in use and expected, and how long they and their batteries last.

Every function reads one CSV file of ``catalogue/returns``, once; each row has its source.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import polars as pl

__all__ = [
    "stock_flow_canada",
    "stock_flow_one_step",
    "vehicle_lives",
    "vehicle_projection",
    "vehicle_sales",
]


@cache
def _table(name: str) -> pl.DataFrame:
    data = (resources.files("voltloop") / "catalogue" / "returns" / name).read_bytes()
    return pl.read_csv(data, infer_schema_length=None)


def vehicle_sales() -> pl.DataFrame:
    """Electric vehicles sold and in use, 2010 to 2024, by region, class and powertrain (IEA, CC BY 4.0).

    Returns
    -------
    polars.DataFrame
        ``region``, ``vehicle_class`` (``car``, ``van``, ``bus``, ``truck``), ``powertrain`` (``BEV``, ``PHEV``),
        ``year``, ``sales_vehicles`` and ``stock_vehicles`` (null where not published), ``estimate``, ``source``.

    Examples
    --------
    >>> norway = vehicle_sales().filter(region="Norway", vehicle_class="car", powertrain="BEV", year=2024)
    >>> norway["sales_vehicles"].item()
    110000
    """
    return _table("vehicle_sales.csv")


def vehicle_projection() -> pl.DataFrame:
    """Sales, stock and battery demand expected for 2030 under stated policies (IEA, CC BY 4.0).

    Returns
    -------
    polars.DataFrame
        ``region``, ``vehicle_class``, ``powertrain``, ``quantity`` (``sales``, ``stock``, ``battery_demand``),
        ``year``, ``value`` in ``unit`` (vehicles or GWh), ``estimate``, ``source``.
    """
    return _table("vehicle_projection.csv")


def vehicle_lives() -> pl.DataFrame:
    """Mean life of vehicle and battery and their standard deviation [years] by vehicle class."""
    return _table("vehicle_lives.csv")


def stock_flow_canada() -> pl.DataFrame:
    """Give the published case of the stock and flow model: Canada's cars, 2015 to 2050.

    Returns
    -------
    polars.DataFrame
        Inputs ``sales_vehicles``, ``pack_kwh`` (of one vehicle sold that year) and ``pack_kwh_per_kg``; flows of the
        year ``failed_batteries``, ``available_batteries``, ``replacement_batteries``, ``failed_gwh``,
        ``available_gwh``, ``recycled_kt``; and ``paper_recycled_kt``, the published Figure 3.
    """
    return _table("stock_flow_canada.csv")


def stock_flow_one_step() -> pl.DataFrame:
    """Give the published single year of vehicles of one age with batteries of one age, and what fails in it."""
    return _table("stock_flow_one_step.csv")
