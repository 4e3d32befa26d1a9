import numpy as np
import pytest

from voltloop.transport.geometry import great_circle_km, unit_vectors


def test_quarter_of_the_equator_is_a_quarter_of_the_circumference():
    assert great_circle_km(0, 0, 0, 90) == pytest.approx(2 * np.pi * 6371.0088 / 4)


def test_opposite_points_are_half_a_turn_apart_and_not_a_rounding_error():
    assert great_circle_km(10, 20, -10, -160) == pytest.approx(np.pi * 6371.0088)


def test_180th_meridian_is_no_wall():
    assert great_circle_km(0, 179.5, 0, -179.5) == pytest.approx(111.2, rel=0.01)
    one, other = unit_vectors([0.0, 0.0], [179.5, -179.5])
    assert np.linalg.norm(one - other) == pytest.approx(111.2, rel=0.01)
