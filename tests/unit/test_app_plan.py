"""A plan loses nothing, breaks no law, and can be made again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from pypdf import PdfReader

from app_cases import ON, random_list, template_network
from voltloop.app.groundwork import PlanRequest, Search, _check_records
from voltloop.app.lawful import goods_aboard, law_of_load
from voltloop.app.network_folder import Network
from voltloop.app.plan import MadePlan, _check_batteries, make_plan
from voltloop.app.plan_folder import Job, plan_into, rerun_into
from voltloop.app.plan_tables import comparisons_table
from voltloop.app.summary import summarise, summary_dictionary, totals_of
from voltloop.app.tables import json_bytes
from voltloop.collection import evaluate
from voltloop.compliance import VehicleFacts
from voltloop.errors import InputError, NoFeasiblePlan, VoltloopError
from voltloop.transport import GreatCircle


def _quiet(_step: str, _what: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The template of the network folder."""
    return template_network(tmp_path_factory.mktemp("net") / "network")


def _plan(network: Network, seed: int, count: int = 30) -> MadePlan:
    names = network.points["name"].to_list()
    request = PlanRequest("list.csv", random_list(seed, names, count), network, ON, Search(0, 5.0, None, 1))
    return make_plan(request, GreatCircle())


@pytest.fixture(scope="module")
def plan(network: Network) -> MadePlan:
    """A plan of thirty random batteries."""
    return _plan(network, 7)


def test_nothing_is_lost(plan: MadePlan) -> None:
    """Records in = records accounted for; batteries accepted = planned + deferred + held, each once."""
    assert sum(plan.read.counts.values()) == 31
    ends = [*plan.tour_of["row"], *plan.deferred["row"], *plan.held["row"]]
    assert sorted(ends) == plan.read.batteries["row"].sort().to_list()
    assert plan.tour_of.height > 0
    assert plan.held["reason"].null_count() == 0
    assert plan.deferred["reason"].null_count() == 0


def test_what_nobody_knows_is_held_and_says_whom_to_ask(plan: MadePlan) -> None:
    """A battery of unknown condition is not planned; the row names the fact and whom to ask."""
    # A recalled battery is not undecided: the law treats it as defective whatever its condition.
    unknown = plan.read.batteries.filter((pl.col("condition") == "unknown") & (pl.col("reason") != "recall"))[
        "row"
    ]
    held = plan.held.filter(pl.col("row").is_in(unknown.implode()))
    by_law = held.filter(pl.col("kind") == "undecided")
    assert unknown.len() == held.height
    assert by_law.height > 0
    assert all("state" in facts for facts in by_law["missing_facts"])
    assert all(ask for ask in by_law["ask"])


def test_tours_hold_before_the_independent_checker(plan: MadePlan) -> None:
    """Capacities, windows, driving times, points, vehicles and drivers, recalculated from the tables."""
    for entry in plan.routed:
        found = evaluate(entry.problem, entry.plan.tours, entry.plan.stops, entry.plan.breaks)
        assert found.violations == ()
        assert found.totals["cost_eur"] == pytest.approx(entry.plan.tours["cost_eur"].sum())


def test_an_unlawful_load_is_recognised(plan: MadePlan) -> None:
    """The check of loads is no formality: the same goods on a bare van are forbidden."""
    heavy = plan.prepared.batteries.filter(pl.col("outcome") == "allowed")
    goods = goods_aboard(heavy, plan.prepared.packed.packages, plan.rulebook, "road_eu", ON)
    found = law_of_load(goods, VehicleFacts(), plan.rulebook, "road_eu", ON)
    assert {"load-vehicle-not-equipped", "load-driver-not-certified"} <= {finding.code for finding in found}


def test_a_plan_folder_is_complete_and_can_be_made_again(tmp_path: Path) -> None:
    """All files are there, every paper named in loads.csv exists and is a PDF, and a rerun gives the same tours."""
    network = tmp_path / "network"
    names = template_network(network).points["name"].to_list()
    (tmp_path / "list.csv").write_bytes(random_list(3, names, 25))
    out = tmp_path / "plan"
    job = Job(tmp_path / "list.csv", network, ON, Search(0, 5.0, None, 1), provider=GreatCircle())
    summary = plan_into(job, out, _quiet)
    for name in (
        "batteries.parquet",
        "rejected.csv",
        "held.csv",
        "tours.csv",
        "stops.csv",
        "loads.csv",
        "report.html",
    ):
        assert (out / name).is_file(), name
    on_disk = json.loads((out / "summary.json").read_text())
    assert on_disk["schema"] == "plan/1"
    assert on_disk["batteries"]["accepted"] == sum(
        on_disk["batteries"][end] for end in ("planned", "deferred", "held")
    )
    assert on_disk["list"]["records"] == sum(
        on_disk["list"][status]
        for status in ("accepted", "accepted_with_findings", "review", "rejected", "ignored")
    )
    loads = pl.read_csv(out / "loads.csv")
    papers = [path for paths in loads["documents"] for path in paths.split(";")]
    assert papers
    for path in papers:
        assert len(PdfReader(out / path).pages) >= 1
    assert summary["checks"] == on_disk["checks"]

    again = tmp_path / "again"
    rerun_into(out, again, _quiet, provider=GreatCircle())
    for name in ("tours.csv", "stops.csv", "loads.csv", "held.csv", "deferred.csv"):
        assert (again / name).read_bytes() == (out / name).read_bytes(), name


def _paths(document: object, at: str = "") -> set[str]:
    """Paths of the leaves of a document, as the dictionary writes them."""
    if isinstance(document, dict):
        return set().union(*(_paths(value, f"{at}.{key}" if at else key) for key, value in document.items()))
    if isinstance(document, list) and document and isinstance(document[0], dict):
        return set().union(*(_paths(value, f"{at}[]") for value in document))
    return {at}


def test_every_field_of_the_summary_is_in_the_dictionary(plan: MadePlan) -> None:
    """The documentation of summary.json has every field, and no other."""
    document = json.loads(json_bytes(summarise(plan, totals_of(plan), comparisons_table(plan))))
    patterns = {row["path"]: re.escape(row["path"]).replace(r"\*", "[^.]+") for row in summary_dictionary()}
    paths = _paths(document)
    assert [path for path in paths if not any(re.fullmatch(p, path) for p in patterns.values())] == []
    # A tally may be empty: a proven optimum has no search that was stopped.
    fixed = {name: p for name, p in patterns.items() if "*" not in name}
    assert [name for name, p in fixed.items() if not any(re.fullmatch(p, path) for path in paths)] == []


def test_a_folder_that_is_no_plan_cannot_be_rerun(tmp_path: Path) -> None:
    """The message names the file that is missing."""
    with pytest.raises(InputError, match=r"run\.json is missing"):
        rerun_into(tmp_path, tmp_path / "new", _quiet)


def test_a_list_of_held_batteries_is_no_plan(network: Network) -> None:
    """Where nothing can be planned the message says how many are held, and why."""
    name = network.points["name"][0]
    header = "serial,manufacturer,model,chemistry,form,energy_kwh,mass_kg,site,condition"
    data = f"{header}\nX1,Nissan,Leaf 40 kWh,NMC,pack,40,303,{name},unknown\n"
    with pytest.raises(NoFeasiblePlan, match=r"Not one of 1 batteries.*undecided"):
        make_plan(PlanRequest("list.csv", data.encode(), network, ON, Search(0, 1.0, None, 1)), GreatCircle())


@pytest.mark.parametrize("seed", [11, 12, 13, 14, 15, 16])
def test_random_lists_give_lawful_plans(network: Network, seed: int) -> None:
    """Whatever the list, every load passes the law when its goods are classified anew, on its own day."""
    plan = _plan(network, seed, 40)
    drivers = {row["driver_id"]: row for row in network.drivers.iter_rows(named=True)}
    for entry in plan.routed:
        rows = entry.plan.stops.join(entry.pickups.select("pickup_id", "items"), on="pickup_id").explode(
            "items"
        )
        kinds = {(kind.vehicle_type, kind.depot_id, kind.name): kind for kind in entry.problem.fleet}
        for tour in entry.plan.tours.iter_rows(named=True):
            kind = kinds[tour["vehicle_type"], tour["depot_id"], tour["vehicle_name"]]
            certified_to = drivers[tour["driver_id"]]["adr_certificate_valid_to"]
            facts = VehicleFacts(
                is_adr_equipped=kind.is_adr_equipped,
                is_driver_certified=certified_to is not None and certified_to >= tour["day"],
                is_driver_trained=True,
                critical_boxes=kind.critical_boxes,
            )
            aboard = rows.filter(pl.col("tour_id") == tour["tour_id"])["items"]
            goods = plan.prepared.batteries.filter(pl.col("row").is_in(aboard.implode()))
            items = goods_aboard(goods, plan.prepared.packed.packages, plan.rulebook, entry.mode, tour["day"])
            assert law_of_load(items, facts, plan.rulebook, entry.mode, tour["day"]) == []


def _on(network: Network, on: date, days: int = 5) -> MadePlan:
    settings = replace(network.settings, planning_days=days)
    names = network.points["name"].to_list()
    data = random_list(7, names, 30).replace(b"2026-", b"2025-")
    request = PlanRequest("list.csv", data, replace(network, settings=settings), on, Search(0, 3.0, None, 1))
    return make_plan(request, GreatCircle())


def test_a_plan_ends_where_the_law_changes(network: Network) -> None:
    """From 9 November 2026 waste lithium batteries have another code: a plan of that week ends the Friday before."""
    plan = _on(network, date(2026, 11, 5))
    assert plan.days == (date(2026, 11, 5), date(2026, 11, 6))
    assert plan.onward_on is None
    assert all(onward.loads.is_empty() for onward in plan.onward.values())
    assert [finding.value for finding in plan.findings if finding.code == "law-changes"] == ["LOW-2025"]
    codes = {code for code in plan.assessed.batteries["waste_code"] if code}
    assert "16 06 07*" not in codes
    assert "16 06 07*" in set(_on(network, date(2026, 11, 9)).assessed.batteries["waste_code"])


def test_the_law_is_that_of_the_first_day_that_drives(network: Network) -> None:
    """Asked for on a Sunday, the plan starts on Monday, under Monday's law."""
    plan = _on(network, date(2026, 11, 8), days=1)
    assert plan.days == (date(2026, 11, 9),)
    assert "16 06 07*" in set(plan.assessed.batteries["waste_code"])


def test_an_edition_that_nobody_has_read_is_said(network: Network) -> None:
    """From July 2027 only an announced edition is in force; the plan says that nobody has confirmed it."""
    plan = _on(network, date(2027, 7, 5), days=1)
    assert [finding.value for finding in plan.findings if finding.code == "edition-unconfirmed"] == [
        "ADR-2027"
    ]


def test_a_sound_battery_of_no_known_series_says_what_would_open_reuse(network: Network) -> None:
    """Its type test is not known, so it may travel as waste only; the reason names the fact."""
    name = network.points["name"][0]
    header = "serial,manufacturer,model,chemistry,form,energy_kwh,mass_kg,site,soh_percent,condition,reason"
    rows = [f"X{number},Acme,One,NMC,pack,60,400,{name},95,ok,end_of_life" for number in range(8)]
    data = "\n".join([header, *rows]).encode()
    plan = make_plan(PlanRequest("list.csv", data, network, ON, Search(0, 2.0, None, 1)), GreatCircle())
    assert plan.assessed.batteries["is_waste"].all()
    assert plan.assessed.batteries["reason_right"].str.contains("un38_3_tested is missing").all()


def test_a_lost_record_or_battery_stops_the_plan(plan: MadePlan) -> None:
    """The sums in the summary are checked on every run: take one away, and no plan is written."""
    _check_records(plan.read)
    with pytest.raises(VoltloopError, match="records"):
        _check_records(replace(plan.read, entries=plan.read.entries[:-1]))
    with pytest.raises(VoltloopError, match="battery table"):
        _check_records(replace(plan.read, batteries=plan.read.batteries.head(3)))
    _check_batteries(plan)
    with pytest.raises(VoltloopError, match="planned, deferred or held"):
        _check_batteries(replace(plan, held=plan.held.head(0)))
