"""The plain ways build legal tours and serve what they can."""

from __future__ import annotations

import polars as pl
import pytest

from collection_cases import line, problem, random_problem, stop, table, truck
from voltloop.collection import baselines, evaluate, solve
from voltloop.collection.explain import impossible
from voltloop.collection.plan import tabulate


@pytest.mark.parametrize("seed", range(4))
def test_every_baseline_is_legal_and_complete(seed: int) -> None:
    case = random_problem(seed, 25, depots=3, tight=False)
    stops = [i for i in range(25) if impossible(case, i) is None]
    for baseline in baselines(case, stops):
        tours, visits, breaks, _ = tabulate(case, [(tour, 1) for tour in baseline.tours])
        found = evaluate(case, tours, visits, breaks, check_counts=False)
        assert found.violations == ()
        assert found.totals["cost_eur"] == pytest.approx(baseline.cost_eur)
        assert sorted(visits["pickup_id"]) == sorted(f"P{i}" for i in stops)
        assert baseline.missed == ()


def test_savings_joins_neighbours_and_a_truck_per_site_does_not() -> None:
    case = problem(table(stop("A", 1), stop("B", 2), stop("C", 3)), line(0, 100, 101, 102), fleet=(truck(),))
    by_name = {baseline.name: baseline for baseline in baselines(case, [0, 1, 2])}
    assert len(by_name["savings"].tours) == 1
    assert len(by_name["nearest neighbour"].tours) == 1
    assert len(by_name["one truck per site"].tours) == 3
    assert by_name["savings"].objective_eur < by_name["one truck per site"].objective_eur


def test_a_plan_beats_or_equals_savings_on_the_same_stops() -> None:
    case = random_problem(9, 25, depots=2, tight=False)
    plan = solve(case, max_iterations=200)
    savings = baselines(case, plan.served(case))[0]
    assert plan.totals["tour_objective_eur"] <= savings.objective_eur + 1e-6


def test_what_cannot_be_served_is_listed() -> None:
    case = problem(table(stop("A", 1), stop("B", 1, mass_kg=9e9)), line(0, 60))
    for baseline in baselines(case, [0, 1]):
        assert baseline.missed == (1,)
    assert isinstance(case.stops, pl.DataFrame)


def test_a_truck_per_site_takes_all_pickups_of_the_site_that_fit() -> None:
    """Three pick-ups of one site, of which two fit a truck together: two trucks, and never one for each pick-up."""
    heavy = {"point_id": "one site", "mass_kg": 4000.0}
    case = problem(
        table(*(stop(name, 1, **heavy) for name in "ABC")), line(0, 50), fleet=(truck(payload_kg=9000.0),)
    )
    tours = {way.name: way for way in baselines(case, [0, 1, 2])}["one truck per site"].tours
    assert sorted(len(tour.stops) for tour in tours) == [1, 2]
