"""The examples as a whole: planned, nothing lost, every load lawful, tours checked independently."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from voltloop.app.groundwork import PlanRequest, Search
from voltloop.app.lawful import goods_aboard, law_of_load
from voltloop.app.network_folder import read_network
from voltloop.app.plan import MadePlan, make_plan
from voltloop.collection import baselines, evaluate
from voltloop.compliance import VehicleFacts
from voltloop.transport import GreatCircle

EXAMPLES = Path(__file__).parents[2] / "examples"
ON = date(2026, 11, 24)


@pytest.fixture(scope="module", params=["europe", "usa"])
def plan(request: pytest.FixtureRequest) -> MadePlan:
    """An example planned with a short search; straight lines stand for roads."""
    folder = EXAMPLES / str(request.param)
    data = (folder / "returns.csv").read_bytes()
    network = read_network(folder / "network")
    return make_plan(PlanRequest("returns.csv", data, network, ON, Search(0, 3.0, None, 1)), GreatCircle())


def test_the_sums_hold(plan: MadePlan) -> None:
    """Rows in = rows accounted for; batteries accepted = planned + deferred + held; most of them are planned."""
    assert sum(plan.read.counts.values()) == len(plan.read.entries)
    accepted = plan.read.counts["accepted"] + plan.read.counts["accepted_with_findings"]
    assert accepted == plan.read.batteries.height
    ends = [*plan.tour_of["row"], *plan.deferred["row"], *plan.held["row"]]
    assert sorted(ends) == plan.read.batteries["row"].sort().to_list()
    assert plan.tour_of.height > 0.7 * accepted


def test_no_load_breaks_the_law(plan: MadePlan) -> None:
    """The goods of every tour are classified anew, from the battery table alone, on the day they travel."""
    network = plan.request.network
    drivers = {row["driver_id"]: row for row in network.drivers.iter_rows(named=True)}
    for entry in plan.routed:
        kinds = {(kind.vehicle_type, kind.depot_id, kind.name): kind for kind in entry.problem.fleet}
        for tour in entry.plan.tours.iter_rows(named=True):
            kind = kinds[tour["vehicle_type"], tour["depot_id"], tour["vehicle_name"]]
            driver = drivers[tour["driver_id"]]
            adr, trained = driver["adr_certificate_valid_to"], driver["hazmat_training_valid_to"]
            rows = plan.tour_of.filter(pl.col("tour_id") == tour["tour_id"]).select("row")
            goods = plan.prepared.batteries.join(rows, on="row", how="semi")
            items = goods_aboard(goods, plan.prepared.packed.packages, plan.rulebook, entry.mode, tour["day"])
            facts = VehicleFacts(
                is_adr_equipped=kind.is_adr_equipped,
                is_driver_certified=adr is not None and adr >= tour["day"],
                is_driver_trained=entry.mode == "road_eu" or (trained is not None and trained >= tour["day"]),
                critical_boxes=kind.critical_boxes,
            )
            assert law_of_load(items, facts, plan.rulebook, entry.mode, tour["day"]) == [], tour["tour_id"]


def test_tours_hold_and_beat_the_plainest_way(plan: MadePlan) -> None:
    """The independent checker finds nothing, and one truck per site is far dearer."""
    for entry in plan.routed:
        found = evaluate(entry.problem, entry.plan.tours, entry.plan.stops, entry.plan.breaks)
        assert found.violations == ()
        ways = {way.name: way for way in baselines(entry.problem, entry.plan.served(entry.problem))}
        assert found.totals["tour_objective_eur"] < 0.9 * ways["one truck per site"].objective_eur


def test_no_waste_crosses_a_border_without_consent(plan: MadePlan) -> None:
    """Both legs of every waste battery stay in one country or run under a consent of the network that is valid."""
    network = plan.request.network
    country = dict(network.sites.select("site_id", "country").iter_rows())
    held = {
        (row["from_country"], row["to_country"], row["consignee_site_id"]): row["waste_codes"].split(";")
        for row in network.consents.iter_rows(named=True)
        if row["valid_from"] <= ON <= row["valid_to"]
    }
    waste = plan.prepared.batteries.filter("is_waste").join(
        plan.tour_of.select("row", hub="depot_id"), on="row", how="inner"
    )
    for row in waste.iter_rows(named=True):
        legs = [(row["point_country"], row["hub"]), (country[row["hub"]], row["destination_id"])]
        for start, site in legs:
            if start != country[site]:
                assert row["waste_code"] in held.get((start, country[site], site), []), (
                    row["row"],
                    start,
                    site,
                )


def test_deadlines_inside_the_days_are_kept(plan: MadePlan) -> None:
    """What falls due on a planning day is fetched by then unless no vehicle was free; what waits is due later."""
    last = plan.days[-1]
    assert plan.deferred.filter(pl.col("due_on") <= last).is_empty()
    day_of = {
        tour: day
        for entry in plan.routed
        for tour, day in entry.plan.tours.select("tour_id", "day").iter_rows()
    }
    crowded = {
        stop.pickup_id
        for entry in plan.routed
        for number, stop in enumerate(entry.problem.stop_list)
        if entry.problem.is_late(number)
    }
    due = plan.prepared.batteries.select("row", "due_on").join(plan.tour_of, on="row")
    in_time = due.filter(pl.col("due_on").is_between(ON, last) & ~pl.col("pickup_id").is_in(list(crowded)))
    assert in_time.height > 0
    for row in in_time.iter_rows(named=True):
        assert day_of[row["tour_id"]] <= row["due_on"]
