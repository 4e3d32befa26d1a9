"""Verdicts of many goods as kinds and numbers."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from voltloop.compliance import VERDICT_COLUMNS, classify, classify_kinds, kinds, load_rulebook

BOOK = load_rulebook()
ON = date(2026, 11, 24)
ROW = {
    "chemistry": "li_ion",
    "form": "battery",
    "unit_kind": "battery",
    "state": "used",
    "un38_3_tested": True,
}
COUNT = 500
ENERGY = pl.Series("energy_wh", [(-1.0, 50.0, 5000.0, None)[at % 4] for at in range(COUNT)])
GOODS = pl.DataFrame({name: [value] * COUNT for name, value in ROW.items()}).with_columns(
    ENERGY, soc=pl.Series([1.3 if at % 8 == 0 else 0.3 for at in range(COUNT)])
)


def test_kinds_are_few_and_give_the_whole_frame() -> None:
    found = classify_kinds(GOODS, BOOK, mode="road_eu", on=ON)
    assert found.kinds.height <= 6
    assert found.which.dtype == pl.UInt32
    assert tuple(found.frame().columns) == VERDICT_COLUMNS
    assert found.frame().equals(classify(GOODS, BOOK, mode="road_eu", on=ON))


def test_bad_values_are_listed_by_row_and_said_in_the_notes() -> None:
    found = classify_kinds(GOODS, BOOK, mode="road_eu", on=ON)
    assert found.bad.columns == ["row", "fact", "sentence"]
    first = found.bad.head(3).rows()
    assert first == [
        (0, "energy_wh", "energy_wh -1.0 Wh cannot be; expected >0"),
        (0, "soc", "soc 1.3 cannot be; expected >=0 <=1"),
        (4, "energy_wh", "energy_wh -1.0 Wh cannot be; expected >0"),
    ]
    assert found.bad["row"].n_unique() == COUNT // 4
    notes = found.frame()["notes"]
    assert notes[0].startswith("energy_wh -1.0 Wh cannot be; expected >0 | soc 1.3 cannot be")
    assert notes[2] == ""


def test_goods_without_bad_values_list_none() -> None:
    found = classify_kinds(GOODS.filter(ENERGY > 0).drop("soc"), BOOK, mode="road_eu", on=ON)
    assert found.bad.height == 0
    assert found.bad.columns == ["row", "fact", "sentence"]


def test_no_goods_have_no_kinds() -> None:
    found = classify_kinds(GOODS.clear(), BOOK, mode="road_eu", on=ON)
    assert (found.kinds.height, found.which.len(), found.frame().height) == (0, 0, 0)


def test_blocks_and_workers_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = classify_kinds(GOODS, BOOK, mode="sea", on=ON).frame()
    monkeypatch.setattr(kinds, "_ROWS", 7)
    assert classify_kinds(GOODS, BOOK, mode="sea", on=ON).frame().equals(whole)


def test_a_chain_that_has_grown_too_big_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = classify_kinds(GOODS, BOOK, mode="rail_eu", on=ON).frame()
    monkeypatch.setattr("voltloop.compliance.machine._MOST_STATES", 1)
    assert classify_kinds(GOODS, BOOK, mode="rail_eu", on=ON).frame().equals(before)


def test_words_that_come_late_are_read_too() -> None:
    """More rows than the sample from which common spellings are learnt."""
    words = np.array(["li_ion"] * 30_000 + ["Li-Ion", "unobtainium"], object)
    goods = pl.DataFrame({"chemistry": words.tolist()}).with_columns(
        form=pl.lit("battery"), state=pl.lit("damaged")
    )
    found = classify_kinds(goods, BOOK, mode="road_eu", on=ON)
    assert found.kinds["un_number"].gather(found.which)[30_000] == "3480"
    assert found.bad.rows() == [(30_001, "chemistry", 'chemistry "unobtainium" is not known')]
