"""What PyVRP is told of a problem: each rule it can know is in its tours, at the cost that the timetable finds."""

from __future__ import annotations

from typing import Any

import pytest

from collection_brute import best_by_brute_force
from collection_cases import line, problem, stop, table, truck, van
from voltloop.collection import Hub, Problem
from voltloop.collection.parts import Effort, Found, components
from voltloop.collection.pyvrp_solver import PyvrpSolver
from voltloop.collection.schedule import plan_tour

ROADS = line(0, 30, 10, 50, 20, 40)


def search(case: Problem, start: tuple[tuple[int, tuple[int, ...]], ...] = ()) -> Found:
    (part,) = components(case, range(len(case.stop_list)))
    return PyvrpSolver().tours(case, part, Effort(1, 400, 1 << 40, float("inf"), start=start))


def stops_of(**changes: Any) -> Any:
    return table(*(stop(f"S{i}", i, **changes) for i in range(1, 6)))


def windows() -> Any:
    """Early or late, but not at noon."""
    return [[8 * 3600, 9 * 3600], [14 * 3600, 15 * 3600]]


CASES: dict[str, Problem] = {
    "volume": problem(stops_of(volume_m3=3.0), ROADS, fleet=(truck(count=3, volume_m3=7.0),)),
    "deliveries": problem(
        stops_of(mass_kg=900.0, drop_mass_kg=2500.0, drop_floor_positions=1.0), ROADS, fleet=(truck(count=3),)
    ),
    "both ways on one floor": problem(
        stops_of(floor_positions=5.0, drop_floor_positions=5.0), ROADS, fleet=(truck(count=3),)
    ),
    "several windows": problem(stops_of(windows=windows()), ROADS, fleet=(truck(count=2),)),
    "release": problem(
        table(*(stop(f"S{i}", i, drop_mass_kg=10.0, release_s=(6 + 2 * i) * 3600) for i in range(1, 5))),
        ROADS, fleet=(truck(count=3),),
    ),
    "vehicle types": problem(
        table(*(stop(f"S{i}", i, vehicle_types=["van"] if i % 2 else ["truck"]) for i in range(1, 5))),
        ROADS, fleet=(truck(count=2), van(count=2)),
    ),
    "permits": problem(
        table(*(stop(f"S{i}", i, permits=["tank"] if i % 2 else []) for i in range(1, 5))),
        ROADS, fleet=(truck(count=2, permits=frozenset({"tank"})), van(count=2)),
    ),
    "reloads": problem(
        table(*(stop(f"S{i}", i, mass_kg=3000.0) for i in range(1, 5))), ROADS,
        fleet=(truck(count=2, max_reloads=1, reload_at=("hub",), fixed_cost_eur=500.0),),
    ),
    "prizes": problem(
        table(*(stop(f"S{i}", i, due_day=None, prize_eur=25.0 * i) for i in range(1, 6))),
        ROADS, fleet=(truck(count=1, max_duty_s=3 * 3600),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_rule_is_kept_and_the_best_is_found(name: str) -> None:
    case = CASES[name]
    found = search(case)
    tours = [plan_tour(case, kind, visits) for kind, visits in found.best]
    assert None not in tours, "a proposed tour is not legal"
    served = {visit for _, visits in found.best for visit in visits if visit >= 0}
    missed = sum(case.unserved_eur(index) for index in range(len(case.stop_list)) if index not in served)
    total = sum(tour.objective_eur for tour in tours if tour is not None) + missed
    assert total == pytest.approx(best_by_brute_force(case), rel=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_what_it_starts_with_comes_back(name: str) -> None:
    """Without an iteration the tours of the start are the answer, in the same order and with the same hubs."""
    case = CASES[name]
    best = search(case).best
    (part,) = components(case, range(len(case.stop_list)))
    again = PyvrpSolver().tours(case, part, Effort(1, 0, 1 << 40, float("inf"), start=best))
    assert sorted(again.best) == sorted(best)


def test_unloading_on_the_way_takes_its_time() -> None:
    """The hub takes so long that only one reload fits into the shift."""
    stops = table(*(stop(f"S{i}", i, mass_kg=5000.0, depots=["hub", "yard"]) for i in range(1, 4)))
    case = problem(
        stops, ROADS, hubs={"yard": Hub(4, 5 * 3600)},
        fleet=(truck(count=3, max_reloads=2, reload_at=("yard",), fixed_cost_eur=500.0),),
    )  # fmt: skip
    best = search(case).best
    assert None not in [plan_tour(case, kind, visits) for kind, visits in best]
    assert sorted(sum(visit < 0 for visit in visits) for _, visits in best) == [0, 1]


def test_goods_that_may_not_ride_together_are_refused() -> None:
    stops = table(stop("A", 1, goods=["acid"]), stop("B", 2, goods=["alkali"]))
    case = problem(stops, ROADS, clashes=frozenset({frozenset({"acid", "alkali"})}))
    assert search(case).stopped_by == "not modelled"


def test_a_fresh_start_still_serves_all_that_the_given_tours_serve() -> None:
    case = CASES["vehicle types"]
    (part,) = components(case, range(len(case.stop_list)))
    start = search(case).best
    fresh = Effort(2, 100, 1 << 40, float("inf"), start=start, is_fresh=True)
    found = PyvrpSolver().tours(case, part, fresh)
    assert sorted(v for _, visits in found.best for v in visits) == sorted(
        v for _, visits in start for v in visits
    )
