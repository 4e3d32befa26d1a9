import numpy as np

from voltloop.findings import Severity
from voltloop.transport import Places, RoadNetwork, check_places
from voltloop.transport.road_data import RoadGraph
from voltloop.transport.road_snap import snap


def test_a_place_in_the_sea_is_named_with_its_coordinates():
    (finding,) = check_places(Places.of([52.5, 45.0], [13.4, -40.0], ["Berlin", "CP-7"]))
    assert finding.code == "point-at-sea"
    assert finding.severity is Severity.REJECT
    assert 'The place "CP-7" lies at 45.00000, -40.00000, in the sea' in finding.message


def test_a_place_that_no_road_reaches_is_named_only_when_roads_are_given(monkeypatch):
    """Capri lies on land; its roads are in no network here."""
    none = np.zeros(0, dtype=np.int32)
    sorrento = RoadGraph(
        np.array([40.63]), np.array([14.37]), none, none, none.astype(np.uint32), np.zeros(1, dtype=np.int32)
    )
    roads = RoadNetwork()
    monkeypatch.setattr(roads, "snaps", lambda places: snap(sorrento, places))
    capri = Places.of([40.55, 40.63], [14.24, 14.37], ["Capri", "Sorrento"])
    assert check_places(capri) == []
    (finding,) = check_places(capri, roads)
    assert finding.code == "point-off-road"
    assert finding.where == 'The place "Capri"'


def test_no_places_give_no_findings():
    assert check_places(Places.of([], []), RoadNetwork()) == []
