"""The two views of a footprint are never added, and every line says what it depends on."""

from __future__ import annotations

from typing import Self, get_type_hints

import pytest

from voltloop import footprint
from voltloop.errors import InputError
from voltloop.footprint import AvoidedBurden, CutOff, Impacts, Pack, Part, new_pack, recycled, remanufactured
from voltloop.footprint.accounts import Account


def test_names_are_sorted() -> None:
    constants = [name for name in footprint.__all__ if name.isupper()]
    assert constants + sorted(set(footprint.__all__) - set(constants)) == footprint.__all__
    assert all(hasattr(footprint, name) for name in footprint.__all__)


def test_the_views_cannot_be_added_in_either_order() -> None:
    done = remanufactured(Pack("NMC622", 60.0), 300.0)
    with pytest.raises(TypeError, match="cannot be added"):
        done.cut_off + done.avoided_burden  # type: ignore[operator]
    with pytest.raises(TypeError, match="count the same material twice"):
        done.avoided_burden + done.cut_off  # type: ignore[operator]


def test_sums_that_mix_views_or_numbers_are_refused() -> None:
    done = remanufactured(Pack("NMC622", 60.0), 300.0)
    with pytest.raises(TypeError):
        sum([done.cut_off, done.avoided_burden], start=done.cut_off)
    with pytest.raises(TypeError):
        sum([done.cut_off])
    with pytest.raises(TypeError):
        done.cut_off + 3.0  # type: ignore[operator]


def test_an_account_has_a_view() -> None:
    with pytest.raises(TypeError, match="has a view"):
        Account("pack", ())


def test_one_view_adds_up_line_by_line() -> None:
    pack = Pack("LFP", 50.0)
    made, gone = new_pack(pack, 300.0), recycled(pack, "hydro", 300.0)
    both = made.cut_off + gone.cut_off
    assert isinstance(both, CutOff)
    assert both.co2e_kg == pytest.approx(made.cut_off.co2e_kg + gone.cut_off.co2e_kg)
    assert sum([gone.avoided_burden], start=made.avoided_burden).water_l == pytest.approx(
        made.avoided_burden.water_l + gone.avoided_burden.water_l
    )


def test_units_must_agree() -> None:
    with pytest.raises(InputError, match="kWh restored") as refused:
        CutOff("pack", ()) + CutOff("kWh restored", ())
    assert refused.value.code == "footprint-units-differ"


def test_per_another_unit_scales_every_burden() -> None:
    account = AvoidedBurden("pack", (Part("test", Impacts(10.0, 20.0, 30.0), ("grid",)),))
    per_kwh = account.per(5.0, "kWh restored")
    assert (per_kwh.unit, per_kwh.impacts) == ("kWh restored", Impacts(2.0, 4.0, 6.0))
    assert isinstance(per_kwh, AvoidedBurden)
    with pytest.raises(InputError, match="above zero"):
        account.per(0.0, "kWh restored")


def test_a_type_checker_sees_one_view_on_both_sides_of_the_plus() -> None:
    hints = get_type_hints(Account.__add__)
    assert hints["other"] is Self
    assert hints["return"] is Self
