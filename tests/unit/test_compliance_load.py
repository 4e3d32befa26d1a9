"""The running account of a load, and what it obliges to."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from voltloop.compliance import Load, classify, load_obligations, load_rulebook

BOOK = load_rulebook()
ON = date(2026, 11, 24)


def new_load(mode: str = "road_eu") -> Load:
    return Load(BOOK, mode=mode, on=ON)


def test_category_0_makes_the_relief_unusable_at_any_mass() -> None:
    load = new_load()
    critical = load.profile(outcome="allowed", transport_category="0", tunnel_code="E")
    load.add(critical, 0.001)
    assert load.has_category_0
    assert load.exceeds_1136
    assert load.needs_plates
    assert load.needs_adr_driver
    assert load.needs_instructions
    assert load.tunnel_restriction == "E"
    load.remove(critical, 0.001)
    assert not load.exceeds_1136
    assert load.tunnel_restriction is None


def test_goods_of_an_unknown_category_or_without_a_verdict_never_look_harmless() -> None:
    for outcome in ("allowed", "undecided", "forbidden", "approval_needed"):
        load = new_load()
        load.add(load.profile(outcome=outcome), 1.0)
        assert load.exceeds_1136, outcome


def test_exempt_goods_do_not_count() -> None:
    load = new_load()
    load.add(
        load.profile(outcome="exempt_small", transport_category="none", special_provisions="188"), 5000.0
    )
    assert (load.points, load.exceeds_1136, load.is_regulated) == (0.0, False, False)


def test_the_limit_of_sp_636_holds_per_unit() -> None:
    load = new_load()
    sorting = load.profile(outcome="exempt_other", transport_category="none", special_provisions="636")
    load.add(sorting, 333.0)
    assert load.broken_limits == ()
    load.add(sorting, 0.1)
    assert load.broken_limits == ("ADR.SP636.unit",)


def test_wet_batteries_under_173_159e_travel_alone() -> None:
    load = new_load("road_us")
    load.add(load.profile(outcome="exempt_other", special_provisions="173.159(e)"), 900.0)
    load.add(load.profile(outcome="exempt_other", special_provisions="173.220"), 1900.0)
    assert load.broken_limits == ()
    small = load.profile(outcome="exempt_small", transport_category="n/a", special_provisions="173.185(c)")
    load.add(small, 5.0)
    assert load.broken_limits == ("sole",)
    load.remove(small, 5.0)
    load.add(load.profile(outcome="allowed", transport_category="n/a", special_provisions="173.185(d)"), 10.0)
    assert load.broken_limits == ("sole",)
    assert (load.points, load.exceeds_1136, load.needs_plates) == (0.0, False, False)


def test_a_verdict_row_makes_a_profile() -> None:
    goods = pl.DataFrame(
        {"chemistry": ["li_ion"], "form": ["battery"], "unit_kind": ["battery"], "state": ["waste"]}
    )
    load = new_load()
    profile = load.profile_of(classify(goods, BOOK, mode="road_eu", on=ON).row(0, named=True))
    load.add(profile, 100.0)
    assert load.points == 300.0


def test_many_additions_leave_no_rounding_behind() -> None:
    """0.1 kg a thousand times is 100 kg to the milligram."""
    load = new_load()
    battery = load.profile(outcome="allowed", transport_category="2")
    for _ in range(3330):
        load.add(battery, 0.1)
    assert load.points == 999.0
    assert not load.exceeds_1136


@pytest.mark.parametrize(
    ("points", "category_0", "above"), [(1000.0, False, False), (1000.001, False, True), (0.0, True, True)]
)
def test_duties_above_the_limit(points: float, category_0: bool, above: bool) -> None:
    duties = load_obligations(points, category_0, "road_eu", BOOK, ON)
    assert duties.exceeds_1136 is above
    assert duties.needs_plates is above
    assert duties.needs_adr_driver is above
    assert duties.needs_instructions is above
    assert "transport_document" in duties.duties
    assert ("ADR 5.3.2" in duties.cite) is above


@pytest.mark.parametrize(("points", "kilograms"), [(900.0, "2 kg"), (1200.0, "12 kg")])
def test_each_load_is_told_its_own_fire_extinguishers(points: float, kilograms: str) -> None:
    """The small set within the limit, the set by mass of the unit above it, never both (ADR 8.1.4)."""
    duties = load_obligations(points, False, "road_eu", BOOK, ON).duties
    assert kilograms in duties["extinguisher"]
    assert ("quantities" in duties) is (points < 1000.0)


def test_waste_obliges_even_where_the_goods_do_not() -> None:
    duties = load_obligations(0.0, False, "road_eu", BOOK, ON, is_regulated=False, has_waste=True).duties
    assert set(duties) == {"waste_carrier"}


def test_a_single_category_above_its_own_limit() -> None:
    assert load_obligations(999.6, False, "road_eu", BOOK, ON, is_above_single_limit=True).needs_plates


def test_american_loads_have_duties_but_no_points() -> None:
    duties = load_obligations(0.0, False, "road_us", BOOK, ON)
    assert not duties.needs_plates
    assert {"transport_document", "training", "emergency"} <= set(duties.duties)
    assert load_obligations(0.0, False, "road_us", BOOK, ON, is_regulated=False).duties == {}


def test_a_category_keeps_its_own_limit_in_a_mixed_load() -> None:
    """333.2 kg of category 2 are above their limit, and stay so when goods of category 3 are added."""
    load = new_load()
    load.add(load.profile(outcome="allowed", transport_category="2", tunnel_code="E"), 333.2)
    assert load.exceeds_1136
    load.add(load.profile(outcome="allowed", transport_category="3", tunnel_code="E"), 0.1)
    assert load.points < 1000.0
    assert load.exceeds_1136


def test_a_load_on_a_wagon_has_placards_and_a_consignment_note_but_no_driver_certificate() -> None:
    load = new_load("rail_eu")
    battery = load.profile(
        outcome="allowed", transport_category="2", tunnel_code="n/a", labels="9A", un_number="3480"
    )
    load.add(battery, 333.0)
    within = load.obligations()
    assert {"transport_document", "quantities"} <= set(within.duties)
    assert "placards" not in within.duties
    load.add(battery, 0.1)
    above = load.obligations(has_waste=True)
    assert {"transport_document", "placards", "instructions", "waste_carrier"} <= set(above.duties)
    assert not above.needs_adr_driver
    assert not above.needs_plates
    assert load.may_pass("E")


def test_installed_batteries_put_placards_on_the_unit_itself() -> None:
    load = new_load()
    unit = load.profile(
        outcome="allowed", transport_category="2", tunnel_code="E", hazard_class="9", un_number="3536"
    )
    load.add(unit, 333.0)
    assert "unit_placards" not in load.obligations().duties
    load.add(unit, 1.0)
    assert "unit_placards" in load.obligations().duties
    assert load.groups == {"class_9", "installed_unit", "not_explosive"}


def test_a_profile_serves_every_load_of_its_mode() -> None:
    """A planner makes a profile once and books it on many vehicles."""
    first, second = new_load(), new_load()
    battery = first.profile(outcome="allowed", transport_category="2", labels="9A", un_number="3480")
    explosive = second.profile(outcome="allowed", transport_category="1", labels="1.1D", un_number="0081")
    for load in (first, second):
        load.add(battery, 10.0)
        assert not load.fits(explosive)


def test_only_sp_670_b_has_a_limit_on_the_unit() -> None:
    """SP 670 (a) frees batteries that are not the main power source without any limit of 333 kg."""
    load = Load(load_rulebook(), mode="road_eu", on=date(2026, 11, 24))
    load.add(load.profile(outcome="exempt_other", special_provisions="670"), 400.0)
    assert load.broken_limits == ()
    load.add(load.profile(outcome="exempt_other", special_provisions="670;670 (b)"), 333.1)
    assert load.broken_limits == ("ADR.SP636.unit",)
