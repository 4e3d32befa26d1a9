"""Cutting a problem into parts loses no stop and mixes no regions."""

from __future__ import annotations

from collection_cases import line, problem, random_problem, stop, table, van
from voltloop.collection import Driver
from voltloop.collection.parts import components, regroup, usable_depots


def test_components_follow_usable_depots() -> None:
    stops = table(stop("A", 1, depots=["x"]), stop("B", 1, depots=["x", "y"]), stop("C", 1, depots=["z"]),
                  stop("D", 1, depots=["unmanned"]), stop("E", 1, depots=["y", "unmanned"]))  # fmt: skip
    names = ["x", "y", "z", "unmanned"]
    case = problem(stops, line(0, 10), fleet=tuple(van(name) for name in names), depots=dict.fromkeys(names, 0),
                   drivers=tuple(Driver(name, name) for name in names[:3]))  # fmt: skip
    parts = components(case, range(5))
    assert [part.stops for part in parts] == [(0, 1, 4), (2,)]
    assert usable_depots(case, [3]) == [()]
    assert parts[0].kinds == (0, 1)


def test_regrouping_keeps_each_stop_with_its_home_and_loses_none() -> None:
    case = random_problem(1, 60, depots=8)
    for part in components(case, range(60)):
        homes = {stop: usable_depots(case, [stop])[0][0] for stop in part.stops}
        for seed in range(4):
            groups = regroup(case, part, homes, seed=seed, max_stops=20, max_depots=3)
            assert sorted(s for group in groups for s in group.stops) == sorted(part.stops)
            for group in groups:
                depots = {case.fleet[kind].depot_id for kind in group.kinds}
                assert len(depots) <= 3
                assert {homes[s] for s in group.stops} <= depots
            assert groups == regroup(case, part, homes, seed=seed, max_stops=20, max_depots=3)
