"""Whatever the list, the network and the lanes: one lawful answer per battery, inside every limit."""

from __future__ import annotations

from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.treatment import TREATMENTS, choose, site_accepts

CHEMISTRIES = [
    "NMC",
    "NCA",
    "LFP",
    "LMO/NMC",
    "Li-ion",
    "NiMH",
    "NiCd",
    "lead-acid",
    "Na-ion",
    "unknown",
    "other",
]
TEXTS = [
    "all Li-ion",
    "NMC",
    "NiCd, NiMH, Li-ion",
    "black mass",
    "all battery types",
    "Zoe packs",
    "own packs",
    "hybrid packs",
    "portable",
    "??",
]
KINDS = [
    "recycler_preprocess",
    "recycler_hydromet",
    "recycler_pyromet",
    "remanufacturer",
    "second_life",
    "collection_hub",
    "mine",
]

battery = st.fixed_dictionaries(
    {
        "chemistry": st.sampled_from(CHEMISTRIES),
        "form": st.sampled_from(
            ["pack", "module", "cell", "battery_unit", "home_storage", "scrap_lot", "unknown"]
        ),
        "quantity": st.integers(1, 5),
        "energy_wh": st.none() | st.floats(100, 100_000),
        "mass_kg": st.none() | st.floats(1, 700),
        "soh": st.none() | st.floats(-0.5, 2.0),
        "condition": st.sampled_from(["ok", "suspect", "damaged", "critical", "unknown"]),
        "reason": st.sampled_from(
            ["end_of_life", "crash", "recall", "warranty", "production_scrap", "unknown"]
        ),
        "manufacturer": st.sampled_from([None, "Renault", "Volvo"]),
        "model": st.sampled_from([None, "Zoe 41 kWh", "XC40"]),
        "country": st.sampled_from([None, "DE", "US", "MT", "XX"]),
        "point_id": st.sampled_from(["p0", "p1", "p2", None]),
    }
)
site = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "commodity_or_chemistry": st.sampled_from(TEXTS),
        "operator": st.sampled_from(["Renault", "Volvo", "Someone", None]),
        "status": st.sampled_from(["operating", "operating", "closed", None]),
        "capacity": st.none() | st.floats(-10, 500),
        "capacity_unit": st.sampled_from(["t/yr", "packs/yr", "MWh", "parsecs", None]),
        "accepts_damaged": st.sampled_from(["yes", "no", "", None]),
    }
)
lane = st.fixed_dictionaries(
    {
        "distance_km": st.floats(0, 3000) | st.just(float("inf")),
        "used_ok": st.booleans() | st.none(),
        "waste_ok": st.booleans() | st.none(),
        "estimated": st.booleans(),
        "why_not": st.none() | st.just("no consent."),
    }
)


def frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    floats = dict.fromkeys(("energy_wh", "mass_kg", "soh", "capacity", "distance_km"), pl.Float64)
    words = dict.fromkeys(
        (
            "manufacturer",
            "model",
            "country",
            "point_id",
            "operator",
            "status",
            "capacity_unit",
            "accepts_damaged",
            "why_not",
        ),
        pl.String,
    )
    flags = dict.fromkeys(("used_ok", "waste_ok"), pl.Boolean)
    kinds = {name: kind for name, kind in (floats | words | flags).items() if name in rows[0]}
    return pl.DataFrame(rows, schema_overrides=kinds, infer_schema_length=None)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(battery, min_size=1, max_size=12),
    st.lists(site, min_size=1, max_size=5),
    st.data(),
    st.floats(0, 500),
    st.sampled_from([0.5, 5.0, 365.0]),
)
def test_one_lawful_answer_per_battery_inside_every_limit(
    rows: list[dict[str, object]],
    places: list[dict[str, object]],
    data: st.DataObject,
    carbon: float,
    days: float,
) -> None:
    batteries = frame([{"row": n, **row} for n, row in enumerate(rows, start=1)])
    sites = frame(
        [{"site_id": f"s{n}", "name": f"Site {n}", "country": "DE", **row} for n, row in enumerate(places)]
    )
    pairs = [(p, f"s{n}") for p in ("p0", "p1") for n in range(len(places))]
    lanes = frame([{"point_id": p, "site_id": s, **data.draw(lane)} for p, s in pairs])
    found = choose(
        batteries, sites, lanes, carbon_price_eur_per_t=carbon, on=date(2026, 11, 24), horizon_days=days
    )

    assert found["row"].to_list() == batteries["row"].to_list()
    assert set(found["treatment"]) <= set(TREATMENTS)
    sent = pl.col("destination_id").is_not_null()
    assert found.select((sent == pl.col("held_reason").is_null()).all()).item()
    assert (
        found.select("treatment", "is_waste", "net_value_eur", "co2e_kg", "reason")
        .null_count()
        .sum_horizontal()
        .item()
        == 0
    )
    assert found.select(pl.col("net_value_eur", "co2e_kg").is_finite().all()).row(0) == (True, True)

    joined = found.join(batteries.rename({"reason": "returned_for"}), on="row")
    placed = joined.filter(sent)
    assert placed.filter(pl.col("condition") == "critical")["treatment"].is_in(["quarantine"]).all()
    assert (
        not placed.filter(pl.col("condition") != "ok")["treatment"]
        .is_in(["reuse", "remanufacture", "second_life"])
        .any()
    )
    assert (
        not placed.filter(~pl.col("soh").is_between(0, 1.2).fill_null(value=False))["treatment"]
        .is_in(["reuse"])
        .any()
    )

    ways = placed.join(
        lanes, left_on=["point_id", "destination_id"], right_on=["point_id", "site_id"], how="left"
    )
    legal = pl.when("is_waste").then("waste_ok").otherwise("used_ok")
    assert ways.select(legal.fill_null(value=False).all()).item()
    assert ways["distance_km_right"].is_finite().all()

    offers = site_accepts(sites, horizon_days=days)
    taken = placed.join(
        offers, left_on=["destination_id", "treatment"], right_on=["site_id", "treatment"], how="left"
    )
    assert taken.height == placed.height
    for row in taken.iter_rows(named=True):
        chemistry = row["chemistry"] if row["chemistry"] != "other" else "unknown"
        assert chemistry in row["chemistries"]
        assert row["condition"] in row["conditions"]
        assert row["forms"] is None or row["form"] in row["forms"]
    loads = taken.filter(pl.col("mass_kg").is_not_null()).group_by("destination_id").agg(
        (pl.col("mass_kg") * pl.col("quantity")).sum().alias("kg"), pl.col("limit_kg").first()
    )  # fmt: skip
    assert loads.filter(pl.col("kg") > pl.col("limit_kg") + 1e-6).is_empty()
