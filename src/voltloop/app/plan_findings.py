"""What a plan has to say about itself: overdue points, missed days, full depots, editions nobody has read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from voltloop.app.assess import Assessed
from voltloop.app.network_folder import Network
from voltloop.app.prepare import Prepared
from voltloop.app.route import Routed
from voltloop.app.tour_points import unvisited_empties
from voltloop.app.world import World
from voltloop.collection import Onward
from voltloop.findings import Finding, make

__all__ = ["findings_of"]


_SAID_ELSEWHERE = frozenset({"treatment-point-unknown"})
"""Findings about the table of lanes; the batteries concerned are held, with the reason in their row."""


def findings_of(
    assessed: Assessed,
    prepared: Prepared,
    network: Network,
    world: World,
    routed: Sequence[Routed],
    onward: Mapping[str, Onward],
    first: date,
) -> tuple[Finding, ...]:
    """Give the findings about a plan whose first day is ``first``, those that weigh on the law before the others."""
    return (
        *_unconfirmed(assessed),
        *_late(prepared, first),
        *_missed_days(prepared, routed),
        *_full_hubs(network, routed, onward),
        *([make("roads-estimated", where="roads", value=world.places.height)] if world.whole is None else []),
        *unvisited_empties(network, _visited(routed)),
        *(finding for finding in assessed.decision.findings if finding.code not in _SAID_ELSEWHERE),
        *(finding for entry in routed for finding in entry.findings),
    )


def _visited(routed: Sequence[Routed]) -> pl.Series:
    """Points that a tour visits."""
    return pl.concat(
        [pl.Series("point_id", [], dtype=pl.String), *(entry.plan.stops["point_id"] for entry in routed)]
    )


def _unconfirmed(assessed: Assessed) -> list[Finding]:
    """Editions under which verdicts were given although nobody has read their text yet."""
    notes = assessed.verdicts.filter(pl.col("notes").fill_null("").str.contains("not confirmed"))
    return [
        make("edition-unconfirmed", where=f"{count} verdicts", value=edition)
        for edition, count in notes.group_by("edition").len().sort("edition").iter_rows()
    ]


def _late(prepared: Prepared, on: date) -> list[Finding]:
    """Batteries that should have left their point before the first day, one finding per point."""
    late = prepared.batteries.filter(pl.col("due_on") < on)
    points = late.group_by("point_id").agg(
        pl.len(), pl.col("due_on").min(), pl.col("point_name").first(), pl.col("due_why").first()
    )
    return [
        make(
            "point-overdue",
            where=f"point {row['point_id']}",
            field=row["due_why"],
            value=row["due_on"],
            name=row["point_name"],
            count=row["len"],
        )
        for row in points.sort("due_on", "point_id").iter_rows(named=True)
    ]


def _missed_days(prepared: Prepared, routed: Sequence[Routed]) -> list[Finding]:
    """Points from which something is fetched after its deadline, because no vehicle or driver was free in time."""
    found = []
    for entry in routed:
        days = entry.plan.stops.select("pickup_id", "tour_id").join(
            entry.plan.tours.select("tour_id", "day"), on="tour_id"
        )
        rows = days.join(
            entry.pickups.select("pickup_id", pl.col("items").alias("row")), on="pickup_id"
        ).explode("row")
        late = rows.join(
            prepared.batteries.select("row", "point_id", "point_name", "due_on"), on="row"
        ).filter((pl.col("due_on") >= entry.problem.days[0]) & (pl.col("day") > pl.col("due_on")))
        points = late.group_by("point_id").agg(
            pl.col("point_name").first(), pl.col("due_on").min(), pl.col("day").max()
        )
        found += [
            make(
                "fetched-late",
                where=f"point {row['point_id']}",
                value=row["day"],
                name=row["point_name"],
                due=row["due_on"],
            )
            for row in points.sort("point_id").iter_rows(named=True)
        ]
    return found


def _full_hubs(network: Network, routed: Sequence[Routed], onward: Mapping[str, Onward]) -> list[Finding]:
    """Depots whose storage limit the arrivals pass before the onward loads leave."""
    limits = dict(network.sites.select("site_id", "storage_limit_kg").iter_rows())
    found = []
    for entry in routed:
        staying = pl.concat(
            [
                onward[entry.mode].loads.select("items").explode("items"),
                onward[entry.mode].stock.select(items="item"),
            ]
        )
        goods = entry.items.join(staying, left_on="item", right_on="items", how="semi").select(
            "item", "gross_mass_kg"
        )
        tours = entry.trips.stops.select("tour_id", "pickup_id").join(
            entry.trips.tours.select("tour_id", depot_id="end_depot_id"), on="tour_id"
        )
        where = tours.join(entry.pickups.select("pickup_id", item="items"), on="pickup_id").explode("item")
        for depot, mass in (
            goods.join(where, on="item")
            .group_by("depot_id")
            .agg(pl.col("gross_mass_kg").sum())
            .sort("depot_id")
            .iter_rows()
        ):
            limit = limits.get(depot)
            if limit is not None and mass > limit:
                found.append(
                    make(
                        "hub-over-limit", where=f"depot {depot}", value=f"{mass:,.0f}", limit=f"{limit:,.0f}"
                    )
                )
    return found
