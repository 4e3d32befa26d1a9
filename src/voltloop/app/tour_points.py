"""What a collection point asks of a tour: openings, vehicles that reach it, usual visits, empties to bring."""

from __future__ import annotations

import polars as pl

from voltloop.app.network_cells import counts_of, names_of, windows_of
from voltloop.app.network_folder import Network
from voltloop.app.world import World
from voltloop.collection import packaging_volume_m3
from voltloop.findings import Finding, make

__all__ = ["tour_points", "unvisited_empties"]

_LISTS = ("vehicle_types", "permits", "training")


def tour_points(points: pl.DataFrame, network: Network, world: World) -> pl.DataFrame:
    """Give the points as :func:`voltloop.collection.stops_from_pickups` takes them.

    Parameters
    ----------
    points
        Places with batteries, columns of :data:`voltloop.app.origins.ORIGIN_COLUMNS`. Those that the network does not
        list as collection points ask for nothing besides their opening times.
    """
    asks = network.points.select(
        "point_id",
        pl.col("windows").map_elements(_windows, return_dtype=pl.List(pl.List(pl.Int64))),
        *(pl.col(name).map_elements(_names, return_dtype=pl.List(pl.String)) for name in _LISTS),
        pl.col("in_closed_zone").alias("is_closed_to_adr"),
        "usual_weekday",
        "usual_driver",
        "empties",
    )
    return (
        points.join(
            world.index("point"), left_on="point_id", right_on="id", how="inner", maintain_order="left"
        )
        .select("point_id", "place", "has_forklift", "opens_at", "closes_at")
        .join(asks, on="point_id", how="left", maintain_order="left")
        .with_columns(
            # Whole days are cut by nobody; the longest of several openings says what can be done on one visit.
            open_min=pl.col("windows")
            .list.eval(pl.element().list.last() - pl.element().list.first())
            .list.max()
            .cast(pl.Float64)
            / 60.0
        )
        .join(_empties(network), on="empties", how="left", maintain_order="left")
    )


def _windows(cell: str) -> list[list[int]]:
    return [list(window) for window in windows_of(cell) or ()]


def _names(cell: str) -> list[str]:
    return list(names_of(cell))


def _empties(network: Network) -> pl.DataFrame:
    """Mass, floor and volume of each set of empty packagings that a point asks for."""
    kinds = {row["packaging_id"]: row for row in network.packagings.iter_rows(named=True)}
    rows = []
    for cell in network.points["empties"].drop_nulls().unique().sort():
        asked = [(kinds[name], number) for name, number in (counts_of(cell) or {}).items()]
        rows.append((
            cell,
            sum(number * kind["tare_kg"] for kind, number in asked),
            sum(number * kind["floor_positions"] for kind, number in asked),
            sum(number * packaging_volume_m3(kind) for kind, number in asked),
        ))  # fmt: skip
    schema = {"empties": pl.String} | dict.fromkeys(
        ("drop_mass_kg", "drop_floor_positions", "drop_volume_m3"), pl.Float64
    )
    return pl.DataFrame(rows, schema=schema, orient="row")


def unvisited_empties(network: Network, visited: pl.Series) -> list[Finding]:
    """Tell of points that asked for empty packagings and that no tour visits."""
    left = network.points.filter(
        pl.col("empties").is_not_null() & ~pl.col("point_id").is_in(visited.unique().implode())
    )
    return [
        make("empties-not-brought", where=f"point {row['point_id']}", value=row["empties"], name=row["name"])
        for row in left.iter_rows(named=True)
    ]
