"""Facts of recycling, restoring, owning and leasing, as frames, each row with its source.

Every function reads one CSV file of the folder ``economics``, once. What a column means stands in
``docs/explanation/economics.md``.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import polars as pl

__all__ = [
    "battery_leases",
    "cathodes",
    "compositions",
    "disassembly_steps",
    "economics_parameters",
    "payable_quotes",
    "places",
    "plant_equipment",
    "plant_running",
    "product_prices",
    "product_yields",
    "remanufacturing_parts",
    "second_life_applications",
    "volatilities",
]


@cache
def _table(name: str, text: tuple[str, ...] = (), days: tuple[str, ...] = ()) -> pl.DataFrame:
    data = (resources.files("voltloop") / "catalogue" / "economics" / name).read_bytes()
    table = pl.read_csv(
        data, infer_schema_length=None, schema_overrides=dict.fromkeys((*text, *days), pl.String)
    )
    return table.with_columns(pl.col(day).str.to_date("%Y-%m-%d") for day in days)


def compositions() -> pl.DataFrame:
    """Give the bill of materials of cells and packs [kg per kg] by chemistry, with their kg per kWh."""
    return _table("compositions.csv")


def cathodes() -> pl.DataFrame:
    """Give each chemistry's cathode: metals [kg/kg], price, reagents [USD/kg], and whose plant stands for it."""
    return _table("cathodes.csv")


def product_yields() -> pl.DataFrame:
    """Give what each route makes of each material: product, share recovered, kg product per kg, plant that sells."""
    return _table("product_yields.csv")


def product_prices() -> pl.DataFrame:
    """Give how a product's price follows from an item of the price table."""
    return _table("products.csv")


def plant_equipment() -> pl.DataFrame:
    """Give the equipment cost [USD] of plants by capacity [t/yr]; a blank chemistry or feed means any."""
    return _table("plant_equipment.csv", text=("plant_of", "feed"))


def plant_running() -> pl.DataFrame:
    """Give reagents, utilities, electricity and effluent of plants per kg of throughput."""
    return _table("plant_running.csv")


def places() -> pl.DataFrame:
    """Give wages, electricity, equipment and freight rates by place; ``also`` lists other names, ``;``-joined."""
    return _table("places.csv", days=("priced_on",))


@cache
def economics_parameters(file: str) -> dict[str, float]:
    """Give the single values of a file by name: ``recycling``, ``disassembly``, ``transport`` and so on."""
    table = _table(f"{file}_parameters.csv")
    return dict(zip(table["parameter"].to_list(), table["value"].cast(pl.Float64).to_list(), strict=True))


def disassembly_steps() -> pl.DataFrame:
    """Give the steps of taking a pack apart with their times [h] and the share that a robot cell takes over."""
    return _table("disassembly_steps.csv")


def payable_quotes() -> pl.DataFrame:
    """Give quoted payables of black mass [1] beside the price of the day that they follow."""
    return _table("payable_quotes.csv", days=("quoted_on",))


def volatilities() -> pl.DataFrame:
    """Give volatilities and correlations of metal prices by window; one item means volatility, two correlation."""
    return _table("price_volatilities.csv", text=("other",))


def remanufacturing_parts() -> pl.DataFrame:
    """Give the parts of a pack, their price [EUR] and the chance that each is reused by quality state."""
    return _table("remanufacturing_parts.csv", days=("priced_on",))


def second_life_applications() -> pl.DataFrame:
    """Give second-life applications: limits of state of health and resistance, and the band of prices."""
    return _table("second_life_applications.csv", days=("priced_on",))


def battery_leases() -> pl.DataFrame:
    """Give the terms of battery leases as offered."""
    return _table("battery_leases.csv", days=("offered_on",))
