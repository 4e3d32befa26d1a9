"""Tiny assignments, and all their placings counted one by one."""

from __future__ import annotations

import itertools

import numpy as np

from voltloop.treatment.program import Measure, Program, Rule, Side


def brute_force(program: Program) -> float | None:
    """Best worth over all placings that keep the side conditions; None when none does."""
    values = program.with_unplaced()
    groups = np.repeat(np.arange(program.count.size), program.count)
    ones = np.ones(groups.size)
    best: float | None = None
    for choice in itertools.product(range(values.shape[1]), repeat=groups.size):
        options = np.array(choice)
        worth = float(values[groups, options].sum())
        if not np.isfinite(worth):
            continue
        kept = True
        for side, load in zip(program.sides, program.loads(groups, options, ones), strict=True):
            under = load < side.amount - 1e-9
            if side.rule is Rule.MOST:
                kept &= load <= side.amount + 1e-9
            elif side.rule is Rule.MUST:
                kept &= not under
            elif side.rule is Rule.OR_NOTHING:
                kept &= not under or load <= 1e-9
            else:
                worth -= side.shortfall_eur * max(0.0, side.amount - load)
        if kept and (best is None or worth > best):
            best = worth
    return best


def tiny(seed: int) -> Program:
    """A programme of at most six batteries, three options and six side conditions of any rule."""
    rng = np.random.default_rng(seed)
    groups, options = rng.integers(1, 4, 2)
    count = rng.integers(1, 3, groups)
    mass = rng.integers(1, 9, groups) * 50.0
    value = rng.normal(100, 200, (groups, options)).round(1)
    value[rng.random((groups, options)) < 0.2] = -np.inf
    sides = []
    for number in range(rng.integers(0, 5)):
        measure = Measure(int(rng.integers(0, 2)))
        rule = list(Rule)[rng.integers(0, 4)]
        total = float((count * (mass if measure is Measure.KG else 1)).sum())
        inside = rng.random(options) < 0.6
        amount = round(float(rng.random()) * total, 1)
        sides.append(Side(f"s{number}", inside, measure, rule, amount, float(rng.integers(0, 50))))
    if rng.random() < 0.3:
        everywhere = np.ones(options, dtype=bool)
        sides.append(Side("budget", everywhere, Measure.CARBON, Rule.MOST, float(rng.normal(0, 100))))
    carbon = rng.normal(0, 100, (groups, options)).round(1)
    return Program(count, mass, value, carbon, rng.normal(-300, 100, groups).round(1), tuple(sides))
