"""The sea against published tables of distances between ports."""

import json

import numpy as np
import pytest

from voltloop.errors import InputError, MissingDependency
from voltloop.transport import Places, great_circle_km, sea
from voltloop.transport.sea import SeaNetwork
from voltloop.transport.terminals import terminals

NM = 1.852


def at(*names):
    stops = [terminals()[name] for name in names]
    return Places.of([one.lat for one in stops], [one.lon for one in stops], names)


# Nautical miles as tables of distances between ports give them; Shanghai to Rotterdam: porteconomicsmanagement.org,
# "Routing options between Shanghai, Rotterdam and New York"; the others recalled from such tables.
PUBLISHED = [
    ("CNSHA", "NLRTM", 10600),
    ("SGSIN", "NLRTM", 8288),
    ("USNYC", "NLRTM", 3330),
    ("CNSHA", "USLAX", 5708),
    ("BRSSZ", "NLRTM", 5400),
    ("USNYC", "USLAX", 4930),
    ("HKHKG", "SGSIN", 1460),
    ("CLANF", "CNSHA", 10100),
    ("ZADUR", "SGSIN", 4880),
    ("DEHAM", "NLRTM", 305),
    ("KRPUS", "USLGB", 5230),
    ("INNSA", "NLRTM", 6337),
    ("AEJEA", "SGSIN", 3470),
    ("IEDUB", "GBLIV", 120),
]


@pytest.mark.parametrize(("start", "stop", "nautical_miles"), PUBLISHED)
def test_distances_agree_with_published_ones_within_5_percent(start, stop, nautical_miles):
    km = SeaNetwork().distances(at(start), at(stop), "container_panamax").km[0, 0]
    assert km / NM == pytest.approx(nautical_miles, rel=0.05)


def test_passages_stand_in_the_order_of_the_way():
    there, back = (SeaNetwork().ways(*ends, "container_large")[2][0][0] for ends in _both("CNSHA", "NLRTM"))
    assert there == ("malacca", "bab-el-mandeb", "suez", "gibraltar")
    assert back == there[::-1]


def _both(one, other):
    return (at(one), at(other)), (at(other), at(one))


def test_a_large_ship_goes_round_the_cape_when_suez_is_closed():
    """13,800 nm is what porteconomicsmanagement.org gives for the way round the Cape."""
    km, time_h, ways = SeaNetwork().ways(at("CNSHA"), at("NLRTM"), "container_large", ["suez"])
    assert km[0, 0] / NM == pytest.approx(13_800, rel=0.02)
    assert "cape" in ways[0][0]
    assert "panama" not in ways[0][0]
    assert time_h[0, 0] / 24 == pytest.approx(35, abs=2)


def test_ships_take_only_passages_that_they_fit_through():
    start, stop = at("USNYC"), at("USLAX")
    for ship, through in (
        ("container_large", False),
        ("container_neopanamax", True),
        ("container_feeder", True),
    ):
        _, _, ways = SeaNetwork().ways(start, stop, ship)
        assert ("panama" in ways[0][0]) is through


def test_hormuz_closed_cuts_the_gulf_off_and_nothing_else():
    network = SeaNetwork(["hormuz"])
    found = network.distances(at("CNSHA", "AEJEA"), at("NLRTM", "KWSWK", "OMSLL"), "container_feeder")
    assert found.reachable.tolist() == [[True, False, True], [False, True, False]]
    assert np.isinf(found.hours[~found.reachable]).all()


def test_no_distance_is_zero_or_shorter_than_the_straight_line_and_both_ways_are_the_same():
    names = [name for name, stop in terminals().items() if stop.kind == "seaport"]
    places = at(*names)
    km = SeaNetwork().distances(places, places, "container_feeder").km
    straight = great_circle_km(places.lat[:, None], places.lon[:, None], places.lat[None], places.lon[None])
    assert (km >= straight - 1e-9).all()
    assert np.isfinite(km).all()
    assert (km[~np.eye(len(names), dtype=bool)] > 0).all()
    assert km == pytest.approx(km.T)


def test_closing_a_passage_never_shortens_a_way():
    names = ("CNSHA", "NLRTM", "USNYC", "ROCND", "AEJEA", "ZADUR", "CLANF")
    free = SeaNetwork().distances(at(*names), at(*names), "container_panamax").km
    for passage in ("suez", "panama", "malacca", "bab-el-mandeb", "hormuz", "gibraltar", "bosporus"):
        shut = SeaNetwork([passage]).distances(at(*names), at(*names), "container_panamax").km
        assert (shut >= free - 1e-6).all()


def test_canals_cost_hours_beside_the_sailing():
    km, time_h, ways = SeaNetwork().ways(at("CNSHA"), at("NLRTM"), "container_large")
    assert "suez" in ways[0][0]
    assert time_h[0, 0] == pytest.approx(km[0, 0] / (16 * NM) + 14)


def test_inland_is_not_reachable_by_sea():
    found = SeaNetwork().distances(Places.of([47.0], [75.0]), at("NLRTM"), "container_feeder")
    assert not found.reachable.any()


def test_a_line_on_the_map_runs_from_port_to_port():
    line = SeaNetwork().line(at("CNSHA"), at("NLRTM"), "container_large")
    assert line[0].tolist() == pytest.approx([31.33, 121.58])
    assert line[-1].tolist() == pytest.approx([51.95, 4.14])
    assert len(line) > 50
    assert len(SeaNetwork(["hormuz"]).line(at("AEJEA"), at("SGSIN"), "container_feeder")) == 0


def test_empty_questions_have_empty_answers():
    assert SeaNetwork().distances(at(), at("NLRTM"), "container_feeder").km.shape == (0, 1)


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError, match="container_large") as error:
        SeaNetwork().distances(at("CNSHA"), at("NLRTM"), "container_larg")
    assert error.value.code == "unknown-ship"
    with pytest.raises(InputError, match="not a passage"):
        SeaNetwork(["suezz"])


def test_a_missing_package_and_another_form_are_said(monkeypatch, tmp_path):
    sea.load_sea.cache_clear()
    monkeypatch.setattr(sea.resources, "files", lambda _: tmp_path)
    with pytest.raises(MissingDependency, match="pip install"):
        sea.load_sea()
    (tmp_path / "marnet_searoute.geojson").write_text(json.dumps({"lines": []}))
    with pytest.raises(InputError) as error:
        sea.load_sea()
    assert error.value.code == "sea-network-form"
