"""Planning many stops at once: legal, repeatable on any number of processes, in time, from an earlier plan."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from collection_cases import days, line, problem, random_problem, stop, table, truck, van
from voltloop.collection import Driver, Plan, Problem, Progress, evaluate, solve
from voltloop.collection import engine as engine_module
from voltloop.collection.roads import EstimatedRoads
from voltloop.errors import InputError

CERTIFIED = date(2030, 1, 1)


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_LARGE_STOPS", 0)


def check(case: Problem, plan: Plan) -> None:
    found = evaluate(case, plan.tours, plan.stops, plan.breaks, unserved=plan.unserved, reloads=plan.reloads)
    assert found.violations == ()
    assert found.totals["tour_objective_eur"] == pytest.approx(plan.totals["tour_objective_eur"])
    assert plan.bound_eur <= plan.totals["objective_eur"] + 1e-6
    assert "tours mended" not in plan.stopped_by
    assert plan.totals["served"] + plan.unserved.height == len(case.stop_list)


def same(one: Plan, other: Plan) -> bool:
    return all(
        getattr(one, name).equals(getattr(other, name))
        for name in ("tours", "stops", "breaks", "reloads", "unserved")
    )


@pytest.mark.parametrize("seed", range(4))
def test_every_plan_is_legal_and_about_as_good_as_the_pool(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = random_problem(seed, 30, depots=2, planning_days=3, tight=bool(seed % 2))
    plan = solve(case, max_iterations=1500)
    check(case, plan)
    assert "voltloop" in plan.solver
    monkeypatch.setattr(engine_module, "_LARGE_STOPS", 100)
    pooled = solve(case, max_iterations=300)
    assert plan.totals["objective_eur"] <= 1.05 * pooled.totals["objective_eur"]


def test_a_plan_repeats_from_its_iterations_with_one_process_and_with_two() -> None:
    case = random_problem(3, 60, depots=3, planning_days=2, tight=False)
    first = solve(case, seed=5, time_limit_s=3.0)
    check(case, first)
    assert same(first, solve(case, seed=5, max_iterations=dict(first.iterations)))
    parted = solve(case, seed=5, max_iterations=60, workers=2)
    check(case, parted)
    assert any(key.endswith("/1") for key in parted.iterations)
    assert same(parted, solve(case, seed=5, max_iterations=dict(parted.iterations), workers=2))
    assert same(parted, solve(case, seed=5, max_iterations=dict(parted.iterations)))


def test_the_clock_is_kept_and_progress_never_grows() -> None:
    case = random_problem(4, 60, depots=2, tight=False)
    solve(case, max_iterations=1)
    seen: list[Progress] = []
    plan = solve(case, time_limit_s=4.0, on_progress=seen.append)
    assert plan.seconds < 8.0
    assert len(seen) > 3
    costs = [entry.objective_eur for entry in seen]
    assert costs == sorted(costs, reverse=True)
    assert plan.totals["objective_eur"] <= costs[-1] + 1e-6
    assert plan.first_plan_s < plan.seconds


def start_case() -> tuple[Problem, Plan]:
    case = random_problem(6, 40, depots=2, planning_days=3, tight=False)
    return case, solve(case, max_iterations=800)


def test_frozen_tours_stay_exactly_as_they_are() -> None:
    case, first = start_case()
    frozen = first.tours["tour_id"].to_list()[1:6:2]
    gone = first.stops.filter(~pl.col("tour_id").is_in(frozen))["pickup_id"][0]
    fewer = replace(case, stops=case.stops.filter(pl.col("pickup_id") != gone))
    plan = solve(fewer, max_iterations=300, start=first, frozen=frozen)
    check(fewer, plan)
    for name in ("tours", "stops", "breaks"):
        before, after = getattr(first, name), getattr(plan, name)
        assert before.filter(pl.col("tour_id").is_in(frozen)).equals(
            after.filter(pl.col("tour_id").is_in(frozen))
        )
    assert plan.tours["tour_id"].is_unique().all()
    busy = plan.tours.drop_nulls("driver_id")
    assert not busy.select("driver_id", "day_no").is_duplicated().any()


def test_a_small_change_of_the_problem_moves_few_stops() -> None:
    case, first = start_case()
    again = solve(case, max_iterations=300, start=first, change_cost_eur=50.0)
    assert again.totals["moved"] <= 4
    assert again.totals["objective_eur"] <= first.totals["objective_eur"] + 1e-6
    free = solve(case, seed=9, max_iterations=300)
    was = {row["pickup_id"]: row["tour_id"] for row in first.stops.iter_rows(named=True)}
    assert len(was) > 20
    assert free.totals["moved"] == 0


def test_a_truck_that_breaks_down_is_made_up_for() -> None:
    case, first = start_case()
    used = first.tours.filter(pl.col("vehicle_type") == "truck")["depot_id"]
    assert len(used)
    fleet = tuple(
        replace(kind, count=0) if (kind.vehicle_type, kind.depot_id) == ("truck", used[0]) else kind
        for kind in case.fleet
    )
    broken = replace(case, fleet=fleet)
    plan = solve(broken, max_iterations=500, start=first)
    check(broken, plan)
    assert plan.totals["served"] > 0


def test_a_frozen_tour_that_cannot_stay_is_refused_with_its_reason() -> None:
    case, first = start_case()
    tour = first.tours["tour_id"][0]
    with pytest.raises(InputError, match="not in the plan") as caught:
        solve(case, start=first, frozen=["T9999"])
    assert caught.value.code == "tours-frozen-unknown"
    stop_id = first.stops.filter(pl.col("tour_id") == tour)["pickup_id"][0]
    fewer = replace(case, stops=case.stops.filter(pl.col("pickup_id") != stop_id))
    with pytest.raises(InputError, match=stop_id) as caught:
        solve(fewer, start=first, frozen=[tour])
    assert caught.value.code == "tours-frozen-broken"


def test_two_thousand_stops_without_a_matrix() -> None:
    """Real places: a first plan within seconds, and every stop accounted for."""
    rng = np.random.default_rng(1)
    count, hubs = 2_000, 4
    lat, lon = rng.uniform(48, 52, hubs + count), rng.uniform(8, 13, hubs + count)
    names = [f"hub{number}" for number in range(hubs)]
    rows = [
        stop(f"P{i}", hubs + i, depots=names, mass_kg=float(rng.integers(20, 400)), floor_positions=0.5,
             points=float(rng.integers(0, 300)), due_day=2, service_s=600, service_by_hand_s=900)
        for i in range(count)
    ]  # fmt: skip
    case = Problem(
        table(*rows), tuple(kind for name in names for kind in (van(name, count=60), truck(name, count=30))),
        tuple(Driver(f"{name}-{i}", name, CERTIFIED if i < 30 else None) for name in names for i in range(90)),
        {name: i for i, name in enumerate(names)}, {"road": EstimatedRoads(lat, lon)}, days(2),
        carbon_price_eur_per_t=100.0,
    )  # fmt: skip
    began = time.monotonic()
    plan = solve(case, max_iterations=300)
    assert time.monotonic() - began < 120
    check(case, plan)
    assert plan.totals["served"] > 1_900


def test_nothing_to_serve_is_no_plan() -> None:
    case = problem(table(stop("A", 1, mass_kg=1e6)), line(0, 10))
    plan = solve(case)
    assert plan.totals["tours"] == 0


def test_the_second_solver_goes_on_from_the_first_and_never_worsens_it() -> None:
    case = random_problem(5, 20, depots=2, tight=False)
    both = solve(case, max_iterations=150, bound="none")
    check(case, both)
    ends = [key for key in both.iterations if key.endswith("/a/end")]
    assert ends
    assert all(both.iterations[key] == 150 for key in ends)
    assert "PyVRP" in both.solver
    first = {key: count for key, count in both.iterations.items() if key not in ends}
    alone = solve(case, max_iterations=first, bound="none")
    assert both.totals["objective_eur"] <= alone.totals["objective_eur"] + 1e-6
    assert same(both, solve(case, max_iterations=dict(both.iterations), bound="none"))
