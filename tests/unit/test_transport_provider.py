import numpy as np
import pytest

from voltloop.errors import InputError
from voltloop.transport import Places


def test_places_keep_order_and_names():
    places = Places.of([1, 2, 3], [4, 5, 6], ["a", "b", "c"])
    picked = places.take(np.array([2, 0]))
    assert len(places) == 3
    assert picked.ids == ("c", "a")
    assert picked.lat.tolist() == [3.0, 1.0]
    assert Places.of([1.0], [2.0]).take(np.array([0])).ids == ()


@pytest.mark.parametrize(
    ("lat", "lon"), [(91.0, 0.0), (0.0, 181.0), (float("nan"), 0.0), (0.0, float("inf"))]
)
def test_what_is_no_coordinate_is_named(lat, lon):
    with pytest.raises(InputError, match='The place "Depot 7"') as error:
        Places.of([50.0, lat], [8.0, lon], ["fine", "Depot 7"])
    assert error.value.code == "coordinates-out-of-range"


def test_unpaired_values_are_refused():
    with pytest.raises(InputError) as error:
        Places.of([1.0, 2.0], [3.0])
    assert error.value.code == "coordinates-not-paired"
    with pytest.raises(InputError):
        Places.of([1.0, 2.0], [3.0, 4.0], ["only one"])


def test_places_without_names_are_counted_from_one():
    assert Places.of([1.0], [2.0]).name(0) == "Place 1"
