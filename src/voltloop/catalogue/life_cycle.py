"""Facts of the life cycle of batteries: designs, materials, electricity, transport, recycling, each with its source.

Every function reads one CSV file of ``catalogue/footprint`` once. What a column means stands in
``docs/reference/footprint.md``.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import polars as pl

__all__ = [
    "burnt",
    "cell_making",
    "chemistry_words",
    "composition",
    "fuels",
    "grids",
    "materials",
    "pack_designs",
    "process_inputs",
    "process_outputs",
    "restoring",
    "transport_legs",
    "uncertainties",
]


@cache
def _table(name: str) -> pl.DataFrame:
    data = (resources.files("voltloop") / "catalogue" / "footprint" / f"{name}.csv").read_bytes()
    return pl.read_csv(data, infer_schema_length=None)


def pack_designs() -> pl.DataFrame:
    """Give mass [kg/kWh] of pack and cell, cell-making energy [MJ/kg] and atoms of the cathode by chemistry."""
    return _table("pack_designs")


def composition() -> pl.DataFrame:
    """Give kilograms of each material per kilogram of cell, module and pack by chemistry."""
    return _table("composition")


def chemistry_words() -> pl.DataFrame:
    """Give words for chemistries that stand for a design of another name."""
    return _table("chemistry_words")


def materials() -> pl.DataFrame:
    """Give carbon [kg CO2e/kg], energy [MJ/kg], water [l/kg] of making materials and the carbon in those that burn."""
    return _table("materials")


def fuels() -> pl.DataFrame:
    """Give carbon, primary energy and water of burning a megajoule of fuel, its making included."""
    return _table("fuels")


def grids() -> pl.DataFrame:
    """Give carbon [g CO2e/kWh] of electricity by place and year, energy and water where the source has them."""
    return _table("grids")


def cell_making() -> dict[str, float]:
    """Give the yields of cell making by material, and what else it takes."""
    table = _table("cell_making")
    return dict(zip(table["parameter"].to_list(), table["value"].to_list(), strict=True))


def process_inputs() -> pl.DataFrame:
    """Give what each stage of recycling takes in, per kilogram of a material or element of its feed."""
    return _table("process_inputs")


def process_outputs() -> pl.DataFrame:
    """Give what each stage of recycling makes, per kilogram of a material or element of its feed."""
    return _table("process_outputs")


def burnt() -> pl.DataFrame:
    """Give the materials that each stage of recycling burns."""
    return _table("burnt")


def restoring() -> dict[str, float]:
    """Give the default values of remanufacturing and of a second life by name."""
    table = _table("restoring")
    return dict(zip(table["parameter"].to_list(), table["value"].to_list(), strict=True))


def transport_legs() -> pl.DataFrame:
    """Give carbon [g CO2e per tonne-kilometre] by vehicle and load, tank to wheel, well to tank, well to wheel."""
    return _table("transport")


def uncertainties() -> pl.DataFrame:
    """Give the multipliers, lowest, likeliest and highest, of each uncertain input."""
    return _table("uncertainties")
