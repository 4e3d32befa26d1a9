"""Pick-ups and tours for what was prepared."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from voltloop.app.fleet import certificates_of, drivers_of, vehicles_of
from voltloop.app.network_folder import Network
from voltloop.app.prepare import Prepared
from voltloop.app.tour_law import TourLaw, tour_law
from voltloop.app.tour_points import tour_points
from voltloop.app.trips import Trips, trips_of
from voltloop.app.world import World
from voltloop.collection import (
    EU_DRIVING,
    US_DRIVING,
    Hub,
    Packed,
    Plan,
    Problem,
    Progress,
    make_pickups,
    solve,
    stops_from_pickups,
)
from voltloop.compliance import Rulebook
from voltloop.compliance.loads.limits import active
from voltloop.findings import Finding

__all__ = ["Routed", "Search", "law_prefix", "made_late", "relief_points_of", "route"]


@dataclass(frozen=True, slots=True)
class Search:
    """How long and how the tour engine searches.

    Attributes
    ----------
    seed
        Seed of every random choice.
    time_limit_s
        Cap on the wall time of the search [s].
    max_iterations
        Iterations by road law, search and part of an earlier plan, to repeat it; None searches anew.
    workers
        Processes.
    """

    seed: int = 0
    time_limit_s: float = 10.0
    max_iterations: Mapping[str, Mapping[str, Mapping[str, int]]] | None = None
    workers: int = 2


@dataclass(frozen=True)
class Routed:
    """Tours of one road law.

    Attributes
    ----------
    mode
        Road law of all its tours.
    problem, plan
        As the tour engine saw and solved it.
    pickups
        Pick-ups with their ``items`` (rows of the list).
    items
        The goods that were grouped into pick-ups, one row per battery row.
    iterations
        Iterations of each search by part, which repeat it.
    findings
        What was noticed on the way.
    late
        Pick-ups that were searched again as late, because the days in time were too few for them.
    """

    mode: str
    problem: Problem
    plan: Plan
    pickups: pl.DataFrame
    items: pl.DataFrame
    iterations: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]
    late: tuple[str, ...] = ()

    @cached_property
    def trips(self) -> Trips:
        """The tours cut where they unload on the way: what rides together, from where to where."""
        return trips_of(self.plan)


def route(  # noqa: PLR0913 - what the walk has gathered by now
    prepared: Prepared, mode: str, network: Network, world: World, points: pl.DataFrame, rulebook: Rulebook, *,
    days: tuple[date, ...], search: Search, on_progress: Callable[[Progress], None] | None = None,
) -> Routed:  # fmt: skip
    """Make the tours of one road law."""
    table = prepared.batteries.filter(pl.col("mode") == mode)
    offered = sorted(set(table["depots"].explode().to_list()))
    fleet = vehicles_of(network.vehicles, network.sites, offered)
    homes = sorted({kind.depot_id for kind in fleet})
    drivers, findings = drivers_of(network.drivers, homes, mode=mode, days=days)
    law = tour_law(
        table, rulebook, mode, days[0], fleet, drivers, certificates=certificates_of(network.drivers)
    )
    relief = relief_points_of(rulebook, mode, days[0])
    asked = tour_points(points, network, world)
    items = _items(table, prepared.packed, asked, law)
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
    plan, late, iterations = _search(problem, mode, search, on_progress)
    return Routed(
        mode, made_late(problem, late), _named(plan, mode), pickups, items, iterations,
        (*findings, *odd, *problem.findings), tuple(late),
    )  # fmt: skip


def _hubs(network: Network, index: Mapping[str, int], names: Collection[str]) -> dict[str, Hub]:
    """Places to unload on the way, with the time that takes."""
    minutes = dict(network.sites.select("site_id", "unload_min").iter_rows())
    return {name: Hub(index[name], round(60 * minutes[name])) for name in sorted(names)}


_CROWDED_OUT = ("tour-no-vehicle-left", "tour-no-driver-left", "tour-no-certified-driver-left")
"""Reasons for which a required pick-up is left out only because others came first on the days in time."""


def _search(
    problem: Problem, mode: str, search: Search, on_progress: Callable[[Progress], None] | None
) -> tuple[Plan, list[str], dict[str, dict[str, int]]]:
    """Solve with deadlines; where days in time are too few, solve again with what was crowded out as late.

    Late is better than left: the second search may fetch it on any day, before all that is not late.
    """
    known = None if search.max_iterations is None else search.max_iterations.get(mode, {})
    iterations: dict[str, dict[str, int]] = {}
    plan: Plan | None = None
    late: list[str] = []
    for name, share in (("in time", 1.0), ("late", 0.4)):
        if plan is not None:
            out = plan.unserved.filter((pl.col("outcome") == "held") & pl.col("code").is_in(_CROWDED_OUT))
            if out.is_empty():
                break
            late = out["pickup_id"].to_list()
        plan = solve(
            made_late(problem, late),
            time_limit_s=search.time_limit_s * share,
            seed=search.seed,
            on_progress=on_progress,
            max_iterations=None if known is None else known.get(name, {}),
            workers=search.workers,
            # The summary bounds the tours alone, which is what people compare with.
            bound="none",
        )
        iterations[name] = dict(plan.iterations)
    assert plan is not None
    return plan, late, iterations


def made_late(problem: Problem, pickups: Sequence[str]) -> Problem:
    """Give the problem in which some pick-ups are late: due by the last day, and before all that is not."""
    if not pickups:
        return problem
    crowded = pl.col("pickup_id").is_in(list(pickups))
    yesterday = pl.lit(problem.days[0] - timedelta(days=1))
    stops = problem.stops.with_columns(
        pl.when(crowded).then(pl.lit(problem.horizon)).otherwise("due_day").alias("due_day"),
        pl.when(crowded).then(pl.min_horizontal("due_on", yesterday)).otherwise("due_on").alias("due_on"),
    )
    return replace(problem, stops=stops)


def law_prefix(mode: str) -> str:
    """Prefix of the ids of tours and loads, which tells two road laws in one plan apart: ``EU-`` or ``US-``."""
    return mode.removeprefix("road_").upper() + "-"


def _named(plan: Plan, mode: str) -> Plan:
    named = pl.concat_str(pl.lit(law_prefix(mode)), "tour_id").alias("tour_id")
    return replace(
        plan,
        tours=plan.tours.with_columns(named),
        stops=plan.stops.with_columns(named),
        breaks=plan.breaks.with_columns(named),
        reloads=plan.reloads.with_columns(named),
    )


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
            points.select("point_id", "has_forklift", "vehicle_types", "is_closed_to_adr"),
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
            "permits",
            "training",
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
