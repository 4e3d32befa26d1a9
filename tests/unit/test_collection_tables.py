"""Reading vehicles and drivers of a network folder, and writing times."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import polars as pl
import pytest

from collection_cases import line, problem, random_problem, stop, table
from voltloop.collection import Driver, drivers_from_table, fleet_from_table, solve
from voltloop.collection.plan import TOUR_COLUMNS, TOUR_STOP_COLUMNS, UNSERVED_COLUMNS, clock
from voltloop.collection.shares import first_fit_decreasing


def vehicles(**changes: Any) -> pl.DataFrame:
    row = {
        "vehicle_type": "rigid_adr", "name": "", "depot_id": "hub", "count": 2, "payload_kg": 9000.0,
        "floor_positions": 16.0, "critical_boxes": 2, "is_adr_equipped": True, "tail_lift": True,
        "fixed_cost_eur": 120.0, "cost_eur_per_km": 0.78, "cost_eur_per_h": 39.0, "co2e_kg_per_km": 0.8,
        "shift_start": "06:00", "shift_end": "19:00", "max_driving_h": 9.0, "max_shift_h": 13.0,
    }  # fmt: skip
    return pl.DataFrame([{**row, **changes}])


def test_a_row_of_vehicles_becomes_a_kind() -> None:
    (kind,) = fleet_from_table(vehicles(), profiles={"rigid_adr": "rigid"})
    assert (kind.shift_start_s, kind.shift_end_s, kind.max_driving_s) == (21_600, 68_400, 32_400)
    assert kind.has_tail_lift
    assert kind.profile == "rigid"


@pytest.mark.parametrize(("start", "end"), [("22:00", "06:00"), (time(22), time(6))])
def test_a_night_shift_ends_the_next_day(start: Any, end: Any) -> None:
    (kind,) = fleet_from_table(vehicles(shift_start=start, shift_end=end))
    assert kind.shift_end_s - kind.shift_start_s == 8 * 3600


def test_a_shift_of_no_length_stays_one() -> None:
    (kind,) = fleet_from_table(vehicles(shift_start="06:00", shift_end="06:00"))
    assert kind.shift_end_s == kind.shift_start_s
    case = problem(table(stop("A", 1)), line(0, 10), fleet=(kind,))
    assert solve(case).unserved["code"].to_list() == ["tour-shift-too-short"]


def test_drivers_and_what_they_need() -> None:
    rows = pl.DataFrame({
        "driver_id": ["A", "B"], "depot_id": ["hub", "hub"],
        "adr_certificate_valid_to": [date(2027, 1, 1), None], "hazmat_training_valid_to": [None, date(2027, 2, 2)],
    })  # fmt: skip
    assert drivers_from_table(rows) == (Driver("A", "hub", date(2027, 1, 1)), Driver("B", "hub"))
    usa = drivers_from_table(
        rows, certificate="hazmat_training_valid_to", requires="hazmat_training_valid_to"
    )
    assert usa == (Driver("B", "hub", date(2027, 2, 2)),)
    assert Driver("A", "hub", date(2027, 1, 1)).is_certified(date(2027, 1, 1))
    assert not Driver("A", "hub", date(2027, 1, 1)).is_certified(date(2027, 1, 2))


def test_tables_have_their_columns_even_when_empty() -> None:
    for case in (problem(table(), line(0)), random_problem(0, 6)):
        plan = solve(case)
        assert plan.tours.schema == pl.Schema(TOUR_COLUMNS)
        assert plan.stops.schema == pl.Schema(TOUR_STOP_COLUMNS)
        assert plan.unserved.schema == pl.Schema(UNSERVED_COLUMNS)


def test_drivers_without_certificate_are_spared_for_plain_tours() -> None:
    stops = table(stop("plain", 1, points=0.0), stop("critical", 2, needs_adr=True))
    drivers = (Driver("A-certified", "hub", date(2030, 1, 1)), Driver("B-plain", "hub"))
    plan = solve(problem(stops, line(0, 250, -250), drivers=drivers))
    assert dict(plan.tours.select("needs_adr", "driver_id").rows()) == {True: "A-certified", False: "B-plain"}


def test_clock_counts_on_past_midnight() -> None:
    assert clock(0) == "00:00"
    assert clock(86_400 + 3_660) == "25:01"


def test_pieces_too_many_for_the_boxes_come_back() -> None:
    boxes, over = first_fit_decreasing([(1, 4.0, 5)], 8.0, 99, 2)
    assert [sum(run[2] for run in box) for box in boxes] == [2, 2]
    assert over == [(1, 4.0, 1)]
    assert first_fit_decreasing([(1, 9.0, 1)], 8.0, 99) == ([], [(1, 9.0, 1)])
