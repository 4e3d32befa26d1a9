"""Sea law over every combination of chemistry, form and state: what must hold for all goods at once."""

from __future__ import annotations

from datetime import date
from itertools import product

import polars as pl
import pytest

from voltloop.compliance import classify, load_rulebook

ON = date(2026, 11, 24)
ROAD_ONLY = {"598", "636", "666", "667", "670", "677"}


def _facts(name: str) -> tuple[str, ...]:
    return load_rulebook().facts[name].values


def _all_goods() -> pl.DataFrame:
    """Every chemistry in every form and state, with all numbers stated."""
    kinds = {"vehicle": "vehicle", "ctu": "ctu", "cell": "cell"}
    rows = [
        {
            "chemistry": chemistry, "form": form, "state": state, "unit_kind": kinds.get(form, "battery"),
            "energy_wh": energy_wh, "lithium_g": 1.0, "package_gross_kg": 25.0, "un38_3_tested": tested,
            "nimh_gross_kg_on_unit": 25.0, "sp238_passed": "yes", "battery_safety_affected": "yes",
        }
        for chemistry, form, state, energy_wh, tested in product(
            _facts("chemistry"), _facts("form"), _facts("state"), (15.0, 500.0), ("yes", "no")
        )
    ]  # fmt: skip
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def sea_verdicts() -> pl.DataFrame:
    goods = _all_goods()
    verdicts = classify(goods, load_rulebook(), mode="sea", on=ON)
    return pl.concat([goods.select(pl.all().name.prefix("given_")), verdicts], how="horizontal")


def _one(mode: str = "sea", on: date = ON, **facts: object) -> dict[str, object]:
    goods = pl.DataFrame({name: [value] for name, value in facts.items()})
    return classify(goods, load_rulebook(), mode=mode, on=on).row(0, named=True)


def test_sea_has_no_categories_tunnels_and_charge_limits(sea_verdicts: pl.DataFrame) -> None:
    possible = sea_verdicts.filter(~pl.col("missing_facts").str.contains("contradiction"))
    assert possible["transport_category"].unique().to_list() == ["n/a"]
    assert possible["tunnel_code"].unique().to_list() == ["n/a"]
    assert possible["soc_limit_pct"].unique().to_list() == ["none"]
    assert possible["points_per_kg"].null_count() == possible.height


def test_sea_answers_are_complete_where_goods_may_move(sea_verdicts: pl.DataFrame) -> None:
    free = sea_verdicts.filter(pl.col("outcome").is_in(["allowed", "exempt_small", "exempt_other"]))
    for column in (
        "un_number",
        "proper_shipping_name",
        "hazard_class",
        "packing_instruction",
        "package_limit",
    ):
        assert free.filter(pl.col(column).is_null()).is_empty(), column
    regulated = free.filter(pl.col("outcome") == "allowed")
    for column in ("stowage", "documents"):
        assert regulated.filter(pl.col(column) == "").is_empty(), column
    assert set(regulated.filter(pl.col("training") == "")["un_number"]) <= {"3496"}
    marked = regulated.filter(~pl.col("un_number").is_in(["3171", "3166", "3556", "3557", "3558", "3496"]))
    assert marked.filter((pl.col("marks") == "") | (pl.col("labels") == "")).is_empty()
    named = marked.filter(pl.col("un_number") != "3536")
    assert named.filter(
        ~pl.col("marks").str.contains(pl.col("proper_shipping_name"), literal=True)
    ).is_empty()


def test_sea_has_none_of_the_reliefs_of_road_and_rail(sea_verdicts: pl.DataFrame) -> None:
    used = {name for text in sea_verdicts["special_provisions"].drop_nulls() for name in text.split(";")}
    assert not used & ROAD_ONLY
    assert {"188", "230", "310", "376", "377", "389", "962", "963"} <= used


def test_sea_undecided_always_names_a_fact(sea_verdicts: pl.DataFrame) -> None:
    undecided = sea_verdicts.filter(pl.col("outcome") == "undecided")
    assert undecided.height
    assert undecided.filter(pl.col("missing_facts") == "").is_empty()
    assert sea_verdicts.filter(
        (pl.col("outcome") != "undecided") & (pl.col("missing_facts") != "")
    ).is_empty()


def test_sea_damaged_goods_and_prototypes_are_never_small(sea_verdicts: pl.DataFrame) -> None:
    small = sea_verdicts.filter(pl.col("outcome") == "exempt_small")
    assert small.height
    assert set(small["given_state"]) <= {"new", "used"}
    assert set(small["given_un38_3_tested"]) == {"yes"}


def test_sea_untested_series_batteries_never_move(sea_verdicts: pl.DataFrame) -> None:
    lithium = ["li_ion", "li_metal", "li_metal_rechargeable", "li_solid_state_ion", "hybrid_li", "na_ion"]
    untested = sea_verdicts.filter(
        pl.col("given_chemistry").is_in(lithium)
        & pl.col("given_state").is_in(["new", "used"])
        & (pl.col("given_un38_3_tested") == "no")
    )
    assert set(untested["outcome"]) <= {"forbidden", "undecided"}
    assert set(untested.filter(pl.col("outcome") == "undecided")["given_form"]) <= {"ctu"}


def test_sea_suspect_and_reacting_goods_leave_category_a(sea_verdicts: pl.DataFrame) -> None:
    for state in ("damaged", "suspect", "recalled", "critical", "waste"):
        rows = sea_verdicts.filter(
            (pl.col("given_chemistry") == "li_ion")
            & (pl.col("given_state") == state)
            & ~pl.col("given_form").is_in(["vehicle", "ctu"])
        )
        assert set(rows["stowage"]) == {"category C (SW19);EmS F-A, S-I"}, state


def test_sea_button_cells_in_equipment_carry_no_battery_mark() -> None:
    common = {
        "chemistry": "li_metal",
        "form": "contained_in",
        "lithium_g": 0.1,
        "state": "new",
        "un38_3_tested": "yes",
    }
    assert _one(unit_kind="button_cell", **common)["marks"] == ""
    assert _one(unit_kind="cell", **common)["marks"] == "battery mark with UN 3091"
    assert _one(unit_kind="cell", few_installed="yes", **common)["marks"] == ""


def test_sea_vehicles_under_962_carry_no_marks_and_labels() -> None:
    verdict = _one(chemistry="li_ion", form="vehicle", state="new", un38_3_tested="yes")
    assert verdict["outcome"] == "allowed"
    assert (verdict["marks"], verdict["labels"]) == ("", "")
    assert "multimodal dangerous goods form" in str(verdict["documents"])


def test_sea_exempt_goods_get_no_stowage_and_no_papers() -> None:
    verdict = _one(
        chemistry="li_ion", form="battery", unit_kind="battery", state="new", un38_3_tested="yes",
        energy_wh=60, package_gross_kg=12,
    )  # fmt: skip
    assert verdict["outcome"] == "exempt_small"
    assert (verdict["stowage"], verdict["segregation"], verdict["documents"]) == ("", "", "")


@pytest.mark.parametrize(
    ("on", "editions"),
    [
        (date(2023, 1, 1), ("IMDG-41-22",)),
        (date(2024, 12, 31), ("IMDG-41-22",)),
        (date(2025, 1, 1), ("IMDG-41-22", "IMDG-42-24")),
        (date(2025, 12, 31), ("IMDG-41-22", "IMDG-42-24")),
        (date(2026, 1, 1), ("IMDG-42-24",)),
        (date(2026, 12, 31), ("IMDG-42-24",)),
        (date(2027, 1, 1), ("IMDG-42-24", "IMDG-43-26")),
        (date(2027, 12, 31), ("IMDG-42-24", "IMDG-43-26")),
        (date(2028, 1, 1), ("IMDG-43-26",)),
    ],
)
def test_sea_editions_by_day(on: date, editions: tuple[str, ...]) -> None:
    assert load_rulebook().lawful_editions("sea", on) == editions


@pytest.mark.parametrize("gross_kg", [0.1, 50.0, 99.99, 100.0, 100.01, 5000.0])
def test_sea_more_nimh_on_the_unit_never_regains_the_relief(gross_kg: float) -> None:
    verdict = _one(
        chemistry="nimh", form="battery", unit_kind="battery", state="new", nimh_gross_kg_on_unit=gross_kg
    )
    assert verdict["outcome"] == ("exempt_other" if gross_kg < 100 else "allowed")
    assert (verdict["marks"], verdict["labels"]) == ("", "")


def test_sea_regulates_what_road_relieves() -> None:
    wet = {"chemistry": "lead_acid_flooded", "form": "battery", "unit_kind": "battery", "state": "used",
           "flags": "secured_clean_protected"}  # fmt: skip
    assert _one(mode="road_eu", **wet)["outcome"] == "exempt_other"
    assert _one(**wet)["outcome"] == "allowed"
    vehicle = {"chemistry": "li_ion", "form": "vehicle", "state": "new", "un38_3_tested": "yes"}
    assert _one(mode="road_eu", **vehicle)["outcome"] == "exempt_other"
    assert _one(**vehicle)["outcome"] == "allowed"
