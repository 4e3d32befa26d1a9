"""A tour that unloads on the way is one load up to the hub and another from there on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from collection_cases import truck
from voltloop.app.trips import trips_of
from voltloop.collection import Driver, Hub, Plan, Problem, Roads
from voltloop.collection.plan import tabulate
from voltloop.collection.schedule import plan_tour
from voltloop.collection.stops import STOP_COLUMNS

DAYS = (date(2026, 11, 23),)


def _problem() -> Problem:
    """A depot, two stops and a hub on a line, 10 km apart; at most one stop's goods fit at a time."""
    at = np.arange(4.0) * 10
    km = np.abs(at[:, None] - at[None, :])
    kind = replace(
        truck(), depot_id="D", count=1, payload_kg=150.0, max_reloads=1, reload_at=("H",), profile="road"
    )
    row = {
        "service_s": 600, "service_by_hand_s": 600, "open_s": 0, "close_s": 80_000, "mass_kg": 100.0,
        "floor_positions": 1.0, "points": 100.0, "boxes": 0, "needs_adr": False, "needs_lift": False,
        "depots": ["D", "H"], "due_day": 1, "due_on": DAYS[0], "prize_eur": 0.0,
    }  # fmt: skip
    stops = pl.DataFrame(
        [{"pickup_id": f"P/{n}", "point_id": "P", "place": n, **row} for n in (1, 2)], schema=STOP_COLUMNS
    )
    roads = {"road": Roads(km, km / 50)}
    return Problem(stops, (kind,), (Driver("A", "D"),), {"D": 0}, roads, DAYS, hubs={"H": Hub(3, 900)})


def _plan(problem: Problem, *visits: tuple[int, ...]) -> Plan:
    tours = [plan_tour(problem, 0, order) for order in visits]
    tables = tabulate(problem, [(tour, 1) for tour in tours if tour is not None])
    assert tables.tours.height == len(visits)
    empty = pl.DataFrame()
    return Plan(
        tables.tours, tables.stops, tables.breaks, empty, {}, 0.0, None, False, {}, {}, 0.0, 0.0, 0, "",
        reloads=tables.reloads,
    )  # fmt: skip


def test_a_tour_is_cut_where_it_unloads() -> None:
    plan = _plan(_problem(), (0, -1, 1))
    found = trips_of(plan)
    first, second = found.tours.rows(named=True)
    assert (first["tour_id"], second["tour_id"]) == ("T0001-1", "T0001-2")
    assert (first["start_id"], first["end_depot_id"]) == ("D", "H")
    assert (second["start_id"], second["end_depot_id"], second["depot_id"]) == ("H", "D", "D")
    assert (first["km"], second["km"]) == (30.0, 30.0)
    assert first["ends_s"] + 900 == second["starts_s"]
    assert found.stops.select("tour_id", "seq", "pickup_id").rows() == [
        ("T0001-1", 1, "P/1"),
        ("T0001-2", 1, "P/2"),
    ]


def test_what_the_trips_have_adds_up_to_the_tour() -> None:
    plan = _plan(_problem(), (0, -1, 1))
    found = trips_of(plan).tours
    for name in (
        "km",
        "driving_h",
        "duty_h",
        "cost_eur",
        "co2e_kg",
        "objective_eur",
        "mass_kg",
        "stop_count",
    ):
        assert found[name].sum() == pytest.approx(plan.tours[name].sum()), name
    assert found["points"].to_list() == [100.0, 100.0]


def test_a_tour_without_a_hub_is_one_trip() -> None:
    plan = _plan(_problem(), (0,))
    found = trips_of(plan)
    assert found.tours.drop("whole_tour_id", "start_id").equals(plan.tours)
    assert found.tours["start_id"].to_list() == ["D"]
    assert found.stops.equals(plan.stops)
