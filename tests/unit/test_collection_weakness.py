"""Weak tours: the one that others could take, the one with too large a vehicle, the empty one."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from collection_cases import days, line, problem, random_problem, stop, table, truck, van
from voltloop.collection import Driver, Problem, evaluate, solve
from voltloop.collection.plan import UNSERVED_COLUMNS, Plan, tabulate
from voltloop.collection.planned import planned_tours
from voltloop.collection.roads import PlaneRoads
from voltloop.collection.schedule import plan_tour
from voltloop.collection.vehicles import Hub
from voltloop.collection.weakness import weak_tours

LATER = date(2030, 1, 1)


def plan_of(case: Problem, *tours: tuple[int, list[int], int]) -> Plan:
    """Tours as (kind, visits, day)."""
    planned = []
    for kind, visits, day in tours:
        tour = plan_tour(case, kind, visits)
        assert tour is not None
        planned.append((tour, day))
    tables = tabulate(case, planned)
    left = pl.DataFrame(schema=UNSERVED_COLUMNS)
    return Plan(
        tables.tours,
        tables.stops,
        tables.breaks,
        left,
        {},
        0.0,
        None,
        False,
        {},
        {},
        0.0,
        0.0,
        0,
        "",
        tables.reloads,
    )


def crew(count: int) -> dict[str, Any]:
    return {"drivers": tuple(Driver(f"D{number}", "hub", LATER) for number in range(count))}


def test_a_tour_whose_stops_lie_on_the_way_of_another_is_the_weakest() -> None:
    """B lies between A and C, and drives alone."""
    case = problem(
        table(stop("A", 1), stop("B", 2), stop("C", 3)), line(0, 10, 20, 30), fleet=(van(count=3),), **crew(3)
    )
    plan = plan_of(case, (0, [0, 2], 1), (0, [1], 1))
    names = dict(plan.stops.select("pickup_id", "tour_id").iter_rows())
    found = weak_tours(case, plan)
    first = found.tours.row(0, named=True)
    assert first["tour_id"] == names["B"]
    alone, both, apart = (plan_tour(case, 0, visits) for visits in ([1], [0, 1, 2], [0, 2]))
    assert alone is not None
    assert both is not None
    assert apart is not None
    saved = alone.objective_eur + apart.objective_eur - both.objective_eur
    assert first["removal_saves_eur"] == pytest.approx(saved)
    moves = found.moves.filter(pl.col("tour_id") == names["B"])
    assert moves.select("pickup_id", "to_tour_id").rows() == [("B", names["A"])]
    assert f"saves EUR {saved:.2f}" in first["suggestion"]
    assert names["A"] in first["suggestion"]


def test_a_stop_that_fits_nowhere_else_keeps_its_tour() -> None:
    case = problem(table(stop("A", 1, floor_positions=4.0), stop("B", 2, floor_positions=1.0)), line(0, 10, 20),
                   fleet=(van(count=2), truck(count=0)), **crew(2))  # fmt: skip
    found = weak_tours(case, plan_of(case, (0, [0], 1), (0, [1], 1)))
    assert found.tours["removal_saves_eur"].to_list() == [None, None]
    assert found.moves["to_tour_id"].to_list() == [None, None]


def test_a_stop_that_need_not_be_served_may_wait() -> None:
    case = problem(table(stop("A", 1, due_day=None, prize_eur=5.0)), line(0, 100), fleet=(van(),))
    row = weak_tours(case, plan_of(case, (0, [0], 1))).tours.row(0, named=True)
    tour = plan_tour(case, 0, [0])
    assert tour is not None
    assert row["removal_saves_eur"] == pytest.approx(tour.objective_eur - 5.0)
    assert "for later" in row["suggestion"]


def test_too_large_a_vehicle_is_named() -> None:
    case = problem(table(stop("A", 1)), line(0, 10))
    row = weak_tours(case, plan_of(case, (1, [0], 1))).tours.row(0, named=True)
    van_eur, truck_eur = (plan_tour(case, kind, [0]) for kind in (0, 1))
    assert van_eur is not None
    assert truck_eur is not None
    assert (
        row["suggestion"]
        == f"A van would do: that saves EUR {truck_eur.objective_eur - van_eur.objective_eur:.2f}."
    )


def test_figures_of_a_tour_with_an_unloading_on_the_way() -> None:
    """Out empty 10 km, back to the hub full, out again empty: 10 + 20 of 60 km."""
    rows = table(stop("A", 1, floor_positions=4.0), stop("B", 2, floor_positions=2.0, open_s=10 * 3600))
    rows = rows.with_columns(pl.Series("depots", [["hub", "mid"], ["hub", "mid"]]))
    case = problem(rows, line(0, 10, 20, 0), fleet=(van(max_reloads=1, reload_at=("mid",)),),
                   hubs={"mid": Hub(3, 600)})  # fmt: skip
    plan = plan_of(case, (0, [0, -1, 1], 1))
    assert [entry.tour.visits for entry in planned_tours(case, plan) if entry.tour] == [(0, -1, 1)]
    row = weak_tours(case, plan).tours.row(0, named=True)
    assert row["empty_km_share"] == pytest.approx(0.5)
    assert row["fill"] == 1.0
    assert row["waiting_h"] == pytest.approx(0.0)
    assert row["cost_eur_per_kg"] == pytest.approx(row["cost_eur"] / 400)


@pytest.mark.parametrize("seed", range(4))
def test_no_tour_of_a_good_plan_saves_more_than_its_gap(seed: int) -> None:
    case = random_problem(seed, 14, depots=2, tight=False)
    plan = solve(case, time_limit_s=1.0, max_iterations=50)
    found = weak_tours(case, plan)
    assert found.tours.height == plan.tours.height
    assert evaluate(case, plan.tours, plan.stops, plan.breaks, reloads=plan.reloads).is_feasible
    saved = found.tours["removal_saves_eur"].drop_nulls()
    assert (saved <= plan.totals["objective_eur"] - plan.bound_eur + 1e-6).all()


def test_a_large_plan_takes_no_matrix() -> None:
    rng = np.random.default_rng(1)
    many = 3000
    xy = rng.uniform(0, 60, (many + 1, 2))
    rows = [stop(f"P{n}", n + 1, points=0.0, floor_positions=0.5) for n in range(many)]
    fleet = van(count=800, payload_kg=1500.0, shift_end_s=22 * 3600, max_duty_s=15 * 3600)
    case = problem(table(*rows), PlaneRoads(xy), fleet=(fleet,),
                   days=days(1), **crew(800))  # fmt: skip
    order = np.argsort(np.arctan2(*(xy[1:] - xy[0]).T))
    plan = plan_of(case, *((0, [int(n) for n in order[first : first + 5]], 1) for first in range(0, many, 5)))
    found = weak_tours(case, plan, look_at=10)
    assert found.tours["removal_saves_eur"].drop_nulls().len() > 0
