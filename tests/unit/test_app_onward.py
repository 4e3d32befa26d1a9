"""Onward loads leave when they are worth it, when a depot runs full, and never under a law that nobody checked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from app_cases import random_list, template_network
from voltloop.app.groundwork import PlanRequest, Search
from voltloop.app.onward import _lanes_that_must_go, go_on
from voltloop.app.plan import MadePlan, make_plan
from voltloop.app.runs import onward_runs, tour_runs, ways_of
from voltloop.transport import GreatCircle

ON = date(2026, 11, 24)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> MadePlan:
    """A plan with so many batteries that trucks go on."""
    network = template_network(Path(tmp_path_factory.mktemp("onward")) / "network")
    names = network.points["name"].to_list()
    request = PlanRequest("list.csv", random_list(21, names, 90), network, ON, Search(0, 3.0, None, 1))
    return make_plan(request, GreatCircle())


def test_the_heaviest_ways_relieve_a_full_depot() -> None:
    """Of 900 kg that would stay where 500 may, the 600 kg for one plant must go, and that is enough."""
    arrivals = pl.DataFrame(
        {
            "depot_id": ["hub", "hub", "hub", "free"],
            "site_id": ["plant", "plant", "second", "plant"],
            "gross_mass_kg": [300.0, 300.0, 300.0, 9000.0],
        }
    )
    sites = pl.DataFrame({"site_id": ["hub", "free"], "storage_limit_kg": [500.0, None]})
    assert _lanes_that_must_go(arrivals, sites) == [{"depot_id": "hub", "site_id": "plant"}]


def test_what_arrives_goes_on_or_waits(plan: MadePlan) -> None:
    """Every planned battery whose plant is not its depot is on an onward load or waits with a reason."""
    goods = plan.prepared.batteries.join(plan.tour_of.select("row", hub="depot_id"), on="row")
    on_the_way = set(goods.filter(pl.col("hub") != pl.col("destination_id"))["row"])
    onward = plan.onward["road_eu"]
    going = set(onward.loads["items"].explode().to_list())
    assert going | set(onward.stock["item"]) == on_the_way
    assert going.isdisjoint(onward.stock["item"])
    assert onward.stock["words"].null_count() == 0


def test_nothing_leaves_when_the_law_changes(plan: MadePlan) -> None:
    """Without a day on which the same law applies, everything waits and says so."""
    entry = plan.routed[0]
    arrivals = entry.items.with_columns(pl.lit("hub").alias("depot_id"), pl.lit("plant").alias("site_id"))
    found = go_on(arrivals, plan.request.network, plan.world, entry.problem, on=None)
    assert found.loads.is_empty()
    assert found.stock.height == arrivals.height
    assert found.stock["words"].str.contains("another edition").all()


def test_runs_have_the_times_of_the_driving_law(plan: MadePlan) -> None:
    """An onward load arrives no earlier than driving, breaks and daily rests allow; a tour as its timetable says."""
    rules = plan.routed[0].problem.rules
    loads = {row["load_id"]: row for row in plan.onward["road_eu"].loads.iter_rows(named=True)}
    for run in onward_runs(plan):
        driving_s = int(loads[run.load_id]["driving_h"] / 2 * 3600)
        travel_s = run.ends_s - run.visits[-1].departs_s
        assert travel_s >= driving_s + (driving_s - 1) // rules.max_stretch_s * rules.break_s
    tours = {row["tour_id"]: row for row in plan.routed[0].plan.tours.iter_rows(named=True)}
    for run in tour_runs(plan, ways_of(plan, GreatCircle())):
        assert (run.starts_s, run.ends_s) == (tours[run.load_id]["starts_s"], tours[run.load_id]["ends_s"])
        assert sum(visit.leg_km for visit in run.visits) + run.last_leg_km == pytest.approx(run.km)
