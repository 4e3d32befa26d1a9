"""Taking packs apart: the published cost, the times, and what a robot cell saves."""

from __future__ import annotations

from typing import Any

import pytest

from economics_cases import published
from voltloop.economics import disassembly_cost, pack_disassembly
from voltloop.errors import InputError

PACKS_PER_YR = {"NMC111": 29_330, "NMC622": 31_322, "LFP": 23_595}


@pytest.mark.parametrize("row", published("disassembly"), ids=lambda r: r["chemistry"])
def test_published_cost(row: dict[str, Any]) -> None:
    """From the table's own inputs, and from nothing but the mass of the pack."""
    whole = pack_disassembly(row["pack_kg"], packs_per_yr=PACKS_PER_YR[row["chemistry"]])
    for stage, short in (("pack_to_module", "p2m"), ("module_to_cell", "m2c")):
        expected = row[f"expected_cost_usd_per_kg_{stage}"]
        found = disassembly_cost(row[f"labor_usd_per_kg_{stage}"], row[f"building_usd_per_kg_{short}"])
        assert found.cost_usd_per_kg == pytest.approx(expected, rel=1e-4)
        assert whole.stages[stage].cost_usd_per_kg == pytest.approx(expected, rel=0.005)
        parts = (found.labor_usd_per_kg + found.variable_overhead_usd_per_kg + found.administration_usd_per_kg
                 + found.research_usd_per_kg + found.depreciation_usd_per_kg)  # fmt: skip
        assert parts == pytest.approx(found.cost_usd_per_kg)
    assert (whole.labor_h, whole.machine_h, whole.currency) == (4.5, 0.0, "USD")


def test_a_robot_cell_saves_what_has_been_measured() -> None:
    """43.75 % of the cost from pack to module, with 81 % of its tasks automated; the removal stays by hand."""
    hand, robot = (pack_disassembly(538.365, depth="module", method=m) for m in ("manual", "robot_cell"))
    assert 1 - robot.cost_usd_per_kg / hand.cost_usd_per_kg == pytest.approx(0.4375, abs=0.002)
    assert robot.labor_h == pytest.approx(0.5 + 2 * 0.19)
    assert robot.labor_h + robot.machine_h == pytest.approx(hand.labor_h)


def test_where_wages_are_low_a_robot_does_not_pay() -> None:
    cost = {
        m: pack_disassembly(500, method=m, wage_usd_per_h=3).cost_usd_per_pack
        for m in ("manual", "robot_cell")
    }
    assert cost["manual"] < cost["robot_cell"]


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"pack_kg": 0}, "pack_kg"),
        ({"packs_per_yr": -1}, "packs_per_yr"),
        ({"wage_usd_per_h": -1}, "wage_usd_per_h"),
        ({"method": "laser"}, "manual, robot_cell"),
        ({"depth": "atom"}, "module, cell"),
        ({"method": "robot_cell", "automated_share": 81}, "Write 0.81"),
    ],
)
def test_bad_input_is_named(wrong: dict[str, Any], word: str) -> None:
    given: dict[str, Any] = {"pack_kg": 500.0} | wrong
    with pytest.raises(InputError, match=word):
        pack_disassembly(given.pop("pack_kg"), **given)
