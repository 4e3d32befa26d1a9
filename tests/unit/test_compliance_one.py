"""One item at a time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from voltloop.compliance import VERDICT_COLUMNS, classify, classify_one, load_rulebook
from voltloop.errors import InputError, RulebookError

BOOK = load_rulebook()
ON = date(2026, 11, 24)
PACK = {"chemistry": "li_ion", "form": "battery", "unit_kind": "battery", "state": "used", "energy_wh": 500.0,
        "un38_3_tested": True}  # fmt: skip


def verdict(**facts: Any) -> dict[str, Any]:
    return dict(classify_one({**PACK, **facts}, BOOK, mode="road_eu", on=ON))


def test_an_item_has_the_columns_of_a_verdict_and_the_answers_of_a_row() -> None:
    row = classify(pl.DataFrame([PACK]), BOOK, mode="road_eu", on=ON).drop("item").row(0, named=True)
    assert tuple(verdict()) == VERDICT_COLUMNS[1:]
    assert verdict() == row


def test_an_answer_cannot_be_changed_by_who_asked() -> None:
    answer = classify_one(PACK, BOOK, mode="road_eu", on=ON)
    with pytest.raises(TypeError):
        answer["outcome"] = "allowed"  # type: ignore[index]


@pytest.mark.parametrize(
    "energy", [500, 500.0, "500", " 5e2 ", Decimal(500), pl.Series([500.0], dtype=pl.Float32)[0]]
)
def test_numbers_may_come_in_any_form(energy: object) -> None:
    assert verdict(energy_wh=energy) == verdict()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"energy_wh": -5.0}, "energy_wh -5.0 Wh cannot be; expected >0"),
        ({"energy_wh": "much"}, "energy_wh much Wh cannot be; expected >0"),
        ({"energy_wh": True}, "energy_wh true Wh cannot be; expected >0"),
        ({"chemistry": 7}, 'chemistry "7" is not known'),
        ({"flags": "bogus"}, 'the flag "bogus" is not known'),
        ({"flags": "shorted_0v;discharged_0v"}, "shorted_0v is stated both yes and no"),
    ],
)
def test_a_value_that_cannot_be_is_said(facts: dict[str, Any], said: str) -> None:
    found = verdict(**facts)
    assert found["outcome"] == "undecided"
    assert said in found["notes"].split(" | ")


def test_nothing_stated_is_undecided() -> None:
    found = classify_one({}, BOOK, mode="road_eu", on=ON)
    assert found["outcome"] == "undecided"
    assert {"chemistry", "form", "state"} <= set(found["missing_facts"].split(";"))


def test_lists_days_and_modes_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError):
        verdict(chemistry=["li_ion"])
    with pytest.raises(RulebookError):
        classify_one(PACK, BOOK, mode="road_eu", on=date(1999, 1, 1))
    with pytest.raises(RulebookError):
        classify_one(PACK, BOOK, mode="camel", on=ON)
