"""Matching written anew and plainly: every way to take sets out of a few units."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from voltloop.treatment.matching import Matching, SetKind


def is_set(units: Sequence[dict[str, Any]], kind: SetKind) -> bool:
    """Whether some units keep all limits of a kind, from their measurements."""
    if len(units) != kind.units or len({unit["group"] for unit in units}) > 1:
        return False
    capacities = [unit["capacity_ah"] for unit in units]
    resistances = [unit["resistance_mohm"] for unit in units]
    slack = 1 + 1e-8
    return (
        (
            kind.capacity_spread is None
            or max(capacities) <= min(capacities) * (1 + kind.capacity_spread) * slack
        )
        and (
            kind.resistance_spread is None
            or max(resistances) <= min(resistances) * (1 + kind.resistance_spread) * slack
        )
        and (kind.min_capacity_ah is None or min(capacities) >= kind.min_capacity_ah)
        and (kind.max_resistance_mohm is None or max(resistances) <= kind.max_resistance_mohm)
    )


def best_by_force(units: list[dict[str, Any]], kinds: Sequence[SetKind]) -> tuple[int, float]:
    """Give the most sets and, of those, the most value, by trying everything."""
    whole = range(len(units))

    @cache
    def best(free: frozenset[int], left: tuple[int, ...]) -> tuple[int, float]:
        if not free:
            return 0, 0.0
        first = min(free)
        found = best(free - {first}, left)
        for at, kind in enumerate(kinds):
            if not left[at]:
                continue
            for others in combinations(sorted(free - {first}), kind.units - 1):
                chosen = (first, *others)
                if is_set([units[one] for one in chosen], kind):
                    fewer = tuple(number - (place == at) for place, number in enumerate(left))
                    sets, value = best(free - set(chosen), fewer)
                    gain = kind.value_eur + sum(units[one]["value_eur"] for one in chosen)
                    found = max(found, (sets + 1, value + gain))
        return found

    return best(frozenset(whole), tuple(len(units) if k.max_sets is None else k.max_sets for k in kinds))


def random_units(seed: int, count: int, groups: int = 1) -> pl.DataFrame:
    """Units with measurements close enough that sets are possible and not all of them."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "unit_id": [f"u{at}" for at in range(count)],
            "capacity_ah": (50 * np.exp(0.03 * rng.standard_normal(count))).round(2),
            "resistance_mohm": (1.2 * np.exp(0.08 * rng.standard_normal(count))).round(3),
            "group": [f"g{at}" for at in rng.integers(0, groups, count)],
            "value_eur": rng.integers(0, 40, count).astype(float),
        }
    )


def check(units: pl.DataFrame, kinds: Sequence[SetKind], found: Matching) -> tuple[int, float]:
    """Every unit is in one set or left over, and every set keeps its limits; give number and value."""
    rows = [*found.members["row"], *found.leftover["row"]]
    assert sorted(rows) == list(range(1, units.height + 1))
    by_row = dict(enumerate(units.rows(named=True), start=1))
    named = {kind.name: kind for kind in kinds}
    for (_, kind), members in found.members.group_by(["set", "kind"]):
        assert is_set([by_row[row] for row in members["row"]], named[str(kind)])
    for kind_ in kinds:
        built = found.sets.filter(pl.col("kind") == kind_.name).height
        assert kind_.max_sets is None or built <= kind_.max_sets
    assert found.leftover["reason"].str.len_chars().min() != 0
    return found.sets.height, float(found.sets["value_eur"].sum())
