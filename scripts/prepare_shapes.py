"""Make ``src/voltloop/catalogue/country_shapes.npz`` from Natural Earth.

Usage::

    npm pack world-atlas && tar xzf world-atlas-*.tgz
    python scripts/prepare_shapes.py package src/voltloop/catalogue/country_shapes.npz

Natural Earth is public domain; ``world-atlas`` (ISC licence) is its copy as TopoJSON. The 1:10m countries,
with borders thinned to about 0.3 km and coasts to about 1.3 km, answer "which country is this point in"; the
1:50m countries, thinned to about 5 km, are for drawing. Borders are thinned as arcs that two countries share,
so that no gap opens between neighbours. Rings that cross 180 degrees are cut there. Rings are stored as
integer steps of 1/1000 degree.

Two things are worked out from the exact shapes: the land mass of each piece (pieces less than 1 km apart are
one land mass, since a bridge spans that), and a picture of land and sea with one bit per 0.1 degree.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

_STEPS_PER_DEGREE = 1000
_BORDER_DEG, _COAST_DEG, _DRAWING_DEG = 0.003, 0.012, 0.05
_SMALLEST_DRAWN_SQUARE_DEG = 0.01
_SAME_LAND_KM = 1.0
_CELLS_PER_DEGREE = 10

# Areas without a code of their own in ISO 3166-1. Who they are taken to belong to, and why, stands in
# docs/explanation/distances.md. None: no country is named there, because nobody's road traffic goes there.
_WITHOUT_CODE: dict[str, str | None] = {
    "Kosovo": "XK",
    "N. Cyprus": "CY",
    "Cyprus U.N. Buffer Zone": "CY",
    "Akrotiri": "CY",
    "Dhekelia": "CY",
    "Somaliland": "SO",
    "Baikonur": "KZ",
    "USNB Guantanamo Bay": "CU",
    "Indian Ocean Ter.": "AU",
    "Coral Sea Is.": "AU",
    "Clipperton I.": "FR",
    "Siachen Glacier": None,
    "Spratly Is.": None,
    "Bajo Nuevo Bank": None,
    "Serranilla Bank": None,
    "Scarborough Reef": None,
}


# Natural Earth draws these as pieces of their state; ISO 3166-1 gives them codes. South, west, north, east.
_TERRITORIES: dict[str, list[tuple[str, tuple[float, float, float, float]]]] = {
    "FR": [
        ("GF", (2, -55, 6, -51)),
        ("GP", (15.8, -62, 16.6, -60.9)),
        ("MQ", (14.3, -61.3, 15, -60.7)),
        ("RE", (-21.5, 55, -20.8, 56)),
        ("YT", (-13.1, 45, -12.5, 45.4)),
    ],
    "NO": [("SJ", (74, 5, 81, 36)), ("SJ", (70.5, -10, 71.5, -7))],
    "NL": [("BQ", (11.9, -68.5, 12.4, -68)), ("BQ", (17.4, -63.4, 17.7, -62.8))],
    "NZ": [("TK", (-10, -173, -8, -171))],
    "AU": [("CX", (-11, 105, -10, 106)), ("CC", (-12.3, 96.7, -11.7, 97))],
}


def _territory(iso2: str, piece: shapely.Polygon) -> str:
    lon, lat = piece.centroid.x, piece.centroid.y
    for code, (south, west, north, east) in _TERRITORIES.get(iso2, []):
        if south <= lat <= north and west <= lon <= east:
            return code
    return iso2


def _arcs(topology: dict) -> list[np.ndarray]:
    scale, move = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    return [np.cumsum(np.array(arc), axis=0) * scale + move for arc in topology["arcs"]]


def _thin(line: np.ndarray, tolerance_deg: float) -> np.ndarray:
    """Thin a line, keeping its ends and, in a closed line, enough corners to stay an area."""
    if len(line) < 5:
        return line
    if np.array_equal(line[0], line[-1]):
        middle = len(line) // 2
        first, second = _thin(line[: middle + 1], tolerance_deg), _thin(line[middle:], tolerance_deg)
        thinned = np.concatenate([first, second[1:]])
        return thinned if len(thinned) >= 4 else line
    return shapely.get_coordinates(shapely.simplify(shapely.linestrings(line), tolerance_deg))


def _polygons(geometry: dict) -> list[list[list[int]]]:
    if geometry["type"] == "Polygon":
        return [geometry["arcs"]]
    return geometry["arcs"] if geometry["type"] == "MultiPolygon" else []


def _ring(indices: list[int], arcs: list[np.ndarray]) -> np.ndarray:
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
    return np.concatenate([parts[0], *[part[1:] for part in parts[1:]]])


def _unwrapped(ring: np.ndarray, near_lon: float | None = None) -> np.ndarray:
    """Let a ring that crosses 180 degrees run on past it; close one that goes round a pole over that pole."""
    lon = np.degrees(np.unwrap(np.radians(ring[:, 0])))
    if near_lon is not None:
        lon += 360 * np.round((near_lon - lon.mean()) / 360)
    ring = np.column_stack([lon, ring[:, 1]])
    if abs(lon[-1] - lon[0]) > 180:
        pole = -90.0 if ring[:, 1].mean() < 0 else 90.0
        ring = np.concatenate([ring, [[lon[-1], pole], [lon[0], pole]], ring[:1]])
    return ring


def _cut(rings: list[np.ndarray]) -> list[shapely.Polygon]:
    outer = _unwrapped(rings[0])
    holes = [_unwrapped(ring, outer[:, 0].mean()) for ring in rings[1:] if len(ring) >= 4]
    whole = shapely.make_valid(shapely.Polygon(outer, holes), method="structure")
    pieces = []
    for turn in (-360, 0, 360):
        window = shapely.box(-180 + turn, -90, 180 + turn, 90)
        piece = shapely.transform(shapely.intersection(whole, window), lambda xy, turn=turn: xy - [turn, 0])
        pieces += [part for part in shapely.get_parts(piece) if part.geom_type == "Polygon" and part.area > 0]
    return pieces


def _country(geometry: dict, code_of_number: dict[str, str]) -> str | None:
    name = geometry["properties"]["name"]
    if "id" in geometry:
        return code_of_number[geometry["id"]]
    return _WITHOUT_CODE[name]


def _layer(
    topology: dict, codes: dict[str, str], border_deg: float, coast_deg: float, smallest: float
) -> dict[str, list]:
    objects = topology["objects"]["countries"]["geometries"]
    uses = Counter(
        i if i >= 0 else ~i
        for shape in objects
        for polygon in _polygons(shape)
        for ring in polygon
        for i in ring
    )
    arcs = [
        _thin(arc, border_deg if uses[number] > 1 else coast_deg)
        for number, arc in enumerate(_arcs(topology))
    ]
    countries: dict[str, list[shapely.Polygon]] = {}
    for shape in objects:
        iso2 = _country(shape, codes)
        if iso2 is None:
            continue
        for polygon in _polygons(shape):
            rings = [ring for ring in (_ring(indices, arcs) for indices in polygon) if len(ring) >= 4]
            if rings:
                for piece in _cut(rings):
                    countries.setdefault(_territory(iso2, piece), []).append(piece)
    for iso2, pieces in countries.items():
        pieces.sort(key=lambda piece: -piece.area)
        countries[iso2] = pieces[:1] + [piece for piece in pieces[1:] if piece.area >= smallest]
    return dict(sorted(countries.items()))


def _packed(prefix: str, countries: dict[str, list[shapely.Polygon]]) -> dict[str, np.ndarray]:
    """One row per ring: country, whether it opens a polygon, corners; then all steps in a column."""
    names, owner, opens, sizes, steps = list(countries), [], [], [], []
    for number, pieces in enumerate(countries.values()):
        for piece in pieces:
            for place, ring in enumerate([piece.exterior, *piece.interiors]):
                grid = np.round(shapely.get_coordinates(ring) * _STEPS_PER_DEGREE).astype(np.int64)[:-1]
                grid = grid[np.any(grid != np.roll(grid, 1, axis=0), axis=1)]
                if len(grid) < 3:
                    if place == 0:
                        break
                    continue
                owner.append(number)
                opens.append(place == 0)
                sizes.append(len(grid))
                steps.append(np.diff(grid, axis=0, prepend=np.zeros((1, 2), np.int64)))
    together = np.concatenate(steps)
    return {
        f"{prefix}_iso2": np.array(names, dtype="U2"),
        f"{prefix}_owner": np.array(owner, dtype=np.uint8),
        f"{prefix}_opens": np.array(opens, dtype=bool),
        f"{prefix}_sizes": np.array(sizes, dtype=np.int32),
        f"{prefix}_lon_steps": together[:, 0].astype(np.int32),
        f"{prefix}_lat_steps": together[:, 1].astype(np.int32),
    }


def _pieces(layers: dict[str, np.ndarray]) -> np.ndarray:
    """Read the stored exact pieces back, so that what is worked out from them fits what is stored."""
    steps = np.column_stack([layers["exact_lon_steps"], layers["exact_lat_steps"]])
    rings = [
        np.cumsum(part, axis=0) / _STEPS_PER_DEGREE
        for part in np.split(steps, np.cumsum(layers["exact_sizes"])[:-1])
    ]
    pieces: list[list[np.ndarray]] = []
    for opens, ring in zip(layers["exact_opens"], rings, strict=True):
        if opens:
            pieces.append([])
        pieces[-1].append(ring)
    return np.array([shapely.Polygon(outer, holes) for outer, *holes in pieces], dtype=object)


def _land_masses(pieces: np.ndarray) -> np.ndarray:
    tree = shapely.STRtree(pieces)
    shapely.prepare(pieces)
    first, second = tree.query(pieces, predicate="dwithin", distance=4 * _SAME_LAND_KM / 111.2)
    first, second = first[first < second], second[first < second]
    ends = shapely.get_coordinates(shapely.shortest_line(pieces[first], pieces[second])).reshape(-1, 2, 2)
    lon, lat = ends[:, :, 0], ends[:, :, 1]
    gap_km = 111.2 * np.hypot(
        (lon[:, 0] - lon[:, 1]) * np.cos(np.radians(lat.mean(axis=1))), lat[:, 0] - lat[:, 1]
    )
    near = gap_km <= _SAME_LAND_KM
    shape = (len(pieces), len(pieces))
    links = coo_matrix((np.ones(near.sum()), (first[near], second[near])), shape)
    return connected_components(links, directed=False)[1].astype(np.uint16)


def _land_picture(pieces: np.ndarray) -> np.ndarray:
    per_degree = _CELLS_PER_DEGREE
    lat = (np.arange(180 * per_degree) + 0.5) / per_degree - 90
    lon = (np.arange(360 * per_degree) + 0.5) / per_degree - 180
    picture = np.zeros((len(lat), len(lon)), dtype=bool)
    for piece in pieces:
        west, south, east, north = piece.bounds
        rows = slice(*np.searchsorted(lat, [south, north]))
        columns = slice(*np.searchsorted(lon, [west, east]))
        x, y = np.meshgrid(lon[columns], lat[rows])
        picture[rows, columns] |= shapely.intersects_xy(piece, x, y)
    return np.packbits(picture)


def main(source: Path, target: Path) -> None:
    with (target.parent / "countries.csv").open(encoding="utf-8") as file:
        codes = {row["iso_number"]: row["iso2"] for row in csv.DictReader(file) if row["iso_number"]}
    fine = json.loads((source / "countries-10m.json").read_text(encoding="utf-8"))
    coarse = json.loads((source / "countries-50m.json").read_text(encoding="utf-8"))
    exact = _layer(fine, codes, _BORDER_DEG, _COAST_DEG, 0)
    layers = {
        **_packed("exact", exact),
        **_packed("drawing", _layer(coarse, codes, _DRAWING_DEG, _DRAWING_DEG, _SMALLEST_DRAWN_SQUARE_DEG)),
    }
    pieces = _pieces(layers)
    layers["exact_land_mass"] = _land_masses(pieces)
    layers["land_picture"] = _land_picture(pieces)
    np.savez_compressed(target, steps_per_degree=np.array(_STEPS_PER_DEGREE), **layers)
    for prefix in ("exact", "drawing"):
        print(
            prefix, len(layers[f"{prefix}_iso2"]), "countries,", len(layers[f"{prefix}_lon_steps"]), "corners"
        )
    print(target, target.stat().st_size, "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
