"""Packages as the papers print them."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from voltloop.app.packages import by_package
from voltloop.documents.load import PackageLine


def line(open_to_it: str, packaging: dict[str, Any], used: str, **facts: Any) -> PackageLine:
    battery: dict[str, Any] = {
        "row": 1, "battery_id": "B-1", "serial": None, "manufacturer": "Maker", "model": None,
        "chemistry": "NMC", "form": "pack",
        "condition": "damaged", "mass_kg": 400.0, "energy_wh": 60_000.0, "outcome": "allowed", "un_number": "3480",
        "proper_shipping_name": "LITHIUM ION BATTERIES", "hazard_class": "9", "packing_instruction": open_to_it,
        "tunnel_code": "E", "transport_category": "2", "points_per_kg": 3.0, "is_waste": False,
        "waste_code": "16 06 07*", "statements": "", "marks": "UN 3480;DAMAGED/DEFECTIVE", "labels": "9A",
        "special_provisions": "376", **facts,
    }  # fmt: skip
    packages = pl.DataFrame(
        {
            "item": [1], "package_id": ["K00001"], "package_no": [1], "packaging_id": ["box"],
            "packing_instruction": [used], "articles": [1], "net_mass_kg": [400.0], "gross_mass_kg": [680.0],
        }
    )  # fmt: skip
    kinds = pl.DataFrame([{"packaging_id": "box", "name": "Steel packaging", **packaging}])
    return by_package(pl.DataFrame([battery]), packages, kinds)[1][0]


@pytest.mark.parametrize(
    ("un_code", "offered", "used", "printed"),
    [
        ("50A/Y", "LP904;P908", "P908", "LP904"),
        ("50A/X", ["P908", "LP904"], "P908", "LP904"),
        # Neither instruction is open to a flexible packaging: the one that it was chosen under stands.
        ("51H", "LP904;P908", "P908", "P908"),
        ("4A/Y", "P908", "P908", "P908"),
        ("4A/Y", "P908;LP904", "LP904", "P908"),
        # Offered under one instruction only: that one is printed, whatever the code says.
        ("50A/Y", "P908", "P908", "P908"),
        (None, "LP904;P908", "P908", "P908"),
    ],
)
def test_a_large_packaging_is_used_under_its_own_instruction(
    un_code: str | None, offered: str | list[str], used: str, printed: str
) -> None:
    packaging = {"un_code": un_code, "packing_instructions": offered}
    assert line("P908|LP904", packaging, used).packing_instruction == printed


def test_goods_without_an_instruction_get_none() -> None:
    packaging = {"un_code": None, "packing_instructions": "none"}
    made = line("none", packaging, "", proper_shipping_name="none", un_number="none", chemistry="NiMH")
    assert (made.packing_instruction, made.un_number) == ("", "")
    assert made.proper_shipping_name == "NiMH batteries"


def test_only_waste_carries_a_waste_code() -> None:
    packaging = {"un_code": "4A/Y", "packing_instructions": "P908"}
    assert line("P908", packaging, "P908").waste_code == ""
    assert line("P908", packaging, "P908", is_waste=True).waste_code == "16 06 07*"
    assert line("P908", packaging, "P908").special_provisions == ("376",)
