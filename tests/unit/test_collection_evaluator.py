"""The checker finds every kind of broken rule, and none in an honest plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest

from collection_cases import line, problem, stop, table, truck, van
from voltloop.collection import Driver, Plan, Problem, Roads, evaluate, solve

STOPS = table(
    stop("A", 1, points=600.0, open_s=9 * 3600),
    stop("B", 2, points=600.0),
    stop("C", 3, boxes=1, needs_adr=True, needs_lift=True),
)


@pytest.fixture(scope="module")
def case() -> Problem:
    return problem(STOPS, line(0, 60, 140, 141), fleet=(truck(), van()))


@pytest.fixture(scope="module")
def plan(case: Problem) -> Plan:
    made = solve(case)
    assert made.totals["tours"] == 1
    assert made.breaks.height == 1
    return made


def codes(case: Problem, plan: Plan, **tables: pl.DataFrame) -> set[str]:
    found = evaluate(case, tables.get("tours", plan.tours), tables.get("stops", plan.stops),
                     tables.get("breaks", plan.breaks), unserved=tables.get("unserved", plan.unserved))  # fmt: skip
    return {violation.code for violation in found.violations}


def test_an_honest_plan_has_no_violation(case: Problem, plan: Plan) -> None:
    found = evaluate(case, plan.tours, plan.stops, plan.breaks, unserved=plan.unserved)
    assert found.is_feasible
    for name, value in found.totals.items():
        assert value == pytest.approx(plan.totals[name])


@pytest.mark.parametrize(
    ("where", "change", "code"),
    [
        ("tours", {"starts_s": pl.lit(5 * 3600)}, "before-shift"),
        ("tours", {"ends_s": pl.col("ends_s") - 1}, "return-wrong"),
        ("tours", {"km": pl.col("km") * 0.99}, "figure-wrong"),
        ("tours", {"cost_eur": pl.col("cost_eur") - 1}, "figure-wrong"),
        ("tours", {"needs_adr": pl.lit(False)}, "adr-flag-wrong"),
        ("tours", {"vehicle_type": pl.lit("ship")}, "unknown-vehicle"),
        ("tours", {"vehicle_type": pl.lit("van")}, "not-equipped"),
        ("tours", {"vehicle_type": pl.lit("van")}, "over-boxes"),
        ("tours", {"vehicle_type": pl.lit("van")}, "no-tail-lift"),
        ("tours", {"driver_id": pl.lit(None, pl.String)}, "no-driver"),
        ("tours", {"day": pl.lit(date(2026, 12, 24))}, "unknown-day"),
        ("tours", {"day_no": pl.lit(2)}, "unknown-day"),
        ("tours", {"tour_id": pl.lit("other")}, "visit-without-tour"),
        ("stops", {"begins_s": pl.lit(8 * 3600)}, "outside-window"),
        ("stops", {"departs_s": pl.col("departs_s") - 60}, "service-wrong"),
        ("stops", {"arrives_s": pl.col("arrives_s") + 1}, "arrival-wrong"),
        ("stops", {"pickup_id": pl.lit("A")}, "served-twice"),
        ("stops", {"pickup_id": pl.lit("?")}, "unknown-stop"),
        ("breaks", {"break_s": pl.lit(2699)}, "break-wrong"),
        ("breaks", {"after_s": pl.lit(90_000)}, "break-wrong"),
    ],
)
def test_each_lie_is_found(
    case: Problem, plan: Plan, where: str, change: dict[str, pl.Expr], code: str
) -> None:
    changed = getattr(plan, where).with_columns(**change)
    assert code in codes(case, plan, **{where: changed})


def test_a_missing_break_is_found(case: Problem, plan: Plan) -> None:
    assert "no-break" in codes(case, plan, breaks=plan.breaks.clear())


def test_lost_and_repeated_stops_are_found(case: Problem, plan: Plan) -> None:
    assert "stop-lost" in codes(case, plan, stops=plan.stops.filter(pl.col("seq") > 1))
    row = {"pickup_id": "A", "point_id": "", "outcome": "held", "code": "", "words": "", "next_due": None,
           "prize_eur": 0.0, "marginal_cost_eur": None}  # fmt: skip
    listed = pl.DataFrame([row], schema=plan.unserved.schema)
    assert "served-twice" in codes(case, plan, unserved=listed)


def test_tightening_the_problem_makes_the_same_plan_illegal(case: Problem, plan: Plan) -> None:
    """The plan of the easy problem, checked against harder ones."""

    def harder(change: Callable[[], dict[str, object]]) -> set[str]:
        fields = {
            "fleet": case.fleet,
            "drivers": case.drivers,
            "stops": case.stops,
            "roads": case.roads["road"],
        }
        fields |= change()
        stops, roads = fields.pop("stops"), fields.pop("roads")
        return codes(problem(stops, roads, **fields), plan)  # type: ignore[arg-type]

    def changed(**figures: object) -> dict[str, object]:
        return {"fleet": (truck(**figures), van())}

    closed = Roads(np.full((4, 4), np.inf), np.full((4, 4), np.inf))
    expired = (Driver("D0", "hub", date(2026, 11, 22)), Driver("D1", "hub"), Driver("D2", "hub"))
    assert "over-mass" in harder(lambda: changed(payload_kg=599.0))
    assert "over-floor" in harder(lambda: changed(floor_positions=2.0))
    assert "after-shift" in harder(lambda: changed(shift_end_s=12 * 3600))
    assert "duty-too-long" in harder(lambda: changed(max_duty_s=5 * 3600))
    assert "driving-too-long" in harder(lambda: changed(max_driving_s=4 * 3600))
    assert "too-many-vehicles" in harder(lambda: changed(count=0))
    assert "no-road" in harder(lambda: {"roads": closed})
    assert "driver-not-certified" in harder(lambda: {"drivers": expired})
    assert "depot-not-allowed" in harder(
        lambda: {"stops": STOPS.with_columns(depots=pl.lit(["other"], pl.List(pl.String)))}
    )


def test_deadlines_and_double_drivers_are_found() -> None:
    days = (date(2026, 11, 23), date(2026, 11, 24))
    stops = table(stop("A", 1), stop("B", 2))
    case = problem(stops, line(0, 200, -200), fleet=(van(),), days=days)
    plan = solve(case)
    assert plan.tours.height == 2
    late = plan.tours.with_columns(day=pl.lit(days[1]), day_no=pl.lit(2))
    assert "too-late" in codes(case, plan, tours=late)
    assert "driver-twice" in codes(case, plan, tours=plan.tours.with_columns(driver_id=pl.lit("D0")))


def test_counts_can_be_left_out_for_baselines(case: Problem, plan: Plan) -> None:
    nobody = plan.tours.with_columns(driver_id=pl.lit(None, pl.String))
    assert evaluate(case, nobody, plan.stops, plan.breaks, check_counts=False).is_feasible
