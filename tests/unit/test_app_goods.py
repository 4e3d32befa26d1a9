"""The battery table in the law's words, and what the law makes of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from voltloop.app.goods import goods_of
from voltloop.catalogue import pack_models
from voltloop.compliance import classify, load_rulebook

BOOK = load_rulebook()
ON = date(2026, 11, 24)
KNOWN = pack_models().filter((pl.col("form") == "pack") & (pl.col("chemistry") == "NMC")).row(0, named=True)


def verdict(mode: str = "road_eu", *, is_waste: bool = False, **facts: Any) -> dict[str, Any]:
    battery: dict[str, Any] = {
        "row": 1, "chemistry": "NMC", "form": "pack", "condition": "ok", "reason": "end_of_life", "quantity": 1,
        "manufacturer": KNOWN["manufacturer"], "model": KNOWN["model"], "energy_wh": 50_000.0, "mass_kg": 300.0,
        **facts,
    }  # fmt: skip
    goods = goods_of(pl.DataFrame([battery]), pl.Series([is_waste]))
    return classify(goods, BOOK, mode=mode, on=ON).row(0, named=True)


@pytest.mark.parametrize(
    ("facts", "is_waste", "instruction", "category", "mark"),
    [
        ({}, False, "P903", "2", ""),
        ({}, True, "P909", "2", "LITHIUM BATTERIES FOR RECYCLING"),
        ({"condition": "suspect"}, False, "P908|LP904", "2", "DAMAGED/DEFECTIVE"),
        ({"condition": "suspect", "form": "battery_unit"}, True, "P908|LP904", "2", "DAMAGED/DEFECTIVE"),
        ({"condition": "damaged"}, True, "P908|LP904", "2", "DAMAGED/DEFECTIVE"),
        ({"reason": "recall"}, False, "P908|LP904", "2", "DAMAGED/DEFECTIVE"),
        ({"condition": "critical"}, True, "P911|LP906", "0", "DAMAGED/DEFECTIVE"),
        ({"condition": "critical", "reason": "recall"}, False, "P911|LP906", "0", "DAMAGED/DEFECTIVE"),
        ({"form": "scrap_lot", "reason": "production_scrap"}, True, "P909", "2", "LITHIUM BATTERIES FOR RECYCLING"),
        ({"form": "cell", "condition": "damaged"}, False, "P908|LP904", "2", "DAMAGED/DEFECTIVE"),
    ],
)  # fmt: skip
def test_state_leads_to_packing_category_and_mark(
    facts: dict[str, Any], is_waste: bool, instruction: str, category: str, mark: str
) -> None:
    found = verdict(is_waste=is_waste, **facts)
    assert (found["outcome"], found["packing_instruction"], found["transport_category"]) == (
        "allowed",
        instruction,
        category,
    )
    assert [word for word in found["marks"].split(";") if not word.startswith("UN ")] == (
        [mark] if mark else []
    )
    assert ("Transport category 0" in found["statements"]) is (category == "0")


@pytest.mark.parametrize("mode", ["road_eu", "road_us"])
@pytest.mark.parametrize("reason", ["end_of_life", "recall", "production_scrap"])
@pytest.mark.parametrize("is_waste", [True, False])
def test_nobody_knows_the_condition(mode: str, reason: str, is_waste: bool) -> None:
    """A recall does not make an unknown battery one that is known not to react."""
    found = verdict(mode, is_waste=is_waste, condition="unknown", reason=reason)
    assert found["outcome"] == "undecided"
    assert "state" in found["missing_facts"].split(";")


@pytest.mark.parametrize("form", ["module", "cell"])
@pytest.mark.parametrize("mode", ["road_eu", "road_us"])
def test_the_test_of_a_pack_does_not_cover_its_parts(mode: str, form: str) -> None:
    used = verdict(mode, form=form)
    assert (used["outcome"], used["missing_facts"]) == ("undecided", "un38_3_tested")
    assert verdict(mode, form="pack")["outcome"] == "allowed"
    assert verdict(mode, form=form, is_waste=True)["outcome"] == "allowed", "waste needs no proof of the type"


def test_critical_batteries_need_a_permit_in_the_usa() -> None:
    assert verdict("road_us", condition="critical")["outcome"] == "approval_needed"


@pytest.mark.parametrize("mode", ["road_eu", "road_us"])
def test_nickel_metal_hydride_is_free_until_it_may_react(mode: str) -> None:
    assert verdict(mode, chemistry="NiMH", condition="damaged", is_waste=True)["outcome"] == "exempt_other"
    assert verdict(mode, chemistry="NiMH", condition="critical", is_waste=True)["outcome"] == "undecided"


@pytest.mark.parametrize(
    ("reason", "code"), [("end_of_life", "16 06 07*"), ("production_scrap", "16 06 24*")]
)
def test_waste_code_follows_where_the_waste_came_from(reason: str, code: str) -> None:
    assert verdict(form="scrap_lot", reason=reason, is_waste=True)["waste_code"] == code


def test_a_series_is_known_by_any_sure_name_of_it() -> None:
    """Lists write VW for Volkswagen and drop spaces; the reader's sure matches count, and nothing else does."""
    names = pl.DataFrame({"row": [1, 2], "manufacturer": ["VW", "Acme"], "model": ["ID.3 58kWh", "One"]})
    facts = {"chemistry": "NMC", "form": "pack", "quantity": 1, "energy_wh": 62_000.0, "mass_kg": 375.0}
    table = names.with_columns(
        pl.lit(value).alias(name)
        for name, value in (facts | {"condition": "ok", "reason": "end_of_life"}).items()
    )
    assert goods_of(table, pl.Series([False, False]))["un38_3_tested"].to_list() == [True, None]
