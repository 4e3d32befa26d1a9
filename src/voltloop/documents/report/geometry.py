"""Where things stand on the map: Web Mercator in degrees of longitude, land cut to what is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["View", "land", "view_of"]

Floats = NDArray[np.float64]

_MAX_LATITUDE: Final = 85.0
_SMALLEST_SPAN: Final = 0.4
_MARGIN: Final = 0.08
_LAND_MARGIN: Final = 0.7
_LAND_STEPS: Final = 2200
_EXACT_BELOW: Final = 90.0


@dataclass(frozen=True, slots=True)
class View:
    """The part of the world that a map shows.

    Attributes
    ----------
    west, east
        Bounds in degrees of longitude; ``east`` may be above 180 when the 180th meridian lies within.
    south, north
        Bounds of the projected latitude (Web Mercator, in degrees of longitude).
    """

    west: float
    east: float
    south: float
    north: float

    def x(self, lon: Floats) -> Floats:
        """Give longitudes as drawn: shifted by 360 degrees where that is nearer to the middle of the view."""
        middle = (self.west + self.east) / 2
        return np.asarray((lon - middle + 180.0) % 360.0 - 180.0 + middle)

    def y(self, lat: Floats) -> Floats:
        """Give latitudes as drawn."""
        return _mercator(lat)


def view_of(lat: Floats, lon: Floats) -> View | None:
    """Give the smallest view of all places with a little margin; None when there is no place.

    Places on both sides of the 180th meridian stay together.
    """
    known = np.isfinite(lat) & np.isfinite(lon)
    if not known.any():
        return None
    turned = np.sort(lon[known] % 360.0)
    gaps = np.diff(np.append(turned, turned[0] + 360.0))
    widest = int(np.argmax(gaps))
    west = float(turned[(widest + 1) % len(turned)])
    east = west + 360.0 - float(gaps[widest])
    middle = (west + east) / 2
    shift = 360.0 if middle >= 180.0 else 0.0
    projected = _mercator(lat[known])
    south, north = float(projected.min()), float(projected.max())
    margin = max(east - west, north - south, _SMALLEST_SPAN) * _MARGIN
    grow_x = max(0.0, _SMALLEST_SPAN - (east - west)) / 2 + margin
    grow_y = max(0.0, _SMALLEST_SPAN - (north - south)) / 2 + margin
    return View(west - shift - grow_x, east - shift + grow_x, south - grow_y, north + grow_y)


def land(view: View, rings: Iterable[Floats] | None) -> tuple[list[float | None], list[float | None]]:
    """Give the land within and around a view as one line with gaps, ready to be filled.

    Parameters
    ----------
    rings
        Arrays of shape (n, 2), longitude and latitude in degrees; None takes the catalogue's countries.

    Returns
    -------
    tuple of two lists
        Projected x and y; None stands between two rings.
    """
    import shapely

    span = max(view.east - view.west, view.north - view.south)
    chosen = _world(span) if rings is None else list(rings)
    grow = span * _LAND_MARGIN
    box = (view.west - grow, view.south - grow, view.east + grow, view.north + grow)
    shapes = []
    for ring in chosen:
        corners = np.column_stack([ring[:, 0], _mercator(ring[:, 1])])
        for shift in (-360.0, 0.0, 360.0):
            low, high = corners[:, 0].min() + shift, corners[:, 0].max() + shift
            if low <= box[2] and high >= box[0] and len(corners) >= 4:
                shapes.append(shapely.Polygon(corners + np.array([shift, 0.0])))
    if not shapes:
        return [], []
    valid = shapely.make_valid(np.array(shapes, dtype=object))
    cut = shapely.clip_by_rect(valid, *box)
    drawn = shapely.simplify(cut, span / _LAND_STEPS)
    return _joined(shapely.get_parts(shapely.get_parts(drawn)), span)


def _joined(parts: Sequence[Any], span: float) -> tuple[list[float | None], list[float | None]]:
    digits = max(2, 4 - round(np.log10(max(span, 1e-3))))
    xs: list[float | None] = []
    ys: list[float | None] = []
    for part in parts:
        if part.geom_type != "Polygon" or part.area < (span / _LAND_STEPS) ** 2:
            continue
        corners = np.asarray(part.exterior.coords).round(digits)
        xs += [*corners[:, 0].tolist(), None]
        ys += [*corners[:, 1].tolist(), None]
    return xs, ys


def _world(span: float) -> list[Floats]:
    from voltloop.catalogue import country_shapes

    shapes = country_shapes("exact" if span < _EXACT_BELOW else "drawing")
    return [piece[0] for shape in shapes for piece in shape[2]]


def _mercator(lat: Floats) -> Floats:
    held = np.clip(lat, -_MAX_LATITUDE, _MAX_LATITUDE)
    return np.asarray(np.degrees(np.log(np.tan(np.pi / 4 + np.radians(held) / 2))))
