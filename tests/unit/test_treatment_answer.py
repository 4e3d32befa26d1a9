"""The table of answers: figures belong to the chosen offer, runner-ups to another one."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from voltloop import economics
from voltloop.treatment import battery_facts, permitted, site_accepts
from voltloop.treatment.answer import build_answer
from voltloop.treatment.options import build_options


@pytest.fixture
def built() -> tuple[pl.DataFrame, ...]:
    batteries = pl.DataFrame(
        {
            "row": [7, 3], "manufacturer": ["BYD"] * 2, "model": ["Seal"] * 2, "chemistry": ["LFP"] * 2,
            "form": ["pack"] * 2, "quantity": [1, 1], "energy_wh": [60_000.0] * 2, "mass_kg": [440.0] * 2,
            "country": ["DE"] * 2, "site": ["Garage"] * 2, "soh": [0.5, 0.9], "condition": ["ok"] * 2,
            "reason": ["end_of_life"] * 2, "point_id": ["p"] * 2,
        }
    )  # fmt: skip
    sites = pl.DataFrame(
        {
            "site_id": ["shred", "wet", "restore"], "name": ["Shred", "Wet", "Restore"], "country": ["DE"] * 3,
            "kind": ["recycler_preprocess", "recycler_hydromet", "remanufacturer"],
            "commodity_or_chemistry": ["all Li-ion", "all Li-ion", "all OEM packs"],
        }
    )  # fmt: skip
    lanes = pl.DataFrame(
        {
            "point_id": ["p"] * 3, "site_id": ["shred", "wet", "restore"], "distance_km": [100.0, 200.0, 300.0],
            "used_ok": [True] * 3, "waste_ok": [True] * 3, "estimated": [False] * 3,
            "why_not": pl.Series([None] * 3, dtype=pl.String),
        }
    )  # fmt: skip
    facts, _ = battery_facts(batteries)
    rules = permitted(facts)
    prices = economics.price_set(on=date(2026, 11, 24))
    options = build_options(
        batteries, facts, rules, site_accepts(sites), lanes, prices=prices, carbon_price_eur_per_t=80.0
    )
    return batteries, facts, rules, options  # type: ignore[return-value]


def answer(built: tuple, sites: list[int]) -> list[dict[str, object]]:
    batteries, facts, rules, options = built
    entry = np.where(np.array(sites) >= 0, options.entry[np.arange(len(sites)), sites], -1)
    waits = pl.Series([None] * len(sites), dtype=pl.String)
    return build_answer(
        batteries, facts, rules, options, entry, np.zeros(options.offers.shape), waits,
        prices=economics.price_set(on=date(2026, 11, 24)), carbon_price_eur_per_t=80.0, horizon_days=5,
    ).rows(named=True)  # fmt: skip


def test_rows_keep_their_order_and_number(built: tuple) -> None:
    assert [r["row"] for r in answer(built, [0, 2])] == [7, 3]


def test_figures_are_those_of_the_chosen_site(built: tuple) -> None:
    shred, wet = answer(built, [0, 2])[0], answer(built, [1, 2])[0]
    values = economics.route_table(built[0], economics.price_set(on=date(2026, 11, 24)))
    assert shred["net_value_eur"] == pytest.approx(values["recycle_mechanical"][0])
    assert wet["net_value_eur"] == pytest.approx(values["recycle_hydromet"][0])
    assert (shred["distance_km"], wet["distance_km"]) == (100.0, 200.0)
    assert (shred["route"], wet["route"]) == ("mechanical", "hydromet")


def test_the_runner_up_is_another_treatment_before_another_site(built: tuple) -> None:
    worn, sound = answer(built, [0, 2])
    assert worn["runner_up"].startswith("recycling at Wet")
    assert sound["treatment"] == "reuse"
    assert sound["runner_up"].startswith("remanufacturing at Restore")


def test_a_site_that_was_not_the_best_shows_what_was_better(built: tuple) -> None:
    assert "more but full" in answer(built, [1, 2])[0]["runner_up"]


def test_a_held_row_keeps_the_treatment_it_is_meant_for(built: tuple) -> None:
    worn, sound = answer(built, [-1, -1])
    assert (worn["treatment"], sound["treatment"]) == ("recycle", "reuse")
    assert worn["destination_id"] is worn["distance_km"] is worn["freight_eur"] is None
    assert "full" in worn["held_reason"]
    assert sound["net_value_eur"] > 0
