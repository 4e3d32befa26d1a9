"""Trips of tours: a tour that unloads on the way is one load up to the hub and another from there on.

The law counts what is aboard one vehicle at a time, and papers go with a load from where it is taken up to where it is
unloaded. So tables, papers and the ledger know trips; a tour that never unloads on the way is a single one.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from voltloop.collection import Plan
from voltloop.collection.plan import clock

__all__ = ["Trips", "trips_of"]

_SHARED = ("cost_eur", "co2e_kg", "objective_eur", "driving_h")
"""Figures of a tour that its trips share by kilometres."""


@dataclass(frozen=True)
class Trips:
    """Tables of a plan by trip.

    Attributes
    ----------
    tours
        As :data:`voltloop.collection.plan.TOUR_COLUMNS`, one row per trip, with ``whole_tour_id`` (the tour) and
        ``start_id`` (where the trip begins); ``end_depot_id`` is where it is unloaded. ``depot_id`` stays the
        vehicle's own. Cost, emissions and driving time of a tour are shared by kilometres.
    stops
        As :data:`voltloop.collection.plan.TOUR_STOP_COLUMNS`, numbered within the trip.
    """

    tours: pl.DataFrame
    stops: pl.DataFrame


def trips_of(plan: Plan) -> Trips:
    """Cut the tours of a plan where they unload on the way."""
    tours = plan.tours.with_columns(whole_tour_id="tour_id", start_id="depot_id")
    cut = plan.tours.join(
        plan.reloads.select("tour_id").unique(), on="tour_id", how="semi", maintain_order="left"
    )
    if cut.is_empty():
        return Trips(tours, plan.stops)
    legs = _legs(cut, plan.reloads)
    marks = legs.select("whole_tour_id", "tour_id", seq="from_seq").sort("seq")
    stops = (
        plan.stops.sort("seq")
        .rename({"tour_id": "whole_tour_id"})
        .join_asof(marks, on="seq", by="whole_tour_id", strategy="backward", check_sortedness=False)
        .with_columns(pl.coalesce("tour_id", "whole_tour_id").alias("tour_id"))
        .with_columns(pl.col("seq").rank("ordinal").over("tour_id").cast(pl.Int64))
        .sort("whole_tour_id", "tour_id", "seq")
    )
    parts = _figures(cut, legs, stops).select(tours.columns)
    whole = tours.filter(~pl.col("tour_id").is_in(cut["tour_id"].implode()))
    return Trips(
        pl.concat([whole, parts]).sort("whole_tour_id", "starts_s", maintain_order=True),
        stops.select(plan.stops.columns),
    )


def _legs(tours: pl.DataFrame, reloads: pl.DataFrame) -> pl.DataFrame:
    """One row per trip: where and when it begins and ends, and the place in the order of visits where it begins."""
    rows = []
    for tour in tours.iter_rows(named=True):
        start, seq, leaves = tour["depot_id"], 0, tour["starts_s"]
        hubs = reloads.filter(pl.col("tour_id") == tour["tour_id"]).sort("seq").rows(named=True)
        for hub in hubs:
            rows.append(
                (
                    tour["tour_id"],
                    start,
                    hub["hub_id"],
                    seq,
                    leaves,
                    hub["arrives_s"],
                    hub["leg_km"],
                    hub["departs_s"],
                )
            )
            start, seq, leaves = hub["hub_id"], hub["seq"], hub["departs_s"]
        rows.append(
            (tour["tour_id"], start, tour["end_depot_id"], seq, leaves, tour["ends_s"], None, tour["ends_s"])
        )
    names = (
        "whole_tour_id",
        "start_id",
        "end_depot_id",
        "from_seq",
        "starts_s",
        "ends_s",
        "last_km",
        "free_s",
    )
    table = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    number = pl.int_range(1, pl.len() + 1).over("whole_tour_id").alias("number")
    return table.with_columns(number).with_columns(tour_id=pl.format("{}-{}", "whole_tour_id", "number"))


def _figures(tours: pl.DataFrame, legs: pl.DataFrame, stops: pl.DataFrame) -> pl.DataFrame:
    """Figures of each trip from its stops; what only the tour knows is shared by kilometres."""
    loads = stops.group_by("tour_id").agg(
        pl.len().cast(pl.Int64).alias("stop_count"),
        pl.col("leg_km").sum().alias("_km"),
        pl.col("mass_kg").sum(),
        pl.col("positions_after").max().alias("positions"),
        pl.col("volume_after_m3").max().alias("volume_m3"),
        pl.col("points_after").max().alias("points"),
        pl.col("boxes_after").max().alias("boxes"),
    )
    own = set(loads.columns) | set(legs.columns) | {"starts_at", "ends_at", "duty_h"}
    rest = tours.rename({"tour_id": "whole_tour_id", "km": "_tour_km"}).drop(
        own - {"whole_tour_id"}, strict=False
    )
    known = pl.col("_km").fill_null(0.0) + pl.col("last_km")
    parts = (
        legs.join(loads, on="tour_id", how="left", maintain_order="left")
        .join(rest, on="whole_tour_id", how="left", maintain_order="left")
        .with_columns(known.alias("km"))
        # The way back from the last stop is what the others leave of the tour.
        .with_columns(pl.col("km").fill_null(pl.col("_tour_km") - pl.col("km").sum().over("whole_tour_id")))
    )
    share = pl.when(pl.col("_tour_km") > 0).then(pl.col("km") / pl.col("_tour_km")).otherwise(0.0)
    return parts.with_columns(
        *(pl.col(name) * share for name in _SHARED),
        pl.col("stop_count", "boxes", "mass_kg", "positions", "volume_m3", "points").fill_null(0),
        duty_h=(pl.col("free_s") - pl.col("starts_s")) / 3600.0,
        starts_at=pl.col("starts_s").map_elements(clock, return_dtype=pl.String),
        ends_at=pl.col("ends_s").map_elements(clock, return_dtype=pl.String),
        reload_count=pl.lit(0, pl.Int64),
    )
