"""Tours and onward loads of a plan as the runs that papers are written for, with the ways they drive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from voltloop.app.loads import Run, Visit
from voltloop.app.network_cells import counts_of
from voltloop.app.plan import MadePlan
from voltloop.collection import VehicleKind
from voltloop.transport import DistanceProvider, Places, RoadNetwork

__all__ = ["onward_runs", "tour_runs", "ways_of"]

_LOADING_S = 3600
"""Time that loading and unloading an onward load is given [s]; an estimate, used for the times on its papers only."""


def ways_of(plan: MadePlan, provider: DistanceProvider) -> dict[str, NDArray[np.float64]]:
    """Give the line that each tour drives, as latitudes and longitudes of shape (corners, 2).

    A provider without ways gives straight lines from stop to stop.
    """
    spots: dict[str, list[tuple[float, float]]] = {}
    sites = {
        row["site_id"]: (row["lat"], row["lon"]) for row in plan.request.network.sites.iter_rows(named=True)
    }
    points = {row["point_id"]: (row["lat"], row["lon"]) for row in plan.origins.points.iter_rows(named=True)}
    for entry in plan.routed:
        visited = dict(entry.trips.stops.group_by("tour_id", maintain_order=True).agg("point_id").iter_rows())
        for tour_id, start, end in entry.trips.tours.select(
            "tour_id", "start_id", "end_depot_id"
        ).iter_rows():
            stops = visited.get(tour_id, [])
            spots[tour_id] = [sites[start], *(points[stop] for stop in stops), sites[end]]
    if not isinstance(provider, RoadNetwork) or not spots:
        return {tour_id: np.array(way) for tour_id, way in spots.items()}
    legs = [(tour_id, a, b) for tour_id, way in spots.items() for a, b in pairwise(way)]
    start, end = (np.array([leg[side] for leg in legs]) for side in (1, 2))
    lines = provider.paths(Places.of(start[:, 0], start[:, 1]), Places.of(end[:, 0], end[:, 1]))
    found: dict[str, list[NDArray[np.float64]]] = {}
    for (tour_id, a, b), line in zip(legs, lines, strict=True):
        found.setdefault(tour_id, []).append(line if len(line) else np.array([a, b]))
    return {tour_id: np.concatenate(parts) for tour_id, parts in found.items()}


def tour_runs(plan: MadePlan, ways: Mapping[str, NDArray[np.float64]]) -> Iterator[Run]:
    """Give each collection tour as a run."""
    network = plan.request.network
    points = {row["point_id"]: row for row in plan.origins.points.iter_rows(named=True)}
    sites = {row["site_id"]: row for row in network.sites.iter_rows(named=True)}
    drivers = {row["driver_id"]: row for row in network.drivers.iter_rows(named=True)}
    empties = dict(network.points.select("point_id", "empties").iter_rows())
    for entry in plan.routed:
        kinds = {(kind.vehicle_type, kind.depot_id, kind.name): kind for kind in entry.problem.fleet}
        items = dict(entry.pickups.select("pickup_id", "items").iter_rows())
        visited = entry.trips.stops.partition_by("tour_id", as_dict=True, include_key=False)
        for tour in entry.trips.tours.filter(pl.col("stop_count") > 0).iter_rows(named=True):
            kind = kinds[tour["vehicle_type"], tour["depot_id"], tour["vehicle_name"]]
            stops = visited[tour["tour_id"],].sort("seq").rows(named=True)
            legs_km = sum(stop["leg_km"] for stop in stops)
            yield Run(
                load_id=tour["tour_id"],
                kind="tour",
                mode=entry.mode,
                day=tour["day"],
                vehicle=_vehicle(kind),
                vehicle_name=f"{kind.name or kind.vehicle_type}, no. {tour['vehicle_no']}",
                driver=drivers.get(tour["driver_id"]),
                start=sites[tour["start_id"]],
                starts_s=tour["starts_s"],
                visits=_visits(stops, points, items, empties),
                end=sites[tour["end_depot_id"]],
                ends_s=tour["ends_s"],
                last_leg_km=tour["km"] - legs_km,
                km=tour["km"],
                route=tuple((float(lat), float(lon)) for lat, lon in ways[tour["tour_id"]]),
            )


def _visits(
    stops: Sequence[Mapping[str, Any]],
    points: Mapping[str, Mapping[str, Any]],
    items: Mapping[str, list[int]],
    empties: Mapping[str, str | None],
) -> tuple[Visit, ...]:
    """Give the visits of a tour; pick-ups one after the other at one point are one visit.

    Empties come with the pick-up that has their mass to unload.
    """
    visits: list[Visit] = []
    for point_id, together in groupby(stops, key=lambda stop: stop["point_id"]):
        part = list(together)
        rows = tuple(row for stop in part for row in items[stop["pickup_id"]])
        brings = counts_of(empties[point_id]) if any(stop["drop_mass_kg"] > 0 for stop in part) else None
        first = part[0]
        visits.append(
            Visit(
                points[point_id],
                first["arrives_s"],
                part[-1]["departs_s"],
                first["leg_km"],
                rows,
                brings or {},
            )
        )
    return tuple(visits)


def onward_runs(plan: MadePlan) -> Iterator[Run]:
    """Give each onward load as a run from depot to site. Its driver is not planned: the papers leave a field."""
    sites = {row["site_id"]: row for row in plan.request.network.sites.iter_rows(named=True)}
    for entry in plan.routed:
        kinds = {(kind.vehicle_type, kind.depot_id, kind.name): kind for kind in entry.problem.fleet}
        for load in plan.onward[entry.mode].loads.iter_rows(named=True):
            kind = kinds[load["vehicle_type"], load["depot_id"], load["vehicle_name"]]
            begins = kind.shift_start_s
            leaves = begins + _LOADING_S
            yield Run(
                load_id=load["load_id"],
                kind="linehaul",
                mode=entry.mode,
                day=plan.onward_on or plan.days[-1],
                vehicle=_vehicle(kind),
                vehicle_name=kind.name or kind.vehicle_type,
                driver=None,
                start=sites[load["depot_id"]],
                starts_s=begins,
                visits=(Visit(sites[load["depot_id"]], begins, leaves, 0.0, tuple(load["items"])),),
                end=sites[load["site_id"]],
                # Half of the way there and back, with the breaks and daily rests that the law asks for.
                ends_s=leaves + entry.problem.rules.travel_s(int(load["driving_h"] / 2 * 3600)),
                last_leg_km=load["km"] / 2,
                km=load["km"] / 2,
            )


def _vehicle(kind: VehicleKind) -> dict[str, Any]:
    return {
        "payload_kg": kind.payload_kg,
        "is_adr_equipped": kind.is_adr_equipped,
        "tail_lift": kind.has_tail_lift,
    }
