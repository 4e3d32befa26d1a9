"""What must hold for any goods by air, with any of their facts unknown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from completions import frame_of, must_answer_like_completions
from voltloop.compliance import classify, load_rulebook

BOOK = load_rulebook()
ON = date(2026, 11, 24)
MODES = ("air_pax", "air_cargo")

VALUES: dict[str, list[Any]] = {
    "chemistry": list(BOOK.facts["chemistry"].values),
    "form": list(BOOK.facts["form"].values),
    "unit_kind": list(BOOK.facts["unit_kind"].values),
    "state": list(BOOK.facts["state"].values),
    "energy_wh": [0.2, 2.0, 8.0, 15.0, 50.0, 5000.0],
    "lithium_g": [0.5, 1.2, 1.8, 4.0],
    "package_net_kg": [1.0, 4.0, 8.0, 20.0, 28.0, 33.0, 100.0, 900.0],
    "soc": [0.1, 0.28, 0.8],
    "un38_3_tested": ["no", "yes"],
    "soc_basis": ["rated", "indicated"],
    "approval_held": ["no", "yes"],
    "no_free_liquid_55c": ["no", "yes"],
    "sp238_passed": ["no", "yes"],
    "run_le_100": ["no", "yes"],
    "fuel": list(BOOK.facts["fuel"].values),
}
"""One value for every cell of every fact, so that the completions below are all there are."""

OPEN = [name for name in VALUES if BOOK.facts[name].unless_stated is None]


complete_goods = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
unknown_names = st.sets(st.sampled_from(OPEN), min_size=1, max_size=3)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(goods=complete_goods, unknown=unknown_names)
def test_air_unknown_facts_answer_like_all_their_completions(
    mode: str, goods: dict[str, Any], unknown: set[str]
) -> None:
    """Decided exactly when all possible completions agree, and the facts named are those that change the verdict."""
    must_answer_like_completions(VALUES, goods, unknown, BOOK, mode, ON, frozenset({"soc"}))


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(goods=complete_goods, light=st.floats(0.1, 500), more=st.floats(0.1, 500), soc=st.floats(0, 1))
def test_air_more_mass_or_charge_never_frees_goods(
    mode: str, goods: dict[str, Any], light: float, more: float, soc: float
) -> None:
    order = ("forbidden", "approval_needed", "allowed", "exempt_small", "exempt_other")
    base = {**goods, "package_net_kg": light, "soc": 0.0}
    rows = [base, {**base, "package_net_kg": light + more}, {**base, "soc": soc}]
    lean, *heavier = classify(frame_of(VALUES, rows, BOOK), BOOK, mode=mode, on=ON)["outcome"]
    for one in heavier:
        if "undecided" not in (lean, one):
            assert order.index(one) <= order.index(lean)
