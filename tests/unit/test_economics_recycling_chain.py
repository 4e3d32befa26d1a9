"""From the collection point to the products: the parts add up, and stay within what others find."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from economics_cases import published
from voltloop.economics import (
    PROCESSES,
    TransportLeg,
    disassembly_scrap,
    price_set,
    recycling_chain,
    recycling_economics,
)
from voltloop.errors import InputError

EVERBATT = price_set(on=date(2022, 1, 1))


@pytest.mark.parametrize("row", published("disassembly"), ids=lambda r: r["chemistry"])
def test_scrap_meets_the_published_revenue_without_electronics(row: dict[str, Any]) -> None:
    """Copper, aluminium and steel are 95 to 98 % of it; the rest is electronics and plastics."""
    whole = row["revenue_usd_per_kg_p2m"] + row["revenue_usd_per_kg_m2c"]
    assert 0.94 * whole < disassembly_scrap(row["chemistry"], EVERBATT) < whole


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("feed", ["cell", "pack"])
def test_what_both_earn_is_the_chain(process: str, feed: str) -> None:
    found = recycling_chain("NMC622", process, feed=feed)
    assert found.chain_usd_per_kg == pytest.approx(found.deliverer_usd_per_kg + found.recycler_usd_per_kg)
    assert found.chain_usd_per_kwh == pytest.approx(found.chain_usd_per_kg * 5.1479)
    plant = recycling_economics("NMC622", process, feed=feed)
    share = 3.1926 / 5.1479 if feed == "cell" else 1.0
    assert found.recycler_usd_per_kg == pytest.approx(plant.profit_usd_per_kg * share)
    if feed == "pack":
        assert found.disassembly_usd_per_kg == found.scrap_usd_per_kg == 0.0


def test_disassembly_of_a_large_pack_per_kwh() -> None:
    """The source's 4.3 USD/kWh from pack to cell for 100 kWh."""
    found = recycling_chain("NMC622", "hydro")
    assert found.disassembly_usd_per_kg * 5.1479 == pytest.approx(4.3, abs=0.05)
    assert (
        recycling_chain("NMC622", "hydro", pack_kwh=25).disassembly_usd_per_kg
        > 3 * found.disassembly_usd_per_kg
    )


@pytest.mark.parametrize("chemistry", ["NMC111", "NMC622", "NMC811", "NCA", "LFP"])
@pytest.mark.parametrize("place", ["United States", "China", "Korea"])
def test_the_chain_stays_within_what_has_been_found(chemistry: str, place: str) -> None:
    """Lander et al. 2021 find -21.43 to +21.91 USD/kWh over countries, packs and processes.

    Direct recycling is left out: it takes its powder to sell as virgin, and lies above in China.
    """
    for process in ("pyro", "hydro"):
        found = recycling_chain(chemistry, process, place=place)
        assert -21.43 < found.chain_usd_per_kwh < 21.91


def test_a_longer_way_costs_whoever_delivers() -> None:
    near, far = (recycling_chain("LFP", "hydro", legs=[TransportLeg(km)]) for km in (100, 2_000))
    assert far.deliverer_usd_per_kg < near.deliverer_usd_per_kg
    assert far.recycler_usd_per_kg == near.recycler_usd_per_kg


@pytest.mark.parametrize(
    ("wrong", "word"), [({"pack_kwh": 0}, "pack_kwh"), ({"feed": "module"}, "cell, pack")]
)
def test_bad_input_is_named(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        recycling_chain("NMC622", "hydro", **wrong)
