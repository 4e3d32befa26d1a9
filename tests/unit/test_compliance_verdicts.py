"""From completions to one verdict."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from voltloop.compliance import classify, load_rulebook

BOOK = load_rulebook()
ON = date(2026, 11, 24)


def verdict(mode: str = "road_eu", **facts: Any) -> dict[str, Any]:
    goods = pl.DataFrame({name: [value] for name, value in facts.items()})
    return classify(goods, BOOK, mode=mode, on=ON).row(0, named=True)


def test_what_all_completions_agree_on_is_said_even_when_undecided() -> None:
    found = verdict(
        chemistry="li_ion", form="battery", unit_kind="battery", un38_3_tested=True, energy_wh=500
    )
    assert (found["outcome"], found["missing_facts"]) == ("undecided", "state")
    assert (found["un_number"], found["hazard_class"]) == ("3480", "9")
    assert found["packing_instruction"] is None
    assert found["notes"] == "state is not known"


def test_only_facts_that_change_the_verdict_are_named() -> None:
    """Energy and package do not matter once the battery is damaged; the state of a NiMH battery hardly does."""
    assert verdict(chemistry="li_ion", form="battery", state="damaged")["missing_facts"] == ""
    found = verdict(chemistry="li_ion", form="battery", unit_kind="battery", state="used")
    assert set(found["missing_facts"].split(";")) == {"energy_wh", "package_gross_kg", "un38_3_tested"}


def test_words_in_marks_are_filled_in() -> None:
    found = verdict(
        chemistry="li_metal", form="packed_with", unit_kind="battery", state="critical", mode="road_eu"
    )
    assert found["marks"] == "UN 3091;DAMAGED/DEFECTIVE"
    damaged = verdict(
        chemistry="li_metal", form="battery", unit_kind="battery", state="damaged", mode="road_us"
    )
    assert damaged["marks"] == "UN 3090;LITHIUM METAL BATTERIES;DAMAGED/DEFECTIVE LITHIUM METAL BATTERY"


def test_a_law_that_is_silent_names_advice() -> None:
    found = verdict(chemistry="na_ion", form="battery", unit_kind="battery", state="used", mode="road_us")
    assert (found["outcome"], found["missing_facts"]) == ("undecided", "legal_advice")
    assert "legal advice" in found["notes"]
    assert found["confidence"] == "C"


def test_contradicting_facts_are_named() -> None:
    found = verdict(chemistry="hybrid_ice_li", form="battery", unit_kind="battery", state="used")
    assert found["missing_facts"].split(";")[0] == "contradiction"
    assert {"chemistry", "form"} <= set(found["missing_facts"].split(";"))


def test_an_impossible_completion_does_not_spoil_an_answer() -> None:
    """A battery alone is never a vehicle, so an unknown kind of unit is a cell or a battery."""
    assert verdict(chemistry="li_ion", form="battery", state="waste")["packing_instruction"] == "P909"


def test_rules_are_listed_in_the_order_of_decision_without_repeats() -> None:
    rules = verdict(chemistry="li_ion", form="battery", unit_kind="battery", state="waste")["rules"].split(
        ";"
    )
    assert rules[0] == "UN.kind.battery"
    assert rules.index("ADR.id.li_ion.alone") < rules.index("ADR.lithium.waste")
    assert len(rules) == len(set(rules))
