"""Stress: the same as planning with the shock in force, and the time to survive of networks known by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from network_cases import small, tables
from voltloop.network.design import design
from voltloop.network.failures import Failure, one_at_a_time, shocks_of
from voltloop.network.scenario import scenario_of
from voltloop.network.stress import STRESS_COLUMNS, stress

SOFT = [row | {"least_share": 0.0, "penalty_eur_per_unit": 700.0} for row in tables()["supply"]]
WANTED = [
    tables()["demand"][0] | {"penalty_eur_per_unit": 900.0, "price_eur_per_unit": 2000.0},
    tables()["demand"][1],
]
LANES = [
    {"lane": f"{start}-{end}", "origin": start, "destination": end, "modes": "road", "passages": passage,
     "commodities": what, "cost_eur_per_t": 50.0, "kg_co2e_per_t": 10.0, "distance_km": 100.0, "days": 1.0,
     "capacity_t_per_year": 900.0}
    for start, end, what, passage in (
        ("berlin", "hub_de", "pack", None), ("paris", "hub_fr", "pack", "alps; rhine"),
        ("paris", "hub_de", "pack", "rhine"),
        ("hub_de", "plant", "black_mass;scrap", "rhine"), ("hub_fr", "plant", "black_mass;scrap", None),
    )
]  # fmt: skip
PLANTS = [
    row | {"step_runs_per_year": 300.0, "step_eur": 5000.0, "most_steps": 2} for row in tables()["facilities"]
]
SHOCKS = [
    {"shock": "site", "kind": "site", "what": "hub_de", "factor": 0.0, "first_period": "2028"},
    {"shock": "half a site", "kind": "site", "what": "hub_fr", "factor": 0.5},
    {"shock": "country", "kind": "country", "what": "FR", "factor": 0.0},
    {"shock": "area", "kind": "country", "what": "EU", "factor": 0.3, "last_period": "2027"},
    {"shock": "lane", "kind": "lane", "what": "hub_de-plant", "factor": 0.0},
    {"shock": "part of a lane", "kind": "lane", "what": "berlin-hub_de", "factor": 0.2},
    {"shock": "passage", "kind": "passage", "what": "rhine", "factor": 0.0, "first_period": "2028"},
    {"shock": "tariff", "kind": "tariff", "what": "black_mass", "factor": 0.25},
    {"shock": "price", "kind": "price", "what": "black_mass", "factor": 0.1},
    {"shock": "dear", "kind": "price", "what": "battery", "factor": 3.0},
    {"shock": "supply", "kind": "supply", "what": "*", "factor": 0.4},
    {"shock": "demand", "kind": "demand", "what": "black_mass", "factor": 0.05},
    {"shock": "both", "kind": "supply", "what": "pack", "factor": 0.6},
    {"shock": "both", "kind": "price", "what": "black_mass", "factor": 1.4},
]


TARGETS = [
    {"target": "taken back", "kind": "collection", "commodities": "pack", "of_commodities": "battery", "share": 0.9,
     "penalty_eur_per_t": 4000.0}
]  # fmt: skip


def wide(**changes):
    given = {
        "targets": TARGETS,
        "supply": SOFT,
        "demand": WANTED,
        "lanes": LANES,
        "facilities": PLANTS,
        "modes": [],
        "shocks": SHOCKS,
    }
    supply = [row | {"price_eur_per_unit": 15.0} for row in SOFT]
    return small(discount_rate=0.06, **(given | {"supply": supply} | changes))


def test_every_shock_costs_what_planning_with_it_costs():
    """The changed programme against the full model with the shock in force and the same openings."""
    scenario = wide()
    openings = design(scenario, gap=0.0).answer.openings
    table = stress(scenario, openings, shocks_of(scenario))
    assert table["shock"].n_unique() == 13
    for name, cost in table.select("shock", "cost_eur").iter_rows():
        full = design(replace(scenario, struck=(name,)), openings=openings, gap=0.0)
        assert cost == pytest.approx(full.objective_eur, rel=1e-7, abs=1e-3), name


def test_nothing_fails_and_nothing_is_lost():
    scenario = wide()
    plan = design(scenario, gap=0.0)
    nothing = [
        Failure("nothing", (), None),
        Failure("all is left", (("country", "*", 1.0, None, None),), 30.0),
    ]
    table = stress(scenario, plan.answer.openings, nothing)
    assert table["extra_cost_eur"].to_list() == pytest.approx([0.0, 0.0], abs=1e-6)
    assert table["lost_value_eur"].to_list() == [0.0, 0.0]
    assert table["survives_months"].to_list() == [None, None]
    assert table["cost_eur"][0] == pytest.approx(plan.objective_eur)
    assert dict(table.schema) == STRESS_COLUMNS


def test_failures_do_not_depend_on_their_order_or_on_processes():
    scenario = wide()
    openings = design(scenario, gap=0.0).answer.openings
    failures = shocks_of(scenario)
    one = stress(scenario, openings, failures)
    other = stress(scenario, openings, failures[::-1], workers=2)
    assert one["shock"].to_list() == other["shock"].to_list()
    assert one["cost_eur"].to_list() == pytest.approx(other["cost_eur"].to_list())


def test_conditions_that_must_be_kept_are_broken_without_their_price_in_the_cost():
    scenario = small()
    openings = design(scenario, gap=0.0).answer.openings
    table = stress(scenario, openings, [Failure("all", (("country", "*", 0.0, None, None),), None)])
    assert abs(table["cost_eur"][0]) < 1e6
    assert table["lost_share"][0] == pytest.approx(1.0)


def mine(**stock):
    """One mine, one port with a stock, one buyer of 100 t a month."""
    sites = [{"site": name, "country": country, "lat": 1.0, "lon": at} for name, country, at in
             (("mine", "CD", 1.0), ("other", "AU", 3.0), ("port", "BE", 2.0))]  # fmt: skip
    ways = [{"lane": name, "origin": name, "destination": "port", "modes": mode, "cost_eur_per_t": 10.0,
             "kg_co2e_per_t": 1.0, "days": 5.0} for name, mode in (("mine", "road"), ("other", "sea"))]  # fmt: skip
    return scenario_of(
        "mine",
        periods=[{"period": "2027", "first_on": date(2027, 1, 1)}],
        commodities=[{"commodity": "ore", "unit": "t", "mass_kg_per_unit": 1000.0, "value_eur_per_unit": 50.0}],
        sites=sites,
        lanes=ways,
        stocks=[{"site": "port", "commodity": "ore", "unit": "t", "holding_eur_per_unit_year": 1.0, **stock}],
        supply=[
            {"site": "mine", "commodity": "ore", "unit": "t", "amount_per_year": 2000.0, "price_eur_per_unit": 5.0},
            {"site": "other", "commodity": "ore", "unit": "t", "amount_per_year": 300.0, "price_eur_per_unit": 9.0},
        ],
        demand=[
            {"site": "port", "commodity": "ore", "unit": "t", "amount_per_year": 1200.0, "price_eur_per_unit": 80.0,
             "penalty_eur_per_unit": 20.0}
        ],
    )  # fmt: skip


@pytest.mark.parametrize(("initial", "months"), [(0.0, 0.0), (150.0, 2.0), (450.0, 6.0)])
def test_time_to_survive_is_stock_over_what_is_missing(initial, months):
    """Without the mine 100 t a month are wanted, 25 come from elsewhere, and the stock gives 75."""
    scenario = mine(initial=initial)
    plan = design(scenario, gap=0.0)
    lost = Failure("mine", (("country", "CD", 0.0, None, None),), 180.0)
    row = stress(scenario, plan.answer.openings, [lost]).row(0, named=True)
    assert row["survives_months"] == pytest.approx(months, abs=1e-6)
    assert row["recovers_months"] == pytest.approx(180 / 30.4375)
    missing = 900.0 - initial
    assert row["lost_value_eur"] == pytest.approx(80.0 * missing)
    assert row["lost_share"] == pytest.approx(missing / 1200.0)


def test_all_that_a_plan_uses_fails_once():
    scenario = mine(initial=0.0)
    plan = design(scenario, gap=0.0)
    failures = one_at_a_time(scenario, plan.answer)
    assert [failure.name for failure in failures] == ["country CD lost in 2027", "mode road lost in 2027"]
    table = stress(scenario, plan.answer.openings, failures)
    assert table["lost_value_eur"].to_list() == pytest.approx([72_000.0] * 2)
