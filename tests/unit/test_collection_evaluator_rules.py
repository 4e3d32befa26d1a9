"""For each rule of tours a legal plan is broken in that rule only, and the checker names just that rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from collection_cases import MONDAY, days, line, problem, stop, table, truck
from voltloop.collection import Driver, Problem, Roads, evaluate
from voltloop.collection.model import Hub, VehicleKind
from voltloop.collection.plan import Tables, tabulate
from voltloop.collection.schedule import plan_tour

LATER = date(2030, 1, 1)
TRAINED = (("damaged goods", LATER),)
HOME = ["hub", "yard"]


def the_case() -> Problem:
    """One tour A, B, the yard, C; another to D. Everything that can be asked is asked, and all of it is met."""
    stops = table(
        stop("A", 1, depots=HOME, service_by_hand_s=900, drop_mass_kg=500.0, drop_floor_positions=3.0,
             drop_volume_m3=4.0, permits=["waste"], vehicle_types=["truck"], tunnel_code="D/E",
             is_closed_to_adr=False),
        stop("B", 2, depots=HOME, service_by_hand_s=900, mass_kg=150.0, volume_m3=2.0, goods=["acid", "salt"],
             windows=[[0, 32_000], [36_000, 80_000]], training=["damaged goods"], needs_lift=True),
        stop("C", 4, depots=HOME, service_by_hand_s=900, boxes=1, needs_adr=True, goods=["lithium"],
             drop_mass_kg=100.0, release_s=8 * 3600, first_day=1, due_day=2),
        stop("D", 5, depots=HOME, service_by_hand_s=900, release_s=7 * 3600, goods=["acid"], due_day=2),
    )  # fmt: skip
    roads = line(0, 60, 140, 150, 145, 20)
    return problem(
        stops,
        roads,
        fleet=(
            truck(count=2, payload_kg=600.0, floor_positions=3.0, volume_m3=4.0, critical_boxes=1,
                  permits=frozenset({"waste"}), reload_at=("yard",), max_reloads=1, co2e_kg_per_tkm=0.1),
        ),
        drivers=(Driver("D0", "hub", LATER, TRAINED), Driver("D1", "hub", LATER, TRAINED), Driver("D2", "hub")),
        hubs={"yard": Hub(3, 600)},
        depots={"hub": 0, "other": 0},
        roads={"road": roads, "detour": roads},
        days=days(2),
    )  # fmt: skip


@pytest.fixture(scope="module")
def case() -> Problem:
    return the_case()


@pytest.fixture(scope="module")
def plan(case: Problem) -> Tables:
    tours = [plan_tour(case, 0, visits) for visits in ([0, 1, -1, 2], [3])]
    made = tabulate(case, [(tour, 1) for tour in tours if tour is not None])
    assert made.tours.height == 2
    assert made.breaks.height == 1
    assert made.reloads.height == 1
    return made


def codes(case: Problem, plan: Tables) -> set[str]:
    unserved = pl.DataFrame(schema={"pickup_id": pl.String})
    found = evaluate(case, plan.tours, plan.stops, plan.breaks, reloads=plan.reloads, unserved=unserved)
    return {violation.code for violation in found.violations}


def test_the_plan_is_legal_before_it_is_broken(case: Problem, plan: Tables) -> None:
    assert codes(case, plan) == set()


STOPS: list[tuple[str, str, Any, str]] = [
    ("A", "needs_lift", True, ""),
    ("A", "vehicle_types", ["van"], "site-not-reached"),
    ("A", "permits", ["tank"], "no-permit"),
    ("A", "training", ["explosives"], "driver-not-trained"),
    ("A", "is_closed_to_adr", True, "closed-zone"),
    ("D", "is_closed_to_adr", True, ""),
    ("A", "depots", ["hub"], "depot-not-allowed"),
    ("C", "depots", ["yard"], "depot-not-allowed"),
    ("A", "first_day", 2, "too-early"),
    ("A", "goods", ["lithium"], "goods-clash"),
    ("A", "goods", ["salt"], "goods-clash"),
    ("C", "goods", ["lithium", "acid"], "goods-clash"),
    ("D", "goods", ["lithium"], ""),
    ("B", "windows", [[0, 30_000], [40_000, 80_000]], "outside-window"),
    ("D", "windows", [[0, 3600]], "outside-window"),
    ("B", "service_s", 901, "service-wrong"),
    ("A", "release_s", 10 * 3600, "before-release"),
    ("C", "release_s", 18 * 3600, "before-release"),
    ("A", "drop_volume_m3", 4.1, "over-volume"),
    ("A", "drop_floor_positions", 3.1, "over-floor"),
    ("D", "points", 1001.0, "adr-flag-wrong"),
    ("A", "drop_mass_kg", 499.0, "figure-wrong"),
]


@pytest.mark.parametrize(("name", "column", "value", "code"), STOPS)
def test_a_demand_of_a_stop_that_is_not_met(
    case: Problem, plan: Tables, name: str, column: str, value: Any, code: str
) -> None:
    kind = case.stops.schema[column]
    changed = pl.when(pl.col("pickup_id") == name).then(pl.lit(value, kind)).otherwise(column)
    stops = case.stops.with_columns(changed.alias(column))
    clashes = frozenset({frozenset({"acid", "lithium"}), frozenset({"salt"})})
    harder = replace(case, stops=stops, clashes=clashes)
    assert codes(replace(case, clashes=clashes), plan) == set()
    assert codes(harder, plan) == ({code} if code else set())


FLEET: list[tuple[dict[str, Any], str]] = [
    ({"payload_kg": 499.0}, "over-mass"),
    ({"floor_positions": 2.9}, "over-floor"),
    ({"volume_m3": 3.9}, "over-volume"),
    ({"critical_boxes": 0}, "over-boxes"),
    ({"permits": frozenset()}, "no-permit"),
    ({"has_tail_lift": False}, "no-tail-lift"),
    ({"is_adr_equipped": False}, "not-equipped"),
    ({"max_reloads": 0}, "too-many-reloads"),
    ({"reload_at": ()}, "unknown-hub"),
    ({"count": 1}, "too-many-vehicles"),
    ({"shift_start_s": 12 * 3600}, "before-shift"),
    ({"shift_end_s": 12 * 3600}, "after-shift"),
    ({"max_duty_s": 3 * 3600}, "duty-too-long"),
    ({"max_driving_s": 5 * 3600 - 1}, "driving-too-long"),
    ({"cost_eur_per_km": 0.9}, "figure-wrong"),
    ({"co2e_kg_per_tkm": 0.2}, "figure-wrong"),
]


@pytest.mark.parametrize(("changes", "code"), FLEET)
def test_a_limit_of_a_vehicle_that_is_passed(
    case: Problem, plan: Tables, changes: dict[str, Any], code: str
) -> None:
    other: VehicleKind = replace(case.fleet[0], **changes)
    assert codes(replace(case, fleet=(other,)), plan) == {code}


def crew(depot: str, certified_to: date, trained_to: date) -> dict[str, Any]:
    training = (("damaged goods", trained_to),)
    return {"drivers": tuple(Driver(f"D{number}", depot, certified_to, training) for number in range(3))}


EXPIRED = date(2026, 11, 22)


PROBLEM: list[tuple[dict[str, Any], str]] = [
    (crew("hub", MONDAY, MONDAY), ""),
    (crew("hub", EXPIRED, LATER), "driver-not-certified"),
    (crew("hub", LATER, EXPIRED), "driver-not-trained"),
    (crew("other", LATER, LATER), "no-driver"),
    ({"clashes": frozenset({frozenset({"acid", "lithium"})})}, ""),
    ({"clashes": frozenset({frozenset({"acid", "salt"})})}, "goods-clash"),
    ({"clashes": frozenset({frozenset({"lithium"})})}, ""),
    ({"tunnel_profiles": {"E": {"road": "detour"}}}, "wrong-roads"),
    ({"tunnel_profiles": {"D": {"road": "detour"}}}, ""),
    ({"relief_points": 150.0}, "adr-flag-wrong"),
    ({"hubs": {"yard": Hub(3, 601)}}, "service-wrong"),
    ({"roads": {"road": Roads(np.full((6, 6), np.inf), np.full((6, 6), np.inf))}}, "no-road"),
    ({"carbon_price_eur_per_t": 50.0}, "figure-wrong"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code"), PROBLEM)
def test_a_rule_of_the_problem_that_is_broken(
    case: Problem, plan: Tables, changes: dict[str, Any], code: str
) -> None:
    assert codes(replace(case, **changes), plan) == ({code} if code else set())


RULES: list[tuple[dict[str, Any], str]] = [
    ({"max_stretch_s": 4 * 3600}, "no-break"),
    ({"break_s": 2701}, "break-wrong"),
    ({"max_driving_s": 5 * 3600 - 1}, "driving-too-long"),
    ({"max_duty_s": 3 * 3600}, "duty-too-long"),
]


@pytest.mark.parametrize(("changes", "code"), RULES)
def test_the_law_of_driving_time(case: Problem, plan: Tables, changes: dict[str, Any], code: str) -> None:
    assert codes(replace(case, rules=replace(case.rules, **changes)), plan) == {code}


def first(column: str, value: pl.Expr) -> pl.Expr:
    return pl.when(pl.int_range(pl.len()) == 0).then(value).otherwise(column).alias(column)


TABLES: list[tuple[str, pl.Expr, str]] = [
    ("tours", first("vehicle_type", pl.lit("ship")), "unknown-vehicle"),
    ("tours", first("end_depot_id", pl.lit("other")), "wrong-end"),
    ("tours", first("needs_adr", ~pl.col("needs_adr")), "adr-flag-wrong"),
    ("tours", first("road_profile", pl.lit("detour")), "wrong-roads"),
    ("tours", first("driver_id", pl.lit(None, pl.String)), "no-driver"),
    ("tours", first("day", pl.lit(MONDAY.replace(day=24))), "unknown-day"),
    ("tours", first("ends_s", pl.col("ends_s") - 1), "return-wrong"),
    ("tours", first("km", pl.col("km") * 0.9), "figure-wrong"),
    ("tours", first("mass_kg", pl.col("mass_kg") + 1), "figure-wrong"),
    ("stops", first("arrives_s", pl.col("arrives_s") + 1), "arrival-wrong"),
    ("reloads", first("arrives_s", pl.col("arrives_s") + 1), "arrival-wrong"),
    ("reloads", first("mass_kg", pl.col("mass_kg") + 1), "figure-wrong"),
    ("reloads", first("hub_id", pl.lit("moon")), "unknown-hub"),
    ("stops", first("pickup_id", pl.lit("moon")), "unknown-stop"),
]


@pytest.mark.parametrize(("where", "change", "code"), TABLES)
def test_a_table_that_says_what_is_not_so(
    case: Problem, plan: Tables, where: str, change: pl.Expr, code: str
) -> None:
    broken = plan._replace(**{where: getattr(plan, where).with_columns(change)})
    assert codes(case, broken) - {"stop-lost"} == {code}


def test_days_drivers_and_stops_are_counted(case: Problem, plan: Tables) -> None:
    both = plan.tours.with_columns(driver_id=pl.lit("D0"))
    assert codes(case, plan._replace(tours=both)) == {"driver-twice"}
    tomorrow = plan.tours.with_columns(day=pl.lit(case.days[1]), day_no=pl.lit(2, pl.Int64))
    assert codes(case, plan._replace(tours=tomorrow)) == {"too-late"}
    twice = plan.stops.with_columns(first("pickup_id", pl.lit("D")))
    assert {"served-twice", "stop-lost"} <= codes(case, plan._replace(stops=twice))
    gone = plan.tours.head(1)
    assert codes(case, plan._replace(tours=gone)) == {"visit-without-tour"}
