"""Packaging: legal, cheapest, within stock, nothing lost."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from voltloop.collection import PackingCosts, pack
from voltloop.errors import InputError


def packaging(packaging_id: str, instructions: str, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "packaging_id": packaging_id, "name": packaging_id, "packing_instructions": instructions, "un_code": None,
        "max_net_kg": 400.0, "max_articles": 50, "tare_kg": 20.0, "floor_positions": 1.0, "pack_minutes": 10.0,
        "cost_eur": 20.0, "stock": None, "is_certified_critical_box": False,
    }  # fmt: skip
    return {**values, **changes}


SHELF = [
    packaging(
        "box", "P903;P909", max_net_kg=25.0, cost_eur=5.0, floor_positions=0.2, pack_minutes=4.0, tare_kg=1.0
    ),
    packaging("pallet", "P903;P909", max_net_kg=600.0),
    packaging("damaged", "P908", max_net_kg=400.0),
    packaging("damaged-large", "LP904", max_net_kg=900.0, max_articles=1, cost_eur=90.0, floor_positions=2.0),
    packaging(
        "certified", "P911;LP906", max_net_kg=500.0, cost_eur=300.0, stock=2, is_certified_critical_box=True
    ),
    packaging("uncertified", "P911", max_net_kg=500.0, cost_eur=1.0),
]


def item(number: int, mass: float, instruction: str | None, **changes: Any) -> dict[str, Any]:
    return {"item": number, "point_id": "here", "net_mass_kg": mass, "quantity": 1, "is_critical": False,
            "packing_instruction": instruction, **changes}  # fmt: skip


def run(*items: dict[str, Any], shelf: list[dict[str, Any]] | None = None) -> Any:
    schema = {"packaging_id": pl.String, "stock": pl.Int64}
    packagings = pl.DataFrame(shelf or SHELF, schema_overrides=schema, infer_schema_length=None)
    return pack(pl.DataFrame(list(items), infer_schema_length=None), packagings)


def test_a_small_battery_goes_into_the_cheapest_legal_box() -> None:
    packed = run(item(1, 10.0, "P909"))
    row = packed.packages.row(0, named=True)
    assert row["packaging_id"] == "box"
    assert row["packing_instruction"] == "P909"
    assert row["gross_mass_kg"] == pytest.approx(11.0)
    assert packed.held.is_empty()


def test_like_batteries_share_and_their_shares_add_up() -> None:
    packed = run(item(1, 5.0, "P909"), item(2, 10.0, "P909", quantity=2))
    assert packed.packages["package_id"].n_unique() == 1
    assert packed.packages["share"].sum() == pytest.approx(1)
    assert packed.packages["gross_mass_kg"].sum() == pytest.approx(26)
    assert packed.packages["floor_positions"].sum() == pytest.approx(0.2)
    assert packed.consumption["used"].to_list() == [1]


@pytest.mark.parametrize(
    "change",
    [{"point_id": "there"}, {"packing_instruction": "P903"}, {"un_number": "UN3090"}, {"is_waste": True}],
)
def test_unlike_batteries_do_not_share(change: dict[str, Any]) -> None:
    """Another place, instruction, UN number or waste status is another package."""
    extra = {"un_number": "UN3480", "is_waste": False}
    packed = run({**item(1, 5.0, "P909"), **extra}, {**item(2, 5.0, "P909"), **extra, **change})
    assert packed.packages["package_id"].n_unique() == 2


def test_batteries_of_unknown_place_never_share() -> None:
    packed = run(item(1, 5.0, "P909", point_id=None), item(2, 5.0, "P909", point_id=None))
    assert packed.packages["package_id"].n_unique() == 2


@pytest.mark.parametrize(("mass", "packages"), [(30.0, 1), (30.1, 2)])
def test_damaged_above_30_kg_travel_alone(mass: float, packages: int) -> None:
    """ADR 4.1.4.1 P908: above 30 kg one battery per outer packaging, at 30 kg they may share."""
    packed = run(item(1, mass, "P908"), item(2, mass, "P908"))
    assert packed.packages["package_id"].n_unique() == packages


def test_large_packaging_takes_one_article_even_if_the_list_says_more() -> None:
    shelf = [packaging("large", "LP904", max_net_kg=900.0, max_articles=9)]
    packed = run(item(1, 20.0, "LP904", quantity=3), shelf=shelf)
    assert packed.packages["package_id"].n_unique() == 3
    assert packed.packages["articles"].to_list() == [1, 1, 1]


def test_heavy_damaged_pack_takes_the_large_alternative() -> None:
    packed = run(item(1, 650.0, "P908|LP904"))
    assert packed.packages["packaging_id"].to_list() == ["damaged-large"]
    assert packed.packages["packing_instruction"].to_list() == ["LP904"]


def test_critical_needs_a_certified_box_and_its_stock_ends() -> None:
    goods = [item(n, 100.0, "P911|LP906", is_critical=True) for n in (1, 2, 3)]
    packed = run(*goods)
    assert packed.packages["packaging_id"].unique().to_list() == ["certified"]
    assert packed.held["item"].to_list() == [3]
    assert packed.held["code"].to_list() == ["pack-out-of-stock"]
    assert packed.consumption.row(0, named=True) == {
        "packaging_id": "certified", "depot_id": None, "used": 2, "stock": 2,
    }  # fmt: skip
    without = [entry for entry in SHELF if entry["packaging_id"] != "certified"]
    assert run(goods[0], shelf=without).held["code"].to_list() == ["pack-no-certified-box"]


def test_stock_short_of_one_packaging_is_filled_up_with_the_next() -> None:
    shelf = [
        packaging("cheap", "P903", max_net_kg=100.0, cost_eur=1.0, stock=1),
        packaging("dear", "P903", cost_eur=99.0),
    ]
    packed = run(*(item(n, 90.0, "P903") for n in (1, 2, 3)), shelf=shelf)
    assert packed.held.is_empty()
    assert sorted(packed.packages["packaging_id"].unique()) == ["cheap", "dear"]
    used = dict(packed.consumption.select("packaging_id", "used").rows())
    assert used["cheap"] == 1


def test_an_item_is_packed_wholly_or_held() -> None:
    shelf = [packaging("only", "P903", max_net_kg=100.0, stock=2)]
    packed = run(item(1, 90.0, "P903", quantity=3), item(2, 80.0, "P903", point_id="there"), shelf=shelf)
    assert packed.held["item"].to_list() == [1]
    assert packed.packages["item"].to_list() == [2]


def test_stock_per_depot() -> None:
    shelf = [
        packaging("b", "P903", stock=1, depot_id="north"),
        packaging("b", "P903", stock=0, depot_id="south"),
    ]
    packed = run(item(1, 5.0, "P903", depot_id="north"), item(2, 5.0, "P903", depot_id="south"), shelf=shelf)
    assert packed.packages["item"].to_list() == [1]
    assert packed.held["item"].to_list() == [2]


@pytest.mark.parametrize(
    ("mass", "instruction", "code"),
    [(5.0, "P650", "pack-no-legal-packaging"), (700.0, "P909", "pack-too-heavy")],
)
def test_no_legal_packaging_is_a_reason_not_a_guess(mass: float, instruction: str, code: str) -> None:
    packed = run(item(1, mass, instruction), item(2, 5.0, "P909"))
    assert packed.held["code"].to_list() == [code]
    assert "Item 1" in packed.held["words"][0]
    assert packed.packages["item"].to_list() == [2]


def test_no_instruction_means_any_packaging_but_the_certified() -> None:
    packed = run(item(1, 5.0, None), item(2, 5.0, ""))
    assert set(packed.packages["packaging_id"]) == {"box"}
    assert packed.packages["packing_instruction"].null_count() == 2


def test_the_last_package_shrinks() -> None:
    """51 pieces at 50 a pallet box: one full pallet box, and the tail in a small box."""
    packed = run(item(1, 10.0, "P909", quantity=51))
    kinds = packed.packages.group_by("packaging_id").len().sort("packaging_id").rows()
    assert kinds == [("box", 1), ("pallet", 1)]
    assert packed.packages["articles"].sum() == 51


def test_floor_value_changes_the_choice() -> None:
    shelf = [packaging("flat", "P903", cost_eur=10.0, floor_positions=2.0),
             packaging("tall", "P903", cost_eur=30.0, floor_positions=0.5)]  # fmt: skip
    goods = pl.DataFrame([item(1, 50.0, "P903")])
    table = pl.DataFrame(shelf, infer_schema_length=None)
    assert pack(goods, table, costs=PackingCosts(floor_eur=0.0)).packages["packaging_id"].to_list() == [
        "flat"
    ]
    assert pack(goods, table, costs=PackingCosts(floor_eur=50.0)).packages["packaging_id"].to_list() == [
        "tall"
    ]


def test_thousands_of_small_batteries_are_quick_and_complete() -> None:
    packed = run(item(1, 3.0, "P909", quantity=20_000))
    assert packed.packages["articles"].sum() == 20_000
    assert (
        packed.packages.group_by("package_id").agg(pl.col("net_mass_kg").sum())["net_mass_kg"] <= 600.001
    ).all()


@pytest.mark.parametrize("change", [{"net_mass_kg": 0.0}, {"quantity": 0}, {"net_mass_kg": None}])
def test_impossible_figures_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        run({**item(1, 5.0, "P909"), **change}, item(2, 5.0, "P909"))
    assert caught.value.code == "pack-number"


def test_missing_column_and_double_item_are_refused() -> None:
    with pytest.raises(InputError, match="packing_instruction"):
        pack(
            pl.DataFrame({"item": [1], "net_mass_kg": [1.0], "quantity": [1], "is_critical": [False]}),
            pl.DataFrame(SHELF),
        )
    with pytest.raises(InputError) as caught:
        run(item(1, 5.0, "P909"), item(1, 5.0, "P909"))
    assert caught.value.code == "pack-item-twice"


def test_no_items_no_packages() -> None:
    empty = pl.DataFrame([item(1, 5.0, "P909")]).clear()
    packed = pack(empty, pl.DataFrame(SHELF, infer_schema_length=None))
    assert packed.packages.is_empty()
    assert packed.held.is_empty()
