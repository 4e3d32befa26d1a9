import numpy as np

from voltloop.transport import Places
from voltloop.transport.road_data import RoadGraph
from voltloop.transport.road_snap import snap


def nodes(points, component=None):
    """Nodes without roads: snapping looks at where they are and which part they belong to."""
    lat, lon = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    none = np.zeros(0, dtype=np.int32)
    part = np.zeros(len(lat), dtype=np.int32) if component is None else np.array(component, dtype=np.int32)
    return RoadGraph(lat, lon, none, none, none.astype(np.uint32), part)


def test_nearest_node_is_first_and_one_on_another_side_second():
    """Between two junctions of the same road, one must be able to leave by either."""
    graph = nodes([(51.0, 9.00), (51.0, 9.01), (51.0, 9.30)])
    found = snap(graph, Places.of([51.0], [9.1]))
    assert found.node.tolist() == [[1, 2]]
    assert found.off_km[0, 0] < found.off_km[0, 1] < 15


def test_with_no_other_side_the_same_node_stands_twice():
    found = snap(nodes([(51.0, 9.0), (51.0, 8.9)]), Places.of([51.0], [9.1]))
    assert found.node.tolist() == [[0, 0]]


def test_island_without_roads_is_not_served_across_the_water():
    """Capri is 10 km from Sorrento's roads, all of it sea."""
    found = snap(nodes([(40.63, 14.37), (40.70, 14.48)]), Places.of([40.55], [14.24]))
    assert found.component.tolist() == [-1]
    assert found.land[0] >= 0


def test_a_node_across_the_water_is_passed_over_for_one_on_land():
    """From Messina the nearest node may be in Calabria."""
    graph = nodes([(38.22, 15.64), (38.10, 15.50)], [0, 1])
    found = snap(graph, Places.of([38.20], [15.56]))
    assert found.component.tolist() == [1]


def test_small_part_is_taken_only_if_clearly_nearer():
    big = [(51.0 + 0.001 * number, 9.05) for number in range(400)]
    graph = nodes([(51.0, 9.01), *big], [1] + [0] * 400)
    near, nearer = snap(graph, Places.of([51.0, 51.0], [9.02, 8.95])).component.tolist()
    assert near == 0
    assert nearer == 0
    assert snap(graph, Places.of([51.0], [8.9])).component.tolist() == [0]
    alone = nodes([(51.0, 9.01), *[(51.0 + 0.001 * number, 9.25) for number in range(400)]], [1] + [0] * 400)
    assert snap(alone, Places.of([51.0], [9.02])).component.tolist() == [1]


def test_remote_place_on_the_same_land_is_reached_and_a_point_at_sea_is_not():
    """In the Sahara the next main road may be 100 km off; 200 km is too far to call it reached."""
    graph = nodes([(25.0, 3.0)])
    found = snap(graph, Places.of([25.9, 27.0, 45.0], [3.0, 3.0, -40.0]))
    assert found.component.tolist() == [0, -1, -1]
    assert 90 < found.off_km[0, 0] < 110
    assert found.land[2] == -1


def test_places_round_the_world_are_snapped_at_once():
    graph = nodes([(66.0, 179.99), (51.0, 9.0), (-34.0, 151.0)])
    found = snap(graph, Places.of([66.0, 51.0, -34.0], [-179.98, 9.05, 150.95]))
    assert found.node[:, 0].tolist() == [0, 1, 2]
