"""The flow model: against brute force, its balance, and how its cost moves when a condition is loosened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import polars as pl
import pytest

from network_cases import SITES, small, tables
from voltloop.errors import InputError, NoFeasiblePlan
from voltloop.network.design import Case, design
from voltloop.network.formulation import Risk, formulate
from voltloop.network.instance import instance_of
from voltloop.network.program import highs_of


def brute(scenario):
    """Least cost over every choice of openings, each costed by the plain linear programme without cuts."""
    made = formulate([instance_of(scenario)], [1.0], is_strong=False)
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


def check_balance(scenario, answer):
    """What comes equals what goes, for each commodity, site, period and case."""
    ends = [
        answer.flows.select("case", "period", "commodity", site="origin", amount=-pl.col("amount")),
        answer.flows.select("case", "period", "commodity", site="destination", amount="amount"),
        answer.supply.select("case", "period", "commodity", "site", amount="taken"),
        answer.demand.select("case", "period", "commodity", "site", amount=-pl.col("served")),
        answer.runs.join(scenario.recipes, on="activity").select(
            "case", "period", "commodity", "site", amount=pl.col("runs") * pl.col("amount_per_run")
        ),
    ]
    names = scenario.periods["period"].to_list()
    after = dict(zip(names, [*names[1:], None], strict=True))
    stock = answer.stocks.select("case", "period", "commodity", "site", "amount")
    first = scenario.stocks.filter(pl.col("initial") > 0)
    for case in answer.costs["case"].unique():
        ends.append(
            first.select(
                pl.lit(case).alias("case"),
                pl.lit(names[0]).alias("period"),
                "commodity",
                "site",
                amount="initial",
            )
        )
    ends.append(stock.with_columns(amount=-pl.col("amount")))
    ends.append(
        stock.with_columns(period=pl.col("period").replace_strict(after, return_dtype=pl.String)).drop_nulls()
    )
    columns = ["case", "period", "commodity", "site", "amount"]
    left = (
        pl.concat([one.select(columns) for one in ends])
        .group_by(columns[:-1])
        .agg(pl.col("amount").sum(), size=pl.col("amount").abs().max())
    )
    assert (left["amount"].abs() <= 1e-6 * left["size"].clip(1.0)).all(), left


STOCKS = [{"site": "hub_de", "commodity": "black_mass", "unit": "t", "room": 150.0, "initial": 20.0}]
STEPS = [
    row
    | {
        "capacity_runs_per_year": 700.0,
        "step_runs_per_year": 600.0,
        "step_eur": 60_000.0,
        "most_steps": 2,
        "least_share": 0.3,
    }
    for row in tables()["facilities"]
]
EXISTING = [
    tables()["facilities"][0] | {"status": "existing", "close_eur": 10_000.0},
    tables()["facilities"][1],
]
PRICES = [
    {
        "site": "plant",
        "commodity": "black_mass",
        "period": period,
        "amount_per_year": 250.0,
        "unit": "t",
        "price_eur_per_unit": price,
        "penalty_eur_per_unit": 500.0,
    }
    for period, price in (("2027", 1000.0), ("2028", 3000.0))
]
VARIANTS = {
    "plain": {},
    "dear": {"discount_rate": 0.08, "carbon_price_eur_per_t": 300.0},
    "stock": {"stocks": STOCKS, "demand": [*PRICES, tables()["demand"][1]]},
    "steps": {"facilities": STEPS},
    "existing": {"facilities": EXISTING},
    "ban": {
        "bans": [
            {
                "from_place": "FR",
                "to_place": "BE",
                "commodities": "black_mass",
                "valid_from": date(2028, 1, 1),
            }
        ]
    },
    "tariff": {"tariffs": [{"from_place": "DE", "to_place": "*", "rate": 0.3}]},
    "late": {"facilities": [tables()["facilities"][0] | {"last_period": "2027"}, tables()["facilities"][1]]},
    "optional": {
        "supply": [row | {"least_share": 0.2, "price_eur_per_unit": 200.0} for row in tables()["supply"]],
        "contracts": [
            {
                "contract": "c",
                "kind": "demand",
                "what": "plant",
                "commodity": "black_mass",
                "unit": "t",
                "least_per_year": 300.0,
                "penalty_eur_per_unit": 900.0,
            }
        ],
    },
}
HALF = {"supply": [row | {"least_share": 0.5} for row in tables()["supply"]]}
MORE = {"late": HALF, "ban": HALF, "stock": HALF}


@pytest.mark.parametrize("name", VARIANTS)
def test_as_brute_force(name):
    scenario = small(**(VARIANTS[name] | MORE.get(name, {})))
    found = design(scenario)
    expected = brute(scenario)
    assert np.isfinite(expected)
    assert found.objective_eur == pytest.approx(expected, rel=1e-6)
    assert found.bound_eur <= found.objective_eur
    assert found.gap <= 1e-5
    assert found.answer.costs["discounted_eur"].sum() == pytest.approx(found.objective_eur, rel=1e-9)
    check_balance(scenario, found.answer)


def test_one_case_is_the_plain_model():
    """The deterministic model is the stochastic one of one case, to the last bit."""
    scenario = small(discount_rate=0.05)
    plain, one = design(scenario), design([Case("only", scenario, 3.0)])
    assert plain.objective_eur == one.objective_eur
    assert plain.answer.openings.equals(one.answer.openings)
    assert plain.answer.flows.drop("case").equals(one.answer.flows.drop("case"))
    twice = design([Case("a", scenario), Case("b", scenario)])
    assert twice.objective_eur == pytest.approx(plain.objective_eur, rel=1e-9)


SHOCKS = [
    {"shock": "hub_lost", "kind": "site", "what": "hub_de", "factor": 0.0},
    {"shock": "low_price", "kind": "price", "what": "black_mass", "factor": 0.2, "first_period": "2028"},
    {"shock": "no_packs", "kind": "supply", "what": "battery", "factor": 0.0},
    {"shock": "toll", "kind": "tariff", "what": "*", "factor": 0.5},
]
FREE = [row | {"least_share": 0.0, "penalty_eur_per_unit": 900.0} for row in tables()["supply"]]


def test_cases_share_what_is_open():
    """Wait-and-see is never above here-and-now, which is never above the plan of the mean future in each."""
    base = small(shocks=SHOCKS, supply=FREE)
    names = ("hub_lost", "low_price", "no_packs")
    cases = [Case("calm", base, 2.0), *(Case(name, replace(base, struck=(name,))) for name in names)]
    together = design(cases)
    check_balance(base, together.answer)
    shares = [case.weight / 5.0 for case in cases]
    apart = sum(
        share * design(case.scenario).objective_eur for share, case in zip(shares, cases, strict=True)
    )
    kept = design(base).answer.openings
    held = sum(
        share * design(case.scenario, openings=kept).objective_eur
        for share, case in zip(shares, cases, strict=True)
    )
    assert apart <= together.objective_eur + 1e-6
    assert together.objective_eur <= held + 1e-6


def test_bad_cases_weigh_more():
    """CVaR of a plan is the mean of its worst cases; weighing it never lowers the cost that counts."""
    base = small(shocks=SHOCKS, supply=FREE)
    cases = [Case("calm", base), Case("bad", replace(base, struck=("hub_lost",)))]
    mean, careful = design(cases), design(cases, risk=Risk(level=0.5, weight=0.5))
    assert careful.objective_eur >= mean.objective_eur - 1e-6
    spent = careful.answer.costs.group_by("case").agg(pl.col("discounted_eur").sum())
    costs = dict(spent.iter_rows())
    expected = 0.5 * (costs["calm"] + costs["bad"]) / 2 + 0.5 * max(costs.values())
    # What is opened counts once, outside of the cases.
    first = ["opening", "closing", "expanding", "fixed"]
    shared = careful.answer.costs.filter((pl.col("case") == "calm") & pl.col("kind").is_in(first))
    assert careful.objective_eur == pytest.approx(expected, abs=1e-3 * abs(shared["discounted_eur"].sum()))


def test_shocks_do_what_they_say():
    base = small(shocks=SHOCKS, supply=FREE)
    struck = {name: replace(base, struck=(name,)) for name in ("hub_lost", "no_packs", "toll")}
    hub = design(struck["hub_lost"]).answer
    assert not (hub.runs["site"] == "hub_de").any()
    assert design(struck["no_packs"]).answer.flows.is_empty()
    assert design(struck["toll"]).answer.flows["duty_eur"].sum() > 0
    with pytest.raises(InputError, match="hub_lost"):
        design(replace(base, struck=("hub_lose",)))


def test_loosening_never_costs_more():
    """Each condition tightened raises the cost or leaves it."""
    loose = design(small(supply=FREE)).objective_eur
    target = {
        "target": "t",
        "kind": "collection",
        "commodities": "pack",
        "of_commodities": "pack",
        "share": 1.0,
    }
    cap = [row | {"carbon_cap_t": 60.0} for row in tables()["periods"]]
    budget = [row | {"budget_eur": 250_000.0} for row in tables()["periods"]]
    for change in (
        {"targets": [target]},
        {"periods": cap},
        {"periods": budget},
        {"supply": [row | {"least_share": 0.9} for row in FREE]},
        {"facilities": [row | {"capacity_runs_per_year": 500.0} for row in tables()["facilities"]]},
        {"bans": [{"from_place": "DE", "to_place": "BE", "valid_until": date(2027, 12, 31)}]},
    ):
        tight = design(small(**({"supply": FREE} | change)))
        assert tight.objective_eur >= loose - 1e-6, change
        check_balance(small(**({"supply": FREE} | change)), tight.answer)


def test_a_cap_and_a_ban_are_kept():
    cap = [row | {"carbon_cap_t": 60.0} for row in tables()["periods"]]
    found = design(small(supply=FREE, periods=cap)).answer
    emitted = found.emissions.group_by("period").agg(pl.col("co2e_t").sum())
    assert (emitted["co2e_t"] <= 60.0 + 1e-6).all()
    price = found.shadow_prices.filter(pl.col("kind") == "carbon_cap")
    assert (price["price_eur"] > 0).all()
    assert price.height
    ban = [{"from_place": "DE", "to_place": "BE", "valid_until": date(2027, 12, 31)}]
    flows = design(small(supply=FREE, bans=ban)).answer.flows
    assert not ((flows["lane"] == "hub_de-plant-road") & (flows["period"] == "2027")).any()


def test_conditions_that_conflict_are_named():
    packs = [tables()["supply"][0] | {"amount_per_year": 4000.0}]
    with pytest.raises(NoFeasiblePlan) as caught:
        design(small(supply=packs))
    assert "at least 4000 of pack must be taken at berlin" in caught.value.message
    assert "shredder_de is limited in capacity" in caught.value.message
    assert "shredder_fr is limited in capacity" in caught.value.message
    budget = [row | {"budget_eur": 150_000.0} for row in tables()["periods"]]
    with pytest.raises(NoFeasiblePlan) as caught:
        design(small(periods=budget))
    assert "at most 150000 EUR may be spent" in caught.value.message


def test_no_time_gives_no_plan_or_a_plan():
    """A time limit never raises."""
    found = design(small(), time_limit_s=0.0)
    assert found.bound_eur <= found.objective_eur


def test_dangerous_goods_need_the_law():
    goods = [
        tables()["commodities"][0] | {"goods": "chemistry=li_ion form=battery"},
        *tables()["commodities"][1:],
    ]
    asked = small(commodities=goods)
    with pytest.raises(InputError) as caught:
        design(asked)
    assert caught.value.code == "scenario-law"
    pairs = {(one["country"], other["country"]) for one in SITES for other in SITES}
    law = [
        {
            "commodity": "pack",
            "mode": "road",
            "from_country": start,
            "to_country": end,
            "period": period,
            "is_allowed": start == end,
            "is_decided": True,
            "said": "",
        }
        for start, end in sorted(pairs)
        for period in ("2027", "2028")
    ]
    lawful = replace(asked, law=pl.DataFrame(law, schema=asked.law.schema))
    packs = design(lawful).answer.flows.filter(pl.col("commodity") == "pack")
    assert set(packs["lane"]) == {"berlin-hub_de-road", "paris-hub_fr-road"}
