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
    limits = dict(network.sites.select("site_id", "storage_limit_kg").iter_rows())
    stays = (
        arrivals.filter(pl.col("depot_id") != pl.col("site_id"))
        .group_by("depot_id")
        .agg(pl.col("gross_mass_kg").sum())
    )
    full = [
        depot for depot, mass in stays.iter_rows() if limits.get(depot) is not None and mass > limits[depot]
    ]
    must_go = (pl.col("needs_critical_box") > 0) | pl.col("depot_id").is_in(full)
    return consolidate(
        arrivals.with_columns(pl.when(must_go).then(pl.lit(on)).alias("due_on")),
        vehicles_of(network.vehicles, depots),
        world.roads()["artic"],
        dict(world.index("site").iter_rows()),
        on=on,
        relief_points=relief_points,
        carbon_price_eur_per_t=network.settings.carbon_price_eur_per_t,
    )
