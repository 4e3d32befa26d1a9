"""Choosing hubs: against the whole mixed-integer programme; failures against planning anew."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tours_benchmark_cases import BENCHMARKS
from voltloop.errors import InputError
from voltloop.network.hub_flows import Flows
from voltloop.network.hub_stress import stress_hubs
from voltloop.network.hubs import HubProblem, as_slices, choose_hubs

from network_case import make_case  # isort: skip
from network_textbook import solve_textbook  # isort: skip


def draw(seed: int) -> HubProblem:
    rng = np.random.default_rng(seed)
    hubs, origins, commodities, periods, scenarios = (int(most) for most in rng.integers(1, [5, 5, 3, 4, 3]))
    cost = rng.uniform(1, 60, (hubs, origins, commodities))
    cost[rng.random(cost.shape) < 0.15] = np.inf
    weight = rng.uniform(0.1, 1, scenarios)
    return HubProblem(
        cost,
        rng.uniform(20, 90, commodities),
        rng.uniform(0, 2, commodities),
        rng.integers(0, 9, (scenarios, origins, commodities, periods)).astype(float),
        weight / weight.sum(),
        1.1 ** -np.arange(periods, dtype=float),
        rng.integers(0, 30, (hubs, periods)).astype(float),
        rng.uniform(0, 300, hubs),
        rng.uniform(0, 60, hubs),
        rng.uniform(0, 60, hubs),
    )


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_bound_optimum_and_objective_stand_in_this_order(seed: int) -> None:
    problem = draw(seed)
    optimum, bound = solve_textbook(problem, 60.0)
    assert bound == pytest.approx(optimum, rel=1e-5, abs=1e-6)
    found = choose_hubs(problem, time_limit_s=0.2)
    slack = 1e-6 * max(1.0, abs(optimum))
    assert found.bound_eur <= optimum + slack
    assert found.objective_eur >= optimum - slack
    exact = problem.fixed_eur(found.is_open) + Flows(as_slices(problem)).cost(found.is_open)
    assert found.objective_eur >= exact - slack


def test_a_middling_case_is_within_three_percent_of_its_bound() -> None:
    case = make_case(3, origins=40, hubs=20, commodities=3, periods=3)
    found = choose_hubs(case, time_limit_s=60.0, gap=0.03)
    assert 0 <= found.gap <= 0.03
    assert found.is_open.any()


def test_one_scenario_twice_is_one_scenario() -> None:
    once = draw(11)
    once = replace(once, supply=once.supply[:1], weight=np.ones(1))
    twice = replace(once, supply=np.repeat(once.supply, 2, axis=0), weight=np.full(2, 0.5))
    is_open = np.ones(once.capacity.shape, np.bool_)
    costs = [Flows(as_slices(problem)).cost(is_open) for problem in (once, twice)]
    assert costs[0] == pytest.approx(costs[1])


def test_a_failure_costs_what_planning_the_flows_anew_without_the_hub_costs() -> None:
    problem = make_case(5, origins=20, hubs=4, commodities=2, periods=3, scenarios=2)
    is_open = np.ones(problem.capacity.shape, np.bool_)
    found = stress_hubs(problem, is_open, [(0, 0, 2), (2, 1, 1)])
    assert [failure.extra_eur for failure in found] == sorted(
        (failure.extra_eur for failure in found), reverse=True
    )
    whole = Flows(as_slices(problem)).cost(is_open)
    for failure in found:
        without = is_open.copy()
        without[failure.hub, failure.first : failure.last + 1] = False
        again = Flows(as_slices(problem)).cost(without)
        assert failure.extra_eur == pytest.approx(again - whole, rel=1e-6, abs=1e-3)
        assert failure.lost >= -1e-6


def test_bad_numbers_are_named() -> None:
    problem = draw(4)
    with pytest.raises(InputError, match=r"open_eur\[0\] is nan"):
        replace(problem, open_eur=np.full(problem.open_eur.shape, np.nan))
    with pytest.raises(InputError, match=r"capacity has the shape \(1, 1\)"):
        replace(problem, capacity=np.ones((1, 1)))


def test_the_benchmark_sets_the_textbook_way_beside_ours_in_one_line() -> None:
    command = [sys.executable, str(BENCHMARKS / "network.py"), "--time", "60", "--failures", "5"]
    command += ["--origins", "12", "--hubs", "3", "--commodities", "2", "--periods", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    line: dict[str, Any] = json.loads(done.stdout)
    assert line["bound"] <= line["textbook"]["objective"] * (1 + 1e-5)
    assert line["textbook"]["bound"] <= line["objective"] * (1 + 1e-5)
    assert line["failures"] <= 5
