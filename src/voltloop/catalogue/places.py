"""Countries: their facts, their shapes, and which of them a point lies in.

The facts stand in ``countries.csv``, each row with its source. The shapes are Natural Earth's (public
domain), made compact by ``scripts/prepare_shapes.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from voltloop.errors import InputError

__all__ = ["CountryShape", "countries", "country_at", "country_shapes", "land_mass_at", "sea_km"]

_KM_PER_DEGREE = 111.195
_COAST_TOLERANCE_KM = 10.0
_BORDER_TOLERANCE_KM = 5.0
_SAMPLES = 64
_YES_NO = (
    "eu",
    "eea",
    "efta",
    "adr_party",
    "oecd",
    "basel_party",
    "basel_annex_vii",
    "labour_cost_is_estimate",
    "electricity_is_estimate",
    "is_estimate",
)
_TYPES: dict[str, Any] = {
    "labour_cost_eur_per_hour": pl.Float64,
    "labour_cost_year": pl.Int64,
    "industrial_electricity_eur_per_kwh": pl.Float64,
}


class CountryShape(NamedTuple):
    """The outline of one country.

    Attributes
    ----------
    iso2
        Code of ISO 3166-1, or XK for Kosovo.
    name
        English name.
    polygons
        Its pieces, largest first. A piece is its outer ring and then its holes; a ring is an array of shape
        (corners, 2) with longitude and latitude in degrees whose first corner is repeated at the end.
    """

    iso2: str
    name: str
    polygons: tuple[tuple[NDArray[np.float64], ...], ...]


@dataclass(frozen=True)
class _Atlas:
    """Shapes ready for questions; pieces in falling order of area."""

    tree: Any
    pieces: NDArray[np.object_]
    iso2: NDArray[np.str_]
    land_mass: NDArray[np.int64]


@cache
def countries() -> pl.DataFrame:
    """Facts about every country and territory of ISO 3166-1, and Kosovo (XK), by code.

    Returns
    -------
    polars.DataFrame
        ``iso2``, ``iso3``, ``iso_number``, ``name``; ``part_of`` (code of the state that a territory belongs
        to, null for states); ``currency`` (ISO 4217); ``eu``, ``eea``, ``efta``, ``adr_party``, ``oecd``,
        ``basel_party``, ``basel_annex_vii`` (Boolean, null where not known); ``customs_note``;
        ``labour_cost_eur_per_hour`` with ``labour_cost_year`` and ``labour_cost_is_estimate``;
        ``industrial_electricity_eur_per_kwh`` with ``electricity_period`` and ``electricity_is_estimate``;
        ``source``, ``is_estimate``.

    Examples
    --------
    >>> countries().filter(pl.col("iso2") == "CH").select("name", "eu", "adr_party").row(0)
    ('Switzerland', False, True)
    """
    file = resources.files("voltloop.catalogue") / "countries.csv"
    table = pl.read_csv(file.read_bytes(), infer_schema=False, null_values=[""])
    return table.with_columns(
        *(pl.col(name) == "yes" for name in _YES_NO),
        *(pl.col(name).cast(kind) for name, kind in _TYPES.items()),
    )


def country_at(
    lat: ArrayLike,
    lon: ArrayLike,
    *,
    stated: Sequence[str | None] | None = None,
    coast_tolerance_km: float = _COAST_TOLERANCE_KM,
) -> list[str | None]:
    """Code of the country that each point lies in.

    Parameters
    ----------
    lat, lon
        Degrees, -90 to 90 and -180 to 180, equally many. A value that is no number or out of range gives
        None.
    stated
        The country that the source of each point names, None where it names none. It is believed where it
        may well be right: the point lies within 5 km of it, or in a territory that is part of it. Border
        towns need this (Laredo, Narva, Echternach), because the outlines are not drawn to the metre.
    coast_tolerance_km
        How far off the coast a point still counts as the nearest country's [km]: outlines are coarse, and
        quays and moles stand in the sea.

    Returns
    -------
    list of str or None
        ISO 3166-1 codes in the order of the points; None at sea. Territories with a code of their own have
        that one (Réunion is RE; ``countries()`` says that it is part of FR). Kosovo is XK; northern Cyprus
        and the bases on the island are CY.

    Raises
    ------
    InputError
        ``lat``, ``lon`` and ``stated`` are not equally many.

    Notes
    -----
    Borders are within about 0.5 km, coasts within about 1.5 km of Natural Earth 1:10m, which itself is up to
    some 2 km off along winding border rivers.

    Examples
    --------
    >>> country_at([52.52, 40.71, 45.0], [13.40, -74.01, -40.0])
    ['DE', 'US', None]
    >>> country_at([27.5104], [-99.5136], stated=["US"])
    ['US']
    """
    north, east = np.atleast_1d(np.asarray(lat, float)), np.atleast_1d(np.asarray(lon, float))
    if north.shape != east.shape or north.ndim != 1 or (stated is not None and len(stated) != north.size):
        raise InputError(
            f"country_at was given {north.size} latitudes, {east.size} longitudes and "
            f"{'no' if stated is None else len(stated)} stated countries. "
            "Give one of each per point, in the same order.",
            code="coordinates-not-paired",
        )
    atlas = _atlas()
    owner = _piece_at(atlas, north, east, coast_tolerance_km)
    found = [str(atlas.iso2[number]) if number >= 0 else None for number in owner]
    return found if stated is None else _believed(atlas, found, stated, north, east)


def land_mass_at(
    lat: ArrayLike, lon: ArrayLike, *, coast_tolerance_km: float = _COAST_TOLERANCE_KM
) -> NDArray[np.int64]:
    """Tell which points one can walk between.

    Parameters
    ----------
    lat, lon
        Degrees, equally many.
    coast_tolerance_km
        As in :func:`country_at` [km].

    Returns
    -------
    numpy.ndarray
        A number per point, the same for points of one continent or island; -1 at sea. Land less than 1 km
        apart counts as one (Manhattan and New Jersey, both sides of the Bosporus). The numbers mean nothing
        else.

    Examples
    --------
    >>> madrid, warsaw, palermo = land_mass_at([40.4, 52.2, 38.1], [-3.7, 21.0, 13.3])
    >>> bool(madrid == warsaw), bool(madrid == palermo)
    (True, False)
    """
    atlas = _atlas()
    owner = _piece_at(atlas, np.asarray(lat, float), np.asarray(lon, float), coast_tolerance_km)
    return np.where(owner >= 0, atlas.land_mass[owner], -1)


def sea_km(lat_a: ArrayLike, lon_a: ArrayLike, lat_b: ArrayLike, lon_b: ArrayLike) -> NDArray[np.float64]:
    """Length of the straight line from A to B that runs over the sea.

    Parameters
    ----------
    lat_a, lon_a, lat_b, lon_b
        Ends of the lines in degrees; one or many.

    Returns
    -------
    numpy.ndarray
        Kilometres, not negative. The coast is seen in cells of 0.1 degree, so that anything under about
        15 km may be the coast's roughness; lakes count as land.

    Examples
    --------
    >>> over_the_adriatic, over_land = sea_km([41.1, 48.9], [16.9, 2.35], [42.65, 52.5], [18.1, 13.4])
    >>> bool(over_the_adriatic > 150), bool(over_land < 1)
    (True, True)
    """
    ends = [np.radians(np.atleast_1d(np.asarray(value, float))) for value in (lat_a, lon_a, lat_b, lon_b)]
    start, stop = (
        np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        for lat, lon in (ends[:2], ends[2:])
    )
    chord: NDArray[np.float64] = np.sqrt(((start - stop) ** 2).sum(axis=0))
    length_km = 2 * 6371.0088 * np.arcsin(np.minimum(chord / 2, 1))
    picture = _land_picture()
    per_degree = picture.shape[0] // 180
    wet = np.zeros(length_km.shape)
    for share in (np.arange(_SAMPLES) + 0.5) / _SAMPLES:
        x, y, z = start * (1 - share) + stop * share
        row = ((np.degrees(np.arctan2(z, np.hypot(x, y))) + 90) * per_degree).astype(np.int64)
        column = ((np.degrees(np.arctan2(y, x)) + 180) * per_degree).astype(np.int64)
        wet += ~picture[np.clip(row, 0, picture.shape[0] - 1), np.clip(column, 0, picture.shape[1] - 1)]
    wet_km: NDArray[np.float64] = length_km * wet / _SAMPLES
    return wet_km


@cache
def _land_picture() -> NDArray[np.bool_]:
    bits = np.unpackbits(_read()["land_picture"])
    rows = round((bits.size / 2) ** 0.5)
    return bits.reshape(rows, 2 * rows).astype(bool)


def _piece_at(
    atlas: _Atlas, north: NDArray[np.float64], east: NDArray[np.float64], coast_tolerance_km: float
) -> NDArray[np.int64]:
    """Give the number of the piece that each point lies in or just off, -1 at sea."""
    import shapely

    usable = (np.abs(north) <= 90) & (np.abs(east) <= 180)
    owner = np.full(north.size, -1, dtype=np.int64)
    asked = np.flatnonzero(usable)
    points = shapely.points(east[asked], north[asked])
    place, piece = atlas.tree.query(points)
    order = np.argsort(piece, kind="stable")
    place, piece = asked[place[order]], piece[order]
    for number, rows in _groups(piece, place):
        inside = shapely.intersects_xy(atlas.pieces[number], east[rows], north[rows])
        owner[rows[inside]] = number
    lost = np.flatnonzero(usable & (owner < 0))
    if lost.size and coast_tolerance_km > 0:
        owner[lost] = _nearest_piece(atlas, north[lost], east[lost], coast_tolerance_km)
    return owner


@cache
def country_shapes(detail: Literal["drawing", "exact"] = "drawing") -> tuple[CountryShape, ...]:
    """Outlines of all countries, for maps.

    Parameters
    ----------
    detail
        ``drawing`` (28,000 corners, about 5 km) or ``exact`` (all that :func:`country_at` uses).

    Returns
    -------
    tuple of CountryShape
        By code. Nothing crosses 180 degrees.
    """
    names = dict(countries().select("iso2", "name").iter_rows())
    data = _read()
    scale = float(data["steps_per_degree"])
    sizes, opens, owner = data[f"{detail}_sizes"], data[f"{detail}_opens"], data[f"{detail}_owner"]
    steps = np.column_stack([data[f"{detail}_lon_steps"], data[f"{detail}_lat_steps"]]).astype(np.int64)
    pieces: list[list[list[NDArray[np.float64]]]] = [[] for _ in data[f"{detail}_iso2"]]
    for country, is_outer, ring in zip(owner, opens, np.split(steps, np.cumsum(sizes)[:-1]), strict=True):
        corners = np.cumsum(ring, axis=0) / scale
        closed = np.concatenate([corners, corners[:1]])
        if is_outer:
            pieces[country].append([])
        pieces[country][-1].append(closed)
    return tuple(
        CountryShape(str(iso2), names[str(iso2)], tuple(tuple(rings) for rings in parts))
        for iso2, parts in zip(data[f"{detail}_iso2"], pieces, strict=True)
    )


@cache
def _read() -> dict[str, NDArray[Any]]:
    file = resources.files("voltloop.catalogue") / "country_shapes.npz"
    with resources.as_file(file) as path, np.load(path) as stored:
        return dict(stored)


@cache
def _atlas() -> _Atlas:
    import shapely

    pieces, codes = [], []
    for shape in country_shapes("exact"):
        for outer, *holes in shape.polygons:
            pieces.append(shapely.Polygon(outer, holes))
            codes.append(shape.iso2)
    array = np.array(pieces, dtype=object)
    order = np.argsort(-shapely.area(array), kind="stable")
    array = array[order]
    shapely.prepare(array)
    land_mass = _read()["exact_land_mass"].astype(np.int64)[order]
    return _Atlas(shapely.STRtree(array), array, np.array(codes)[order], land_mass)


def _groups(keys: NDArray[np.int64], rows: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
    """Rows of each key; the keys are sorted."""
    values, starts = np.unique(keys, return_index=True)
    return list(zip(values.tolist(), np.split(rows, starts[1:]), strict=True)) if len(values) else []


def _believed(
    atlas: _Atlas,
    found: list[str | None],
    stated: Sequence[str | None],
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
) -> list[str | None]:
    """Take the stated country where it agrees within the accuracy of the shapes."""
    part_of = dict(countries().select("iso2", "part_of").drop_nulls().iter_rows())
    answer = list(found)
    for row, (seen, said) in enumerate(zip(found, stated, strict=True)):
        if said is None or seen is None or seen == said:
            continue
        here = slice(row, row + 1)
        if (
            part_of.get(seen) == said
            or _nearest_piece(atlas, lat[here], lon[here], _BORDER_TOLERANCE_KM, said)[0] >= 0
        ):
            answer[row] = said
    return answer


def _nearest_piece(
    atlas: _Atlas,
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    within_km: float,
    of_country: str | None = None,
) -> NDArray[np.int64]:
    """Give the number of the nearest piece within reach of each point, -1 where there is none.

    Only the part of a piece inside a window around the point is measured, in degrees made equally long.
    """
    import shapely

    high = within_km / _KM_PER_DEGREE
    wide = high / np.maximum(np.cos(np.radians(lat)), 0.01)
    windows = shapely.box(lon - wide, lat - high, lon + wide, lat + high)
    found = np.full(lat.size, -1, dtype=np.int64)
    shortest = np.full(lat.size, within_km)
    for point, piece in zip(*atlas.tree.query(windows).tolist(), strict=True):
        if of_country is not None and atlas.iso2[piece] != of_country:
            continue
        edge = shapely.clip_by_rect(
            atlas.pieces[piece],
            lon[point] - wide[point],
            lat[point] - high,
            lon[point] + wide[point],
            lat[point] + high,
        )
        corners = shapely.get_coordinates(edge)
        if not len(corners):
            continue
        shrink = np.array([high / wide[point], 1.0])
        level = shapely.transform(edge, lambda xy, shrink=shrink: xy * shrink)
        distance_km = _KM_PER_DEGREE * float(
            shapely.distance(shapely.Point(lon[point] * shrink[0], lat[point]), level)
        )
        if distance_km <= shortest[point]:
            found[point], shortest[point] = piece, distance_km
    return found
