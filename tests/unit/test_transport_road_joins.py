import numpy as np
import pytest

from voltloop.transport.road_joins import is_dry, joined


def network(points, roads):
    """A network from points (lat, lon) and roads (one, other, km), each both ways."""
    lat, lon = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    one, other, km = (np.array(column) for column in zip(*roads, strict=True))
    tail, head = np.concatenate([one, other]), np.concatenate([other, one])
    order = np.argsort(tail, kind="stable")
    return joined(lat, lon, tail[order].astype(np.int32), head[order].astype(np.int32), np.tile(km, 2)[order])


def parts(graph):
    return len(set(graph.component.tolist()))


def test_parts_near_each_other_on_land_are_joined_at_130_percent():
    """Two roads near Kassel end 5 km apart."""
    graph = network([(51.3, 9.40), (51.3, 9.50), (51.3, 9.57), (51.3, 9.70)], [(0, 1, 7.0), (2, 3, 9.0)])
    assert parts(graph) == 1
    across = (graph.tail == 1) & (graph.head == 2)
    assert graph.metres[across].tolist() == [pytest.approx(1.3 * 4867, rel=0.01)]


def test_strait_of_gibraltar_stays_a_strait():
    """14 km from Tarifa to Morocco: near enough, but no bridge."""
    graph = network(
        [(36.05, -5.62), (36.01, -5.61), (35.90, -5.50), (35.85, -5.45)], [(0, 1, 5.0), (2, 3, 7.0)]
    )
    assert parts(graph) == 2


def test_great_belt_bridge_joins_what_the_rule_may_not():
    graph = network(
        [(55.35, 11.12), (55.40, 11.35), (55.30, 10.83), (55.31, 10.78)], [(0, 1, 16.0), (2, 3, 4.0)]
    )
    assert parts(graph) == 1


def test_parts_of_one_land_mass_are_joined_farther_than_islands():
    """Bodø is 50 km from the next main road, on the same land; Gotland is not."""
    bodo = network(
        [(67.28, 14.40), (67.29, 14.60), (67.26, 15.40), (67.10, 15.45)], [(0, 1, 9.0), (2, 3, 18.0)]
    )
    assert parts(bodo) == 1
    gotland = network(
        [(57.64, 18.30), (57.60, 18.35), (57.30, 16.90), (57.35, 16.45)], [(0, 1, 6.0), (2, 3, 30.0)]
    )
    assert parts(gotland) == 2


def test_dead_ends_at_a_border_meet_even_within_one_part():
    """The Svinesund road stops 2 km short of the border on either side, while a long way round exists."""
    points = [(59.128, 11.27), (59.111, 11.259), (59.090, 11.252), (59.077, 11.250), (59.1, 12.0)]
    graph = network(points, [(0, 1, 2.0), (2, 3, 1.5), (0, 4, 60.0), (3, 4, 60.0)])
    across = (graph.tail == 1) & (graph.head == 2)
    assert graph.metres[across].min() < 4000


def test_closed_border_is_not_bridged():
    """Oujda in Morocco and Maghnia in Algeria are 20 km apart; the border is closed."""
    graph = network(
        [(34.68, -1.92), (34.69, -1.85), (34.76, -1.72), (34.85, -1.70)], [(0, 1, 7.0), (2, 3, 10.0)]
    )
    assert parts(graph) == 2


def test_open_water_is_seen_and_a_river_is_not():
    messina, rhine, oresund = is_dry(
        np.array([38.19, 50.94, 56.03]),
        np.array([15.555, 6.95, 12.61]),
        np.array([38.22, 50.94, 56.04]),
        np.array([15.64, 6.98, 12.70]),
    )
    assert (messina, rhine, oresund) == (False, True, False)
    none = np.zeros(0)
    assert is_dry(none, none, none, none).size == 0


def test_line_over_the_180th_meridian_takes_the_short_way():
    """Both ends lie in Chukotka; the long way round would cross the Atlantic."""
    assert is_dry(np.array([67.5]), np.array([179.95]), np.array([67.5]), np.array([-179.95])).all()


def test_road_across_a_closed_border_is_taken_out_and_across_an_open_one_kept():
    """Imatra in Finland to Svetogorsk in Russia; Tornio in Finland to Haparanda in Sweden."""
    graph = network(
        [(61.19, 28.77), (61.11, 28.86), (65.85, 24.15), (65.83, 24.13), (61.0, 28.0)],
        [(0, 1, 10.0), (2, 3, 3.0), (0, 4, 60.0)],
    )
    assert graph.component[0] != graph.component[1]
    assert graph.component[2] == graph.component[3]
