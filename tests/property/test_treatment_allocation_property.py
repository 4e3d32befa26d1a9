"""Whatever the groups, limits, minimums and budget: the proven best placing, or the conditions that forbid any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation_cases import brute_force, tiny
from voltloop.treatment.conflicts import conflict
from voltloop.treatment.optimum import optimum
from voltloop.treatment.program import Measure, Rule


@given(st.integers(0, 10**9))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_the_best_placing_equals_brute_force(seed: int) -> None:
    """Every rule and measure, in any mix: worth and bound are those of the best of all placings."""
    program = tiny(seed)
    best, found = brute_force(program), optimum(program)
    if best is None:
        assert found is None
        return
    assert found is not None
    assert found.value == pytest.approx(best, abs=1e-6)
    assert found.bound == pytest.approx(best, abs=1e-5)
    assert found.gap < 1e-8


@given(st.integers(0, 10**9))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_every_battery_ends_in_exactly_one_place_and_no_limit_is_passed(seed: int) -> None:
    program = tiny(seed)
    found = optimum(program)
    if found is None:
        return
    placed = np.bincount(found.group, weights=found.number, minlength=program.count.size)
    assert placed.tolist() == program.count.tolist()
    assert (found.number > 0).all()
    assert np.isfinite(program.with_unplaced()[found.group, found.option]).all()
    loads = program.loads(found.group, found.option, found.number)
    for side, load in zip(program.sides, loads, strict=True):
        if side.rule is Rule.MOST:
            assert load <= side.amount + 1e-6


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_where_nothing_keeps_all_the_conflict_is_named_and_real(seed: int) -> None:
    """The conditions named are enough to make it impossible, and the list can be placed without minimums and budget."""
    program = tiny(seed)
    if optimum(program) is not None:
        return
    said = conflict(program)
    assert said.code == "treatment-conflict"
    named = tuple(side for side in program.sides if f"{side.name} (" in said.message)
    assert named
    assert brute_force(replace(program, sides=named)) is None
    free = tuple(s for s in program.sides if s.rule is Rule.MOST and s.measure is not Measure.CARBON)
    assert optimum(replace(program, sides=free)) is not None
