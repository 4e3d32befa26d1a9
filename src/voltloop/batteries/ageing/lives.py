"""The life that a battery usually had, by its form and country."""

from __future__ import annotations

import polars as pl

from voltloop.batteries.ageing.facts import rows

__all__ = ["usual_lives"]


def usual_lives(batteries: pl.DataFrame) -> pl.DataFrame:
    """Give use and climate of each battery's life so far, and of its store after its return.

    Parameters
    ----------
    batteries
        Columns ``form`` and ``country`` (two letters, null where nobody knows).

    Returns
    -------
    polars.DataFrame
        In the order of the table: ``use``, ``climate``, ``store_use``, ``store_climate``, classes of
        ``catalogue/ageing``; all null for forms whose life nobody can name (cells, scrap, portable batteries).
    """
    lives = pl.DataFrame([dict(row) for row in rows("lives")]).drop("source")
    climate = {row["country"]: row["climate"] for row in rows("country_climates")}
    return (
        batteries.select("form", pl.col("country").fill_null(""))
        .join(lives, on="form", how="left", maintain_order="left")
        .select(
            "use",
            pl.when(pl.col("use").is_not_null())
            .then(pl.col("country").replace_strict(climate, default=climate[""], return_dtype=pl.String))
            .alias("climate"),
            "store_use",
            "store_climate",
        )
    )
