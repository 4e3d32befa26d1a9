"""Random problems: whatever comes in, every plan is legal, complete and repeatable."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collection_cases import random_problem
from voltloop.collection import evaluate, make_pickups, pack, solve
from voltloop.collection.schedule import plan_tour

RULES = ["P903", "P909", "P908", "P908|LP904", "P911", ""]
CALM = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@CALM
@given(
    seed=st.integers(0, 10_000), stops=st.integers(0, 14), depots=st.integers(1, 3), days=st.integers(1, 4),
    tight=st.booleans(),
)  # fmt: skip
def test_every_plan_is_legal_and_loses_no_stop(
    seed: int, stops: int, depots: int, days: int, tight: bool
) -> None:
    case = random_problem(seed, stops, depots=depots, planning_days=days, tight=tight)
    plan = solve(case, seed=seed, max_iterations=25)
    found = evaluate(case, plan.tours, plan.stops, plan.breaks, unserved=plan.unserved)
    assert found.violations == ()
    assert plan.totals["served"] + plan.totals["deferred"] + plan.totals["held"] == stops
    assert found.totals["tour_objective_eur"] == pytest.approx(plan.totals["tour_objective_eur"])
    assert plan.bound_eur <= plan.totals["objective_eur"] + 1e-6
    assert (
        plan.unserved["words"].str.len_chars().min() is None
        or plan.unserved["words"].str.len_chars().min() > 20
    )


@settings(CALM, max_examples=4)
@given(seed=st.integers(0, 10_000))
def test_same_seed_same_plan(seed: int) -> None:
    case = random_problem(seed, 12, depots=2)
    first, second = (solve(case, seed=seed, max_iterations=20) for _ in range(2))
    assert first.tours.equals(second.tours)
    assert first.stops.equals(second.stops)
    assert first.unserved.equals(second.unserved)


@settings(CALM, max_examples=60)
@given(seed=st.integers(0, 10_000), order=st.permutations(range(5)), kind=st.integers(0, 1))
def test_a_timetable_is_in_order_and_within_the_law(seed: int, order: list[int], kind: int) -> None:
    case = random_problem(seed, 5)
    tour = plan_tour(case, kind, order[:3])
    if tour is None:
        return
    table = tour.timetable
    clock = [table.starts_s]
    for arrives, begins, departs in zip(table.arrives_s, table.begins_s, table.departs_s, strict=True):
        clock += [arrives, begins, departs]
    clock.append(table.ends_s)
    assert clock == sorted(clock)
    assert table.driving_s + sum(rest.break_s for rest in table.breaks) <= table.duty_s


@CALM
@given(
    goods=st.lists(
        st.tuples(
            st.floats(0.1, 900), st.integers(1, 40), st.sampled_from(RULES),
            st.sampled_from(["a", "b"]),
        ),
        max_size=15,
    ),
    stock=st.integers(0, 5),
)  # fmt: skip
def test_packing_loses_nothing_and_keeps_every_limit(
    goods: list[tuple[float, int, str, str]], stock: int
) -> None:
    shelf = pl.DataFrame({
        "packaging_id": ["box", "pallet", "damaged", "large", "certified"],
        "packing_instructions": ["P903;P909", "P903;P909", "P908", "LP904", "P911"],
        "max_net_kg": [25.0, 600.0, 60.0, 800.0, 500.0],
        "max_articles": [40, 60, 12, 1, 1],
        "tare_kg": [1.0, 80.0, 14.0, 250.0, 140.0],
        "floor_positions": [0.2, 1.0, 0.3, 2.0, 1.0],
        "pack_minutes": [4.0, 12.0, 10.0, 25.0, 20.0],
        "cost_eur": [6.0, 22.0, 35.0, 110.0, 160.0],
        "stock": [None, stock, stock, None, stock],
        "is_certified_critical_box": [False, False, False, False, True],
    })  # fmt: skip
    items = pl.DataFrame(
        [
            {"item": n, "net_mass_kg": mass, "quantity": count, "packing_instruction": rule, "point_id": point,
             "is_critical": rule == "P911"}
            for n, (mass, count, rule, point) in enumerate(goods)
        ],
        schema={"item": pl.Int64, "net_mass_kg": pl.Float64, "quantity": pl.Int64, "packing_instruction": pl.String,
                "point_id": pl.String, "is_critical": pl.Boolean},
    )  # fmt: skip
    packed = pack(items, shelf)
    per_item = packed.packages.group_by("item").agg(pl.col("articles").sum(), pl.col("net_mass_kg").sum())
    whole = items.join(per_item, on="item", how="inner")
    assert (whole["articles"] == whole["quantity"]).all()
    assert sorted(per_item["item"].to_list() + packed.held["item"].to_list()) == list(range(len(goods)))
    boxes = packed.packages.group_by("package_id", "packaging_id").agg(
        pl.col("net_mass_kg").sum(), pl.col("articles").sum(), pl.col("share").sum()
    )
    boxes = boxes.join(shelf, on="packaging_id")
    assert (boxes["net_mass_kg"] <= boxes["max_net_kg"] + 1e-6).all()
    assert (boxes["articles"] <= boxes["max_articles"]).all()
    assert ((boxes["share"] - 1).abs() < 1e-9).all()
    used = packed.consumption.filter(pl.col("stock").is_not_null())
    assert (used["used"] <= used["stock"]).all()


@CALM
@given(
    goods=st.lists(
        st.tuples(st.floats(1, 3000), st.floats(0, 6), st.booleans(), st.sampled_from(["a", "b"])),
        max_size=20,
    )
)
def test_each_item_is_in_exactly_one_pickup(goods: list[tuple[float, float, bool, str]]) -> None:
    case = random_problem(0, 1)
    items = pl.DataFrame(
        [
            {"item": n, "point_id": point, "depots": ["hub0"], "net_mass_kg": mass, "gross_mass_kg": mass,
             "floor_positions": floor, "points": mass, "needs_critical_box": critical, "requires_adr_vehicle": critical,
             "due_on": None, "value_eur": 1.0, "pack_minutes": 1.0}
            for n, (mass, floor, critical, point) in enumerate(goods)
        ],
        schema={"item": pl.Int64, "point_id": pl.String, "depots": pl.List(pl.String), "net_mass_kg": pl.Float64,
                "gross_mass_kg": pl.Float64, "floor_positions": pl.Float64, "points": pl.Float64,
                "needs_critical_box": pl.Boolean, "requires_adr_vehicle": pl.Boolean, "due_on": pl.Date,
                "value_eur": pl.Float64, "pack_minutes": pl.Float64},
    )  # fmt: skip
    pickups, findings = make_pickups(items, case.fleet)
    assert sorted(item for items in pickups["items"] for item in items) == list(range(len(goods)))
    assert findings == []
    assert (pickups["gross_mass_kg"] <= 8000 + 1e-6).all()
    assert pickups["gross_mass_kg"].sum() == pytest.approx(sum(mass for mass, *_ in goods))
