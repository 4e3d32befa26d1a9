"""A plain vector map of a tour: the way driven and the numbered stops over country outlines."""

from __future__ import annotations

import math
from collections.abc import Sequence

from voltloop.documents.load import Stop

__all__ = ["tour_map_svg"]

_Point = tuple[float, float]
_MARGIN_MM = 9.0
_RADIUS_MM = 2.5
# A map of one street says nothing on paper: at least this much is shown.
_LEAST_KM = 6.0
_KM_PER_DEGREE = 111.2
_KIND_LETTERS = {"start": "S", "end": "E"}


class _View:
    """Equirectangular projection with true scale at the middle latitude, in mm on paper."""

    def __init__(self, points: Sequence[_Point], width_mm: float, height_mm: float) -> None:
        lats = [lat for lat, _ in points]
        lons = [lon for _, lon in points]
        self.mid_lat = (min(lats) + max(lats)) / 2
        self.mid_lon = (min(lons) + max(lons)) / 2
        self.squeeze = max(math.cos(math.radians(self.mid_lat)), 0.05)
        wide = max((max(lons) - min(lons)) * self.squeeze * _KM_PER_DEGREE, _LEAST_KM)
        high = max((max(lats) - min(lats)) * _KM_PER_DEGREE, _LEAST_KM)
        room_x, room_y = width_mm - 2 * _MARGIN_MM, height_mm - 2 * _MARGIN_MM
        self.mm_per_km = min(room_x / wide, room_y / high)
        self.width_mm, self.height_mm = width_mm, height_mm

    def __call__(self, point: _Point) -> _Point:
        lat, lon = point
        km_east = (lon - self.mid_lon) * self.squeeze * _KM_PER_DEGREE
        km_north = (lat - self.mid_lat) * _KM_PER_DEGREE
        return self.width_mm / 2 + km_east * self.mm_per_km, self.height_mm / 2 - km_north * self.mm_per_km


def tour_map_svg(
    stops: Sequence[Stop],
    route: Sequence[_Point] = (),
    outlines: Sequence[Sequence[_Point]] = (),
    *,
    width_mm: float = 180.0,
    height_mm: float = 88.0,
) -> str:
    """Give the map as SVG, an empty text when fewer than two stops have coordinates.

    Parameters
    ----------
    stops
        In driving order; those without coordinates are left out.
    route
        Points (latitude, longitude) of the way driven; none draws straight dashed lines between the stops.
    outlines
        Rings (latitude, longitude) of countries, in any resolution; what lies outside the map is cut off.
    width_mm, height_mm
        Size on paper.

    Notes
    -----
    A ruler shows the distance on the map. Stops that would cover each other are moved apart; a short line leads to
    the place.
    """
    placed = [(stop, (stop.lat, stop.lon)) for stop in stops if stop.lat is not None and stop.lon is not None]
    places = [place for _, place in placed]
    if len(placed) < 2:
        return ""
    view = _View([*places, *route], width_mm, height_mm)
    land = "".join(_ring(outline, view) for outline in outlines)
    way = [view(point) for point in (route or places)]
    dash = "" if route else ' stroke-dasharray="1.6 1.2"'
    line = (
        f'<polyline points="{_points(_thinned(way))}" fill="none" stroke="#0b5567" stroke-width=".8"{dash}/>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width_mm:g} {height_mm:g}">'
        f'<rect width="{width_mm:g}" height="{height_mm:g}" fill="{"#dfe9ee" if land else "#f4f6f5"}"/>'
        f"{land}{line}{_markers(placed, view)}{_ruler(view)}"
        f'<rect x=".15" y=".15" width="{width_mm - 0.3:g}" height="{height_mm - 0.3:g}" fill="none" '
        'stroke="#c9d1d6" stroke-width=".3"/></svg>'
    )


def _ring(outline: Sequence[_Point], view: _View) -> str:
    shape = _clipped([view(point) for point in outline], view.width_mm, view.height_mm)
    shape = _thinned(shape)
    if len(shape) < 3:
        return ""
    return f'<polygon points="{_points(shape)}" fill="#f6f6f1" stroke="#aab4b9" stroke-width=".25"/>'


def _clipped(ring: list[_Point], width: float, height: float) -> list[_Point]:
    """Cut a ring to the map and 1 mm around it (Sutherland and Hodgman, Comm. ACM 17, 1974)."""
    edges = ((0, -1.0, 1), (0, width + 1.0, -1), (1, -1.0, 1), (1, height + 1.0, -1))
    for axis, bound, sign in edges:
        if not ring:
            break
        kept: list[_Point] = []
        before = ring[-1]
        for point in ring:
            inside, was_inside = sign * (point[axis] - bound) >= 0, sign * (before[axis] - bound) >= 0
            if inside != was_inside:
                share = (bound - before[axis]) / (point[axis] - before[axis])
                x, y = (before[k] + share * (point[k] - before[k]) for k in (0, 1))
                kept.append((x, y))
            if inside:
                kept.append(point)
            before = point
        ring = kept
    return ring


def _thinned(line: Sequence[_Point], least_mm: float = 0.2) -> list[_Point]:
    kept = list(line[:1])
    for point in line[1:]:
        if math.dist(point, kept[-1]) >= least_mm:
            kept.append(point)
    if len(line) > 1 and kept[-1] != line[-1]:
        kept.append(line[-1])
    return kept


def _points(line: Sequence[_Point]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in line)


def _markers(placed: Sequence[tuple[Stop, tuple[float, float]]], view: _View) -> str:
    # The start and end at one depot share a square; stops of one yard share a circle.
    groups: dict[tuple[float, float, bool], list[Stop]] = {}
    for stop, place in placed:
        key = (round(place[0], 4), round(place[1], 4), stop.kind in {"start", "end"})
        groups.setdefault(key, []).append(stop)
    homes = [view((lat, lon)) for lat, lon, _ in groups]
    spots = _apart(homes, view)
    leads = "".join(
        f'<line x1="{home[0]:.2f}" y1="{home[1]:.2f}" x2="{spot[0]:.2f}" y2="{spot[1]:.2f}" '
        f'stroke="#17212b" stroke-width=".25"/><circle cx="{home[0]:.2f}" cy="{home[1]:.2f}" r=".5" fill="#17212b"/>'
        for home, spot in zip(homes, spots, strict=True)
        if math.dist(home, spot) > 0.3
    )
    return leads + "".join(_marker(stops, spot) for stops, spot in zip(groups.values(), spots, strict=True))


def _marker(stops: Sequence[Stop], spot: _Point) -> str:
    base = stops[0].kind in {"start", "end"}
    names = [_KIND_LETTERS.get(stop.kind) or str(stop.number) for stop in stops]
    text = "·".join(dict.fromkeys(names)) if len(names) < 3 else f"{names[0]}–{names[-1]}"
    size = {1: 3.1, 2: 3.1, 3: 2.3}.get(len(text), 1.8)
    x, y = spot
    shape = (
        f'<rect x="{x - _RADIUS_MM:.2f}" y="{y - _RADIUS_MM:.2f}" width="{2 * _RADIUS_MM}" height="{2 * _RADIUS_MM}" '
        'rx=".6" fill="#17212b" stroke="#fff" stroke-width=".4"/>'
        if base
        else f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{_RADIUS_MM}" fill="#b3341e" stroke="#fff" stroke-width=".4"/>'
    )
    return (
        f'{shape}<text x="{x:.2f}" y="{y + size * 0.36:.2f}" font-family="Liberation Sans" font-weight="700" '
        f'font-size="{size}" fill="#fff" text-anchor="middle">{text}</text>'
    )


def _apart(homes: Sequence[_Point], view: _View) -> list[_Point]:
    """Move markers apart until none covers another: a few rounds of pushing, always in the same order."""
    spots = [list(home) for home in homes]
    least = 2 * _RADIUS_MM + 0.4
    for _ in range(60):
        moved = False
        for one in range(len(spots)):
            for other in range(one + 1, len(spots)):
                east, south = spots[other][0] - spots[one][0], spots[other][1] - spots[one][1]
                gap = math.hypot(east, south)
                if gap >= least:
                    continue
                angle = math.atan2(south, east) if gap > 1e-6 else 2.4 * other
                push = (least - gap) / 2 + 0.01
                for index, sign in ((one, -1), (other, 1)):
                    spots[index][0] += sign * push * math.cos(angle)
                    spots[index][1] += sign * push * math.sin(angle)
                moved = True
        if not moved:
            break
    edge = _RADIUS_MM + 0.5
    return [
        (min(max(x, edge), view.width_mm - edge), min(max(y, edge), view.height_mm - edge)) for x, y in spots
    ]


def _ruler(view: _View) -> str:
    """Draw a ruler of a round number of kilometres, about a sixth of the map wide."""
    want = view.width_mm / 6 / view.mm_per_km
    power = 10 ** math.floor(math.log10(want))
    length = max(step * power for step in (1, 2, 5) if step * power <= want)
    wide, y = length * view.mm_per_km, view.height_mm - 3.0
    return (
        f'<rect x="2" y="{y - 3.6:.2f}" width="{wide + 4:.2f}" height="5.6" fill="#fff" fill-opacity=".85"/>'
        f'<path d="M4 {y - 1:.2f}v1h{wide:.2f}v-1" fill="none" stroke="#17212b" stroke-width=".35"/>'
        f'<text x="{4 + wide / 2:.2f}" y="{y - 0.7:.2f}" font-family="Liberation Sans" font-size="2.4" '
        f'text-anchor="middle" fill="#17212b">{length:g} km</text>'
    )
