"""How much more fits: what is left of each limit, and agreement with the check of the whole store."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from store_cases import ON, area, checked, lot, table
from voltloop.compliance import StoreArea, headroom
from voltloop.errors import InputError

GOODS = {
    key: value for key, value in lot().items() if key not in ("lot_id", "area_id", "quantity", "since_on")
}


def ask(place: dict[str, Any], stock: list[dict[str, Any]], **changes: Any) -> Any:
    return headroom("A", table([place]), table(stock), {**GOODS, **changes}, ON)


def test_what_is_left_of_the_limits_of_the_site() -> None:
    place = area("DE", own_energy_kwh=10.0, own_volume_m3=0.15, own_mass_kg=1000.0)
    left = ask(place, [lot(quantity=100)])
    assert left.verdict == "yes"
    assert left.energy_kwh == pytest.approx(5.0)
    assert left.volume_m3 == pytest.approx(0.05)
    assert left.mass_kg == pytest.approx(950.0)
    assert left.units == 50, "the volume is the tightest"
    assert set(left.rules) >= {"SITE.energy", "SITE.volume", "SITE.mass"}


def test_a_full_area_takes_nothing() -> None:
    left = ask(area("DE", own_energy_kwh=5.0), [lot(quantity=100)])
    assert (left.energy_kwh, left.units, left.verdict) == (0.0, 0, "no")
    assert left.rules == ("SITE.energy",)


def test_an_area_without_limits_says_none() -> None:
    left = ask(area("US"), [lot(quantity=100)])
    assert (left.verdict, left.energy_kwh, left.volume_m3, left.units) == ("yes", None, None, None)


def test_the_small_storage_of_the_fire_code() -> None:
    """Without a storage area the 0.42 m3 of IFC 320.4.1 bind, and without a permit those of the site."""
    place = area("US", fire_rating_min=0, permit=False)
    left = ask(place, [lot(quantity=400)])
    assert left.volume_m3 == pytest.approx(0.02)
    assert left.units == 20
    assert ask(place, [lot(quantity=420)]).verdict == "no"


def test_damaged_goods_fit_into_no_ordinary_area() -> None:
    left = ask(area("DE"), [], state="damaged")
    assert (left.verdict, left.units, left.rules) == ("no", 0, ("QUARANTINE.apart",))


@pytest.mark.parametrize(("changes", "missing"), [
    ({"state": None}, "state"),
    ({"energy_wh": None, "mass_kg": 20.0}, "energy_wh"),
    ({"chemistry": "lead_acid_vrla"}, "legal_advice"),
])  # fmt: skip
def test_a_missing_fact_is_named_and_never_fits(changes: dict[str, Any], missing: str) -> None:
    left = ask(area("DE"), [], **changes)
    assert (left.verdict, left.units) == ("unknown", 0)
    assert missing in left.missing


def test_what_is_not_known_of_the_stock_counts_as_much_as_it_may_be() -> None:
    left = ask(area("DE", own_energy_kwh=10.0), [lot(energy_wh=None)])
    assert (left.energy_kwh, left.verdict) == (0.0, "unknown")


def test_less_than_five_tonnes_is_one_unit_less() -> None:
    """40 CFR 273.9: 5000 kg are a large handler already, so the last unit that would reach it does not fit."""
    waste = {"state": "waste", "is_waste": True, "mass_kg": 1000.0, "energy_wh": 50.0}
    place = area("US", epa_id=False)
    assert ask(place, [], **waste).units == 4
    assert ask(place, [lot(quantity=4, **waste)], **waste).verdict == "no"


def test_adding_lots_agrees_with_the_check_of_the_whole_store() -> None:
    """After each lot the verdict of the area by itself is that of the whole check."""
    place = area("DE", own_energy_kwh=3.0, own_volume_m3=0.045, own_mass_kg=25.0)
    room = StoreArea(table([place]), table([]), "A", ON)
    stock: list[dict[str, Any]] = []
    for at, energy in enumerate((100.0, 30.0, 90.0, 100.0, 60.0)):
        new = lot(str(at), energy_wh=energy, quantity=10)
        verdict = room.fits(new).verdict
        stock.append(new)
        assert (verdict == "yes") == (checked([place], stock).verdict == "allowed"), at
        room.add(new)
    assert verdict == "no"


def test_a_lot_counts_for_its_site() -> None:
    two = [area("US", permit=False), area("US", area_id="B", permit=False)]
    left = headroom("A", table(two), table([lot(area_id="B", quantity=400)]), GOODS, ON)
    assert left.volume_m3 == pytest.approx(0.02)


def test_lots_that_could_not_be_read_leave_the_room_unknown() -> None:
    assert ask(area("DE"), [lot(energy_wh=-1)]).missing == ("lots",)


def test_an_unknown_area_and_a_lot_that_cannot_be_are_errors() -> None:
    with pytest.raises(InputError, match='"B" is not an area'):
        StoreArea(table([area("DE")]), table([]), "B", ON)
    room = StoreArea(table([area("DE")]), table([]), "A", ON)
    with pytest.raises(InputError, match="soc"):
        room.fits(lot(soc=1.4))
    for quantity in (0, -1, float("nan")):
        with pytest.raises(InputError, match="quantity"):
            room.add(lot(quantity=quantity))


def test_the_amounts_do_not_depend_on_how_lots_came_in() -> None:
    place = area("DE", own_energy_kwh=100.0)
    lots = [lot(str(at), energy_wh=float(at + 1), quantity=3) for at in range(10)]
    room = StoreArea(table([place]), table([]), "A", ON)
    for one in lots:
        room.add(one)
    whole = StoreArea(table([place]), table(lots), "A", ON)
    assert room.headroom(GOODS).energy_kwh == pytest.approx(whole.headroom(GOODS).energy_kwh)
    assert isinstance(table([]), pl.DataFrame)
