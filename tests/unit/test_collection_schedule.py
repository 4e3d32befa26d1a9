"""The timetable of one tour: windows, shift, driving law and breaks, exactly."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from collection_cases import line, plane, problem, stop, table, truck, van
from voltloop.collection import US_DRIVING
from voltloop.collection.loads import first_fault
from voltloop.collection.schedule import plan_tour


def test_departure_is_late_enough_to_avoid_waiting() -> None:
    """Duty is paid, so a tour leaves just in time for the opening."""
    case = problem(table(stop("A", 1, open_s=10 * 3600)), line(0, 60))
    tour = plan_tour(case, 1, [0])
    assert tour is not None
    assert tour.timetable.starts_s == 9 * 3600
    assert tour.timetable.begins_s == (10 * 3600,)
    assert tour.timetable.duty_s == 2 * 3600 + 900


def test_cost_counts_fixed_distance_duty_and_carbon() -> None:
    case = problem(table(stop("A", 1)), line(0, 60))
    tour = plan_tour(case, 1, [0])
    assert tour is not None
    assert tour.km == pytest.approx(120)
    assert tour.cost_eur == pytest.approx(120 + 120 * 0.8 + 2.25 * 38)
    assert tour.co2e_kg == pytest.approx(96)
    assert tour.objective_eur == pytest.approx(tour.cost_eur + 9.6)


def test_unavoidable_wait_is_paid() -> None:
    """Two windows far apart: the wait between them cannot be slept away before departure."""
    stops = table(stop("A", 1, close_s=7 * 3600), stop("B", 2, open_s=12 * 3600))
    tour = plan_tour(problem(stops, line(0, 30, 60)), 1, [0, 1])
    assert tour is not None
    assert tour.timetable.starts_s == 6 * 3600 + 1800
    assert tour.timetable.begins_s == (7 * 3600, 12 * 3600)


@pytest.mark.parametrize(("kilometres", "breaks"), [(135.0, 0), (135.1, 1)])
def test_break_after_four_and_a_half_hours(kilometres: float, breaks: int) -> None:
    """561/2006 Art. 7: 4.5 h need no break, a second more needs 45 minutes."""
    case = problem(table(stop("A", 1)), line(0, kilometres))
    tour = plan_tour(case, 1, [0])
    assert tour is not None
    assert len(tour.timetable.breaks) == breaks
    assert tour.timetable.duty_s == tour.timetable.driving_s + 900 + breaks * 2700


def test_break_hides_in_a_wait() -> None:
    """A break taken while waiting for the opening costs nothing; taken on the road it would."""
    stops = table(stop("A", 1, close_s=8 * 3600), stop("B", 2, open_s=12 * 3600 + 1800))
    tour = plan_tour(problem(stops, line(0, 120, 150)), 1, [0, 1])
    assert tour is not None
    assert [(rest.leg, rest.after_s) for rest in tour.timetable.breaks] == [(1, 1800)]
    assert tour.timetable.ends_s == 12 * 3600 + 1800 + 900 + 150 * 60


def test_loading_counts_as_break_in_the_usa_only() -> None:
    stops = table(stop("A", 1, service_s=1800))
    far = line(0, 255)
    kind = truck(max_driving_s=11 * 3600, max_duty_s=14 * 3600, shift_end_s=20 * 3600)
    usa = problem(stops, far, fleet=(kind,), rules=US_DRIVING)
    tour = plan_tour(usa, 0, [0])
    assert tour is not None
    assert tour.timetable.breaks == ()
    short = problem(table(stop("A", 1, service_s=1799)), far, fleet=(kind,), rules=US_DRIVING)
    tour = plan_tour(short, 0, [0])
    assert tour is not None
    assert len(tour.timetable.breaks) == 1
    assert plan_tour(problem(stops, far, fleet=(kind,)), 0, [0]) is not None


@pytest.mark.parametrize(("kilometres", "is_legal"), [(270.0, True), (270.1, False)])
def test_nine_hours_of_driving(kilometres: float, is_legal: bool) -> None:
    case = problem(table(stop("A", 1)), line(0, kilometres))
    assert (plan_tour(case, 1, [0]) is not None) is is_legal


def test_shift_and_duty_end_the_day() -> None:
    stops = table(stop("A", 1, service_s=8 * 3600))
    assert plan_tour(problem(stops, line(0, 60), fleet=(truck(max_duty_s=10 * 3600),)), 0, [0]) is not None
    assert plan_tour(problem(stops, line(0, 60), fleet=(truck(max_duty_s=10 * 3600 - 1),)), 0, [0]) is None
    assert plan_tour(problem(stops, line(0, 60), fleet=(truck(shift_end_s=16 * 3600),)), 0, [0]) is not None
    assert plan_tour(problem(stops, line(0, 60), fleet=(truck(shift_end_s=16 * 3600 - 1),)), 0, [0]) is None


def test_loading_must_start_before_closing() -> None:
    assert plan_tour(problem(table(stop("A", 1, close_s=7 * 3600)), line(0, 60)), 1, [0]) is not None
    assert plan_tour(problem(table(stop("A", 1, close_s=7 * 3600 - 1)), line(0, 60)), 1, [0]) is None


def test_no_road_no_tour() -> None:
    roads = line(0, 60, 70)
    roads.distance_km[1, 2] = float("nan")
    case = problem(table(stop("A", 1), stop("B", 2)), roads)
    assert plan_tour(case, 1, [0, 1]) is None
    assert plan_tour(case, 1, [1, 0]) is not None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mass_kg": 1000.0}, None),
        ({"mass_kg": 1000.1}, "too-heavy"),
        ({"floor_positions": 4.0}, None),
        ({"floor_positions": 4.1}, "too-much-floor"),
        ({"points": 1000.0}, None),
        ({"points": 1000.1}, "needs-adr-vehicle"),
        ({"boxes": 1}, "too-many-boxes"),
        ({"needs_lift": True}, "needs-lift"),
        ({"needs_adr": True}, "needs-adr-vehicle"),
        ({"depots": ["elsewhere"]}, "depot-not-allowed"),
    ],
)
def test_what_a_plain_van_may_not_take(changes: dict[str, object], code: str | None) -> None:
    """Each limit on both of its sides; the load-point limit of ADR 1.1.3.6.4 is inclusive."""
    case = problem(table(stop("A", 1, **changes)), line(0, 10))
    assert first_fault(case, case.fleet[0], [0]) == code
    assert (plan_tour(case, 0, [0]) is None) is (code is not None)


def test_by_hand_is_slower() -> None:
    case = problem(table(stop("A", 1)), line(0, 60))
    van_tour, truck_tour = plan_tour(case, 0, [0]), plan_tour(case, 1, [0])
    assert van_tour is not None
    assert truck_tour is not None
    assert van_tour.timetable.duty_s - truck_tour.timetable.duty_s == 300


def test_needs_adr_is_set_by_points_or_category_zero() -> None:
    stops = table(stop("A", 1, points=600.0), stop("B", 2, points=400.0), stop("C", 3, points=1.0),
                  stop("D", 4, needs_adr=True, points=0.0))  # fmt: skip
    case = problem(stops, line(0, 10, 20, 30, 40))
    flags = [plan_tour(case, 1, order) for order in ([0, 1], [0, 1, 2], [3])]
    assert [tour.needs_adr for tour in flags if tour is not None] == [False, True, True]


def test_labels_find_the_best_place_for_breaks() -> None:
    """Against trying every subset of stops as extra rest places with a plain simulation."""
    stops = table(
        stop("A", 1, open_s=9 * 3600, close_s=11 * 3600, service_s=1200),
        stop("B", 2, open_s=13 * 3600, close_s=14 * 3600, service_s=600),
        stop("C", 3, service_s=900),
    )
    case = problem(stops, line(0, 90, 170, 60, speed_km_h=60), fleet=(truck(shift_end_s=22 * 3600),))
    tour = plan_tour(case, 0, [0, 1, 2])
    assert tour is not None
    best = min(
        end - start
        for start in range(6 * 3600, 12 * 3600, 60)
        for rests in itertools.product([False, True], repeat=3)
        for end in [_simulate(case.stop_list, [5400, 4800, 6600, 3600], start, rests)]
        if end is not None and end <= 22 * 3600
    )
    assert tour.timetable.duty_s <= best
    assert tour.timetable.duty_s >= best - 60


def _simulate(stops: object, legs: list[int], start: int, rests: tuple[bool, ...]) -> int | None:
    clock, since = start, 0
    for leg, drive in enumerate(legs):
        if since + drive > 16_200:
            clock += 2700
            since = since + drive - 16_200
        else:
            since += drive
        clock += drive
        if leg == 3:
            return clock
        if rests[leg]:
            clock, since = clock + 2700, 0
        entry = stops[leg]  # type: ignore[index]
        if clock > entry.close_s:
            return None
        clock = max(clock, entry.open_s) + entry.service_s
    return None


def test_two_fleets_of_one_type_differ_by_name() -> None:
    case = problem(table(stop("A", 1)), line(0, 10), fleet=(van(name="old"), replace(van(), name="new")))
    assert plan_tour(case, 1, [0]) is not None


def test_same_place_twice_costs_no_way() -> None:
    roads = plane(__import__("numpy").array([[0.0, 0.0], [60.0, 0.0], [60.0, 0.0]]))
    tour = plan_tour(problem(table(stop("A", 1), stop("B", 2)), roads), 1, [0, 1])
    assert tour is not None
    assert tour.km == pytest.approx(120)
