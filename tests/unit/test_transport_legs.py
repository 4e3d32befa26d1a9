"""Legs between real terminals, and roads over continents by search."""

import numpy as np
import pytest

from voltloop.transport import (
    GreatCircle,
    Networks,
    Places,
    RailNetwork,
    RoadNetwork,
    SeaNetwork,
    Stop,
    legs_between,
    stops_between,
    terminals,
)
from voltloop.transport.passages import passages, ships

CITIES = {
    "Kolwezi": (-10.72, 25.47),
    "Durban": (-29.86, 31.02),
    "Los Angeles": (34.05, -118.24),
    "New York": (40.71, -74.0),
    "Shanghai": (31.23, 121.47),
    "Beijing": (39.9, 116.4),
    "Mumbai": (19.07, 72.88),
    "Delhi": (28.61, 77.21),
    "Sydney": (-33.87, 151.2),
    "Melbourne": (-37.81, 144.96),
    "Antofagasta": (-23.65, -70.4),
    "Santiago": (-33.45, -70.66),
    "Lubumbashi": (-11.66, 27.48),
    "Johannesburg": (-26.2, 28.04),
    "Istanbul": (41.0, 28.98),
    "Munich": (48.14, 11.58),
    "Paris": (48.8566, 2.3522),
    "Berlin": (52.52, 13.405),
    "Auckland": (-36.85, 174.76),
}
# Road lengths as route planners and atlases give them, rounded.
ROADS = [
    ("Kolwezi", "Durban", 2900),
    ("Los Angeles", "New York", 4490),
    ("Shanghai", "Beijing", 1214),
    ("Mumbai", "Delhi", 1420),
    ("Sydney", "Melbourne", 878),
    ("Antofagasta", "Santiago", 1360),
    ("Lubumbashi", "Johannesburg", 1960),
    ("Istanbul", "Munich", 1860),
    ("Paris", "Berlin", 1050),
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="module")
def roads(cache):
    return RoadNetwork(cache, by_search=True)


def at(*names):
    return Places.of([CITIES[name][0] for name in names], [CITIES[name][1] for name in names], names)


@pytest.mark.parametrize(("start", "stop", "km"), ROADS)
def test_roads_agree_with_known_lengths_within_8_percent(roads, start, stop, km):
    found = roads.distances(at(start), at(stop), "artic")
    assert found.km[0, 0] == pytest.approx(km, rel=0.08)


def test_search_and_hierarchy_give_the_same_roads(roads, cache):
    places = at("Paris", "Berlin", "Munich")
    one, other = roads.distances(places, places, "van"), RoadNetwork(cache).distances(places, places, "van")
    assert one.km == pytest.approx(other.km, rel=1e-3)
    (line,) = roads.paths(at("Paris"), at("Berlin"))
    assert len(line) > 20
    assert not roads.distances(at("Auckland"), at("Paris"), "van").reachable.any()


def test_every_terminal_has_a_road_or_stands_on_an_island_without_main_roads(roads):
    stops = list(terminals().values())
    snaps = roads.snaps(Places.of([one.lat for one in stops], [one.lon for one in stops]))
    lost = [one.id for one, part in zip(stops, snaps.component, strict=True) if part < 0]
    assert lost == ["VISBY", "RONNE"]
    assert (snaps.land[snaps.component < 0] > 0).all()


@pytest.fixture(scope="module")
def networks(cache):
    return Networks(GreatCircle(), RailNetwork(cache), SeaNetwork())


def test_terminals_near_both_ends_and_ferries_along_the_way_are_looked_at():
    rome, malta = Stop("Rome", "Rome", "IT", 41.9, 12.5), terminals()["MTMAR"]
    stops = stops_between(rome, malta, ["NLRTM"])
    assert {"Rome", "MTMAR", "NLRTM", "VALLETTA", "POZZALLO", "ITLIV"} <= set(stops)
    assert "CNSHA" not in stops


def test_legs_hold_ways_with_and_without_what_may_be_closed(networks):
    start, stop = terminals()["CNSHA"], terminals()["NLRTM"]
    legs = legs_between(start, stop, {start.id: start, stop.id: stop}, networks, ["suez", "cape"])
    large = [one for one in legs if one.vehicle == "container_large" and one.start == "CNSHA"]
    assert sorted("suez" in one.passages for one in large) == [False, False, True]
    assert any(not {"suez", "cape"} & set(one.passages) for one in large)
    assert not any("panama" in one.passages for one in large)


def test_no_leg_is_shorter_than_the_straight_line_free_or_to_itself(networks):
    start, stop = terminals()["DEHAM"], Stop("Visby", "Visby", "SE", 57.63, 18.3)
    stops = stops_between(start, stop)
    legs = legs_between(start, stop, stops, networks)
    assert {one.mode for one in legs} == {"road", "rail", "sea", "air", "ferry"}
    for one in legs:
        assert one.start != one.stop
        assert one.km > 0
        assert one.hours > 0
        assert one.cost_eur_per_t > 0
        assert one.co2e_kg_per_t > 0
        assert one.surcharge_eur_per_t > 0
        for name in one.passages:
            assert ships()[one.vehicle].fits(passages()[name])


def test_ships_call_only_at_ports_that_take_them(networks):
    start, stop = terminals()["NLRTM"], terminals()["FIKOK"]
    legs = legs_between(start, stop, {start.id: start, stop.id: stop}, networks)
    assert {one.vehicle for one in legs if one.mode == "sea"} == {"container_feeder"}


def test_changes_of_gauge_take_time_and_money(networks):
    start, stop = terminals()["RT-CNXIY"], terminals()["RT-47"]
    (one,) = [
        leg
        for leg in legs_between(start, stop, {start.id: start, stop.id: stop}, networks)
        if leg.mode == "rail" and leg.start == start.id
    ]
    assert one.hours > one.km / 45 + 2 * 36
    assert np.isclose(one.km, 9900, rtol=0.08)
