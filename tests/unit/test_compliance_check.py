"""The independent check of a finished load."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from voltloop.compliance import VehicleFacts, check_load, load_rulebook
from voltloop.errors import InputError

BOOK = load_rulebook()
ON = date(2026, 11, 24)
VAN = VehicleFacts(is_driver_trained=True, name="Van 1")
TRUCK = VehicleFacts(is_adr_equipped=True, is_driver_certified=True, is_driver_trained=True, critical_boxes=1)
ROW: dict[str, Any] = {
    "item": 1, "outcome": "allowed", "transport_category": "2", "special_provisions": "376", "missing_facts": "",
    "packing_instruction": "P908|LP904", "packing_instruction_used": "P908", "net_mass_kg": 100.0, "quantity": 1,
    "notes": "",
}  # fmt: skip


def codes(*rows: dict[str, Any], vehicle: VehicleFacts = VAN, mode: str = "road_eu") -> list[str]:
    items = pl.DataFrame([{**ROW, **row} for row in rows])
    return [finding.code for finding in check_load(items, vehicle, BOOK, mode, ON)]


def test_a_legal_load_has_no_findings() -> None:
    assert codes({}, {"net_mass_kg": 200.0}) == []


@pytest.mark.parametrize("outcome", ["forbidden", "undecided", "approval_needed"])
def test_goods_without_a_lawful_verdict_are_found(outcome: str) -> None:
    assert codes({"outcome": outcome, "missing_facts": "state"}) == ["load-item-not-allowed"]


def test_above_the_limit_vehicle_and_driver_must_fit() -> None:
    heavy = {"net_mass_kg": 334.0}
    assert codes(heavy) == ["load-vehicle-not-equipped", "load-driver-not-certified"]
    assert codes(heavy, vehicle=TRUCK) == []
    assert codes(heavy, vehicle=replace(TRUCK, is_driver_certified=False)) == ["load-driver-not-certified"]


def test_quantity_counts() -> None:
    assert "load-vehicle-not-equipped" in codes({"net_mass_kg": 3.0, "quantity": 112})
    assert codes({"net_mass_kg": 3.0, "quantity": 111}) == []


def test_several_categories_share_1000_points() -> None:
    lead = {"transport_category": "3", "special_provisions": "", "packing_instruction": "P801",
            "packing_instruction_used": "P801", "net_mass_kg": 400.0}  # fmt: skip
    unlimited = {**lead, "transport_category": "4"}
    assert "load-vehicle-not-equipped" in codes({"net_mass_kg": 333.2}, unlimited), (
        "category 4 does not count"
    )
    assert codes({"net_mass_kg": 200.0}, lead) == []
    assert "load-vehicle-not-equipped" in codes({"net_mass_kg": 200.1}, lead)


def test_critical_goods_need_certified_boxes() -> None:
    critical = {"transport_category": "0", "special_provisions": "376;677", "packing_instruction": "P911|LP906",
                "packing_instruction_used": "P911"}  # fmt: skip
    assert codes(critical, vehicle=TRUCK) == []
    assert codes({**critical, "quantity": 2}, vehicle=TRUCK) == ["load-critical-boxes"]
    assert set(codes(critical)) == {
        "load-vehicle-not-equipped",
        "load-driver-not-certified",
        "load-critical-boxes",
    }


def test_packaging_must_follow_the_verdict() -> None:
    assert codes({"packing_instruction_used": "P909"}) == ["load-packaging-wrong"]
    assert codes({"packing_instruction_used": None}) == ["load-packaging-missing"]
    assert codes({"packing_instruction_used": "LP904"}) == []
    assert codes({"packing_instruction_used": "P903|P908"}) == [], "one packaging, approved for both"
    assert codes({"packing_instruction_used": "P903;P908"}) == ["load-packaging-wrong"], (
        "two packages, one is wrong"
    )


def test_a_driver_without_training_carries_nothing_regulated() -> None:
    assert codes({}, vehicle=VehicleFacts(is_driver_trained=False)) == ["load-driver-not-trained"]


def test_reliefs_keep_their_limits() -> None:
    sorting = {
        "outcome": "exempt_other",
        "transport_category": "none",
        "special_provisions": "636",
        "net_mass_kg": 30.0,
    }
    assert codes({**sorting, "quantity": 11}) == []
    assert codes({**sorting, "quantity": 12}) == ["load-provision-limit"]
    wet = {"outcome": "exempt_other", "transport_category": "n/a", "special_provisions": "173.159(e)"}
    assert codes(wet, mode="road_us") == []
    assert codes(wet, {"transport_category": "n/a"}, mode="road_us") == ["load-must-travel-alone"]


def test_unconfirmed_rules_and_missing_masses_are_found() -> None:
    assert codes({"notes": "a | not confirmed for ADR-2027"}) == ["load-edition-unconfirmed"]
    assert codes({"net_mass_kg": None}) == ["load-mass-missing"]


def test_missing_columns_are_named() -> None:
    with pytest.raises(InputError, match="transport_category"):
        check_load(pl.DataFrame({"outcome": ["allowed"]}), VAN, BOOK, "road_eu", ON)


def test_messages_name_the_unit_and_what_to_do() -> None:
    finding = check_load(pl.DataFrame([{**ROW, "net_mass_kg": 400.0}]), VAN, BOOK, "road_eu", ON)[0]
    assert "Van 1" in finding.message
    assert "1200" in finding.message
