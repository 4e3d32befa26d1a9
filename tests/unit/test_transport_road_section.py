from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

from voltloop.transport import Places
from voltloop.transport.road_data import RoadGraph, whole_matrix
from voltloop.transport.road_section import Box, box_around, make_section


def grid(seed=7, side=14):
    """A grid of roads around Kassel with random lengths, and two nodes of another part."""
    random = np.random.default_rng(seed)
    row, column = np.divmod(np.arange(side * side), side)
    lat, lon = 50.0 + row * 0.15, 8.0 + column * 0.2
    right = np.flatnonzero(column < side - 1)
    up = np.flatnonzero(row < side - 1)
    one, other = np.concatenate([right, up, [196]]), np.concatenate([right + 1, up + side, [197]])
    metres = random.integers(5_000, 30_000, one.size).astype(np.uint32)
    lat, lon = np.append(lat, [51.0, 51.1]), np.append(lon, [9.0, 9.1])
    return RoadGraph(
        lat,
        lon,
        np.concatenate([one, other]).astype(np.int32),
        np.concatenate([other, one]).astype(np.int32),
        np.tile(metres, 2),
        np.append(np.zeros(side * side, dtype=np.int32), [1, 1]),
    )


BOX = Box(50, 8, 52, 11)


def test_lengths_equal_dijkstra():
    graph = grid()
    section = make_section(graph, 0, BOX, None)
    asked, others = np.array([0, 195, 90, 90, 13]), np.array([195, 0, 17])
    truth = dijkstra(whole_matrix(graph), indices=asked)[:, others] / 1000
    assert section.km(asked, others) == pytest.approx(truth)


def test_way_is_as_long_as_it_says():
    graph = grid()
    section = make_section(graph, 0, BOX, None)
    km, nodes = section.way(0, 195)
    assert (nodes[0], nodes[-1]) == (0, 195)
    matrix = whole_matrix(graph)
    assert sum(matrix[a, b] for a, b in pairwise(nodes)) / 1000 == pytest.approx(km)


def test_only_its_own_part_and_its_surroundings_are_cut_out():
    section = make_section(grid(), 0, Box(50, 8, 51, 9), None)
    assert 196 not in section.node
    assert section.node.size == 196
    assert make_section(grid(), 1, BOX, None).node.tolist() == [196, 197]


def test_kept_hierarchy_gives_the_same_and_new_lengths_are_heeded(tmp_path):
    graph = grid()
    asked = np.arange(0, 196, 13)
    first = make_section(graph, 0, BOX, tmp_path).km(asked, asked)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == 1
    assert not kept[0].endswith(".part")
    assert np.array_equal(make_section(graph, 0, BOX, tmp_path).km(asked, asked), first)
    doubled = make_section(replace(graph, metres=graph.metres * 2), 0, BOX, tmp_path).km(asked, asked)
    assert doubled == pytest.approx(2 * first)


def test_damaged_hierarchy_is_made_anew(tmp_path):
    graph = grid()
    asked = np.arange(0, 196, 29)
    first = make_section(graph, 0, BOX, tmp_path).km(asked, asked)
    (folder,) = tmp_path.iterdir()
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[:10])
    assert np.array_equal(make_section(graph, 0, BOX, tmp_path).km(asked, asked), first)


def test_box_is_whole_degrees_around_all_places():
    box = box_around(Places.of([48.2, -0.5], [2.9, -3.1]))
    assert box == Box(-1, -4, 49, 3)
    assert box.holds(Box(0, -4, 49, 3))
    assert not box.holds(Box(0, -5, 49, 3))


def test_a_directory_that_cannot_be_written_to_is_no_obstacle(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a directory")
    assert make_section(grid(), 0, BOX, in_the_way).km(np.array([0]), np.array([195]))[0, 0] > 0
