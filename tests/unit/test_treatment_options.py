"""What is open to each battery, and its score."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from voltloop import economics, footprint
from voltloop.treatment import TREATMENTS, battery_facts, permitted, site_accepts
from voltloop.treatment.options import Options, build_options

PRICES = economics.price_set(on=date(2026, 11, 24))


def given(*rows: dict[str, object]) -> pl.DataFrame:
    base = {
        "manufacturer": "Renault", "model": "Zoe", "chemistry": "NMC", "form": "pack", "quantity": 1,
        "energy_wh": 52_000.0, "mass_kg": 326.0, "country": "DE", "soh": 0.75, "condition": "ok",
        "reason": "end_of_life", "point_id": "p",
    }  # fmt: skip
    schema = {"soh": pl.Float64, "energy_wh": pl.Float64, "mass_kg": pl.Float64}
    return pl.DataFrame(
        [{"row": n, **base, **row} for n, row in enumerate(rows, start=1)], schema_overrides=schema
    )


def build(batteries: pl.DataFrame, *, carbon: float = 100.0, **lane: object) -> Options:
    sites = pl.DataFrame(
        {
            "site_id": ["wet", "restore"],
            "kind": ["recycler_hydromet", "remanufacturer"],
            "commodity_or_chemistry": ["all Li-ion", "all OEM packs"],
        }
    )
    base = {
        "point_id": "p",
        "distance_km": 200.0,
        "used_ok": True,
        "waste_ok": True,
        "estimated": False,
        "why_not": None,
    }
    lanes = pl.DataFrame(
        [{**base, **lane, "site_id": s} for s in ("wet", "restore")], schema_overrides={"why_not": pl.String}
    )
    facts, _ = battery_facts(batteries)
    return build_options(
        batteries, facts, permitted(facts), site_accepts(sites), lanes, prices=PRICES, carbon_price_eur_per_t=carbon
    )  # fmt: skip


def test_the_score_is_value_less_freight_less_carbon() -> None:
    batteries = given({"soh": 0.5})
    options = build(batteries)
    net = economics.route_table(batteries, PRICES)["recycle_hydromet"][0]
    carbon = footprint.carbon_table(batteries)["recycle_hydromet"][0]
    rate = economics.freight_eur_per_kg_km("europe", is_damaged=False, eur_per_usd=PRICES.eur_per_usd)
    moved = footprint.transport_co2e(200.0, 326.0)
    expected = net - rate * 326.0 * 200.0 - 0.1 * (carbon + moved)
    assert options.score[0].tolist() == pytest.approx([expected, -np.inf])


def test_a_test_that_some_fail_is_worth_the_share_that_passes() -> None:
    """Nine in ten pass at 80 %, surely above the band; the rest is recycled by the best process."""
    batteries = given({"soh": 0.8})
    values = economics.route_table(batteries, PRICES)
    recycled = max(values[f"recycle_{route}"][0] for route in economics.RECYCLING_ROUTES)
    options = build(batteries)
    found = options.net_eur[0, options.keys.index("remanufacture")]
    assert found == pytest.approx(0.9 * values["remanufacture"][0] + 0.1 * recycled)


def test_near_a_band_the_state_of_health_is_a_distribution() -> None:
    """At 71 % measured with an error of three points, one pack in six is below the band of 70 %."""
    batteries = given({"soh": 0.71})
    recycled = max(
        economics.route_table(batteries, PRICES)[f"recycle_{route}"][0]
        for route in economics.RECYCLING_ROUTES
    )
    middle, high = (
        economics.route_table(given({"soh": soh}), PRICES)["remanufacture"][0]
        for soh in (0.71, 0.71 + 0.03 * 3**0.5)
    )
    passed = 0.9 * (4 * middle + high) / 6
    options = build(batteries)
    found = options.net_eur[0, options.keys.index("remanufacture")]
    assert found == pytest.approx(passed + (1 - 0.9 * 5 / 6) * recycled)
    assert options.risk_eur[0, options.keys.index("remanufacture")] > 0
    assert options.risk_eur[0, options.keys.index("recycle_hydromet")] == pytest.approx(0, abs=1e-3)


def test_inspection_carries_the_hope_of_what_passes() -> None:
    batteries = given({"condition": "suspect"})
    values = economics.route_table(batteries, PRICES)
    saved = max(values["remanufacture"][0], values["second_life"][0])
    options = build(batteries)
    found = options.net_eur[0, options.keys.index("quarantine_hydromet")]
    assert found == pytest.approx(values["quarantine"][0] + 0.5 * saved + 0.5 * values["recycle_hydromet"][0])


def test_the_best_offer_of_a_site_counts() -> None:
    options = build(given({"soh": 0.95}))
    treatment = options.accepts["treatment"].to_list()
    assert treatment[options.entry[0, 1]] == "reuse"
    assert options.by_treatment[0, TREATMENTS.index("reuse")] == options.score[0, 1]


def test_counts_tell_how_far_a_battery_gets() -> None:
    rows = ({"soh": 0.5}, {"soh": 0.5, "point_id": "q"}, {"soh": 0.5, "chemistry": "NiMH"})
    options = build(given(*rows), waste_ok=False)
    assert options.fitting.tolist() == [1, 1, 0]
    assert options.reachable.tolist() == [1, 0, 0]
    assert options.legal.tolist() == [0, 0, 0]
    assert options.refused_entry.tolist()[0] >= 0
    assert options.refused_entry.tolist()[1:] == [-1, -1]


def test_american_goods_pay_american_freight() -> None:
    options = build(given({"country": "US"}, {"country": "DE"}, {"country": None}))
    us, europe, unknown = options.freight_eur_per_km.tolist()
    assert us < europe == unknown
