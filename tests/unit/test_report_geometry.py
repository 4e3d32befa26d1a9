"""Where things stand on the map."""

from __future__ import annotations

import numpy as np
import pytest

from voltloop.documents.report import geometry


def test_no_known_place_gives_no_view() -> None:
    assert geometry.view_of(np.array([]), np.array([])) is None
    assert geometry.view_of(np.array([np.nan]), np.array([3.0])) is None


@pytest.mark.parametrize(
    ("lon", "width"),
    [([-9.0, 30.0], 39.0), ([-124.0, -67.0], 57.0), ([177.0, -178.0], 5.0), ([0.0, 359.0], 1.0)],
)
def test_the_view_is_the_narrowest_even_across_the_180th_meridian(lon: list[float], width: float) -> None:
    places = np.array(lon)
    view = geometry.view_of(np.array([0.0, 0.1]), places)
    assert view is not None
    assert width < view.east - view.west < width * 1.3 + 1
    drawn = view.x(places)
    assert (drawn >= view.west).all()
    assert (drawn <= view.east).all()


def test_one_place_still_gets_a_view_that_can_be_read() -> None:
    view = geometry.view_of(np.array([50.0]), np.array([8.0]))
    assert view is not None
    assert view.east - view.west >= 0.4
    assert view.north - view.south >= 0.4


def test_latitudes_are_web_mercator_and_bounded_at_the_poles() -> None:
    view = geometry.View(0, 1, 0, 1)
    assert view.y(np.array([0.0]))[0] == pytest.approx(0.0, abs=1e-9)
    assert view.y(np.array([60.0]))[0] == pytest.approx(75.456, abs=1e-3)
    assert np.isfinite(view.y(np.array([90.0, -90.0]))).all()


def test_land_is_cut_to_the_surroundings_of_the_view() -> None:
    """A ring around the whole world must not make the page heavy or smear over it."""
    world = np.array([[-180.0, -80.0], [180.0, -80.0], [180.0, 80.0], [-180.0, 80.0], [-180.0, -80.0]])
    far = world * 0.01 + 100.0
    view = geometry.View(0.0, 10.0, 40.0, 50.0)
    x, y = geometry.land(view, [world, np.clip(far, None, 80.0)])
    known = [value for value in x if value is not None]
    assert min(known) == -7.0
    assert max(known) == 17.0
    assert len(x) == len(y) == 6


def test_land_on_the_other_side_of_the_180th_meridian_is_moved_beside_it() -> None:
    fiji = np.array([[-180.0, -18.0], [-179.0, -18.0], [-179.0, -17.0], [-180.0, -17.0], [-180.0, -18.0]])
    x, _ = geometry.land(geometry.View(176.0, 182.0, -20.0, -15.0), [fiji])
    assert {value for value in x if value is not None} == {180.0, 181.0}


def test_without_outlines_the_catalogue_gives_the_countries() -> None:
    x, y = geometry.land(geometry.View(5.0, 15.0, 55.0, 62.0), None)
    assert len(x) == len(y) > 500
    assert geometry.land(geometry.View(5.0, 15.0, 55.0, 62.0), []) == ([], [])
