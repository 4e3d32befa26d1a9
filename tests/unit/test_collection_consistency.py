"""Usual weekdays and drivers: what leaving them weighs, and that the days of the tours keep them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from collection_cases import MONDAY, days, line, problem, stop, table, truck, van
from voltloop.collection import Driver, Problem, evaluate
from voltloop.collection.consistency import consistency_totals, driver_costs, weekday_costs
from voltloop.collection.days import DayClass, spread_over_days
from voltloop.collection.model import Consistency
from voltloop.collection.plan import tabulate
from voltloop.collection.schedule import Tour, plan_tour

LATER = date(2030, 1, 1)


def case_of(*stops: dict[str, Any], usual: dict[str, list[Any]], **changes: Any) -> Problem:
    rows = table(*stops).with_columns(pl.Series(name, values) for name, values in usual.items())
    values = {"days": days(5), "consistency": Consistency(weekday_eur=20.0, driver_eur=7.0)}
    roads = changes.pop("on", line(*range(0, 10 * len(stops) + 10, 10)))
    return problem(rows, roads, **{**values, **changes})


def single_tours(case: Problem, kind: int = 0) -> list[Tour]:
    tours = [plan_tour(case, kind, [index]) for index in range(len(case.stop_list))]
    return [tour for tour in tours if tour is not None]


def spread(case: Problem, tours: list[Tour]) -> list[int]:
    return spread_over_days(case, [(tour, DayClass(1, case.horizon)) for tour in tours])


def test_costs_count_the_visits_that_leave_the_usual() -> None:
    case = case_of(
        *(stop(name, place, due_day=5) for place, name in enumerate("ABC", start=1)),
        usual={"usual_weekday": [1, 3, None], "usual_driver": ["D1", "D1", "gone"]},
    )
    tour = plan_tour(case, 1, [0, 1, 2])
    assert tour is not None
    assert weekday_costs(case, [tour]).tolist() == [[20, 40, 20, 40, 40]]
    assert driver_costs(case, [tour], case.drivers).tolist() == [[21, 7, 21]]


def test_each_tour_drives_on_the_weekday_its_points_are_used_to() -> None:
    """A periodic service: every point has its weekday, and there is a van for each day."""
    weekdays = [3, 1, 5, 2, 4]
    case = case_of(
        *(stop(f"P{n}", n + 1, due_day=5) for n in range(5)),
        usual={"usual_weekday": weekdays},
        fleet=(van(count=1),),
    )
    assert spread(case, single_tours(case)) == weekdays
    free = case_of(*(stop(f"P{n}", n + 1, due_day=5) for n in range(5)), usual={}, fleet=(van(count=5),),
                   drivers=tuple(Driver(f"D{n}", "hub") for n in range(5)))  # fmt: skip
    assert spread(free, single_tours(free)) == [1] * 5


def test_deadlines_first_days_and_what_is_late_come_before_the_usual_weekday() -> None:
    late = MONDAY - timedelta(days=3)
    case = case_of(
        stop("late", 1, due_day=1, due_on=late), stop("due", 2, due_day=2), stop("from", 3, due_day=None),
        usual={"usual_weekday": [4, 4, 1], "first_day": [1, 1, 3]}, fleet=(van(count=1),),
    )  # fmt: skip
    assert spread(case, single_tours(case)) == [1, 2, 3]


def test_drivers_with_several_demands_are_counted_together() -> None:
    """One driver is certified, one trained: a certified and a trained tour fit on a day, two of a sort do not."""
    drivers = (Driver("A", "hub", LATER), Driver("B", "hub", None, (("tank", LATER),)))
    case = case_of(
        *(stop(f"P{n}", n + 1, due_day=2, points=2000.0 if n < 2 else 0.0) for n in range(4)),
        usual={"training": [[], [], ["tank"], ["tank"]]}, fleet=(truck(count=4),), drivers=drivers, days=days(2),
    )  # fmt: skip
    found = spread(case, single_tours(case))
    assert sorted(found[:2]) == [1, 2]
    assert sorted(found[2:]) == [1, 2]


def test_a_hundred_tours_over_five_days_keep_most_weekdays() -> None:
    rng = np.random.default_rng(3)
    usual = [int(day) for day in rng.integers(1, 6, 100)]
    case = case_of(
        *(stop(f"P{n}", n + 1, due_day=None) for n in range(100)),
        usual={"usual_weekday": usual}, fleet=(van(count=22),),
        drivers=tuple(Driver(f"D{n}", "hub") for n in range(22)), on=line(*([0.0] * 101)),
    )  # fmt: skip
    found = spread(case, single_tours(case))
    assert max(np.bincount(found)) <= 22
    most = sum(min(22, usual.count(day)) for day in range(1, 6))
    assert sum(day == wish for day, wish in zip(found, usual, strict=True)) == most


def test_shares_kept_stand_in_the_totals() -> None:
    case = case_of(
        stop("A", 1, due_day=5), stop("B", 2, due_day=5), stop("C", 3, due_day=5),
        usual={"usual_weekday": [1, 2, None], "usual_driver": ["D0", None, None]}, fleet=(van(count=3),),
    )  # fmt: skip
    tours, stops, breaks, _ = tabulate(case, [(tour, 1) for tour in single_tours(case)])
    totals = consistency_totals(case, tours, stops)
    assert totals["weekday_kept"] == 0.5
    keeps = tours.join(stops.filter(pl.col("pickup_id") == "A"), on="tour_id")["driver_id"].item() == "D0"
    assert totals["driver_kept"] == float(keeps)
    assert totals["consistency_eur"] == pytest.approx(20.0 + (0.0 if keeps else 7.0))
    assert evaluate(case, tours, stops, breaks).totals["consistency_eur"] == totals["consistency_eur"]
    assert "driver_kept" not in consistency_totals(case, tours, stops.filter(pl.col("pickup_id") != "A"))
