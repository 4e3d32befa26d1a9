"""The relaxation that adds rows as they are broken ends where the whole one does."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.network.program import Program, highs_of
from voltloop.network.relaxation import relax
from voltloop.network.solving import solve_program


def location(seed: int) -> Program:
    """Sites with room for some customers, each pair tied to the site by a row that only tightens."""
    rng = np.random.default_rng(seed)
    sites, customers = int(rng.integers(2, 6)), int(rng.integers(1, 8))
    program, demand = Program(), rng.integers(1, 6, customers).astype(float)
    room = rng.integers(4, 15, sites).astype(float)
    is_open = program.add_columns(sites, rng.uniform(5, 40, sites), 0.0, 1.0, whole=True)
    flow = program.add_columns(sites * customers, rng.uniform(1, 20, sites * customers))
    lost = program.add_columns(customers, 60.0)
    site, customer = np.divmod(np.arange(sites * customers), customers)
    program.add_rows(
        "served", pl.DataFrame({"customer": np.arange(customers)}), demand, demand,
        [(customer, flow, 1.0), (np.arange(customers), lost, 1.0)],
    )  # fmt: skip
    program.add_rows(
        "room", pl.DataFrame({"site": np.arange(sites)}), -np.inf, 0.0,
        [(site, flow, 1.0), (np.arange(sites), is_open, -room)],
    )  # fmt: skip
    pairs = pl.DataFrame({"site": site, "customer": customer})
    entries = [
        (np.arange(len(site)), flow, 1.0), (np.arange(len(site)), is_open[site], -demand[customer])
    ]  # fmt: skip
    program.add_rows("tied", pairs, -np.inf, 0.0, entries, is_cut=True)
    return program


def later() -> float:
    return time.monotonic() + 600.0


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_adding_broken_rows_ends_at_the_whole_relaxation(seed: int) -> None:
    program = location(seed)
    whole = highs_of(program, relaxed=True)
    whole.run()
    best = whole.getInfo().objective_function_value
    found = relax(program, later(), tighten_until=later())
    assert found.status == "optimal"
    assert found.bound == pytest.approx(best, rel=1e-6)
    assert found.program.rows <= program.rows
    assert sum(len(block.rows) for block in found.program.blocks) == found.program.rows
    assert all(len(block.rows) == block.keys.height for block in found.program.blocks)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_plan_is_that_of_the_whole_programme(seed: int) -> None:
    program = location(seed)
    whole = highs_of(program)
    whole.setOptionValue("mip_rel_gap", 0.0)
    whole.run()
    best = whole.getInfo().objective_function_value
    found = solve_program(program, time_limit_s=600.0, gap=0.0)
    assert found.objective == pytest.approx(best, rel=1e-6)
    assert found.bound <= best * (1 + 1e-6)
    assert found.bound == pytest.approx(best, rel=1e-6)


def test_without_time_to_tighten_the_bound_is_a_bound_still() -> None:
    program = location(7)
    hasty = relax(program, later(), tighten_until=0.0)
    whole = relax(program, later(), tighten_until=later())
    assert hasty.status == "optimal"
    assert hasty.bound <= whole.bound + 1e-9


def test_what_cannot_be_is_told() -> None:
    program = location(3)
    never = replace(program, blocks=list(program.blocks))
    never.add_rows("never", pl.DataFrame({"row": [0]}), 2.0, np.inf, [([0], [0], 1.0)])
    assert relax(never, later(), tighten_until=later()).status == "infeasible"
