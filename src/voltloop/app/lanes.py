"""The ways from each place where batteries stand to each site: how long, and open to what."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.app.borders import Borders

__all__ = ["lane_key", "make_lanes"]

_SCHEMA = {
    "point_id": pl.String(),
    "site_id": pl.String(),
    "distance_km": pl.Float64(),
    "estimated": pl.Boolean(),
    "used_ok": pl.Boolean(),
    "waste_ok": pl.Boolean(),
    "why_not": pl.String(),
}


def lane_key() -> pl.Expr:
    """Name of the batteries of one place that the law treats alike, which is what a lane starts from."""
    return pl.concat_str(
        "point_id",
        pl.col("waste_code").fill_null(""),
        pl.when("used_lawful").then(pl.lit("u")).otherwise(pl.lit("-")),
        pl.when("waste_lawful").then(pl.lit("w")).otherwise(pl.lit("-")),
        separator="|",
    )


def make_lanes(
    groups: pl.DataFrame,
    sites: pl.DataFrame,
    km: NDArray[np.float64],
    estimated: NDArray[np.bool_],
    borders: Borders,
) -> pl.DataFrame:
    """Give the lanes that :func:`voltloop.treatment.decide` chooses among.

    Parameters
    ----------
    groups
        ``lane, place, country, waste_code, used_lawful, waste_lawful``: one row per lane key.
    sites
        ``site_id, column, country, kind``.
    km, estimated
        From each place (row) to each site (column).
    borders
        What may cross.
    """
    law = _law(groups, sites, borders)
    place, column = groups["place"].to_numpy(), sites["column"].to_numpy()
    ways = pl.DataFrame({
        "_group": np.repeat(np.arange(groups.height), sites.height),
        "site_id": sites["site_id"][np.tile(np.arange(sites.height), groups.height)],
        "distance_km": km[np.ix_(place, column)].ravel(),
        "estimated": estimated[np.ix_(place, column)].ravel(),
    }).filter(pl.col("distance_km").is_finite())  # fmt: skip
    return (
        ways.join(
            groups.with_row_index("_group").cast({"_group": pl.Int64}), on="_group", maintain_order="left"
        )
        .with_columns(pl.col("waste_code").fill_null(""))
        .join(law, on=["country", "waste_code", "site_id"], how="left", maintain_order="left")
        .select(
            pl.col("lane").alias("point_id"),
            "site_id",
            "distance_km",
            "estimated",
            used_ok=pl.col("used_open") & pl.col("used_lawful"),
            waste_ok=pl.col("waste_open") & pl.col("waste_lawful"),
            why_not="why_not",
        )
        .cast(_SCHEMA)  # type: ignore[arg-type]
    )


def _law(groups: pl.DataFrame, sites: pl.DataFrame, borders: Borders) -> pl.DataFrame:
    """Say of each country, waste code and site whether used goods and waste may go there, and why not."""
    rows = []
    for country, code in groups.select("country", pl.col("waste_code").fill_null("")).unique().rows():
        for site in sites.iter_rows(named=True):
            used = borders.crossing(country, site["country"], code, False, site["site_id"])
            waste = borders.crossing(country, site["country"], code, True, site["site_id"])
            # What crosses a border to a recycler is discarded, whatever the sender calls it.
            is_open = used.is_open and (site["country"] == country or not _recycles(site))
            rows.append(
                (country, code, site["site_id"], is_open, waste.is_open, waste.why_not or used.why_not)
            )
    schema = {
        "country": pl.String, "waste_code": pl.String, "site_id": pl.String, "used_open": pl.Boolean,
        "waste_open": pl.Boolean, "why_not": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _recycles(site: Mapping[str, object]) -> bool:
    return str(site["kind"]).startswith("recycler")
