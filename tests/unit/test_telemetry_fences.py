"""Fences on the ground: shapes, edges, stray fixes, dwell, corridors, the 180th meridian."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.errors import InputError
from voltloop.ledger.telemetry.conclusions import Conclusion
from voltloop.ledger.telemetry.crossings import watch_fix
from voltloop.ledger.telemetry.fences import Fence, FenceBook, make_fence
from voltloop.transport import great_circle_km

YARD = make_fence(
    "yard",
    "Yard",
    {"type": "Circle", "center": [13.4, 52.5], "radius_m": 500},
    place="urn:x:yard",
    dwell_s=300,
)
DEGREE_M = 111_195.08


def seen(
    fixes: list[tuple[float, float, float | None]],
    book: FenceBook | None = None,
    corridor: Fence | None = None,
) -> list[tuple[str, float]]:
    """Fixes as minute, metres north of the yard's centre, accuracy."""
    state: dict[str, Any] = {}
    found: list[Conclusion] = []
    for minute, north, accuracy in fixes:
        fix = (minute * 60, 52.5 + north / DEGREE_M, 13.4, accuracy)
        found += watch_fix(state, book or FenceBook([YARD]), corridor, fix)
    return [(one.kind, one.at / 60) for one in found]


def test_arrival_and_departure_are_dated_from_the_first_fix() -> None:
    """Two fixes confirm, five minutes of dwell tell; leaving needs two fixes too."""
    fixes = [
        (0, 2000, None),
        (1, 400, None),
        (2, 300, None),
        (5, 100, None),
        (6, 0, None),
        (60, 600, None),
        (61, 900, None),
    ]
    assert seen(fixes) == [("arrival", 1), ("departure", 60)]


def test_a_single_stray_fix_concludes_nothing() -> None:
    inside = [(minute, 0.0, None) for minute in range(10)]
    stray = [*inside, (10, 3000, None), (11, 0, None), (12, 0, None)]
    assert seen(stray) == [("arrival", 0)]
    assert seen([(0, 3000, None), (1, 0, None), (2, 3000, None), (30, 3000, None)]) == []


def test_one_fix_is_enough_where_its_accuracy_lies_inside() -> None:
    assert seen([(0, 0, 50.0), (6, 0, 50.0), (7, 700, 30.0)]) == [("arrival", 0), ("departure", 7)]
    assert seen([(0, 480, 50.0), (6, 3000, 50.0), (12, 3000, 50.0)]) == []


def test_driving_past_is_no_arrival() -> None:
    """Inside for two minutes where five are asked for: neither arrival nor departure; nor is one told on leaving."""
    assert seen([(0, 900, None), (1, 300, None), (2, -300, None), (9, -900, None), (10, -2000, None)]) == []


def test_fixes_that_are_hardly_known_are_left_out() -> None:
    assert seen([(minute, 0.0, 5000.0) for minute in range(10)]) == []


def test_a_corridor_tells_when_the_way_is_left_and_found_again() -> None:
    way = make_fence(
        "way", "Way", {"type": "Corridor", "coordinates": [[13.0, 52.5], [13.8, 52.5]], "width_m": 1000}
    )
    fixes = [(0, 0, None), (1, 1500, None), (2, 1800, None), (3, 900, None), (4, 800, None)]
    assert seen(fixes, FenceBook([]), way) == [("corridor-left", 1), ("corridor-kept", 3)]


@given(st.lists(st.tuples(st.floats(0.1, 30), st.floats(-1500, 1500)), max_size=30))
def test_arrivals_and_departures_alternate_however_fixes_are_cut(steps: list[tuple[float, float]]) -> None:
    state: dict[str, Any] = {}
    at, fixes, found = 0.0, [], []
    for step, north in steps:
        at += step
        fixes.append((at, north, None))
        state = json.loads(json.dumps(state))
        found += watch_fix(state, FenceBook([YARD]), None, (at * 60, 52.5 + north / DEGREE_M, 13.4, None))
    told = [(one.kind, one.at / 60) for one in found]
    assert told == seen(fixes)
    assert [kind for kind, _ in told] == (["arrival", "departure"] * len(told))[: len(told)]
    assert [at for _, at in told] == sorted(at for _, at in told)


@given(st.floats(-179.9, 179.9), st.floats(-70, 70), st.floats(0, 360), st.floats(0.2, 3.0))
def test_a_circle_is_round_on_the_ground_everywhere(
    lon: float, lat: float, bearing: float, share: float
) -> None:
    """Also across the 180th meridian: inside is what the great circle says, within half a per cent."""
    fence = make_fence("c", "C", {"type": "Circle", "center": [lon, lat], "radius_m": 2000})
    away = 2000 * share
    point_lat = lat + away * math.cos(math.radians(bearing)) / DEGREE_M
    point_lon = lon + away * math.sin(math.radians(bearing)) / DEGREE_M / math.cos(math.radians(lat))
    point_lon = (point_lon + 540) % 360 - 180
    true_m = float(great_circle_km(lat, lon, point_lat, point_lon)) * 1000
    assert fence.side(point_lat, point_lon) == pytest.approx(2000 - true_m, abs=40)
    if abs(true_m - 2000) > 40:
        assert bool(FenceBook([fence]).around(point_lat, point_lon)) or true_m > 2000


def test_polygons_have_holes_and_parts() -> None:
    ring = [[13.0, 52.0], [14.0, 52.0], [14.0, 53.0], [13.0, 53.0], [13.0, 52.0]]
    hole = [[13.4, 52.4], [13.6, 52.4], [13.6, 52.6], [13.4, 52.6], [13.4, 52.4]]
    fence = make_fence("p", "P", {"type": "Polygon", "coordinates": [ring, hole]})
    assert fence.side(52.1, 13.1) > 0 > fence.side(52.5, 13.5)
    parts = make_fence(
        "m", "M", {"type": "MultiPolygon", "coordinates": [[hole], [[[p[0] + 1, p[1]] for p in hole]]]}
    )
    assert parts.side(52.5, 14.5) > 0 > parts.side(52.5, 14.0)


@pytest.mark.parametrize(
    "shape",
    [
        None,
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Circle", "center": [200, 0], "radius_m": 5},
        {"type": "Circle", "center": [0, 0], "radius_m": -5},
        {"type": "Circle", "center": [0, 0]},
        {"type": "Corridor", "coordinates": [[0, 0]], "width_m": 5},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], ["a", 1], [1, 0], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[-90, 0], [0, 10], [0, 0], [-90, 0]]]},
    ],
)
def test_shapes_that_cannot_be_used(shape: Any) -> None:
    with pytest.raises(InputError, match='Fence "X": '):
        make_fence("x", "X", shape)


def test_thousands_of_fences_are_found_by_position() -> None:
    fences = [
        make_fence(f"{x}/{y}", "F", {"type": "Circle", "center": [x, y], "radius_m": 1000})
        for x in range(-180, 180, 6)
        for y in range(-60, 61, 4)
    ]
    book = FenceBook(fences)
    assert [fence.id for fence in book.around(52.0, 12.0)] == ["12/52"]
    assert [fence.id for fence in book.around(0.0, 179.999)] == ["-180/0"]
    assert book.around(51.0, 12.0) == []
