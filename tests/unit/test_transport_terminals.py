from collections import Counter

import numpy as np

from voltloop.catalogue import country_at, life_cycle
from voltloop.transport.geometry import great_circle_km
from voltloop.transport.legs import road_hours
from voltloop.transport.passages import rows_of, ships
from voltloop.transport.terminals import ferries, modes, terminals, transfers


def test_names_are_unique_so_that_a_name_means_one_place():
    assert max(Counter(stop.name.casefold() for stop in terminals().values()).values()) == 1


def test_terminals_lie_in_their_countries_or_off_their_coasts():
    stops = [stop for stop in terminals().values() if stop.country not in {"HK", "AX", "IM"}]
    found = country_at(
        [one.lat for one in stops],
        [one.lon for one in stops],
        stated=[one.country for one in stops],
        coast_tolerance_km=25.0,
    )
    assert [(one.id, code) for one, code in zip(stops, found, strict=True) if code != one.country] == []


def test_every_row_names_its_source():
    tables = ("terminals", "ferries", "modes", "transfers", "ships", "passages", "rail_links", "rail_gauges")
    for table in (*tables, "rail_closed_borders", "rid_states"):
        assert all(row["source"].strip() for row in rows_of(table)), table


def test_seaports_know_their_largest_ship_and_vehicles_their_emissions():
    assert all(one.largest_ship in ships() for one in terminals().values() if one.kind == "seaport")
    known = set(life_cycle.transport_legs()["vehicle"])
    assert {one.emission_vehicle for one in (*modes().values(), *ships().values())} <= known
    assert all(one.hours >= 0 and one.cut_off_h >= 0 for one in transfers().values())


def test_ferries_are_no_shorter_than_the_straight_line():
    for one in ferries():
        start, stop = terminals()[one.start], terminals()[one.stop]
        straight = great_circle_km(start.lat, start.lon, stop.lat, stop.lon)
        assert one.km >= straight, one.ferry
        assert one.km <= 2.6 * straight + 5.0, one.ferry


def test_drivers_rest():
    driving = np.array([0.0, 4.5, 4.6, 9.0, 9.1, 18.0, 18.1])
    assert road_hours(driving).round(2).tolist() == [0.0, 4.5, 5.35, 9.75, 20.85, 30.5, 41.6]
