"""The battery table in the law's words."""

from __future__ import annotations

import polars as pl

from voltloop.batteries import match_models
from voltloop.catalogue import chemistries, pack_models

__all__ = ["LAWFUL", "goods_of", "is_unsound"]

LAWFUL = ("allowed", "exempt_small", "exempt_other")
"""Outcomes of a verdict with which goods may be planned. Everything else is held."""

_PARTS = ("module", "cell", "scrap_lot")
"""Forms that the type test of the battery they came from does not cover."""

_STATE_OF_CONDITION = {"damaged": "damaged", "suspect": "suspect", "critical": "critical"}


def is_unsound() -> pl.Expr:
    """Whether a battery travels as damaged or defective: by its condition, or because its maker recalled it."""
    return pl.col("condition").is_in(["damaged", "suspect", "critical"]) | (pl.col("reason") == "recall")


def goods_of(batteries: pl.DataFrame, is_waste: pl.Series) -> pl.DataFrame:
    """Give the goods table of :func:`voltloop.compliance.classify` for a battery table.

    Parameters
    ----------
    batteries
        BATTERIES table.
    is_waste
        Whether each row travels as waste, in the order of the rows.

    Notes
    -----
    What nobody stated stays null. A battery whose maker and model are in the catalogue is of a series on the
    market, and counts as type-tested (ADR 2.2.9.1.7.1 (a), 49 CFR 173.185(a)); of any other the test summary has
    to be asked for. The test of a pack does not cover a module or cell taken out of it, which is a battery or cell
    of its own when it travels alone (UN Manual of Tests and Criteria 38.3.2.3). A condition that nobody knows stays
    unknown for a recalled battery too: the recall does not say whether it is liable to react dangerously. The relief
    for small batteries is not claimed: it hangs on the finished package, and carriage under the ordinary rules is
    always lawful.
    """
    families = chemistries().select("chemistry", "family")
    series = pack_models().select("model_id", pl.col("form").alias("tested_form"))
    matched = match_models(batteries["manufacturer"], batteries["model"]).alias("model_id")
    table = (
        batteries.with_columns(is_waste.alias("is_waste"), matched)
        .join(families, on="chemistry", how="left", maintain_order="left")
        .join(series, on="model_id", how="left", maintain_order="left")
    )
    is_cell = pl.col("form") == "cell"
    is_tested = pl.col("tested_form").is_not_null() & (
        ~pl.col("form").is_in(_PARTS) | (pl.col("form") == pl.col("tested_form"))
    )
    by_condition = pl.col("condition").replace_strict(
        _STATE_OF_CONDITION, default=None, return_dtype=pl.String
    )
    state = (
        pl.when(pl.col("condition") == "critical")
        .then(pl.lit("critical"))
        .when(pl.col("condition") == "unknown")
        .then(None)
        .when(pl.col("reason") == "recall")
        .then(pl.lit("recalled"))
        .otherwise(
            pl.coalesce(
                by_condition, pl.when(pl.col("is_waste")).then(pl.lit("waste")).otherwise(pl.lit("used"))
            )
        )
    )
    return table.select(
        pl.col("row").alias("item"),
        pl.col("family").alias("chemistry"),
        pl.when(is_cell).then(pl.lit("cell")).otherwise(pl.lit("battery")).alias("form"),
        pl.when(is_cell).then(pl.lit("cell")).otherwise(pl.lit("battery")).alias("unit_kind"),
        state.alias("state"),
        "energy_wh",
        pl.col("mass_kg").alias("net_mass_kg"),
        "quantity",
        pl.when(is_tested).then(pl.lit(value=True)).alias("un38_3_tested"),
        "is_waste",
        (pl.col("reason") == "production_scrap").alias("manufacturing_waste"),
        pl.lit(value=False).alias("wants_small_relief"),
    )
