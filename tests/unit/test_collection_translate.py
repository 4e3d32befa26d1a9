"""A problem as arrays means the same as the problem, and its tours come back as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from collection_cases import days, line, plane, problem, random_problem, stop, table, truck, van
from voltloop.collection import Driver, Problem
from voltloop.collection.before import Before
from voltloop.collection.days import Taken
from voltloop.collection.explain import impossible
from voltloop.collection.kernel.arrays import MATRIX, PLANE, SPHERE
from voltloop.collection.model import Consistency, Hub
from voltloop.collection.reach import surely_possible
from voltloop.collection.roads import EstimatedRoads, PlaneRoads
from voltloop.collection.stops import OPTIONAL_STOP_COLUMNS, STOP_COLUMNS
from voltloop.collection.translate import translate
from voltloop.errors import InputError

CERTIFIED = date(2030, 1, 1)


def rich_table(*stops: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(stops), schema={**STOP_COLUMNS, **OPTIONAL_STOP_COLUMNS})


def with_optional(pickup_id: str, place: int, **changes: Any) -> dict[str, Any]:
    return {**dict.fromkeys(OPTIONAL_STOP_COLUMNS), **stop(pickup_id, place, **changes)}


@pytest.mark.parametrize("seed", range(8))
def test_a_stop_has_a_use_just_where_it_is_possible(seed: int) -> None:
    case = random_problem(seed, 25, depots=3, planning_days=3)
    possible = [impossible(case, index) is None for index in range(25)]
    served = translate(case, range(25)).arrays.allowed.any(axis=1)
    assert served.tolist() == possible
    sure = surely_possible(case, range(25))
    assert not (sure & ~np.array(possible)).any()
    assert sure.sum() >= sum(possible) // 2


@pytest.mark.parametrize(
    "changes", [{}, {"needs_adr": True}, {"points": 2000.0}, {"needs_adr": True, "is_closed_to_adr": True}]
)
@pytest.mark.parametrize("certified_on", [None, date(2020, 1, 1), CERTIFIED])
def test_one_stop_above_the_relief_is_surely_possible_just_where_it_is_possible(
    changes: dict[str, Any], certified_on: date | None
) -> None:
    stops = rich_table(with_optional("P", 1, **changes))
    case = problem(stops, line(0, 10), fleet=(truck(),), drivers=(Driver("A", "hub", certified_on),))
    assert surely_possible(case, [0]).tolist() == [impossible(case, 0) is None]


def test_below_and_above_the_relief_are_kinds_of_their_own() -> None:
    stops = table(
        stop("light", 1, points=700.0), stop("heavy", 1, points=700.0), stop("critical", 1, needs_adr=True)
    )
    case = problem(
        stops, line(0, 10), fleet=(truck(),), drivers=(Driver("A", "hub", CERTIFIED), Driver("B", "hub"))
    )
    found = translate(case, range(3))
    assert [use.is_adr for use in found.uses] == [False, True]
    assert found.arrays.allowed.tolist() == [[True, True], [True, True], [False, True]]
    room = dict(zip((use.is_adr for use in found.uses), found.arrays.room[:, -1], strict=True))
    assert room[False] == pytest.approx(1000.0)
    assert room[True] == np.inf
    # Two drivers in all, one of them certified, one truck.
    assert sorted(found.arrays.stock) == [1, 1, 2]


def test_zones_and_tunnels_count_above_the_relief_only() -> None:
    stops = rich_table(
        with_optional("zone", 1, is_closed_to_adr=True),
        with_optional("tunnel", 1, tunnel_code="C", needs_adr=True),
        with_optional("other", 1, tunnel_code="C/E", points=1500.0),
    )
    roads = line(0, 10)
    case = problem(stops, roads, fleet=(truck(),))
    case = replace(case, roads={"road": roads, "detour": roads}, tunnel_profiles={"C": {"road": "detour"}})
    found = translate(case, range(3))
    allowed = {
        (use.is_adr, use.profile): np.flatnonzero(column).tolist()
        for use, column in zip(found.uses, found.arrays.allowed.T, strict=True)
    }
    assert allowed == {(False, "road"): [0], (True, "detour"): [1, 2], (True, "road"): [2]}


def test_trainings_take_drivers_that_hold_them() -> None:
    stops = rich_table(with_optional("A", 1, training=["class7"]), with_optional("B", 1))
    drivers = (Driver("old", "hub", trainings=(("class7", date(2020, 1, 1)),)),
               Driver("new", "hub", trainings=(("class7", CERTIFIED),)))  # fmt: skip
    case = problem(stops, line(0, 10), fleet=(van(),), drivers=drivers)
    found = translate(case, range(2))
    assert [sorted(use.training) for use in found.uses] == [[], ["class7"]]
    assert found.arrays.allowed.tolist() == [[False, True], [True, True]]
    # Vans and drivers last for a tour to each stop, but only one driver may take the second kind.
    assert found.arrays.stock.tolist() == [1]
    nobody = translate(replace(case, drivers=drivers[:1]), range(2))
    assert nobody.arrays.allowed.tolist() == [[False], [True]]


def test_goods_that_clash_become_bits() -> None:
    stops = rich_table(with_optional("A", 1, goods=["a"]), with_optional("B", 1, goods=["b", "free"]),
                       with_optional("C", 1, goods=["c"]))  # fmt: skip
    case = problem(stops, line(0, 10), clashes=frozenset([frozenset("ab"), frozenset("c"), frozenset("xy")]))
    arrays = translate(case, range(3)).arrays
    clash = [[bool(arrays.goods[i] & arrays.clash[j]) for i in range(3)] for j in range(3)]
    assert clash == [[False, True, False], [True, False, False], [False, False, True]]


def test_too_many_clashing_goods_are_refused_by_name() -> None:
    names = [f"g{number}" for number in range(66)]
    stops = rich_table(*(with_optional(name, 1, goods=[name]) for name in names))
    pairs = frozenset(frozenset(pair) for pair in zip(names[::2], names[1::2], strict=True))
    with pytest.raises(InputError, match="66 classes of goods") as caught:
        translate(problem(stops, line(0, 10), clashes=pairs), range(66))
    assert caught.value.code == "tours-too-many-clashes"


def test_measures_that_no_vehicle_runs_out_of_are_left_out() -> None:
    light = stop("A", 1, mass_kg=10.0, floor_positions=0.1, points=0.0)
    arrays = translate(problem(table(light), line(0, 10)), range(1)).arrays
    assert arrays.pick.shape == (1, 1)
    full = translate(problem(table(light, stop("B", 1, floor_positions=4.0)), line(0, 10)), range(2)).arrays
    assert full.pick.shape == (2, 2)


def hub_case() -> Problem:
    stops = rich_table(with_optional("A", 1, depots=["hub", "x"]), with_optional("B", 1, depots=["hub"]),
                       with_optional("C", 1, depots=["hub", "x", "y"]))  # fmt: skip
    kind = van(reload_at=("y", "x"), max_reloads=2)
    return problem(stops, line(0, 10, 20, 30), fleet=(kind,), hubs={"x": Hub(2, 600), "y": Hub(3)})


def test_hubs_take_only_what_may_be_unloaded_there() -> None:
    found = translate(hub_case(), range(3))
    sets = {
        use.hubs: np.flatnonzero(found.arrays.allowed[:, kind]).tolist()
        for kind, use in enumerate(found.uses)
    }
    assert sets == {(0, 1): [0, 1, 2]}
    takes = (found.arrays.goods[:, None] & found.arrays.reload_clash[None, :]) == 0
    assert takes.T.tolist() == [[False, False, True], [True, False, True]]
    assert not (found.arrays.goods & found.arrays.end_clash[0]).any()
    assert sorted(zip(found.arrays.reload_place, found.arrays.reload_s, strict=True)) == [
        (2, 600),
        (3, 0),
    ]


def test_tours_go_there_and_back() -> None:
    found = translate(hub_case(), [2, 0])
    tours = found.forth([(0, (2, -2, 0), None), (0, (1,), None), (0, (-1, 2), None)])
    back = found.back(tours)
    assert [visits for _, visits in back] == [(2, -2, 0), (-1, 2)]
    assert [use.fleet for use, _ in back] == [0, 0]
    assert found.back(found.forth([(0, (2,), 9)])) == []


def test_a_tour_beyond_the_capacity_of_every_use_is_left_out() -> None:
    stops = table(stop("A", 1, points=600.0), stop("B", 1, points=600.0))
    case = problem(stops, line(0, 10), fleet=(van(), truck()))
    found = translate(case, range(2))
    assert found.back(found.forth([(0, (0, 1), None)])) == []
    ((use, visits),) = found.back(found.forth([(1, (0, 1), None)]))
    assert use.is_adr
    assert visits == (0, 1)


def test_what_is_taken_is_no_longer_in_stock() -> None:
    stops = table(*(stop(f"S{i}", 1) for i in range(5)))
    case = problem(stops, line(0, 10), fleet=(van(),))
    assert sorted(translate(case, range(5)).arrays.stock) == [2, 3]
    assert sorted(translate(case, range(5), before=Before(taken=(Taken(0, 1, "D1"),))).arrays.stock) == [1, 2]


def test_leaving_the_plan_before_and_an_unusual_weekday_cost() -> None:
    stops = rich_table(with_optional("A", 1, usual_weekday=2, due_day=3), with_optional("B", 1, due_day=3))
    case = problem(stops, line(0, 10), fleet=(van(),), days=days(3), consistency=Consistency(weekday_eur=7.0))
    found = translate(case, range(2), before=Before(change_eur=5.0, places={1: (0, 3)}))
    by_day = {use.days.first: found.arrays.extra_eur[:, kind].tolist() for kind, use in enumerate(found.uses)}
    assert by_day == {1: [7.0, 5.0], 2: [0.0, 5.0], 3: [7.0, 0.0]}


def test_roads_become_the_metric_that_they_are() -> None:
    xy = np.array([[0.0, 0.0], [3.0, 4.0]])
    stops = table(stop("A", 1))
    flat = translate(problem(stops, PlaneRoads(xy, offset=0.5)), range(1)).arrays  # type: ignore[arg-type]
    globe = EstimatedRoads(np.array([50.0, 50.1]), np.array([8.0, 8.1]))
    round_ = translate(problem(stops, globe), range(1)).arrays  # type: ignore[arg-type]
    given = translate(problem(stops, plane(xy)), range(1)).arrays
    assert (flat.metric, round_.metric, given.metric) == (PLANE, SPHERE, MATRIX)
    assert given.km[0, 0, 1] == 5.0
    assert np.linalg.norm(round_.xyz, axis=1) == pytest.approx(1.0)
    two_kinds = {"road": plane(xy), "flat": PlaneRoads(xy)}
    mixed = replace(problem(stops, plane(xy)), roads=two_kinds)
    mixed = replace(mixed, fleet=(van(profile="flat"), truck()))
    assert translate(mixed, range(1)).arrays.km.shape == (2, 2, 2)
