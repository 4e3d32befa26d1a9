"""What goes on from the depots to the sites, and what waits there for a fuller truck."""

from __future__ import annotations

from datetime import date

import polars as pl

from voltloop.app.network_folder import Network
from voltloop.app.world import World
from voltloop.collection import Onward, Problem, consolidate
from voltloop.collection.linehaul import LOAD_COLUMNS
from voltloop.collection.onward_load import LoadRules

__all__ = ["go_on"]


def go_on(
    arrivals: pl.DataFrame, network: Network, world: World, problem: Problem, *, on: date | None
) -> Onward:
    """Fill onward loads with what the tours brought.

    Parameters
    ----------
    arrivals
        ``item, depot_id, site_id, gross_mass_kg, floor_positions, points, needs_critical_box, requires_adr_vehicle``.
    problem
        Tour problem that the goods came from: its vehicles and limits count on the way on too.
    on
        Day of departure; None when nothing may leave, because the law changes before.

    Notes
    -----
    Critical goods never wait at a depot, and a depot whose storage limit would be passed sends its heaviest ways on.
    Vehicles of the depot's types drive as often as needed: onward loads are commonly given to carriers, so that neither
    the depot's own vehicles nor its drivers limit them.
    """
    if on is None:
        return _all_wait(arrivals)
    must_go = (pl.col("needs_critical_box") > 0) | pl.struct("depot_id", "site_id").is_in(
        _lanes_that_must_go(arrivals, network.sites)
    )
    return consolidate(
        arrivals.with_columns(pl.when(must_go).then(pl.lit(on)).alias("due_on")),
        problem.fleet,
        world.site_roads("artic"),
        dict(world.columns.iter_rows()),
        on=on,
        rules=LoadRules(problem.clashes, problem.relief_points, problem.carbon_price_eur_per_t),
    )


def _all_wait(arrivals: pl.DataFrame) -> Onward:
    words = pl.format("Waits at {}: another edition of the law applies by the next working day.", "depot_id")
    stock = arrivals.filter(pl.col("depot_id") != pl.col("site_id")).select(
        "item",
        "depot_id",
        "site_id",
        pl.lit("stays").alias("outcome"),
        pl.lit("").alias("code"),
        words.alias("words"),
    )
    return Onward(pl.DataFrame(schema=LOAD_COLUMNS), stock)


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
