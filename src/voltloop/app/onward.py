"""What goes on from the depots to the sites, and what waits there for a fuller truck."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from voltloop.app.fleet import vehicles_of
from voltloop.app.network_folder import Network
from voltloop.app.world import World
from voltloop.collection import Onward, consolidate

__all__ = ["go_on"]


def go_on(
    arrivals: pl.DataFrame,
    network: Network,
    world: World,
    *,
    on: date,
    relief_points: float,
    depots: Sequence[str],
) -> Onward:
    """Fill onward loads with what the tours brought.

    Parameters
    ----------
    arrivals
        ``item, depot_id, site_id, gross_mass_kg, floor_positions, points, needs_critical_box, requires_adr_vehicle``.
    on
        Day of departure: the first working day after the last tour.
    relief_points
        Load points up to which a vehicle needs no plates.

    Notes
    -----
    Critical goods never wait at a depot, and a depot whose storage limit would be passed sends everything on.
    """
    must_go = (pl.col("needs_critical_box") > 0) | pl.struct("depot_id", "site_id").is_in(
        _lanes_that_must_go(arrivals, network.sites)
    )
    return consolidate(
        arrivals.with_columns(pl.when(must_go).then(pl.lit(on)).alias("due_on")),
        vehicles_of(network.vehicles, depots),
        world.roads()["artic"],
        dict(world.index("site").iter_rows()),
        on=on,
        relief_points=relief_points,
        carbon_price_eur_per_t=network.settings.carbon_price_eur_per_t,
    )


def _lanes_that_must_go(arrivals: pl.DataFrame, sites: pl.DataFrame) -> list[dict[str, str]]:
    """Find the ways that must be served to keep each depot within its storage limit, the heaviest first."""
    limits = {
        site: limit
        for site, limit in sites.select("site_id", "storage_limit_kg").iter_rows()
        if limit is not None
    }
    lanes = (
        arrivals.filter(pl.col("depot_id") != pl.col("site_id"))
        .group_by("depot_id", "site_id")
        .agg(pl.col("gross_mass_kg").sum())
        .sort("depot_id", pl.col("gross_mass_kg"), "site_id", descending=[False, True, False])
    )
    leaving: list[dict[str, str]] = []
    for (depot,), batch in lanes.group_by("depot_id", maintain_order=True):
        stays = float(batch["gross_mass_kg"].sum())
        for _, site, mass in batch.iter_rows():
            if stays <= limits.get(str(depot), float("inf")):
                break
            leaving.append({"depot_id": str(depot), "site_id": site})
            stays -= mass
    return leaving
