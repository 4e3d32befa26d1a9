"""The built-in network against what an atlas says; one network for all tests, since reading it takes seconds."""

import numpy as np
import pytest

from voltloop.errors import InputError
from voltloop.transport import Places, RoadNetwork, great_circle_km, road_network

CITIES = {
    "Paris": (48.8566, 2.3522),
    "Berlin": (52.5200, 13.4050),
    "Madrid": (40.4168, -3.7038),
    "Lisbon": (38.7223, -9.1393),
    "New York": (40.7128, -74.0060),
    "Chicago": (41.8781, -87.6298),
    "Oslo": (59.9139, 10.7522),
    "Gothenburg": (57.7089, 11.9746),
    "Copenhagen": (55.6760, 12.5680),
    "Malmö": (55.6000, 13.0000),
    "Hamburg": (53.5500, 9.9900),
    "Bergamo": (45.6980, 9.6770),
    "Turin": (45.0700, 7.6900),
    "Palermo": (38.1200, 13.3600),
    "Catania": (37.5000, 15.0900),
    "Reggio": (38.1100, 15.6500),
    "Heraklion": (35.3300, 25.1400),
    "Athens": (37.9800, 23.7300),
    "Valletta": (35.9000, 14.5100),
    "Nicosia": (35.1700, 33.3600),
    "London": (51.5070, -0.1280),
    "Dublin": (53.3500, -6.2600),
    "Belfast": (54.6000, -5.9300),
    "Melilla": (35.2900, -2.9400),
    "Málaga": (36.7200, -4.4200),
    "Visby": (57.6400, 18.3000),
    "Stockholm": (59.3290, 18.0690),
    "Helsinki": (60.1700, 24.9400),
    "Honolulu": (21.3100, -157.8600),
    "Los Angeles": (34.0500, -118.2400),
    "Atlantic": (45.0000, -40.0000),
    "San Francisco": (37.7759, -122.4008),
    "Oakland": (37.7880, -122.2699),
}


def places(*names):
    return Places.of([CITIES[name][0] for name in names], [CITIES[name][1] for name in names], names)


@pytest.fixture(scope="module")
def roads(tmp_path_factory):
    return RoadNetwork(tmp_path_factory.mktemp("roads"))


ATLAS = [
    ("Paris", "Berlin", 1050),
    ("Madrid", "Lisbon", 625),
    ("New York", "Chicago", 1270),
    ("Oslo", "Gothenburg", 295),
    ("Copenhagen", "Hamburg", 490),
    ("Dublin", "Belfast", 168),
    ("Stockholm", "Copenhagen", 655),
]


@pytest.mark.parametrize(("one", "other", "km"), ATLAS)
def test_lengths_are_those_of_the_atlas(roads, one, other, km):
    found = roads.distances(places(one), places(other), "artic")
    assert found.km[0, 0] == pytest.approx(km, rel=0.08)
    assert not found.estimated[0, 0]
    assert 50 < found.km[0, 0] / found.hours[0, 0] < 75


def test_islands_are_not_reached_and_bridges_are(roads):
    names = (
        "Paris",
        "Copenhagen",
        "Malmö",
        "London",
        "Palermo",
        "Heraklion",
        "Valletta",
        "Dublin",
        "Nicosia",
    )
    found = roads.distances(places(*names), places("Berlin"), "rigid")
    assert found.reachable[:, 0].tolist() == [True, True, True] + [False] * 6
    assert np.isinf(found.km[~found.reachable]).all()
    assert not found.estimated[~found.reachable].any()


def test_neighbours_across_a_strait_are_apart_and_on_one_island_together(roads):
    found = roads.distances(places("Reggio", "Palermo", "Heraklion"), places("Catania", "Athens"), "van")
    assert found.reachable.tolist() == [[False, True], [True, False], [False, False]]
    assert found.km[1, 0] == pytest.approx(208, rel=0.1)


def test_melilla_is_not_served_by_way_of_cairo(roads):
    """Africa and Europe are one land mass; no truck drives 15,000 km for a crossing of 200."""
    found = roads.distances(places("Málaga", "Paris", "Oslo"), places("Melilla"), "artic")
    assert not found.reachable.any()


def test_the_way_round_the_baltic_is_found_though_it_leaves_the_map(roads):
    """Helsinki and Stockholm are 400 km apart and connected by land at 66 degrees north."""
    found = roads.distances(places("Helsinki"), places("Stockholm"), "artic")
    assert 1600 < found.km[0, 0] < 2400
    assert not found.estimated[0, 0]
    (line,) = roads.paths(places("Helsinki"), places("Stockholm"))
    assert line[:, 0].max() > 65


def test_bridge_that_the_network_lacks_is_driven(roads):
    """The Bay Bridge is not in the data; without it the way round the bay is 125 km."""
    found = roads.distances(places("San Francisco"), places("Oakland"), "van")
    assert found.km[0, 0] < 35


def test_nothing_is_reached_from_the_sea_and_hawaii_is_by_itself(roads):
    found = roads.distances(
        places("Atlantic", "Honolulu"), places("Los Angeles", "Atlantic", "Honolulu"), "van"
    )
    assert found.reachable.tolist() == [[False, False, False], [False, False, True]]
    assert found.km[1, 2] == 0


def test_island_without_network_is_estimated_within_itself(roads):
    """Gotland has no main road in the data, but trucks."""
    near_visby = Places.of([57.45, 57.64], [18.40, 18.30])
    found = roads.distances(near_visby, near_visby, "van")
    assert found.reachable.all()
    assert found.estimated.all()
    assert found.km[0, 1] == pytest.approx(1.3 * 22, rel=0.1)
    assert not roads.distances(near_visby, places("Stockholm"), "van").reachable.any()


def test_neighbours_in_town_are_not_sent_over_the_motorway(roads):
    near = Places.of([48.8566, 48.8600], [2.3522, 2.3600])
    found = roads.distances(near, near, "van")
    assert found.km[0, 1] == pytest.approx(1.4 * great_circle_km(48.8566, 2.3522, 48.86, 2.36), rel=0.05)
    assert found.estimated[0, 1]
    assert np.all(np.diag(found.km) == 0)


def test_both_directions_are_equal_no_way_beats_the_straight_line_and_order_does_not_matter(roads):
    some = places("Paris", "Berlin", "Turin", "Bergamo", "Hamburg", "London", "Atlantic", "Athens")
    found = roads.distances(some, some, "rigid")
    assert np.array_equal(found.km, found.km.T)
    straight_km = great_circle_km(some.lat[:, None], some.lon[:, None], some.lat[None], some.lon[None])
    assert np.all(found.km >= straight_km)
    turned = np.arange(len(some))[::-1]
    again = roads.distances(some.take(turned), some, "rigid")
    assert np.array_equal(again.km, found.km[turned])


def test_large_tables_are_made_in_pieces_that_fit_together(roads, monkeypatch):
    some = places("Paris", "Berlin", "Turin", "Bergamo", "Hamburg")
    whole = roads.distances(some, some, "rigid").km
    monkeypatch.setattr(road_network, "_VALUES_AT_ONCE", 45)
    assert np.array_equal(roads.distances(some, some, "rigid").km, whole)


def test_kept_network_gives_the_same(roads):
    some = places("Paris", "Turin", "Bergamo")
    fresh = RoadNetwork(roads.cache_dir)
    assert np.array_equal(fresh.distances(some, some, "van").km, roads.distances(some, some, "van").km)


def test_lines_follow_the_roads_from_door_to_door(roads):
    start, stop = places("Turin", "Turin", "Palermo"), places("Bergamo", "Palermo", "Catania")
    first, none, second = roads.paths(start, stop)
    assert first[0].tolist() == [45.07, 7.69]
    assert first[-1].tolist() == [45.698, 9.677]
    assert len(none) == 0
    for line, (one, other) in ((first, ("Turin", "Bergamo")), (second, ("Palermo", "Catania"))):
        drawn_km = great_circle_km(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1]).sum()
        assert drawn_km == pytest.approx(roads.distances(places(one), places(other), "van").km[0, 0], rel=0.1)
        assert 3 < len(line) < 200
    assert roads.paths(places(), places()) == []


def test_no_places_and_wrong_vehicles(roads):
    assert roads.distances(places(), places("Paris"), "van").km.shape == (0, 1)
    with pytest.raises(InputError, match="Known: van, rigid, artic"):
        roads.distances(places("Paris"), places("Berlin"), "zeppelin")
