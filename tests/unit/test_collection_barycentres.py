"""Parts of a plan hold all of it, share nothing, and never use more than there is."""

from __future__ import annotations

import numpy as np
import pytest

from collection_cases import random_problem
from voltloop.collection.barycentres import bisect, cut, join, subproblem
from voltloop.collection.kernel.arrays import KernelTours
from voltloop.collection.translate import Translation, translate


def alone(seed: int, stops: int) -> tuple[Translation, KernelTours]:
    """Pairs of stops on a tour each, as far as one kind may serve both; some stops are left out."""
    case = random_problem(seed, stops, depots=3, planning_days=2, tight=False)
    found = translate(case, range(stops))
    kinds, visits, begins = [], [], [0]
    for first in range(0, stops - 5, 2):
        both = np.flatnonzero(found.arrays.allowed[first] & found.arrays.allowed[first + 1])
        if len(both):
            kinds.append(both[-1])
            visits += [first, first + 1]
            begins.append(len(visits))
    return found, KernelTours(*(np.array(part, np.int32) for part in (kinds, begins, visits)))


@pytest.mark.parametrize("parts", [1, 2, 5])
def test_parts_hold_every_stop_once_and_join_to_the_same_plan(parts: int) -> None:
    found, tours = alone(3, 60)
    pieces = cut(found.arrays, tours, parts, np.random.default_rng(1))
    assert len(pieces) == parts
    assert sorted(np.concatenate([piece.stops for piece in pieces])) == list(range(60))
    used = np.zeros(len(found.arrays.stock), int)
    for kind in tours.kind:
        used[found.arrays.resource[found.arrays.needs[kind] : found.arrays.needs[kind + 1]]] += 1
    assert (sum(piece.stock for piece in pieces) == np.maximum(found.arrays.stock, used)).all()
    whole = join(found.arrays, pieces)
    assert sorted(map(str, found.back(whole))) == sorted(map(str, found.back(tours)))


def test_a_part_has_the_numbers_of_the_whole() -> None:
    found, tours = alone(4, 40)
    p = found.arrays
    for piece in cut(p, tours, 3, np.random.default_rng(2)):
        q = subproblem(p, piece)
        assert (q.allowed == p.allowed[np.ix_(piece.stops, piece.kinds)]).all()
        assert (q.pick == p.pick[piece.stops]).all()
        for kind, visits in zip(
            piece.tours.kind, np.split(piece.tours.visits, piece.tours.begins[1:-1]), strict=True
        ):
            assert q.allowed[visits, kind].all()
            assert q.starts[kind] == p.starts[piece.kinds[kind]]
        for number, kind in enumerate(piece.kinds):
            asked = q.resource[q.needs[number] : q.needs[number + 1]]
            assert asked.tolist() == p.resource[p.needs[kind] : p.needs[kind + 1]].tolist()


def test_cuts_are_even_and_differ_from_pass_to_pass() -> None:
    rng = np.random.default_rng(0)
    points, weights = rng.uniform(size=(400, 2)), rng.uniform(1, 3, 400)
    labels = [bisect(points, weights, 5, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    loads = np.bincount(labels[0], weights)
    assert loads.max() < 1.1 * loads.mean()
    assert (labels[0] == labels[1]).all()
    assert (labels[0] != labels[2]).any()
    assert bisect(points[:3], weights[:3], 9, rng).max() == 2
