"""The front of cost against carbon: brute force on a tiny network, monotone and never beaten on any."""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network_cases import small, tables
from voltloop.network.design import design
from voltloop.network.formulation import formulate
from voltloop.network.frontier import FRONTIER_COLUMNS, emitted, frontier, knee_of, shapes
from voltloop.network.instance import instance_of
from voltloop.network.investing import BUDGET_COLUMNS, INVEST_COLUMNS, investments
from voltloop.network.program import highs_of

SOFT = [row | {"least_share": 0.5, "penalty_eur_per_unit": 40.0} for row in tables()["supply"]]


def brute(scenario, cap_kg):
    """Least cost under a cap over every choice of openings, by the plain linear programme."""
    made = formulate([instance_of(scenario)], [1.0], is_strong=False)
    columns, each = emitted(made)
    made.program.add_rows("cap", pl.DataFrame({"what": ["all"]}), -np.inf, cap_kg, [(0, columns, each)])
    whole = made.program.whole_columns()
    tops = np.concatenate(made.program.upper)[whole].astype(int)
    solver = highs_of(made.program, relaxed=True)
    best = np.inf
    for choice in product(*(range(top + 1) for top in tops)):
        values = np.array(choice, dtype=float)
        solver.changeColsBounds(len(whole), whole.astype(np.int32), values, values)
        solver.run()
        if "Optimal" in str(solver.getModelStatus()):
            best = min(best, solver.getInfo().objective_function_value)
    return best


def test_front_against_brute_force():
    scenario = small(supply=SOFT, carbon_price_eur_per_t=80.0)
    front = frontier(scenario, points=5, gap=0.0)
    plain = small(supply=SOFT)
    assert front.points.height >= 3
    assert dict(front.points.schema) == FRONTIER_COLUMNS
    assert front.points["cost_eur"][0] == pytest.approx(design(plain, gap=0.0).objective_eur)
    for cap, cost, bound in front.points.select("cap_kg", "cost_eur", "bound_eur").iter_rows():
        if cap is not None:
            assert cost == pytest.approx(brute(plain, cap), rel=1e-6, abs=1.0)
        assert bound == pytest.approx(cost, rel=1e-6, abs=1.0)


@settings(max_examples=12, deadline=None)
@given(
    open_eur=st.floats(1e3, 5e5),
    fixed_eur=st.floats(0, 2e5),
    kg=st.floats(0, 300),
    penalty=st.floats(0, 300),
    least=st.floats(0, 1),
)
def test_front_is_monotone_and_never_beaten(open_eur, fixed_eur, kg, penalty, least):
    supply = [row | {"least_share": least, "penalty_eur_per_unit": penalty} for row in tables()["supply"]]
    plants = [row | {"open_eur": open_eur, "fixed_eur_per_year": fixed_eur} for row in tables()["facilities"]]
    shred = [tables()["activities"][0] | {"kg_co2e_per_run": kg}]
    points = frontier(small(supply=supply, facilities=plants, activities=shred), points=5, gap=0.0).points
    cost, carbon, bound = (points[name].to_numpy() for name in ("cost_eur", "co2e_kg", "bound_eur"))
    assert (np.diff(carbon) < 0).all()
    assert (np.diff(cost) >= -1e-6 * np.abs(cost[:-1])).all()
    assert (np.diff(bound) >= -1e-6 * np.abs(bound[:-1])).all()
    assert (bound <= cost + 1e-6 * np.abs(cost)).all()
    capped = points.drop_nulls("cap_kg")
    assert (capped["co2e_kg"] <= capped["cap_kg"] + 1e-6 * capped["cap_kg"].abs().clip(1.0)).all()
    assert points["is_knee"].sum() == (1 if len(cost) >= 3 else 0)


def test_the_knee_is_farthest_from_the_chord():
    assert knee_of(np.array([0.0, 1.0, 9.0, 10.0]), np.array([4.0, 1.0, 0.5, 0.0])) == 1
    assert knee_of(np.array([0.0, 1.0]), np.array([1.0, 0.0])) is None


def test_half_the_hubs_and_half_more():
    rows = [
        tables()["facilities"][0]
        | {"facility": f"{name}_{where}", "site": f"hub_{where}", "capacity_runs_per_year": 500.0}
        for where in ("de", "fr")
        for name in ("a", "b", "c", "d")
    ]  # fmt: skip
    supply = [row | {"least_share": 0.0, "penalty_eur_per_unit": 40.0} for row in SOFT]
    found = {shape.name: shape for shape in shapes(small(facilities=rows, supply=supply), gap=0.0)}
    free = found["free"]
    assert found["central"].hubs <= free.hubs // 2
    assert found["central"].cost_eur >= free.cost_eur
    if "local" in found:
        assert found["local"].hubs > free.hubs
        assert found["local"].cost_eur >= free.cost_eur


def test_an_opening_is_worth_what_planning_without_it_costs():
    scenario = small(supply=SOFT, discount_rate=0.05)
    plan = design(scenario, gap=0.0)
    ranked, budget = investments(scenario, plan.answer.openings)
    assert dict(ranked.schema) == INVEST_COLUMNS
    assert dict(budget.schema) == BUDGET_COLUMNS
    for row in ranked.iter_rows(named=True):
        shut = plan.answer.openings.with_columns(
            is_open=pl.col("is_open") & (pl.col("facility") != row["facility"])
        )
        if not row["is_needed"]:
            without = design(scenario, openings=shut, gap=0.0)
            assert row["value_eur"] == pytest.approx(without.objective_eur - plan.objective_eur, abs=1e-2)
        assert row["investment_eur"] == pytest.approx(200_000.0)
    assert budget["cost_eur"][-1] == pytest.approx(plan.objective_eur)
    assert budget["budget_eur"].is_sorted()
    assert budget["saves_eur"].sum() == pytest.approx(budget["cost_eur"][0] - budget["cost_eur"][-1])


def test_what_cannot_be_spared_is_needed():
    ranked, _ = investments(small(), design(small(), gap=0.0).answer.openings)
    assert ranked["is_needed"].all()
