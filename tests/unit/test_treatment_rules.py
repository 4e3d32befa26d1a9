"""The rules of treatment: complete, safe, and on the right side of each band."""

from __future__ import annotations

from itertools import product

import polars as pl
import pytest

from voltloop.catalogue import money
from voltloop.treatment import TREATMENTS, battery_facts, permitted

CHEMISTRIES = money.chemistry_values()["chemistry"].to_list()
FORMS = ["pack", "module", "cell", "battery_unit", "home_storage", "scrap_lot", "unknown"]
CONDITIONS = ["ok", "suspect", "damaged", "critical", "unknown"]
REASONS = ["end_of_life", "crash", "recall", "warranty", "lease_end", "production_scrap", "other", "unknown"]
HEALTH = [None, 0.0, 0.59, 0.60, 0.64, 0.65, 0.70, 0.79, 0.80, 1.0, 1.2]


def batteries(*rows: dict[str, object]) -> pl.DataFrame:
    base = {
        "chemistry": "NMC", "form": "pack", "condition": "ok", "reason": "end_of_life", "soh": 0.85, "mass_kg": 300.0,
        "quantity": 1, "energy_wh": 50_000.0,
    }  # fmt: skip
    return pl.DataFrame(
        [{"row": number, **base, **row} for number, row in enumerate(rows, start=1)],
        schema_overrides={"soh": pl.Float64, "mass_kg": pl.Float64, "energy_wh": pl.Float64},
        infer_schema_length=None,
    )


def allowed(**facts: object) -> dict[str, dict[str, object]]:
    """What the rules permit for one battery, with the rule of each treatment."""
    given, _ = battery_facts(batteries(facts))
    rules = list(money.treatment_rules().iter_rows(named=True))
    chosen = {t: rules[permitted(given)[t][0]] for t in TREATMENTS}
    return {t: rule for t, rule in chosen.items() if rule["permitted"] == "yes"}


@pytest.fixture(scope="module")
def all_kinds() -> pl.DataFrame:
    """Every chemistry, form, condition, reason and band, with the rule of each treatment."""
    names = ("chemistry", "form", "condition", "reason", "soh")
    table = batteries(
        *(
            dict(zip(names, kind, strict=True))
            for kind in product(CHEMISTRIES, FORMS, CONDITIONS, REASONS, HEALTH)
        )
    )
    facts, _ = battery_facts(table)
    rules = money.treatment_rules()
    chosen = permitted(facts)
    return facts.with_columns(
        *((rules["permitted"].gather(chosen[t].cast(pl.UInt32)) == "yes").alias(t) for t in TREATMENTS),
        *(rules["is_waste"].gather(chosen[t].cast(pl.UInt32)).alias(f"{t}_waste") for t in TREATMENTS),
    )


def test_every_battery_has_a_rule_for_every_treatment_and_some_way_to_go(all_kinds: pl.DataFrame) -> None:
    assert all_kinds.select(TREATMENTS).null_count().sum_horizontal().item() == 0
    assert all_kinds.select(pl.any_horizontal(TREATMENTS).all()).item()


def test_every_rule_can_apply() -> None:
    """A rule that never wins is dead text, and hides a mistake in the order of rows."""
    names = ("chemistry", "form", "condition", "reason", "soh", "soh_known")
    table = batteries(
        *(
            dict(zip(names, kind, strict=True))
            for kind in product(CHEMISTRIES, FORMS, CONDITIONS, REASONS, HEALTH, ("yes", "estimated"))
        )
    )
    chosen = permitted(battery_facts(table)[0])
    used = set().union(*(chosen[t].unique().to_list() for t in TREATMENTS))
    names_of = money.treatment_rules()["rule"].to_list()
    assert [name for number, name in enumerate(names_of) if number not in used] == []


@pytest.mark.parametrize(
    ("soh", "treatments"),
    [
        (0.85, {"remanufacture", "second_life", "recycle"}),
        (0.68, {"second_life", "recycle"}),
        (0.64, {"recycle"}),
    ],
)
def test_an_estimate_opens_what_a_plant_tests_itself_and_never_reuse(
    soh: float, treatments: set[str]
) -> None:
    found = allowed(soh=soh, soh_known="estimated")
    assert set(found) == treatments
    assert {found[one]["is_waste"] for one in treatments} == {"yes"}


def test_a_critical_battery_goes_nowhere_but_into_quarantine(all_kinds: pl.DataFrame) -> None:
    critical = all_kinds.filter(pl.col("condition") == "critical")
    assert critical["quarantine"].all()
    assert not critical.select(
        pl.any_horizontal("reuse", "remanufacture", "second_life", "recycle").any()
    ).item()


def test_nothing_but_a_sound_battery_is_restored(all_kinds: pl.DataFrame) -> None:
    other = all_kinds.filter(pl.col("condition") != "ok")
    assert not other.select(pl.any_horizontal("reuse", "remanufacture", "second_life").any()).item()


def test_an_unmeasured_battery_is_never_reused(all_kinds: pl.DataFrame) -> None:
    assert not all_kinds.filter(pl.col("soh").is_null())["reuse"].any()


def test_an_unmeasured_battery_that_a_plant_tests_travels_as_waste(all_kinds: pl.DataFrame) -> None:
    unmeasured = all_kinds.filter(pl.col("soh").is_null())
    for treatment in ("remanufacture", "second_life"):
        assert set(unmeasured.filter(treatment)[f"{treatment}_waste"].to_list()) == {"yes"}


def test_a_recalled_battery_is_never_restored(all_kinds: pl.DataFrame) -> None:
    recalled = all_kinds.filter(pl.col("reason") == "recall")
    assert not recalled.select(pl.any_horizontal("reuse", "remanufacture", "second_life").any()).item()


def test_recycling_is_always_of_waste(all_kinds: pl.DataFrame) -> None:
    assert set(all_kinds.filter("recycle")["recycle_waste"].to_list()) == {"yes"}


def test_an_unknown_chemistry_is_inspected_only(all_kinds: pl.DataFrame) -> None:
    unknown = all_kinds.filter(pl.col("chemistry") == "unknown")
    assert unknown["quarantine"].all()
    assert not unknown.select(
        pl.any_horizontal("reuse", "remanufacture", "second_life", "recycle").any()
    ).item()


@pytest.mark.parametrize(
    ("soh", "open_to"),
    [
        (0.80, {"reuse", "remanufacture", "second_life", "recycle"}),
        (0.799, {"remanufacture", "second_life", "recycle"}),
        (0.70, {"remanufacture", "second_life", "recycle"}),
        (0.699, {"second_life", "recycle"}),
        (0.65, {"second_life", "recycle"}),
        (0.60, {"second_life", "recycle"}),
        (0.599, {"recycle"}),
    ],
)
def test_bands_of_a_sound_pack_on_both_sides(soh: float, open_to: set[str]) -> None:
    assert set(allowed(soh=soh)) == open_to


def test_backup_power_needs_a_test_that_fewer_pass() -> None:
    assert allowed(soh=0.65)["second_life"]["pass_share"] > allowed(soh=0.64)["second_life"]["pass_share"]


def test_nickel_metal_hydride_packs_are_remanufactured_or_recycled() -> None:
    assert set(allowed(chemistry="NiMH", soh=0.65)) == {"remanufacture", "recycle"}
    assert set(allowed(chemistry="NiMH", soh=0.55)) == {"recycle"}


@pytest.mark.parametrize("form", ["cell", "battery_unit", "scrap_lot"])
def test_small_and_scrap_are_recycled(form: str) -> None:
    assert set(allowed(form=form)) == {"recycle"}


def test_a_crashed_pack_is_not_reused_whole_however_healthy() -> None:
    assert "reuse" not in allowed(reason="crash", soh=0.99)
    assert "remanufacture" in allowed(reason="crash", soh=0.99)


def test_a_return_under_warranty_is_no_waste() -> None:
    assert allowed(condition="suspect", reason="warranty")["quarantine"]["is_waste"] == "no"
    assert allowed(condition="suspect", reason="crash")["quarantine"]["is_waste"] == "yes"


def test_an_uninspected_pack_is_not_recycled_before_inspection() -> None:
    assert set(allowed(condition="unknown")) == {"quarantine"}
    assert set(allowed(condition="unknown", form="battery_unit")) == {"recycle", "quarantine"}


def test_findings_name_what_is_missing_or_wrong() -> None:
    _, findings = battery_facts(
        batteries(
            {"soh": None},
            {"soh": 1.21},
            {"soh": -0.1},
            {"chemistry": "plutonium"},
            {"mass_kg": None},
            {"soh": 1.2},
        )
    )
    assert [(f.code, f.where) for f in findings] == [
        ("treatment-soh-impossible", "row 2"),
        ("treatment-soh-impossible", "row 3"),
        ("treatment-soh-missing", "row 1"),
        ("treatment-chemistry-unknown", "row 4"),
        ("treatment-mass-missing", "row 5"),
    ]
    assert "1.21" in findings[0].message
    assert "plutonium" in findings[3].message
    assert "257.4 kg" in findings[4].message


def test_words_outside_the_vocabulary_count_as_unknown() -> None:
    facts, _ = battery_facts(
        batteries({"condition": "great", "form": "brick", "reason": None, "chemistry": None})
    )
    assert facts.select("condition", "form", "reason", "chemistry").row(0) == ("unknown",) * 4
