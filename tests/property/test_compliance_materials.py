"""Materials: what is not known is answered like all its completions, and a fact made known takes no answer away."""

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
MODES = ("road_eu", "rail_eu", "road_us", "sea", "air_pax", "air_cargo", "sea_bulk")
GROUPS = ["no", "pg_i", "pg_ii", "pg_iii"]

VALUES: dict[str, list[Any]] = {
    "material": [name for name in BOOK.facts["material"].values if name != "none"],
    "material_status": ["usual", "product", "waste"],
    "water_reactive": GROUPS,
    "self_heating": ["no", "pg_ii", "pg_iii"],
    "flammable_solid": ["no", "pg_ii", "pg_iii"],
    "solvent_residue": ["no", "yes"],
    "corrosive": GROUPS,
    "releases_hf": ["no", "yes"],
    "toxic": GROUPS,
    "aquatic_hazard": ["no", "yes"],
    "respirable_pct": [9.0, 10.0],
    "flash_point_c": [-5.0, 30.0, 75.0],
    "mhb_tested": ["no", "yes"],
    "moisture_below_tml": ["no", "yes"],
    "moisture_test_age_days": [3.0, 9.0],
    "tml_test_age_days": [20.0, 183.0, 200.0],
    "approval_held": ["no", "yes"],
    "package_net_kg": [0.4, 450.0],
    "package_net_l": [0.4, 250.0],
}
"""Values of every fact that materials ask for; the unknown ones below have one for every cell."""

OPEN = [
    "water_reactive", "self_heating", "flammable_solid", "solvent_residue", "corrosive", "releases_hf", "toxic",
    "aquatic_hazard", "respirable_pct", "flash_point_c", "mhb_tested", "moisture_below_tml", "moisture_test_age_days",
    "tml_test_age_days",
]  # fmt: skip

complete_goods = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
unknown_names = st.sets(st.sampled_from(OPEN), min_size=1, max_size=3)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(goods=complete_goods, unknown=unknown_names)
def test_materials_unknown_facts_answer_like_all_their_completions(
    mode: str, goods: dict[str, Any], unknown: set[str]
) -> None:
    must_answer_like_completions(VALUES, goods, unknown, BOOK, mode, ON, frozenset(OPEN))


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(goods=complete_goods, unknown=unknown_names, data=st.data())
def test_materials_a_fact_made_known_never_takes_an_answer_away(
    mode: str, goods: dict[str, Any], unknown: set[str], data: st.DataObject
) -> None:
    before = {**goods, **dict.fromkeys(unknown)}
    name = data.draw(st.sampled_from(sorted(unknown)))
    after = {**before, name: data.draw(st.sampled_from(VALUES[name]))}
    old, new = classify(frame_of(VALUES, [before, after], BOOK), BOOK, mode=mode, on=ON)["outcome"]
    assert old in ("undecided", new)
