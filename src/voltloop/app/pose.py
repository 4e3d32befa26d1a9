"""The tour problem of one road law: pick-ups, vehicles, drivers, roads and rules, as the tour engine takes them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from voltloop.app.fleet import certificates_of, drivers_of, vehicles_of
from voltloop.app.groundwork import Groundwork
from voltloop.app.network_folder import Network
from voltloop.app.tour_law import TourLaw, tour_law
from voltloop.app.tour_points import tour_points
from voltloop.collection import (
    EU_DRIVING,
    US_DRIVING,
    Hub,
    Packed,
    Problem,
    make_pickups,
    stops_from_pickups,
)
from voltloop.compliance import Rulebook
from voltloop.compliance.loads.limits import active
from voltloop.findings import Finding

__all__ = ["Posed", "pose", "relief_points_of"]


@dataclass(frozen=True)
class Posed:
    """A tour problem and what it was made from.

    Attributes
    ----------
    mode
        Road law of all its tours.
    problem
        As the tour engine takes it.
    pickups
        Pick-ups with their ``items`` (rows of the list).
    items
        The goods that were grouped into pick-ups, one row per battery row.
    findings
        What was noticed on the way.
    """

    mode: str
    problem: Problem
    pickups: pl.DataFrame
    items: pl.DataFrame
    findings: tuple[Finding, ...]


def pose(ground: Groundwork, mode: str) -> Posed:
    """Pose the tour problem of one road law."""
    network, world, rulebook, days = ground.network, ground.world, ground.rulebook, ground.days
    table = ground.prepared.batteries.filter(pl.col("mode") == mode)
    offered = sorted(set(table["depots"].explode().to_list()))
    fleet = vehicles_of(network.vehicles, network.sites, offered)
    homes = sorted({kind.depot_id for kind in fleet})
    drivers, findings = drivers_of(network.drivers, homes, mode=mode, days=days)
    law = tour_law(
        table, rulebook, mode, days[0], fleet, drivers, certificates=certificates_of(network.drivers)
    )
    relief = relief_points_of(rulebook, mode, days[0])
    asked = tour_points(ground.origins.points, network, world)
    items = _items(table, ground.prepared.packed, asked, law)
    certified = {driver.depot_id for driver in drivers if driver.is_certified(days[0])}
    pickups, odd = make_pickups(
        items, law.fleet, relief_points=relief, adr_depots=certified, first_day=days[0], clashes=law.clashes
    )
    if not any(math.isfinite(kind.volume_m3) for kind in fleet):
        # Nothing to hold it against: the search need not carry it along.
        pickups = pickups.with_columns(volume_m3=pl.lit(0.0))
    index = dict(world.index("site").iter_rows())
    ends = {kind.ends_at for kind in fleet}
    depots = sorted({*homes, *ends})
    problem = Problem(
        stops=stops_from_pickups(pickups, asked, days),
        fleet=law.fleet,
        drivers=law.drivers,
        depots={depot: index[depot] for depot in depots},
        roads=world.roads(sorted({kind.profile for kind in fleet})),
        days=days,
        rules=US_DRIVING if mode == "road_us" else EU_DRIVING,
        relief_points=relief,
        carbon_price_eur_per_t=network.settings.carbon_price_eur_per_t,
        hubs=_hubs(network, index, set(offered) - set(depots)),
        clashes=law.clashes,
        consistency=network.settings.consistency,
    )
    return Posed(mode, problem, pickups, items, (*findings, *odd, *problem.findings))


def _hubs(network: Network, index: Mapping[str, int], names: Collection[str]) -> dict[str, Hub]:
    """Places to unload on the way, with the time that takes."""
    minutes = dict(network.sites.select("site_id", "unload_min").iter_rows())
    return {name: Hub(index[name], round(60 * minutes[name])) for name in sorted(names)}


def relief_points_of(rulebook: Rulebook, mode: str, on: date) -> float:
    """Load points up to which a vehicle needs neither plates nor a certified driver; infinite where no such limit is.

    The limits of single categories (333 kg of category 2 are 999 points, not 1000) bind a little earlier than the sum;
    the lower figure is right whatever is mixed.
    """
    limits = active(rulebook.limits, rulebook.edition(rulebook.mode(mode).regime, on, None))
    single = [
        limit.limit * limit.points_per_kg
        for limit in limits
        if limit.kind == "category" and limit.limit is not None and limit.points_per_kg
    ]
    total = [limit.limit for limit in limits if limit.kind == "total" and limit.limit is not None]
    return min([*single, *total], default=math.inf)


def _items(table: pl.DataFrame, packed: Packed, points: pl.DataFrame, law: TourLaw) -> pl.DataFrame:
    packages = packed.packages
    whole = packages.group_by("package_id").agg(pl.col("gross_mass_kg").sum().alias("package_kg"))
    parts = (
        packages.join(whole, on="package_id", how="left")
        .group_by("item")
        .agg(
            pl.col("gross_mass_kg", "floor_positions", "volume_m3", "pack_minutes", "cost_eur").sum(),
            pl.col("package_kg").max().alias("max_package_kg"),
            pl.col("package_id").n_unique().alias("packages"),
        )
    )
    net = pl.col("mass_kg") * pl.col("quantity")
    is_critical = pl.col("condition") == "critical"
    # Category 0 is regulated goods for which no multiplier exists although the mode has points.
    category_zero = (pl.col("transport_category") == "0").fill_null(value=False)
    worth = pl.col("net_value_eur") - pl.col("freight_eur").fill_null(0.0) - pl.col("cost_eur")
    return (
        table.drop(set(law.goods.columns) - {"row"}, strict=False)
        .join(parts, left_on="row", right_on="item", how="inner", maintain_order="left")
        .join(_together(packages), left_on="row", right_on="item", how="inner", maintain_order="left")
        .join(
            points.select(
                "point_id",
                "has_forklift",
                "vehicle_types",
                "is_closed_to_adr",
                "open_min",
                pl.col("permits", "training").fill_null([]).name.prefix("point_"),
            ),
            on="point_id",
            how="left",
            maintain_order="left",
        )
        .join(law.goods, on="row", how="left", maintain_order="left")
        .sort("row")
        .select(
            pl.col("row").alias("item"),
            "point_id",
            "depots",
            net.alias("net_mass_kg"),
            "gross_mass_kg",
            "floor_positions",
            (net * pl.when(pl.col("outcome") == "allowed").then("points_per_kg").fill_null(0.0))
            .fill_null(0.0)
            .alias("points"),
            pl.when(is_critical).then("packages").otherwise(0).alias("needs_critical_box"),
            category_zero.alias("requires_adr_vehicle"),
            "due_on",
            pl.max_horizontal(worth, 0.0).alias("value_eur"),
            "pack_minutes",
            "max_package_kg",
            "load_unit",
            "has_forklift",
            "vehicle_types",
            "is_closed_to_adr",
            "volume_m3",
            "goods",
            pl.concat_list("permits", "point_permits").alias("permits"),
            pl.concat_list("training", "point_training").alias("training"),
            "open_min",
            "tunnel_code",
        )
    )


def _together(packages: pl.DataFrame) -> pl.DataFrame:
    """Name for each item the chain of shared packages that it is part of: ``item, load_unit``."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if packages.is_empty():
        return pl.DataFrame(schema={"item": pl.Int64, "load_unit": pl.Int64})
    items, packs = (
        packages[name].rank("dense").to_numpy().astype(int) - 1 for name in ("item", "package_no")
    )
    count = int(items.max()) + 1
    size = count + int(packs.max()) + 1
    links = coo_array(([1] * len(items), (items, packs + count)), shape=(size, size))
    _, part = connected_components(links, directed=False)
    return packages.select("item", pl.Series("load_unit", part[items], dtype=pl.Int64)).unique("item")
