"""Bringing feedstock in: the published cases, and that packaging weighs more than distance."""

from __future__ import annotations

from typing import Any

import pytest

from economics_cases import numbers, published
from voltloop.economics import TransportLeg, transport_cost, transport_leg_cost
from voltloop.errors import InputError

INPUTS = (
    "kg_moved_per_kg_feedstock", "miles", "payload_short_ton", "usd_per_mile", "packaging_usd_per_kg_feedstock",
)  # fmt: skip


@pytest.mark.parametrize("row", published("transport"), ids=lambda r: f"case {r['case']:.0f}")
def test_published_cases(row: dict[str, Any]) -> None:
    expected = row["expected_cost_usd_per_kg_feedstock"]
    assert transport_leg_cost(**numbers(row, *INPUTS)) == pytest.approx(expected, rel=1e-4)
    leg = TransportLeg(
        row["miles"] * 1.609344,
        is_hazmat=row["hazmat"] == "yes",
        kg_per_kg_feed=row["kg_moved_per_kg_feedstock"],
    )
    assert transport_cost([leg])[0].cost_usd_per_kg == pytest.approx(expected, rel=1e-4)


def test_packaging_is_the_first_lever() -> None:
    """At 500 miles packaging is 84 % of the cost."""
    (leg,) = transport_cost([TransportLeg(804.672)])
    assert leg.packaging_usd_per_kg / leg.cost_usd_per_kg == pytest.approx(0.84, abs=0.005)
    assert leg.cost_usd_per_kg == leg.freight_usd_per_kg + leg.packaging_usd_per_kg


def test_medium_trucks_cost_more_and_chinese_ones_less() -> None:
    heavy, medium = transport_cost([TransportLeg(100), TransportLeg(100, truck="medium")])
    assert medium.freight_usd_per_kg / heavy.freight_usd_per_kg == pytest.approx(2.084 / 4 / (1.834 / 10))
    (china,) = transport_cost([TransportLeg(100)], place="China")
    assert china.freight_usd_per_kg < heavy.freight_usd_per_kg
    assert china.packaging_usd_per_kg == heavy.packaging_usd_per_kg


@pytest.mark.parametrize(
    ("leg", "word"),
    [
        (TransportLeg(-1), "distance_km"),
        (TransportLeg(float("nan")), "distance_km"),
        (TransportLeg(1, truck="van"), "heavy, medium"),
        (TransportLeg(1, kg_per_kg_feed=-1), "kg_moved"),
    ],
)
def test_bad_input_is_named(leg: TransportLeg, word: str) -> None:
    with pytest.raises(InputError, match=word):
        transport_cost([leg])


def test_an_empty_truck_carries_nothing() -> None:
    with pytest.raises(InputError, match="payload_short_ton"):
        transport_leg_cost(kg_moved_per_kg_feedstock=1, miles=1, payload_short_ton=0, usd_per_mile=1)
