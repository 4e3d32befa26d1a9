"""Railways against lengths that timetables give; one network for all tests, since reading it takes seconds."""

import numpy as np
import pytest

from voltloop.transport import Places
from voltloop.transport.rail import RailNetwork, load_rail

CITIES = {
    "Lobito": (-12.3667, 13.5361),
    "Kolwezi": (-10.72, 25.47),
    "Mumbai": (19.07, 72.88),
    "Delhi": (28.61, 77.21),
    "Berlin": (52.52, 13.37),
    "Paris": (48.88, 2.36),
    "Hamburg": (53.55, 10.0),
    "Munich": (48.14, 11.56),
    "Chicago": (41.87, -87.64),
    "Los Angeles": (34.05, -118.24),
    "Moscow": (55.76, 37.6),
    "Vladivostok": (43.11, 131.88),
    "Rotterdam": (51.92, 4.47),
    "Genoa": (44.41, 8.92),
    "Sydney": (-33.88, 151.2),
    "Melbourne": (-37.82, 144.95),
    "Toronto": (43.64, -79.38),
    "Vancouver": (49.27, -123.1),
    "Warsaw": (52.23, 21.0),
    "Budapest": (47.5, 19.08),
    "Stockholm": (59.33, 18.06),
    "Copenhagen": (55.67, 12.56),
    "Honolulu": (21.31, -157.86),
    "Chongqing": (29.62, 106.36),
}
LENGTHS = [
    ("Lobito", "Kolwezi", 1739),
    ("Mumbai", "Delhi", 1384),
    ("Berlin", "Paris", 1050),
    ("Hamburg", "Munich", 780),
    ("Chicago", "Los Angeles", 3590),
    ("Moscow", "Vladivostok", 9289),
    ("Rotterdam", "Genoa", 1180),
    ("Sydney", "Melbourne", 960),
    ("Toronto", "Vancouver", 4466),
    ("Warsaw", "Budapest", 790),
    ("Stockholm", "Copenhagen", 645),
]


def at(*names):
    return Places.of([CITIES[name][0] for name in names], [CITIES[name][1] for name in names], names)


@pytest.fixture(scope="module")
def rails(tmp_path_factory):
    return RailNetwork(tmp_path_factory.mktemp("rails"))


@pytest.mark.parametrize(("start", "stop", "km"), LENGTHS)
def test_lengths_agree_with_published_ones_within_5_percent(rails, start, stop, km):
    assert rails.distances(at(start), at(stop), "train").km[0, 0] == pytest.approx(km, rel=0.05)


def test_a_link_that_the_data_lacks_is_estimated_and_said(rails):
    found = rails.distances(at("Mumbai", "Lobito"), at("Delhi", "Kolwezi"), "train")
    assert found.estimated.diagonal().tolist() == [True, False]


def test_gauge_changes_are_counted(rails):
    _, changes = rails.ways(at("Chongqing", "Moscow", "Berlin"), at("Berlin", "Vladivostok", "Paris"))
    assert changes.diagonal().tolist() == [2, 0, 0]


def test_both_ways_are_the_same_and_islands_are_not_reached(rails):
    one, other = at("Berlin", "Paris", "Honolulu"), at("Munich", "Genoa")
    there, back = rails.distances(one, other, "train"), rails.distances(other, one, "train")
    assert there.km == pytest.approx(back.km.T)
    assert there.reachable.tolist() == [[True, True], [True, True], [False, False]]
    assert np.isinf(there.hours[2]).all()


def test_what_is_kept_is_what_was_made(tmp_path):
    made, kept = load_rail(tmp_path), load_rail(tmp_path)
    assert all(np.array_equal(value, vars(kept)[name]) for name, value in vars(made).items())
    assert (made.km > 0).all()


def test_empty_questions_have_empty_answers(rails):
    assert rails.distances(at(), at("Berlin"), "train").km.shape == (0, 1)
