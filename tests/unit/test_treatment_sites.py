"""What sites take, read from their kind and from free text as network files have it."""

from __future__ import annotations

import polars as pl
import pytest

from voltloop.catalogue import money
from voltloop.errors import InputError
from voltloop.treatment import ACCEPTS_SCHEMA, read_sites, site_accepts

LI_ION = {"NMC", "NCA", "LFP", "LMO", "LMO/NMC", "LCO", "LTO", "Li-ion"}


def site(**facts: object) -> pl.DataFrame:
    base = {
        "site_id": "s1", "name": "Plant", "operator": "Someone", "kind": "recycler_preprocess", "country": "DE",
        "commodity_or_chemistry": "all Li-ion", "capacity": None, "capacity_unit": None, "status": "operating",
        "cancelled": "no",
    }  # fmt: skip
    return pl.DataFrame([base | facts], schema_overrides={"capacity": pl.Float64, "capacity_unit": pl.String})


def offer(treatment: str, **facts: object) -> dict[str, object]:
    table = site_accepts(site(**facts)).filter(pl.col("treatment") == treatment)
    assert table.height == 1
    return table.row(0, named=True)


@pytest.mark.parametrize(
    ("text", "chemistries"),
    [
        ("all Li-ion", LI_ION),
        ("Lithium-Ion", LI_ION),
        ("NMC", {"NMC", "LMO/NMC"}),
        ("NMC811", {"NMC", "LMO/NMC"}),
        ("NCM 622", {"NMC", "LMO/NMC"}),
        ("NMC and LFP", {"NMC", "LMO/NMC", "LFP"}),
        ("NMC;NCA", {"NMC", "LMO/NMC", "NCA"}),
        ("NiCd, NiMH, Li-ion", LI_ION | {"NiCd", "NiMH"}),
        ("NiCd, NiMH, Li-ion to alloy", LI_ION | {"NiCd", "NiMH"}),
        ("all Li-ion, NiMH", LI_ION | {"NiMH"}),
        ("Li-ion and primary lithium", LI_ION | {"Li-metal"}),
        ("alkaline and Li-ion", LI_ION),
        ("Ni, Co, Li-ion", LI_ION),
        ("Li-ion and Ni scrap to matte", LI_ION),
        ("LFP direct recycling", {"LFP"}),
        ("all battery types", set(money.chemistry_values()["chemistry"])),
        ("NMC, scrap", {"NMC", "LMO/NMC"}),
        ("EV packs", LI_ION),
    ],
)
def test_chemistries_are_read_from_the_text(text: str, chemistries: set[str]) -> None:
    assert set(offer("recycle", commodity_or_chemistry=text)["chemistries"]) == chemistries  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("all Li-ion", None),
        ("all Li-ion, full pack", None),
        ("Li-ion and scrap", None),
        ("scrap", ["scrap_lot"]),
        ("EV packs", ["module", "pack"]),
        ("EV Li-ion", ["module", "pack"]),
        ("portable and e-bike", ["battery_unit", "cell"]),
        ("small format Li-ion", ["battery_unit", "cell"]),
        ("mixed modules", ["home_storage", "module", "pack"]),
    ],
)
def test_forms_are_read_from_the_text(text: str, forms: list[str] | None) -> None:
    assert offer("recycle", commodity_or_chemistry=text)["forms"] == forms


@pytest.mark.parametrize(
    "text", ["black mass", "black mass pilot", "black mass incl. LFP to pCAM", "black mass, Li and graphite"]
)
def test_black_mass_plants_take_no_batteries(text: str) -> None:
    reading = read_sites(site(commodity_or_chemistry=text), horizon_days=1)
    assert reading.accepts.is_empty()
    assert reading.findings == ()


@pytest.mark.parametrize(
    ("facts", "brands", "models"),
    [
        (
            {"commodity_or_chemistry": "own modules", "operator": "Mercedes"},
            {"mercedes", "smart", "daimler"},
            None,
        ),
        ({"commodity_or_chemistry": "own modules", "operator": "Someone"}, None, None),
        ({"commodity_or_chemistry": "Zoe packs"}, None, {"zoe"}),
        ({"commodity_or_chemistry": "Leaf and Clarity packs"}, None, {"leaf", "clarity"}),
        ({"commodity_or_chemistry": "LGES scrap"}, {"lg"}, None),
        ({"commodity_or_chemistry": "Tesla packs"}, {"tesla"}, None),
        ({"commodity_or_chemistry": "Volvo bus and car packs"}, {"volvo"}, None),
    ],
)
def test_brands_and_models_are_read_from_the_text(
    facts: dict[str, object], brands: set[str] | None, models: set[str] | None
) -> None:
    found = offer("recycle", **facts)
    assert (set(found["brands"]) if found["brands"] else None) == brands  # type: ignore[call-overload]
    assert (set(found["models"]) if found["models"] else None) == models  # type: ignore[call-overload]


def test_a_makers_own_remanufacturer_takes_its_own_brand_unless_it_says_all() -> None:
    volvo = {"kind": "remanufacturer", "operator": "Volvo Cars"}
    assert offer("remanufacture", commodity_or_chemistry="packs repair", **volvo)["brands"] == ["volvo"]
    assert offer("remanufacture", commodity_or_chemistry="all OEM packs", **volvo)["brands"] is None
    free = {"kind": "remanufacturer", "operator": "Autocraft"}
    assert offer("remanufacture", commodity_or_chemistry="EV packs", **free)["brands"] is None


def test_hybrid_packs_are_small_and_may_be_nickel_metal_hydride() -> None:
    found = offer("remanufacture", kind="remanufacturer", commodity_or_chemistry="hybrid packs")
    assert "NiMH" in found["chemistries"]  # type: ignore[operator]
    assert found["max_unit_kwh"] == 20.0


def test_a_remanufacturer_that_recycles_says_so() -> None:
    table = site_accepts(
        site(kind="remanufacturer", operator="BMW", commodity_or_chemistry="direct recycling pilot")
    )
    assert set(table["treatment"].to_list()) == {"recycle", "quarantine"}
    assert table["brands"].to_list() == [["bmw", "mini"]] * 2


@pytest.mark.parametrize(
    ("kind", "treatments"),
    [
        ("recycler_preprocess", {"recycle", "quarantine"}),
        ("recycler_hydromet", {"recycle", "quarantine"}),
        ("recycler_pyromet", {"recycle", "quarantine"}),
        ("remanufacturer", {"reuse", "remanufacture", "quarantine"}),
        ("second_life", {"second_life"}),
        ("collection_hub", {"quarantine"}),
        ("mine", set()),
        ("cell_plant", set()),
        ("port", set()),
    ],
)
def test_kinds_of_site_offer_their_treatments(kind: str, treatments: set[str]) -> None:
    assert set(site_accepts(site(kind=kind))["treatment"].to_list()) == treatments


@pytest.mark.parametrize(
    ("facts", "is_open"),
    [
        ({"status": "operating"}, True),
        ({"status": " Operating "}, True),
        ({"status": None}, True),
        ({"status": "planned"}, False),
        ({"status": "closed"}, False),
        ({"status": "bankrupt"}, False),
        ({"status": "construction"}, False),
        ({"cancelled": "yes"}, False),
    ],
)
def test_only_operating_sites_take_anything(facts: dict[str, object], is_open: bool) -> None:
    reading = read_sites(site(**facts), horizon_days=1)
    assert (reading.accepts.height > 0) is is_open
    assert ("treatment-site-status" in [f.code for f in reading.findings]) is (
        facts.get("status", "x") is None
    )


@pytest.mark.parametrize(
    ("capacity", "unit", "kg_a_year"),
    [
        (3650.0, "t_batteries/yr", 3_650_000),
        (1000.0, "packs/yr", 420_000),
        (1000.0, "EVs/yr", 420_000),
        (260.0, "t_black_mass/yr", 1_000_000),
        (10.0, "MWh/yr", 51_480),
        (10.0, "MWh", 5_148),
        (0.0, "t/yr", 0),
    ],
)
def test_capacity_counts_in_kilograms_pro_rata(capacity: float, unit: str, kg_a_year: float) -> None:
    table = site(capacity=capacity, capacity_unit=unit)
    for days in (1, 7, 365):
        limit = site_accepts(table, horizon_days=days)["limit_kg"]
        assert limit.to_list() == pytest.approx([kg_a_year * days / 365] * 2, rel=1e-4)


def test_no_capacity_is_no_limit_unless_storage_is_one() -> None:
    assert site_accepts(site(), horizon_days=5)["limit_kg"].to_list() == [None, None]
    stored = site().with_columns(storage_limit_kg=pl.lit(1200.0))
    assert site_accepts(stored, horizon_days=5)["limit_kg"].to_list() == [1200.0, 1200.0]
    works = site(capacity=365.0, capacity_unit="t/yr").with_columns(storage_limit_kg=pl.lit(1200.0))
    assert site_accepts(works, horizon_days=5)["limit_kg"].to_list() == [5000.0, 5000.0]


@pytest.mark.parametrize(
    ("facts", "code", "word"),
    [
        ({"capacity": -5.0, "capacity_unit": "t/yr"}, "treatment-capacity-negative", "-5"),
        ({"capacity": 5.0, "capacity_unit": "parts/yr"}, "treatment-capacity-unit", "parts/yr"),
        ({"commodity_or_chemistry": "widgets"}, "treatment-site-text", "widgets"),
        ({"commodity_or_chemistry": None}, "treatment-site-text", "s1"),
    ],
)
def test_what_cannot_be_read_is_a_finding_that_names_it(
    facts: dict[str, object], code: str, word: str
) -> None:
    reading = read_sites(site(**facts), horizon_days=1)
    assert [f.code for f in reading.findings] == [code]
    assert word in reading.findings[0].message
    assert "s1" in reading.findings[0].message


def test_a_negative_capacity_closes_the_site_and_an_unknown_text_too() -> None:
    assert site_accepts(site(capacity=-5.0, capacity_unit="t/yr"))["limit_kg"].to_list() == [0.0, 0.0]
    assert site_accepts(site(commodity_or_chemistry="widgets")).is_empty()


@pytest.mark.parametrize(
    ("kind", "said", "conditions"),
    [
        ("recycler_preprocess", None, {"ok", "suspect", "unknown"}),
        ("recycler_preprocess", "yes", {"ok", "suspect", "damaged", "critical", "unknown"}),
        ("recycler_preprocess", "no", {"ok"}),
        ("remanufacturer", None, {"ok", "suspect"}),
        ("remanufacturer", "yes", {"ok", "suspect", "damaged", "critical", "unknown"}),
        ("collection_hub", "", {"ok", "suspect", "unknown"}),
    ],
)
def test_the_network_says_who_takes_damaged_goods(kind: str, said: str | None, conditions: set[str]) -> None:
    table = site(kind=kind).with_columns(accepts_damaged=pl.lit(said, dtype=pl.String))
    quarantine = site_accepts(table).filter(pl.col("treatment") == "quarantine")
    assert set(quarantine["conditions"][0].to_list()) == conditions


def test_columns_are_as_declared_even_without_sites() -> None:
    assert dict(site_accepts(site()).schema) == ACCEPTS_SCHEMA
    assert dict(site_accepts(site().clear()).schema) == ACCEPTS_SCHEMA


def test_a_table_or_horizon_that_cannot_be_used_is_an_error() -> None:
    with pytest.raises(InputError, match="commodity_or_chemistry"):
        site_accepts(site().drop("commodity_or_chemistry"))
    with pytest.raises(InputError, match="horizon"):
        site_accepts(site(), horizon_days=0)
