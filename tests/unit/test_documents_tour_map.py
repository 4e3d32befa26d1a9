"""The map on the driver's sheet."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from voltloop.documents.load import Stop
from voltloop.documents.tour_map import _clipped, tour_map_svg

SQUARE = [(40.0, 0.0), (40.0, 30.0), (60.0, 30.0), (60.0, 0.0)]


def _stops(*places: tuple[float, float]) -> list[Stop]:
    return [
        Stop(number, "pickup" if number else "start", f"S{number}", lat=lat, lon=lon)
        for number, (lat, lon) in enumerate(places)
    ]


def _spots(drawing: str) -> list[tuple[float, float]]:
    return [
        (float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.-]+)" cy="([\d.-]+)" r="2.5"', drawing)
    ]


def test_it_draws_land_way_numbers_and_a_ruler() -> None:
    drawing = tour_map_svg(
        _stops((51.4, 12.4), (51.7, 13.0)), [(51.4, 12.4), (51.5, 12.9), (51.7, 13.0)], [SQUARE]
    )
    ElementTree.fromstring(drawing)
    assert "<polygon" in drawing
    assert "stroke-dasharray" not in drawing, "the way is known"
    assert ">S</text>" in drawing
    assert ">1</text>" in drawing
    assert re.search(r">\d+ km</text>", drawing)
    assert "stroke-dasharray" in tour_map_svg(_stops((51.4, 12.4), (51.7, 13.0))), "straight lines are dashed"


def test_without_two_places_there_is_no_map() -> None:
    assert tour_map_svg([]) == ""
    assert tour_map_svg([Stop(0, "start", "x"), Stop(1, "pickup", "y", lat=1.0, lon=1.0)]) == ""


def test_north_is_up_and_east_is_right() -> None:
    (south_west, north_east) = _spots(tour_map_svg(_stops((0, 0), (50.0, 10.0), (51.0, 11.0))[1:]))
    assert south_west[0] < north_east[0]
    assert south_west[1] > north_east[1]


def test_stops_of_one_street_do_not_cover_each_other() -> None:
    places = [(52.5200 + number * 1e-4, 13.4) for number in range(8)]
    spots = _spots(tour_map_svg(_stops(*places)))
    gaps = [math.dist(one, other) for place, one in enumerate(spots) for other in spots[:place]]
    assert min(gaps) >= 4.9


def test_stops_of_one_yard_share_a_marker() -> None:
    stops = [Stop(n, "pickup", "x", lat=50.0, lon=8.0) for n in (3, 4)] + [
        Stop(5, "end", "y", lat=51.0, lon=8.0)
    ]
    assert ">3·4</text>" in tour_map_svg(stops)


def test_land_is_cut_at_the_map() -> None:
    """A country drawn beyond the map would print over the text beside it."""
    ring = [(-500.0, -500.0), (500.0, -500.0), (500.0, 500.0), (-500.0, 500.0)]
    cut = _clipped(ring, 180.0, 88.0)
    assert all(-1.01 <= x <= 181.01 and -1.01 <= y <= 89.01 for x, y in cut)
    assert _clipped([(300.0, 0.0), (310.0, 0.0), (310.0, 10.0)], 180.0, 88.0) == []


_PLACES = st.lists(st.tuples(st.floats(-80, 80), st.floats(-179, 179)), min_size=2, max_size=12)


@given(_PLACES)
def test_any_tour_is_a_valid_drawing_with_every_marker_inside(places: list[tuple[float, float]]) -> None:
    drawing = tour_map_svg(_stops(*places))
    ElementTree.fromstring(drawing)
    assert "nan" not in drawing
    assert all(0 <= x <= 180 and 0 <= y <= 88 for x, y in _spots(drawing))
