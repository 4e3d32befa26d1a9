"""Goods as they come in: what is read, what is silent, and what cannot be."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from voltloop.compliance import classify, load_rulebook
from voltloop.errors import InputError

BOOK = load_rulebook()
ON = date(2026, 11, 24)
PACK = {"chemistry": "li_ion", "form": "battery", "unit_kind": "battery", "state": "used", "energy_wh": 500.0,
        "un38_3_tested": True}  # fmt: skip


def verdict(**facts: Any) -> dict[str, Any]:
    goods = pl.DataFrame({name: [value] for name, value in {**PACK, **facts}.items()})
    return classify(goods, BOOK, mode="road_eu", on=ON).row(0, named=True)


@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        ({"energy_wh": -5.0}, "energy_wh"),
        ({"energy_wh": 0.0}, "energy_wh"),
        ({"energy_wh": float("inf")}, "energy_wh"),
        ({"energy_wh": "much"}, "energy_wh"),
        ({"soc": 1.3}, "soc"),
        ({"soc": -0.1}, "soc"),
        ({"quantity": 0}, "quantity"),
        ({"net_mass_kg": -1.0}, "net_mass_kg"),
        ({"chemistry": "unobtainium"}, "chemistry"),
        ({"state": "tired"}, "state"),
        ({"un38_3_tested": "perhaps"}, "un38_3_tested"),
        ({"flags": "wet_case"}, "contradiction"),
        ({"flags": "leaking_case", "leaking_case": "no"}, "leaking_case"),
        ({"net_mass_kg": 40.0, "package_gross_kg": 35.0}, "package_gross_kg"),
        ({"net_mass_kg": 0.6, "over_500g_each": "no"}, "over_500g_each"),
    ],
)
def test_a_value_that_cannot_be_leaves_the_row_undecided_and_is_named(
    facts: dict[str, Any], fact: str
) -> None:
    found = verdict(**facts)
    assert found["outcome"] == "undecided"
    assert fact in found["missing_facts"].split(";")
    assert found["notes"]
    assert found["points_per_kg"] is None


def test_a_bad_row_leaves_the_others_alone() -> None:
    goods = pl.DataFrame({**{name: [value] * 3 for name, value in PACK.items()}, "soc": [0.5, 1.3, None]})
    assert classify(goods, BOOK, mode="road_eu", on=ON)["outcome"].to_list() == [
        "allowed",
        "undecided",
        "allowed",
    ]


@pytest.mark.parametrize("word", ["Li_Ion", " li-ion ", "LI ION", "lithium_ion"])
def test_spellings_of_a_word(word: str) -> None:
    assert verdict(chemistry=word)["un_number"] == "3480"


@pytest.mark.parametrize("value", [True, "yes", "Yes", "TRUE", "1"])
def test_spellings_of_yes(value: object) -> None:
    assert verdict(un38_3_tested=value)["outcome"] == "allowed"


@pytest.mark.parametrize("value", [None, "", "unknown", "n/a"])
def test_silence_is_never_an_answer(value: object) -> None:
    found = verdict(un38_3_tested=value)
    assert (found["outcome"], found["missing_facts"]) == ("undecided", "un38_3_tested")


def test_numbers_may_come_as_text() -> None:
    assert verdict(energy_wh="500")["outcome"] == "allowed"


def test_not_a_number_means_not_stated() -> None:
    found = verdict(energy_wh=float("nan"), package_gross_kg=20.0)
    assert (found["outcome"], found["missing_facts"]) == ("undecided", "energy_wh")
    assert found["notes"] == "energy_wh is not known"


def test_items_are_whole_numbers() -> None:
    with pytest.raises(InputError, match="whole numbers"):
        verdict(item="P001")


def test_few_and_many_rows_are_read_alike() -> None:
    few = pl.DataFrame({name: [value] * 4 for name, value in PACK.items()}).with_columns(
        chemistry=pl.Series(["li_ion", None, "Li-Ion", "unobtainium"])
    )
    many = pl.concat([few] * 100)
    one = classify(few, BOOK, mode="road_eu", on=ON).drop("item")
    assert classify(many, BOOK, mode="road_eu", on=ON).drop("item").equals(pl.concat([one] * 100))


def test_flags_state_facts() -> None:
    assert verdict(flags="liable_to_react;strong_case_12kg")["packing_instruction"] == "P911|LP906"


def test_a_partly_known_chemistry_is_decided_where_its_members_agree() -> None:
    assert verdict(chemistry="lead_acid", form="vehicle", unit_kind="vehicle")["un_number"] == "3171"
    assert verdict(chemistry="lead_acid")["un_number"] == "2794", (
        "not proven non-spillable counts as spillable"
    )
    assert verdict(chemistry="nicd")["missing_facts"] == "chemistry", (
        "sealed cells have no entry, vented ones have"
    )


def test_a_column_of_lists_is_refused() -> None:
    with pytest.raises(InputError, match="energy_wh") as caught:
        verdict(energy_wh=[1.0])
    assert caught.value.code == "goods-column-type"


def test_other_columns_are_left_alone() -> None:
    assert verdict(battery_id="=1+1", remark=[1, 2])["outcome"] == "allowed"


def test_two_stated_numbers_imply_a_fact_only_together() -> None:
    """Moisture against its limit: blank, equal and contradicting statements."""
    known = {"material": "nickel_ore", "moisture_test_age_days": 1.0, "tml_test_age_days": 1.0}
    rows = [
        {**known, "moisture_pct": 30.0, "tml_pct": 33.0, "moisture_below_tml": None},
        {**known, "moisture_pct": 33.0, "tml_pct": 33.0, "moisture_below_tml": None},
        {**known, "moisture_pct": None, "tml_pct": 33.0, "moisture_below_tml": None},
        {**known, "moisture_pct": None, "tml_pct": 33.0, "moisture_below_tml": "yes"},
        {**known, "moisture_pct": 34.0, "tml_pct": 33.0, "moisture_below_tml": "yes"},
    ]
    found = classify(pl.DataFrame(rows), BOOK, mode="sea_bulk", on=ON)
    assert found["outcome"].to_list() == ["allowed", "forbidden", "undecided", "allowed", "undecided"]
    assert "moisture_below_tml contradicts moisture_pct" in found["notes"][4]


def test_a_stated_word_implies_a_fact_and_contradicts_another() -> None:
    rows = [
        {"material": "graphite", "state": "waste", "material_status": None},
        {"material": "graphite", "state": "new", "material_status": None},
        {"material": "graphite", "state": "waste", "material_status": "product"},
    ]
    found = classify(pl.DataFrame(rows), BOOK, mode="road_eu", on=ON)
    assert found["waste_code"].to_list()[:2] == ["16 06 24*", None]
    assert found["missing_facts"][2] == "material_status"
