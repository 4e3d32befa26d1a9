import numpy as np
import pytest

from voltloop.errors import InputError
from voltloop.transport import GreatCircle, Places, detour_factor, great_circle_km

PARIS, BERLIN, MALMO, COPENHAGEN = (48.85, 2.35), (52.52, 13.4), (55.6, 13.0), (55.67, 12.57)
LONDON, PALERMO, BARI, DUBROVNIK, ATLANTIC = (
    (51.5, -0.12),
    (38.12, 13.36),
    (41.1, 16.87),
    (42.65, 18.09),
    (45.0, -40.0),
)


def places(*points):
    return Places.of([lat for lat, _ in points], [lon for _, lon in points])


def test_length_is_the_straight_line_times_the_factor():
    found = GreatCircle().distances(places(PARIS), places(BERLIN), "artic")
    straight_km = great_circle_km(*PARIS, *BERLIN)
    assert found.km[0, 0] == pytest.approx(straight_km * detour_factor(straight_km))
    assert found.km[0, 0] == pytest.approx(1050, rel=0.08)
    assert found.estimated.all()
    assert found.hours[0, 0] == pytest.approx(15.2, abs=1.5)


def test_no_truck_drives_over_the_sea():
    found = GreatCircle().distances(places(PARIS, ATLANTIC), places(LONDON, PALERMO, BERLIN, ATLANTIC), "van")
    assert found.reachable.tolist() == [[False, False, True, False], [False] * 4]
    assert np.isinf(found.km[~found.reachable]).all()
    assert np.isinf(found.hours[~found.reachable]).all()


def test_bridges_join_land_masses():
    assert GreatCircle().distances(places(MALMO, BERLIN), places(COPENHAGEN), "van").reachable.all()


def test_a_line_over_the_sea_is_made_longer():
    """Bari and Dubrovnik are 200 km apart and 1,900 km by road: the estimate must not be a swim."""
    found = GreatCircle().distances(places(BARI), places(DUBROVNIK), "van")
    assert found.km[0, 0] > 2.5 * great_circle_km(*BARI, *DUBROVNIK)


def test_factor_falls_with_length_and_length_still_grows():
    km = np.linspace(0.1, 6000, 5000)
    factor = detour_factor(km)
    assert np.all(np.diff(factor) <= 0)
    assert factor.min() >= 1
    assert np.all(np.diff(km * factor) > 0)


def test_no_places_give_an_empty_answer_and_a_wrong_vehicle_an_error():
    assert GreatCircle().distances(places(), places(PARIS), "van").km.shape == (0, 1)
    with pytest.raises(InputError):
        GreatCircle().distances(places(PARIS), places(BERLIN), "bicycle")
