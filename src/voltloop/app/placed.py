"""Each battery at its place."""

from __future__ import annotations

import polars as pl

from voltloop.app.held import hold
from voltloop.app.origins import Origins

__all__ = ["placed"]


def placed(batteries: pl.DataFrame, origins: Origins) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Join each battery to its place; hold those whose place is unknown or cannot be believed."""
    place = origins.points.select(
        "point_id", "is_plannable", "why_not", point_name="name", point_country="country"
    )
    table = batteries.join(origins.point_of, on="row", how="left", maintain_order="left").join(
        place, on="point_id", how="left", maintain_order="left"
    )
    unknown = table.filter(pl.col("point_id").is_null())
    odd = table.filter(pl.col("point_id").is_not_null() & ~pl.col("is_plannable"))
    ask = "Ask whoever keeps the network folder."
    held = pl.concat(
        [
            hold(
                unknown,
                kind="unknown_point",
                reason=pl.format(
                    'Nobody knows where this battery stands: "{}" is no place of the network, and no coordinates tell.',
                    pl.col("site").fill_null(""),
                ),
                missing_facts="site",
                ask=ask,
            ),
            hold(odd, kind="unknown_point", reason=pl.col("why_not"), missing_facts="coordinates", ask=ask),
        ]
    )
    good = table.filter(pl.col("point_id").is_not_null() & pl.col("is_plannable"))
    return good.drop("is_plannable", "why_not"), held
