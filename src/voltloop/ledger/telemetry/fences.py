"""Geofences: areas on the ground, and on which side of their edges a fix lies.

A fence is a GeoJSON Polygon or MultiPolygon, a circle (``{"type": "Circle", "center": [lon, lat], "radius_m": r}``) or
a corridor along a way (``{"type": "Corridor", "coordinates": [[lon, lat], ...], "width_m": w}``, to either side).
Each is kept in metres around its own centre, so widths and accuracies are true on the ground and the 180th meridian is
no edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voltloop.errors import InputError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["Fence", "FenceBook", "Side", "make_fence"]

_METRES_PER_DEGREE = 111_195.08
"""Of a great circle of the earth's mean radius, 6371.0088 km."""

_WIDEST_DEGREES = 60.0
_MOST_POINTS = 100_000

Side = float
"""Metres from the edge of a fence: positive inside, negative outside."""


@dataclass(frozen=True, eq=False)
class Fence:
    """One fence.

    Attributes
    ----------
    id, name
        Its key and what people call it.
    place
        Identifier of the place that it stands for; None for a fence that is no place.
    dwell_s
        How long a thing has to stay inside before it has arrived.
    shape
        As it was given.
    area
        In metres east and north of ``centre`` (longitude and latitude).
    """

    id: str
    name: str
    place: str | None
    dwell_s: float
    shape: Mapping[str, Any]
    area: BaseGeometry
    centre: tuple[float, float]

    def side(self, latitude: float, longitude: float) -> Side:
        """Give how far inside (positive) or outside a point lies [m]."""
        import shapely

        x, y = _local(np.array([[longitude, latitude]]), self.centre)[0]
        point = shapely.Point(x, y)
        inside = bool(shapely.covers(self.area, point))
        distance = float(shapely.distance(self.area.boundary, point))
        return distance if inside else -distance

    def box(self, margin_m: float = 0.0) -> tuple[float, float, float, float]:
        """Give the box around it in degrees: west, south, east, north; west and east may lie beyond 180."""
        west, south, east, north = self.area.bounds
        lon, lat = self.centre
        shrink = _METRES_PER_DEGREE * max(np.cos(np.radians(lat)), 0.01)
        return (
            lon + (west - margin_m) / shrink,
            lat + (south - margin_m) / _METRES_PER_DEGREE,
            lon + (east + margin_m) / shrink,
            lat + (north + margin_m) / _METRES_PER_DEGREE,
        )


def _local(points: NDArray[np.float64], centre: tuple[float, float]) -> NDArray[np.float64]:
    """Give longitudes and latitudes as metres east and north of a centre, the short way round the earth."""
    lon = (points[:, 0] - centre[0] + 540.0) % 360.0 - 180.0
    shrink = max(float(np.cos(np.radians(centre[1]))), 0.01)
    north = (points[:, 1] - centre[1]) * _METRES_PER_DEGREE
    return np.column_stack([lon * shrink * _METRES_PER_DEGREE, north])


def make_fence(
    identifier: str, name: str, shape: Any, *, place: str | None = None, dwell_s: float = 0.0
) -> Fence:
    """Make a fence of a shape.

    Raises
    ------
    InputError
        ``fence-invalid``: the shape is none of the known ones, has edges that cross, or is wider than 60 degrees.

    Examples
    --------
    >>> yard = make_fence("a", "Yard", {"type": "Circle", "center": [13.4, 52.5], "radius_m": 500})
    >>> round(yard.side(52.5, 13.4)), yard.side(52.6, 13.4) < -10_000
    (500, True)
    """
    import shapely

    try:
        points = _points(shape)
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise _refuse(name, f"{error or 'it cannot be read'}") from None
    first = points[0, 0]
    unwrapped = (points[:, 0] - first + 540.0) % 360.0 - 180.0 + first
    centre = ((unwrapped.min() + unwrapped.max()) / 2, (points[:, 1].min() + points[:, 1].max()) / 2)
    if np.ptp(unwrapped) > _WIDEST_DEGREES or np.ptp(points[:, 1]) > _WIDEST_DEGREES:
        raise _refuse(name, f"it is wider than {_WIDEST_DEGREES:g} degrees")
    centre = ((centre[0] + 540.0) % 360.0 - 180.0, centre[1])
    try:
        area = _area(shape, centre)
    except (TypeError, ValueError, KeyError, IndexError, shapely.errors.ShapelyError) as error:
        raise _refuse(name, str(error)) from None
    if not area.is_valid:
        raise _refuse(name, f"its edges cross: {shapely.is_valid_reason(area)}")
    if area.is_empty or area.area <= 0:
        raise _refuse(name, "it has no area")
    return Fence(identifier, name, place, float(dwell_s), shape, area, centre)


def _refuse(name: str, what: str) -> InputError:
    return InputError(
        f'Fence "{name}": {what}. Expected a GeoJSON Polygon or MultiPolygon, a Circle (center, radius_m) or a '
        "Corridor (coordinates, width_m), positions as longitude and latitude in degrees.",
        code="fence-invalid",
    )


def _points(shape: Any) -> NDArray[np.float64]:
    """Give all corners, checked."""
    if not isinstance(shape, Mapping):
        raise ValueError("it is no JSON object")
    kind = shape.get("type")
    if kind == "Circle":
        found = [shape["center"]]
        _length(shape, "radius_m")
    elif kind == "Corridor":
        found = shape["coordinates"]
        _length(shape, "width_m")
        if len(found) < 2:
            raise ValueError("a way has two points or more")
    elif kind == "Polygon":
        found = [point for ring in shape["coordinates"] for point in ring]
    elif kind == "MultiPolygon":
        found = [point for polygon in shape["coordinates"] for ring in polygon for point in ring]
    else:
        raise ValueError(f'"{kind}" is not a known shape')
    if not 0 < len(found) <= _MOST_POINTS:
        raise ValueError(f"it has {len(found)} points")
    points = np.array([[float(point[0]), float(point[1])] for point in found])
    if (
        not np.isfinite(points).all()
        or (np.abs(points[:, 0]) > 180).any()
        or (np.abs(points[:, 1]) > 90).any()
    ):
        raise ValueError("a position is not on earth")
    return points


def _length(shape: Mapping[str, Any], name: str) -> float:
    value = shape[name]
    if not isinstance(value, int | float) or isinstance(value, bool) or not 1 <= value <= 1_000_000:
        raise ValueError(f"{name}: {value!r} is not a number of metres from 1 to 1 000 000")
    return float(value)


def _area(shape: Mapping[str, Any], centre: tuple[float, float]) -> BaseGeometry:
    import shapely

    def ring(points: Sequence[Sequence[float]]) -> NDArray[np.float64]:
        return _local(np.array([[float(point[0]), float(point[1])] for point in points]), centre)

    def polygon(rings: Sequence[Any]) -> BaseGeometry:
        return shapely.Polygon(ring(rings[0]), [ring(hole) for hole in rings[1:]])

    kind = shape["type"]
    if kind == "Circle":
        return shapely.Point(*ring([shape["center"]])[0]).buffer(_length(shape, "radius_m"), quad_segs=32)
    if kind == "Corridor":
        return shapely.LineString(ring(shape["coordinates"])).buffer(_length(shape, "width_m"))
    if kind == "Polygon":
        return polygon(shape["coordinates"])
    return shapely.MultiPolygon([polygon(rings) for rings in shape["coordinates"]])


class FenceBook:
    """Many fences, found by position.

    Parameters
    ----------
    fences
        Any number.
    """

    def __init__(self, fences: Sequence[Fence]) -> None:
        self.fences = list(fences)
        self.by_id = {fence.id: fence for fence in self.fences}

    @cached_property
    def _tree(self) -> Any:
        import shapely

        boxes, self._owners = [], []
        for number, fence in enumerate(self.fences):
            west, south, east, north = fence.box(1.0)
            for shift in (-360.0, 0.0, 360.0):
                if west + shift <= 180.0 and east + shift >= -180.0:
                    boxes.append(shapely.box(west + shift, south, east + shift, north))
                    self._owners.append(number)
        return shapely.STRtree(boxes)

    def around(self, latitude: float, longitude: float) -> list[Fence]:
        """Give the fences in whose box a point lies."""
        import shapely

        if not self.fences:
            return []
        found = self._tree.query(shapely.Point(longitude, latitude), predicate="intersects")
        return [self.fences[number] for number in dict.fromkeys(self._owners[index] for index in found)]
