"""Prices, values, factors and treatment rules of the catalogue, as frames, each row with its source.

Every function reads one CSV file of this folder, once. What a column means stands in
``docs/explanation/treatment.md``.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import polars as pl

__all__ = [
    "ELEMENTS",
    "capacity_units",
    "chemistry_values",
    "element_content",
    "freight_rates",
    "makers",
    "material_factors",
    "prices",
    "processing_costs",
    "product_yields",
    "recycling_factors",
    "route_parameters",
    "site_kinds",
    "site_words",
    "transport_factors",
    "treatment_rights",
    "treatment_rules",
]

ELEMENTS: tuple[str, ...] = (
    "lithium",
    "nickel",
    "cobalt",
    "manganese",
    "copper",
    "aluminium",
    "graphite",
    "steel",
    "lead",
)
"""What a recycler looks for, in the order of the columns of ``values_chemistry.csv``."""

CELL_FORMS = ("cell", "scrap_lot")


@cache
def _table(name: str, *, text: tuple[str, ...] = (), dates: tuple[str, ...] = ()) -> pl.DataFrame:
    data = (resources.files("voltloop") / "catalogue" / name).read_bytes()
    overrides = dict.fromkeys(text, pl.String)
    table = pl.read_csv(data, infer_schema_length=None, schema_overrides=overrides, try_parse_dates=False)
    return table.with_columns(pl.col(day).str.to_date("%Y-%m-%d") for day in dates)


def prices() -> pl.DataFrame:
    """Give all dated prices, payables and exchange rates.

    Returns
    -------
    pl.DataFrame
        ``item``, ``priced_on``, ``value`` in ``currency`` per ``unit`` (metals in USD/kg, payables as shares
        of metal value, ``eur_per_usd`` in EUR), ``estimate``, ``source``.
    """
    return _table("prices.csv", dates=("priced_on",))


def chemistry_values() -> pl.DataFrame:
    """Give mass, metal content [kg/kWh], carbon [kg CO2e/kWh] and cost [USD/kWh] of new packs by chemistry.

    ``content_basis`` says whether the content of a battery follows its energy or its mass.
    """
    return _table("values_chemistry.csv")


def product_yields() -> pl.DataFrame:
    """Give what each recycling route sells: element, recovery share, price item and factor, payable."""
    return _table("values_products.csv", text=("payable_item",))


def processing_costs() -> pl.DataFrame:
    """Give the cost of recycling [USD/kg of feed] by cost group, feed and route, without the feed's price."""
    return _table("values_processing.csv", dates=("priced_on",))


@cache
def route_parameters() -> dict[str, float]:
    """Give the parameters of reuse, remanufacturing, second life and quarantine by name."""
    table = _table("values_routes.csv")
    return dict(zip(table["parameter"].to_list(), table["value"].cast(pl.Float64).to_list(), strict=True))


def freight_rates() -> pl.DataFrame:
    """Give freight rate, usual load and uplifts by region (``europe``, ``us``)."""
    return _table("freight.csv", dates=("valued_on",))


def material_factors() -> pl.DataFrame:
    """Give the carbon of making each element anew [kg CO2e/kg]."""
    return _table("emission_factors_materials.csv")


def recycling_factors() -> pl.DataFrame:
    """Give the carbon of recycling [kg CO2e/kg of feed] by cost group, feed and route."""
    return _table("emission_factors_recycling.csv")


def transport_factors() -> pl.DataFrame:
    """Give carbon per tonne-kilometre [g] and per kilometre [kg] by vehicle, tank to wheel and well to wheel."""
    return _table("emission_factors_transport.csv")


def treatment_rules() -> pl.DataFrame:
    """Give the rules that permit or refuse a treatment, first match in the order of rows wins."""
    text = ("condition", "reason", "family", "form", "soh_known", "is_waste")
    return _table("treatment_rules.csv", text=text)


def site_kinds() -> pl.DataFrame:
    """Give what each kind of site does with batteries, by which route, and in which conditions it takes them."""
    return _table("treatment_rules_kinds.csv", text=("route",))


def site_words() -> pl.DataFrame:
    """Give the words by which sites describe what they take, and what each word means."""
    return _table("treatment_rules_words.csv", text=("value",))


def makers() -> pl.DataFrame:
    """Give the brands that belong to a maker, ``|``-joined and in lower case."""
    return _table("treatment_rules_makers.csv")


def treatment_rights() -> pl.DataFrame:
    """Give the grading scheme that a treatment asks for, and whether a new part may stand in for a reading.

    ``part``: ``bought``, ``included`` in the cost of the route, or ``never``.
    """
    return _table("treatment_rules_rights.csv")


def capacity_units() -> pl.DataFrame:
    """Give kilograms of packs per unit in which sites state their capacity."""
    return _table("treatment_rules_capacity.csv")


def element_content(batteries: pl.DataFrame) -> pl.DataFrame:
    """Look up what the batteries of each row hold, all units of the row together.

    Parameters
    ----------
    batteries
        Columns ``row``, ``chemistry``, ``form``, ``quantity``, ``energy_wh`` (of one unit), ``mass_kg`` (of
        one unit). Nulls are allowed in energy and mass: the chemistry's ratio stands in, and zero when both
        are missing.

    Returns
    -------
    pl.DataFrame
        One row per input row, in order: ``row``, ``family``, ``cost_group``, ``feed`` (``cell`` or ``pack``),
        ``energy_kwh``, ``mass_kg``, one column of kg per element, ``new_pack_co2e_kg_per_kwh``,
        ``new_pack_usd_per_kwh``. A chemistry outside the catalogue counts as ``unknown``.

    Notes
    -----
    Lithium-ion content follows the nominal energy, because old packs carry more housing per kWh than the
    design in the table; other chemistries follow the mass. Without energy all follow the mass.
    """
    table = chemistry_values().drop("estimate", "source")
    known = table["chemistry"].to_list()
    base = batteries.select(
        "row",
        pl.when(pl.col("chemistry").is_in(known))
        .then("chemistry")
        .otherwise(pl.lit("unknown"))
        .alias("chemistry"),
        pl.col("form").is_in(CELL_FORMS).fill_null(value=False).alias("_is_cell"),
        pl.col("quantity").cast(pl.Float64).fill_null(1.0).alias("_quantity"),
        (pl.col("energy_wh").cast(pl.Float64).fill_nan(None) / 1000.0).alias("_kwh"),
        pl.col("mass_kg").cast(pl.Float64).fill_nan(None).alias("_kg"),
    ).join(table, on="chemistry", how="left", maintain_order="left")
    ratio = pl.when("_is_cell").then("cell_kg_per_kwh").otherwise("pack_kg_per_kwh")
    energy = pl.coalesce(pl.col("_kwh"), pl.col("_kg") / ratio, pl.lit(0.0))
    mass = pl.coalesce(pl.col("_kg"), pl.col("_kwh") * ratio, pl.lit(0.0))
    by_mass = pl.coalesce(pl.col("_kg") / ratio, pl.col("_kwh"), pl.lit(0.0))
    basis = pl.when(pl.col("content_basis") == "energy").then(energy).otherwise(by_mass) * pl.col("_quantity")
    # Cells come without housing, cooling and busbars.
    per_kwh = {
        element: pl.when("_is_cell")
        .then(pl.col(f"cell_{element}") if element != "steel" else 0.0)
        .otherwise(element)
        for element in ("copper", "aluminium", "steel")
    }
    return base.select(
        "row",
        "family",
        "cost_group",
        pl.when("_is_cell").then(pl.lit("cell")).otherwise(pl.lit("pack")).alias("feed"),
        (energy * pl.col("_quantity")).alias("energy_kwh"),
        (mass * pl.col("_quantity")).alias("mass_kg"),
        *((per_kwh.get(element, pl.col(element)) * basis).alias(element) for element in ELEMENTS),
        "new_pack_co2e_kg_per_kwh",
        "new_pack_usd_per_kwh",
    )
