"""Onward loads: full enough or due, within one vehicle, nothing lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from collection_cases import line, truck, van
from voltloop.collection import Onward, consolidate
from voltloop.collection.onward_load import LoadRules
from voltloop.errors import InputError

TODAY = date(2026, 11, 23)
PLACES = {"hub": 0, "plant": 1, "far": 2}


def goods(number: int, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "item": number, "depot_id": "hub", "site_id": "plant", "gross_mass_kg": 2000.0, "floor_positions": 4.0,
        "points": 500.0, "needs_critical_box": False, "requires_adr_vehicle": False, "due_on": None,
    }  # fmt: skip
    return {**values, **changes}


def run(*rows: dict[str, Any], **options: Any) -> Onward:
    table = pl.DataFrame(list(rows), schema_overrides={"due_on": pl.Date}, infer_schema_length=None)
    return consolidate(
        table,
        options.pop("fleet", (van(), truck())),
        line(0, 300, 600),
        PLACES,
        rules=options.pop("rules", LoadRules()),
        on=TODAY,
        **options,
    )


def test_a_full_vehicle_leaves_and_the_rest_waits() -> None:
    onward = run(*(goods(n) for n in range(5)))
    assert onward.loads["items"].to_list() == [[0, 1, 2, 3]]
    assert onward.loads["fill"].to_list() == [1.0]
    assert onward.stock["item"].to_list() == [4]
    assert onward.stock["outcome"].to_list() == ["stays"]
    assert "plant" in onward.stock["words"][0]


def test_goods_that_are_due_take_the_others_along() -> None:
    onward = run(goods(1, due_on=TODAY), goods(2))
    assert onward.loads["items"].to_list() == [[1, 2]]
    assert str(TODAY) in onward.loads["reason"][0]


@pytest.mark.parametrize(("share", "loads"), [(0.25, 1), (0.26, 0)])
def test_the_least_fill_decides(share: float, loads: int) -> None:
    assert run(goods(1), min_fill=share).loads.height == loads


def test_the_cheapest_vehicle_that_still_takes_the_load_drives() -> None:
    onward = run(goods(1, gross_mass_kg=900.0, floor_positions=4.0, points=900.0), min_fill=0)
    assert onward.loads["vehicle_type"].to_list() == ["van"]
    assert onward.loads["km"].to_list() == [600.0]
    assert onward.loads["cost_eur"][0] == pytest.approx(50 + 600 * 0.4 + 10 * 30)
    assert run(goods(1, gross_mass_kg=900.0, points=1000.1), min_fill=0).loads["vehicle_type"].to_list() == [
        "truck"
    ]


def test_goods_for_the_depot_itself_need_no_load() -> None:
    onward = run(goods(1, site_id="hub"))
    assert onward.loads.is_empty()
    assert onward.stock.is_empty()


def test_what_no_vehicle_takes_and_where_no_road_leads_is_held() -> None:
    assert run(goods(1, gross_mass_kg=9000.0)).stock["code"].to_list() == ["load-no-vehicle"]
    assert run(goods(1, requires_adr_vehicle=True), fleet=(van(),)).stock["code"].to_list() == [
        "load-no-vehicle"
    ]
    roads = line(0, 300, 600)
    roads.distance_km[0, 1] = np.inf
    table = pl.DataFrame([goods(1), goods(2, site_id="far")], schema_overrides={"due_on": pl.Date})
    onward = consolidate(table, (truck(),), roads, PLACES, rules=LoadRules(), on=TODAY, min_fill=0)
    assert onward.stock.select("item", "outcome", "code").rows() == [(1, "held", "load-no-road")]
    assert onward.loads["items"].to_list() == [[2]]


def test_certified_boxes_and_the_law_flag() -> None:
    onward = run(
        *(goods(n, needs_critical_box=True, requires_adr_vehicle=True) for n in range(3)), min_fill=0
    )
    assert sorted(onward.loads["boxes"]) == [1, 2]
    assert onward.loads["needs_adr"].to_list() == [True, True]


def test_goods_that_clash_leave_on_loads_of_their_own() -> None:
    rules = LoadRules(frozenset({frozenset({"acid", "alkali"})}))
    classes = ["acid", "alkali", "plain", "acid"]
    onward = run(
        *(goods(n, goods=[name], floor_positions=1.0) for n, name in enumerate(classes)),
        rules=rules,
        min_fill=0,
    )
    assert sorted(onward.loads["items"].to_list()) == [[0, 2, 3], [1]]


def test_every_item_is_in_a_load_or_in_stock() -> None:
    rng = np.random.default_rng(1)
    rows = [
        goods(n, site_id=str(rng.choice(["plant", "far"])), gross_mass_kg=float(rng.integers(10, 9000)),
              floor_positions=float(rng.integers(1, 17)))
        for n in range(60)
    ]  # fmt: skip
    onward = run(*rows)
    seen = sorted(
        [item for items in onward.loads["items"] for item in items] + onward.stock["item"].to_list()
    )
    assert seen == list(range(60))
    assert (onward.loads["gross_mass_kg"] <= 8000).all()
    assert (onward.loads["positions"] <= 16).all()


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        run(goods(1, site_id="moon"))
    assert caught.value.code == "onward-place-unknown"
    with pytest.raises(InputError, match="points"):
        consolidate(
            pl.DataFrame([goods(1)]).drop("points"), (van(),), line(0, 1), PLACES, rules=LoadRules(), on=TODAY
        )
