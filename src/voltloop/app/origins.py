"""Where each battery stands: the rows of a list joined to the collection points and sites of a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from voltloop.findings import Finding, make

__all__ = ["ORIGIN_COLUMNS", "Origins", "locate"]

_NEAR_KM = 0.5
"""Coordinates within this distance of a known place are taken for that place."""

_EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""

ORIGIN_COLUMNS = (
    "point_id", "name", "type", "city", "country", "lat", "lon", "address", "postcode", "contact", "phone",
    "opens_at", "closes_at", "has_forklift", "takes_damaged", "storage_limit_kg", "expected_kg_per_year",
    "is_plannable", "why_not",
)  # fmt: skip
"""Columns of :attr:`Origins.points`, named as in the network folder."""


@dataclass(frozen=True, slots=True)
class Origins:
    """The places where the batteries of a list stand.

    Attributes
    ----------
    points
        One row per place that has batteries, with :data:`ORIGIN_COLUMNS`.
    point_of
        Frame ``row``, ``point_id``; the id is null where nothing tells where the battery stands.
    findings
        Places that the network does not know, and rows that have none.
    """

    points: pl.DataFrame
    point_of: pl.DataFrame
    findings: tuple[Finding, ...]


def locate(batteries: pl.DataFrame, points: pl.DataFrame, sites: pl.DataFrame) -> Origins:
    """Join each battery to the place where it stands.

    In this order: the id or name of a collection point, the id or name of a site, a known place within
    0.5 km of the coordinates, and otherwise the coordinates themselves as a place of their own, with no
    forklift and no storage figures assumed.

    Parameters
    ----------
    batteries
        BATTERIES table: ``row, site, site_kind, country, lat, lon`` are used.
    points, sites
        Tables of the network folder.
    """
    known = _known_places(points, sites)
    named = _by_name(batteries, known)
    placed = _by_coordinates(named, known)
    own, placed = _own_places(placed)
    used = pl.concat([known.select(ORIGIN_COLUMNS), own], how="vertical_relaxed").join(
        placed.select("point_id").drop_nulls().unique(), on="point_id", how="semi"
    )
    findings = [
        make("point-not-in-network", where=f"point {row['point_id']}", value=row["name"], count=row["len"])
        for row in own.join(placed.group_by("point_id").len(), on="point_id")
        .sort("point_id")
        .iter_rows(named=True)
    ]
    findings += [
        make("point-unknown", where=f"row {row['row']}", field="site", raw=row["site"])
        for row in placed.filter(pl.col("point_id").is_null()).iter_rows(named=True)
    ]
    return Origins(used.sort("point_id"), placed.select("row", "point_id"), tuple(findings))


def _known_places(points: pl.DataFrame, sites: pl.DataFrame) -> pl.DataFrame:
    as_points = sites.select(
        pl.col("site_id").alias("point_id"),
        pl.col("kind").alias("type"),
        pl.lit(value=True).alias("has_forklift"),
        pl.col("accepts_damaged").fill_null(value=False).alias("takes_damaged"),
        pl.lit(None, pl.Float64).alias("expected_kg_per_year"),
        *(
            name
            for name in ORIGIN_COLUMNS
            if name not in {"point_id", "type", "has_forklift", "takes_damaged", "expected_kg_per_year"}
        ),
    ).filter(~pl.col("point_id").is_in(points["point_id"].to_list()))
    return pl.concat(
        [points.select(ORIGIN_COLUMNS), as_points.select(ORIGIN_COLUMNS)], how="vertical_relaxed"
    ).with_row_index("place")


def _key(column: str) -> pl.Expr:
    return (
        pl.col(column)
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(r"[\s_\-–.,]+", " ")
        .str.strip_chars()
    )


def _by_name(batteries: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    keys = pl.concat(
        [
            known.select(_key("point_id").alias("key"), "point_id", "country", "place"),
            known.select(_key("name").alias("key"), "point_id", "country", "place"),
        ]
    ).sort("place")
    # A name that stands twice is taken only where the country tells the places apart.
    alone = keys.group_by("key").agg(pl.col("point_id").unique()).filter(pl.col("point_id").list.len() == 1)
    alone = alone.select("key", pl.col("point_id").list.first().alias("by_key"))
    in_country = (
        keys.group_by("key", "country")
        .agg(pl.col("point_id").unique())
        .filter(pl.col("point_id").list.len() == 1)
    ).select("key", "country", pl.col("point_id").list.first().alias("by_country"))
    return (
        batteries.select("row", "site", "site_kind", "country", "lat", "lon")
        .with_columns(_key("site").alias("key"))
        .join(in_country, on=["key", "country"], how="left")
        .join(alone, on="key", how="left")
        .with_columns(pl.coalesce("by_country", "by_key").alias("point_id"))
        .drop("key", "by_country", "by_key")
        .sort("row")
    )


def _by_coordinates(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    from scipy.spatial import cKDTree

    open_rows = rows.filter(
        pl.col("point_id").is_null() & pl.col("lat").is_not_null() & pl.col("lon").is_not_null()
    )
    if not open_rows.height or not known.height:
        return rows
    tree = cKDTree(_on_sphere(known))
    distance, place = tree.query(_on_sphere(open_rows))
    near = open_rows.select("row").with_columns(
        pl.Series("near", [known["point_id"][int(index)] for index in place]),
        pl.Series("km", distance * _EARTH_KM),
    )
    near = near.filter(pl.col("km") <= _NEAR_KM).drop("km")
    return (
        rows.join(near, on="row", how="left")
        .with_columns(pl.coalesce("point_id", "near").alias("point_id"))
        .drop("near")
    )


def _on_sphere(places: pl.DataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    lat, lon = np.radians(places["lat"].to_numpy()), np.radians(places["lon"].to_numpy())
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _own_places(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make a place of its own for every site of the list that the network does not know but that has coordinates."""
    whole = pl.col("lat").is_not_null() & pl.col("lon").is_not_null() & pl.col("country").is_not_null()
    lost = rows.filter(pl.col("point_id").is_null() & whole)
    here = ["site", "country", "lat", "lon"]
    places = (
        lost.group_by(here)
        .agg(pl.col("site_kind").first(), pl.col("row").min())
        .sort("row")
        .with_row_index("number", offset=1)
        .with_columns(pl.format("LIST-{}", pl.col("number").cast(pl.String).str.zfill(4)).alias("own_id"))
    )
    rows = (
        rows.join(places.select(*here, "own_id"), on=here, how="left", nulls_equal=True)
        .with_columns(pl.coalesce("point_id", "own_id").alias("point_id"))
        .drop("own_id")
    )
    from datetime import time

    own = places.select(
        pl.col("own_id").alias("point_id"),
        pl.coalesce("site", "own_id").alias("name"),
        pl.coalesce("site_kind", pl.lit("unknown")).alias("type"),
        pl.lit(None, pl.String).alias("city"),
        "country", "lat", "lon",
        *(pl.lit(None, pl.String).alias(name) for name in ("address", "postcode", "contact", "phone")),
        pl.lit(time(8), pl.Time).alias("opens_at"),
        pl.lit(time(17), pl.Time).alias("closes_at"),
        *(pl.lit(value=False).alias(name) for name in ("has_forklift", "takes_damaged")),
        *(pl.lit(None, pl.Float64).alias(name) for name in ("storage_limit_kg", "expected_kg_per_year")),
        pl.lit(value=True).alias("is_plannable"),
        pl.lit(None, pl.String).alias("why_not"),
    ).select(ORIGIN_COLUMNS)  # fmt: skip
    return own, rows
