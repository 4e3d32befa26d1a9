"""What must hold for any goods and any load."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from completions import frame_of, must_answer_like_completions
from voltloop.compliance import Load, VehicleFacts, check_load, classify, load_rulebook

BOOK = load_rulebook()
ON = date(2026, 11, 24)
MODES = ("road_eu", "road_us")

VALUES: dict[str, list[Any]] = {
    "chemistry": list(BOOK.facts["chemistry"].values),
    "form": list(BOOK.facts["form"].values),
    "unit_kind": list(BOOK.facts["unit_kind"].values),
    "state": list(BOOK.facts["state"].values),
    "energy_wh": [0.2, 5.0, 15.0, 50.0, 80.0, 200.0, 5000.0],
    "lithium_g": [0.5, 1.2, 1.8, 4.0, 20.0, 30.0],
    "package_gross_kg": [20.0, 50.0],
    "un38_3_tested": ["no", "yes"],
    "sp238_passed": ["no", "yes"],
    "valves_closed": ["no", "yes"],
    "battery_safety_affected": ["no", "yes"],
    "battery_not_removable": ["no", "yes"],
    "liable_to_react": ["no", "yes"],
    "qa_333kg": ["no", "yes"],
    "shorted_0v": ["no", "yes"],
    "secured_clean_protected": ["no", "yes"],
    "ground_only_marked": ["no", "yes"],
}
"""One value for every cell of every fact, so that the completions below are all there are."""

OPEN = [name for name in VALUES if BOOK.facts[name].unless_stated is None]


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return frame_of(VALUES, rows, BOOK)


complete_goods = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
unknown_names = st.sets(st.sampled_from(OPEN), min_size=1, max_size=3)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(goods=complete_goods, unknown=unknown_names)
def test_unknown_facts_answer_like_all_their_completions(
    mode: str, goods: dict[str, Any], unknown: set[str]
) -> None:
    """Decided exactly when all possible completions agree, and the facts named are those that change the verdict."""
    must_answer_like_completions(VALUES, goods, unknown, BOOK, mode, ON)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(goods=complete_goods, unknown=unknown_names, data=st.data())
def test_a_fact_made_known_never_takes_an_answer_away(
    mode: str, goods: dict[str, Any], unknown: set[str], data: st.DataObject
) -> None:
    before = {**goods, **dict.fromkeys(unknown)}
    name = data.draw(st.sampled_from(sorted(unknown)))
    after = {**before, name: data.draw(st.sampled_from(VALUES[name]))}
    old, new = classify(frame([before, after]), BOOK, mode=mode, on=ON).rows(named=True)
    if old["outcome"] != "undecided" and not new["missing_facts"].startswith("contradiction"):
        assert new["outcome"] == old["outcome"]


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(goods=complete_goods, lighter=st.floats(0.1, 200), more=st.floats(0.1, 200))
def test_a_heavier_package_never_regains_the_small_relief(
    mode: str, goods: dict[str, Any], lighter: float, more: float
) -> None:
    rows = [{**goods, "package_gross_kg": lighter}, {**goods, "package_gross_kg": lighter + more}]
    light, heavy = classify(frame(rows), BOOK, mode=mode, on=ON)["outcome"]
    assert not (light != "exempt_small" and heavy == "exempt_small")


PARTS = st.lists(
    st.tuples(st.sampled_from(["0", "2", "3", "4", "none"]), st.floats(0.01, 400), st.integers(1, 3)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(parts=PARTS)
def test_more_goods_never_regain_the_relief_and_removing_undoes_adding(
    parts: list[tuple[str, float, int]],
) -> None:
    load = Load(BOOK, mode="road_eu", on=ON)
    profiles = [
        load.profile(outcome="exempt_small" if category == "none" else "allowed", transport_category=category)
        for category, _, _ in parts
    ]
    history = []
    for profile, (_, mass, _) in zip(profiles, parts, strict=True):
        history.append((load.points, load.exceeds_1136))
        load.add(profile, mass)
        assert load.points >= history[-1][0]
        # A second category lifts the limit of a single one (333 kg against 1000 points), which the law allows.
        if history[-1][0] > 1000 or load.has_category_0:
            assert load.exceeds_1136
    for profile, (_, mass, _) in reversed(list(zip(profiles, parts, strict=True))):
        load.remove(profile, mass)
        assert (load.points, load.exceeds_1136) == history.pop()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(parts=PARTS)
def test_the_independent_check_agrees_with_the_running_account(parts: list[tuple[str, float, int]]) -> None:
    load = Load(BOOK, mode="road_eu", on=ON)
    rows = []
    for category, mass, quantity in parts:
        outcome = "exempt_small" if category == "none" else "allowed"
        load.add(load.profile(outcome=outcome, transport_category=category), round(mass, 3) * quantity)
        rows.append((outcome, category, "", "P903", round(mass, 3), quantity))
    columns = [
        "outcome",
        "transport_category",
        "special_provisions",
        "packing_instruction",
        "net_mass_kg",
        "quantity",
    ]
    items = pl.DataFrame(rows, schema=columns, orient="row")
    codes = {one.code for one in check_load(items, VehicleFacts(critical_boxes=99), BOOK, "road_eu", ON)}
    assert ("load-vehicle-not-equipped" in codes) is load.exceeds_1136
    assert ("load-driver-not-certified" in codes) is load.exceeds_1136
