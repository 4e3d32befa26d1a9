"""Tours with deliveries, visits to hubs, goods, zones and tunnels: answers that can be seen by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from collection_cases import days, line, problem, stop, table, truck, van
from voltloop.collection import Driver, Problem, evaluate
from voltloop.collection.crews import name_drivers
from voltloop.collection.loads import Load, aboard, first_fault, trips
from voltloop.collection.model import Consistency, Hub
from voltloop.collection.parts import Part
from voltloop.collection.plan import RELOAD_COLUMNS, tabulate
from voltloop.collection.pool import Pool, enumerate_tours
from voltloop.collection.roads import PlaneRoads
from voltloop.collection.schedule import Tour, plan_tour

HOME = ["hub", "yard"]
LATER = date(2030, 1, 1)


def yard_case(*rows: dict[str, Any], **changes: Any) -> Problem:
    """Stops at 30, 60 and 90 km; the yard at 50 km, ten minutes to unload."""
    kind = truck(reload_at=("yard",), max_reloads=2, **changes)
    return problem(table(*rows), line(0, 30, 60, 90, 50), fleet=(kind,), hubs={"yard": Hub(4, 600)})


def planned(case: Problem, visits: list[int], kind: int = 0) -> Tour:
    tour = plan_tour(case, kind, visits)
    assert tour is not None
    return tour


def test_trips_of_a_tour() -> None:
    assert trips([]) == [()]
    assert trips([-1, 3, -2, -1, 5]) == [(), (3,), (), (5,)]


def test_what_is_delivered_rides_from_the_start_of_the_trip_and_what_is_loaded_to_its_end() -> None:
    case = yard_case(
        stop("A", 1, depots=HOME, mass_kg=100.0, drop_mass_kg=30.0, points=5.0),
        stop("B", 2, depots=HOME, mass_kg=200.0, drop_mass_kg=40.0, drop_volume_m3=2.0, boxes=1, points=6.0),
        stop("C", 3, depots=HOME, mass_kg=400.0, volume_m3=1.0, points=7.0),
    )
    legs = aboard(case, [0, 1, -1, 2])
    assert [leg.mass_kg for leg in legs] == [70, 140, 300, 0, 400]
    assert legs[1] == Load(140.0, 1.0, 2.0, 5.0, 0)
    assert legs[2] == Load(300.0, 2.0, 0.0, 11.0, 1)
    assert legs[-1] == Load(400.0, 1.0, 1.0, 7.0, 0)


@pytest.mark.parametrize(("payload_kg", "is_legal"), [(140.0, True), (139.9, False)])
def test_the_fullest_leg_counts(payload_kg: float, is_legal: bool) -> None:
    """First the heavy delivery leaves, then the heavy goods come: never are both aboard."""
    case = yard_case(
        stop("A", 1, mass_kg=50.0, drop_mass_kg=100.0), stop("B", 2, mass_kg=90.0, drop_mass_kg=20.0),
        payload_kg=payload_kg,
    )  # fmt: skip
    assert (plan_tour(case, 0, [0, 1]) is not None) is is_legal


def test_unloading_on_the_way_makes_room_and_takes_its_time() -> None:
    rows = [stop(name, place, depots=HOME, mass_kg=5000.0) for name, place in (("A", 1), ("B", 2))]
    case = yard_case(*rows)
    assert first_fault(case, case.fleet[0], [0, 1]) == "too-heavy"
    tour = planned(case, [0, -1, 1])
    assert (tour.stops, tour.km) == ((0, 1), 120.0)
    assert tour.timetable.duty_s == 2 * 3600 + 2 * 900 + 600
    assert first_fault(case, case.fleet[0], [0, -1, 1, -1, -1]) == "too-many-reloads"
    nowhere = yard_case(*(row | {"depots": ["hub"]} for row in rows))
    assert first_fault(nowhere, nowhere.fleet[0], [0, -1, 1]) == "depot-not-allowed"
    assert first_fault(nowhere, nowhere.fleet[0], [-1, 0]) is None


def test_load_points_and_clashes_are_those_of_one_trip() -> None:
    case = yard_case(
        stop("A", 1, depots=HOME, points=900.0, goods=["acid"]),
        stop("B", 2, depots=HOME, points=900.0, goods=["lithium"]),
    )
    assert planned(case, [0, 1]).needs_adr
    assert not planned(case, [0, -1, 1]).needs_adr
    apart = replace(case, clashes=frozenset({frozenset({"acid", "lithium"})}))
    assert first_fault(apart, apart.fleet[0], [0, 1]) == "goods-clash"
    assert plan_tour(apart, 0, [0, -1, 1]) is not None


def test_a_class_that_clashes_with_itself_is_for_one_stop_a_trip() -> None:
    rows = [stop(name, place, depots=HOME, goods=["damaged"]) for name, place in (("A", 1), ("B", 2))]
    case = replace(yard_case(*rows), clashes=frozenset({frozenset({"damaged"})}))
    assert plan_tour(case, 0, [0]) is not None
    assert first_fault(case, case.fleet[0], [0, 1]) == "goods-clash"
    assert plan_tour(case, 0, [0, -1, 1]) is not None


def test_a_trip_waits_for_its_release_and_a_break_hides_in_the_wait() -> None:
    case = yard_case(
        stop("A", 1, depots=HOME), stop("B", 2, depots=HOME, release_s=12 * 3600), stop("C", 3, depots=HOME)
    )
    assert planned(case, [1]).timetable.starts_s == 12 * 3600
    assert planned(case, [0]).timetable.starts_s == 6 * 3600
    tour = planned(case, [0, -1, 1])
    assert tour.timetable.departs_s[1] == 12 * 3600
    # 30 and 20 km, two times of work: out just in time to unload until noon.
    assert tour.timetable.starts_s == 12 * 3600 - 600 - 3000 - 900


def test_emissions_by_load() -> None:
    case = yard_case(
        stop("A", 1, depots=HOME, mass_kg=2000.0, drop_mass_kg=1000.0), stop("B", 2, depots=HOME, mass_kg=3000.0),
        co2e_kg_per_km=0.5, co2e_kg_per_tkm=0.1,
    )  # fmt: skip
    # 30 km with 1 t, 20 km with 2 t to the yard, 10 km empty, 60 km with 3 t.
    assert planned(case, [0, -1, 1]).co2e_kg == pytest.approx(120 * 0.5 + 0.1 * (30 + 40 + 0 + 180))


def test_tours_end_where_the_vehicle_ends() -> None:
    case = problem(
        table(stop("A", 1, depots=["other"]), stop("B", 1)), line(0, 30, 40), fleet=(van(end_depot_id="other"),),
        depots={"hub": 0, "other": 2},
    )  # fmt: skip
    assert planned(case, [0]).km == 40
    assert first_fault(case, case.fleet[0], [1]) == "depot-not-allowed"


def test_the_strictest_tunnel_code_of_a_marked_load_chooses_the_roads() -> None:
    straight, around = line(0, 30, 60), line(0, 40, 80)
    case = problem(
        table(stop("A", 1, tunnel_code="D/E", points=900.0), stop("B", 2, tunnel_code="C", points=900.0)), straight,
        fleet=(truck(),), roads={"road": straight, "no tunnels": around},
        tunnel_profiles={"C": {"road": "no tunnels"}},
    )  # fmt: skip
    assert (planned(case, [1]).road_profile, planned(case, [1]).km) == ("road", 120)
    assert (planned(case, [0, 1]).road_profile, planned(case, [0, 1]).km) == ("no tunnels", 160)
    packages = replace(case, tunnel_profiles={"D": {"road": "no tunnels"}}, relief_points=800.0)
    assert planned(packages, [0]).road_profile == "road"


def test_days_and_training_of_a_tour_are_those_of_all_its_stops() -> None:
    rows = (
        stop("A", 1, first_day=2, due_day=3, training=["b"]),
        stop("B", 2, due_day=4, training=["a", "b"]),
    )
    case = problem(table(*rows), line(0, 10, 20), days=days(5))
    tour = planned(case, [0, 1])
    assert (tour.first_day, tour.last_day, tour.training) == (2, 3, ("a", "b"))
    late = replace(case, stops=case.stops.with_columns(first_day=pl.Series([4, 1])))
    assert first_fault(late, late.fleet[0], [0]) == "days-apart"


def test_a_visit_begins_in_one_of_several_windows() -> None:
    """Late for the first window, the vehicle comes for the second; early on, it does not wait for it."""
    rows = (
        stop("A", 1, open_s=7 * 3600, close_s=16 * 3600, windows=[[25_200, 27_000], [46_800, 57_600]]),
        stop("B", 2, open_s=8 * 3600, close_s=9 * 3600),
    )
    case = problem(table(*rows), line(0, 30, 60), fleet=(truck(),))
    assert planned(case, [0, 1]).timetable.begins_s == (26_100, 28_800)
    assert planned(case, [1, 0]).timetable.begins_s == (32_400, 46_800)


def test_the_tables_tell_visits_to_hubs_by_themselves() -> None:
    case = yard_case(stop("A", 1, depots=HOME, mass_kg=500.0, volume_m3=2.0), stop("B", 2, drop_mass_kg=50.0))
    tables = tabulate(case, [(planned(case, [0, -1, 1]), 1)])
    assert tables.reloads.schema == pl.Schema(RELOAD_COLUMNS)
    assert tables.stops["seq"].to_list() == [1, 3]
    assert tables.reloads.select("seq", "hub_id", "mass_kg", "leg_km").row(0) == (2, "yard", 500.0, 20.0)
    assert tables.tours.select("stop_count", "reload_count", "mass_kg", "volume_m3").row(0) == (
        2,
        1,
        700.0,
        2.0,
    )
    assert tables.stops["mass_after_kg"].to_list() == [500.0, 200.0]
    assert evaluate(case, tables.tours, tables.stops, tables.breaks, reloads=tables.reloads).is_feasible
    assert not evaluate(case, tables.tours, tables.stops, tables.breaks).is_feasible


def test_the_pool_knows_the_hubs_of_each_vehicle() -> None:
    rows = (stop("A", 1, depots=["yard"]), stop("B", 2))
    fleet = (
        van(reload_at=("moon", "yard"), max_reloads=1),
        truck(reload_at=("yard",), max_reloads=1),
        truck(name="none"),
    )
    hubs = {"yard": Hub(3), "moon": Hub(3)}
    case = problem(table(*rows), line(0, 10, 20, 15), fleet=fleet, hubs=hubs)
    pool = Pool(case)
    pool.add_with_variants(0, [0, -2, 1])
    assert [(tour.kind, tour.visits) for tour in pool.tours([0, 1])] == [(0, (0, -2, 1)), (1, (0, -1, 1))]
    whole = Pool(case)
    assert enumerate_tours(case, Part("all", (0, 1), (0, 1, 2)), whole, budget=1000)
    assert {(tour.kind, tour.stops) for tour in whole.tours([0, 1])} >= {(0, (0,)), (1, (0,)), (2, (1,))}
    assert not enumerate_tours(case, Part("all", (0, 1), (0, 1, 2)), Pool(case), budget=10)


def crew_case(*rows: dict[str, Any], drivers: tuple[Driver, ...], driver_eur: float = 0.0) -> Problem:
    roads = PlaneRoads(np.array([[0.0, 0.0], *([float(n + 1), 0.0] for n in range(len(rows)))]))
    return problem(table(*rows), roads, fleet=(truck(count=9),), drivers=drivers,
                   consistency=Consistency(driver_eur=driver_eur))  # fmt: skip


def test_drivers_go_where_they_may_and_where_they_are_known() -> None:
    rows = (
        stop("A", 1, needs_adr=True), stop("B", 2, training=["damaged"]), stop("C", 3, usual_driver="all"),
    )  # fmt: skip
    drivers = (
        Driver("all", "hub", LATER, (("damaged", LATER),)),
        Driver("plain", "hub"),
        Driver("trained", "hub", None, (("damaged", LATER), ("expired", date(2026, 1, 1)))),
    )
    case = crew_case(*rows, drivers=drivers, driver_eur=10.0)
    tours = [(planned(case, [index]), 1) for index in range(3)]
    assert name_drivers(case, tours) == ["all", "trained", "plain"]
    assert name_drivers(case, tours[1:]) == ["trained", "all"]
    assert name_drivers(case, [*tours, tours[0]]).count(None) == 1


def test_certificates_are_spared_where_they_are_not_needed() -> None:
    drivers = (Driver("A", "hub", LATER), Driver("B", "hub"), Driver("C", "elsewhere"))
    case = crew_case(stop("A", 1), drivers=drivers)
    assert name_drivers(case, [(planned(case, [0]), 1)]) == ["B"]
    assert name_drivers(replace(case, drivers=()), [(planned(case, [0]), 1)]) == [None]
