"""The running account of a load: order, removal, more goods, and the check of the whole load."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.compliance import Load, LoadProfile, VehicleFacts, check_load, load_rulebook

BOOK = load_rulebook()
ON = date(2026, 11, 24)
MODES = [name for name, mode in BOOK.modes.items() if mode.regime in {duty.regime for duty in BOOK.duties}]
ALL = {"is_adr_equipped": True, "is_driver_certified": True, "critical_boxes": 99}

GOODS = st.fixed_dictionaries(
    {
        "outcome": st.sampled_from(["allowed", "allowed", "allowed", "exempt_small", "exempt_other"]),
        "transport_category": st.sampled_from(["0", "1", "2", "3", "4"]),
        "tunnel_code": st.sampled_from(["E", "D/E", "C5000D", "-", "none"]),
        "special_provisions": st.sampled_from(["", "376", "636", "670", "670;670 (b)", "173.159(e)"]),
        "labels": st.sampled_from(["9A", "8", "4.3", "1.1D", "1.4S", "3", "5.1", "9A;6.1"]),
        "un_number": st.sampled_from(["3480", "2794", "2795", "3292", "0081", "1830", "3072"]),
    }
)
PARTS = st.lists(st.tuples(GOODS, st.floats(0.001, 400)), min_size=1, max_size=8)


def state(load: Load) -> tuple[Any, ...]:
    return (
        load.points, load.exceeds_1136, load.has_category_0, load.is_regulated, load.tunnel_restriction,
        load.closed_tunnels(), load.broken_limits, load.kept_apart, load.groups, load.obligations().rules,
    )  # fmt: skip


def filled(
    mode: str, parts: list[tuple[dict[str, str], float]]
) -> tuple[Load, list[tuple[LoadProfile, float]]]:
    load = Load(BOOK, mode=mode, on=ON)
    booked = [(load.profile(**goods), mass) for goods, mass in parts]
    for profile, mass in booked:
        load.add(profile, mass)
    return load, booked


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(parts=PARTS, data=st.data())
def test_the_order_of_loading_does_not_matter(
    mode: str, parts: list[tuple[dict[str, str], float]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(parts))
    assert state(filled(mode, parts)[0]) == state(filled(mode, shuffled)[0])


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(parts=PARTS, more=PARTS)
def test_what_is_added_and_removed_leaves_no_trace(
    mode: str, parts: list[tuple[dict[str, str], float]], more: list[tuple[dict[str, str], float]]
) -> None:
    load, _ = filled(mode, parts)
    before = state(load)
    booked = [(load.profile(**goods), mass) for goods, mass in more]
    for profile, mass in booked:
        load.add(profile, mass)
    for profile, mass in booked:
        load.remove(profile, mass)
    assert state(load) == before


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(parts=PARTS)
def test_more_goods_never_heal_a_load(mode: str, parts: list[tuple[dict[str, str], float]]) -> None:
    """Neither the relief of 1.1.3.6, nor a tunnel, nor a broken limit comes back by taking up more."""
    load = Load(BOOK, mode=mode, on=ON)
    for goods, mass in parts:
        above, closed, broken = load.exceeds_1136, load.closed_tunnels(), load.broken_limits
        load.add(load.profile(**goods), mass)
        assert load.exceeds_1136 >= above
        assert set(closed) <= set(load.closed_tunnels())
        assert set(broken) <= set(load.broken_limits)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(parts=PARTS)
def test_the_check_of_the_whole_load_agrees(mode: str, parts: list[tuple[dict[str, str], float]]) -> None:
    load, _ = filled(mode, parts)
    rows = [
        {**goods, "net_mass_kg": mass, "quantity": 1, "packing_instruction": "none"} for goods, mass in parts
    ]
    bare = {finding.code for finding in check_load(pl.DataFrame(rows), VehicleFacts(), BOOK, mode, ON)}
    able = {finding.code for finding in check_load(pl.DataFrame(rows), VehicleFacts(**ALL), BOOK, mode, ON)}
    assert ("load-vehicle-not-equipped" in bare) is load.exceeds_1136
    assert bool(able & {"load-mixing-forbidden", "load-mixing-approval"}) is bool(load.conflicts)
    assert ("load-mixing-apart" in able) is bool(load.kept_apart)
    assert ("load-provision-limit" in able) is any(".SP636." in name for name in load.broken_limits)
    assert ("load-must-travel-alone" in able) is ("sole" in load.broken_limits)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(parts=PARTS, goods=GOODS)
def test_goods_fit_exactly_when_adding_them_breaks_no_rule_on_mixing(
    mode: str, parts: list[tuple[dict[str, str], float]], goods: dict[str, str]
) -> None:
    load, _ = filled(mode, parts)
    profile = load.profile(**goods)
    before, fits = load.conflicts, load.fits(profile)
    load.add(profile, 1.0)
    if not fits:
        assert load.conflicts
    elif not before:
        assert not load.conflicts
