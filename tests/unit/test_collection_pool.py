"""The pool keeps the best legal order of each set and nothing illegal."""

from __future__ import annotations

from collection_cases import line, problem, stop, table, truck, van
from voltloop.collection.parts import Part
from voltloop.collection.pool import Pool, enumerate_tours

CASE = problem(
    table(stop("A", 1), stop("B", 2), stop("C", 3, mass_kg=900.0)),
    line(0, 10, 20, 40),
    fleet=(van(), truck()),
)


def test_the_better_order_wins() -> None:
    pool = Pool(CASE)
    worse = pool.add(1, [1, 0, 2])
    better = pool.add(1, [0, 1, 2])
    assert worse is not None
    assert better is not None
    assert better.objective_eur < worse.objective_eur
    assert pool.add(1, [1, 0, 2]) == better
    assert len(pool) == 1


def test_a_proposal_brings_the_other_vehicles_of_the_depot() -> None:
    pool = Pool(CASE)
    pool.add_with_variants(1, [0, 1])
    assert {tour.kind for tour in pool.tours([0, 1, 2])} == {0, 1}


def test_an_illegal_proposal_is_cut_into_legal_pieces() -> None:
    """Too heavy for the van, and there is no other vehicle: its legal beginnings and the rest are kept."""
    case = problem(CASE.stops, CASE.roads["road"], fleet=(van(),))
    pool = Pool(case)
    pool.add_with_variants(0, [0, 1, 2])
    assert {tour.stops for tour in pool.tours([0, 1, 2])} == {(0,), (0, 1), (2,)}
    before = len(pool)
    pool.add_with_variants(0, [0, 1, 2])
    assert len(pool) == before


def test_only_tours_within_the_asked_stops_come_out() -> None:
    pool = Pool(CASE)
    pool.add(1, [0, 1])
    pool.add(1, [0])
    assert [tour.stops for tour in pool.tours([0])] == [(0,)]


def test_enumeration_is_complete_or_says_that_it_is_not() -> None:
    part = Part("all", (0, 1, 2), (0, 1))
    pool = Pool(CASE)
    assert enumerate_tours(CASE, part, pool, budget=1000)
    assert len(pool) == 7 + 4
    assert not enumerate_tours(CASE, part, Pool(CASE), budget=5)
