"""The verdict frame: shape, order, points, notes, and speed."""

from __future__ import annotations

import time
from datetime import date

import numpy as np
import polars as pl
import pytest

from voltloop.compliance import NOTE_MARK, VERDICT_COLUMNS, ask_whom, classify, load_rulebook
from voltloop.errors import RulebookError

BOOK = load_rulebook()
ON = date(2026, 11, 24)
GOODS = pl.DataFrame(
    {
        "item": [7, 3, 5, 9],
        "chemistry": ["li_ion", "nimh", "li_ion", None],
        "form": ["battery"] * 4,
        "unit_kind": ["battery"] * 4,
        "state": ["damaged", "used", "critical", "used"],
    }
)


def test_one_row_per_item_in_order_with_the_declared_columns() -> None:
    verdicts = classify(GOODS, BOOK, mode="road_eu", on=ON)
    assert tuple(verdicts.columns) == VERDICT_COLUMNS
    assert verdicts["item"].to_list() == [7, 3, 5, 9]
    assert verdicts["outcome"].to_list() == ["allowed", "exempt_other", "allowed", "undecided"]
    assert verdicts["points_per_kg"].to_list() == [3.0, 0.0, None, None]
    assert set(verdicts["edition"]) == {"ADR-2025"}
    kinds = {name: str(kind) for name, kind in verdicts.schema.items()}
    assert kinds["item"] == "Int64"
    assert kinds["points_per_kg"] == "Float64"
    assert {kinds[name] for name in VERDICT_COLUMNS if name not in ("item", "points_per_kg")} == {"String"}


def test_a_mode_without_points_has_none() -> None:
    verdicts = classify(GOODS, BOOK, mode="road_us", on=ON)
    assert verdicts["points_per_kg"].to_list() == [None] * 4
    assert verdicts["outcome"].to_list() == ["allowed", "exempt_other", "approval_needed", "undecided"]


def test_no_goods_give_no_verdicts() -> None:
    verdicts = classify(GOODS.clear(), BOOK, mode="road_eu", on=ON)
    assert verdicts.height == 0
    assert tuple(verdicts.columns) == VERDICT_COLUMNS


def test_items_are_numbered_where_they_have_no_number() -> None:
    assert classify(GOODS.drop("item"), BOOK, mode="road_eu", on=ON)["item"].to_list() == [1, 2, 3, 4]


def test_nothing_known_is_undecided() -> None:
    verdict = classify(pl.DataFrame({"item": [1]}), BOOK, mode="road_eu", on=ON).row(0, named=True)
    assert verdict["outcome"] == "undecided"
    assert {"chemistry", "form", "state"} <= set(verdict["missing_facts"].split(";"))


def test_an_edition_that_nobody_read_says_so() -> None:
    goods = GOODS.head(1)
    notes = classify(goods, BOOK, mode="road_eu", on=date(2027, 7, 1))["notes"][0]
    assert "not confirmed for ADR-2027" in notes.split(NOTE_MARK)
    assert classify(goods, BOOK, mode="road_eu", on=date(2027, 6, 30))["notes"][0] == ""


def test_the_edition_may_be_chosen() -> None:
    goods = pl.DataFrame(
        {"chemistry": ["li_ion"], "form": ["vehicle"], "unit_kind": ["vehicle"], "state": ["new"]}
    )
    on = date(2025, 3, 1)
    assert classify(goods, BOOK, mode="road_eu", on=on)["un_number"][0] == "3556"
    assert classify(goods, BOOK, mode="road_eu", on=on, edition="ADR-2023")["un_number"][0] == "3171"


def test_a_day_without_edition_is_an_error() -> None:
    with pytest.raises(RulebookError) as caught:
        classify(GOODS, BOOK, mode="road_us", on=date(2022, 12, 31))
    assert caught.value.code == "date-outside-editions"
    assert "2023-01-01" in caught.value.message


def test_every_given_fact_says_whom_to_ask() -> None:
    for fact in BOOK.facts.values():
        if not fact.is_derived:
            assert ask_whom(fact.name).endswith((".", ")"))
    assert "safety adviser" in ask_whom("something else")


def test_a_table_and_its_rows_get_the_same_verdicts() -> None:
    """One lookup path: what a row gets does not depend on its neighbours."""
    together = classify(GOODS, BOOK, mode="road_eu", on=ON)
    alone = pl.concat([classify(GOODS[at], BOOK, mode="road_eu", on=ON) for at in range(GOODS.height)])
    assert together.equals(alone)


def test_hundred_thousand_rows_take_moments() -> None:
    """The aim is a million rows a second on an idle machine; the bound here leaves room for a busy one."""
    generator = np.random.default_rng(1)
    count = 100_000
    goods = pl.DataFrame(
        {
            "chemistry": generator.choice(["li_ion", "li_metal", "nimh"], count),
            "form": ["battery"] * count,
            "unit_kind": ["battery"] * count,
            "energy_wh": generator.lognormal(6, 2, count),
            "state": generator.choice(["used", "waste", "damaged"], count),
            "un38_3_tested": [True] * count,
        }
    )
    started = time.perf_counter()
    assert classify(goods, BOOK, mode="road_eu", on=ON).height == count
    assert time.perf_counter() - started < 5.0
