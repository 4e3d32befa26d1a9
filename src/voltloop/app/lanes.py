"""The ways from each place where batteries stand to each site: how long, and open to what."""

from __future__ import annotations

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
        ``site_id, place, country, kind``.
    km, estimated
        Square matrices over all places.
    borders
        What may cross.
    """
    rows: list[dict[str, object]] = []
    there = sites.rows(named=True)
    for group in groups.iter_rows(named=True):
        code = group["waste_code"] or ""
        for site in there:
            distance = float(km[group["place"], site["place"]])
            if not np.isfinite(distance):
                continue
            used = borders.crossing(group["country"], site["country"], code, False, site["site_id"])
            waste = borders.crossing(group["country"], site["country"], code, True, site["site_id"])
            rows.append(
                {
                    "point_id": group["lane"],
                    "site_id": site["site_id"],
                    "distance_km": distance,
                    "estimated": bool(estimated[group["place"], site["place"]]),
                    # What crosses a border to a recycler is discarded, whatever the sender calls it.
                    "used_ok": used.is_open
                    and group["used_lawful"]
                    and (site["country"] == group["country"] or not _recycles(site)),
                    "waste_ok": waste.is_open and group["waste_lawful"],
                    "why_not": waste.why_not or used.why_not,
                }
            )
    return pl.DataFrame(rows, schema=_SCHEMA)


def _recycles(site: dict[str, object]) -> bool:
    return str(site["kind"]).startswith("recycler")
