"""Load limits and duties as rule data."""

from __future__ import annotations

from pathlib import Path

import pytest

from voltloop.compliance import load_rulebook
from voltloop.compliance.loads.limits import active, read_duties, read_limits
from voltloop.errors import RulebookError

BOOK = load_rulebook()
ADR = BOOK.editions["ADR"][1]
HEAD = "id,regime,since,until,confirmed,kind,key,points_per_kg,limit,say,cite,confidence\n"


def test_the_table_of_1_1_3_6() -> None:
    held = {
        limit.keys[0]: (limit.points_per_kg, limit.limit)
        for limit in active(BOOK.limits, ADR)
        if limit.kind == "category"
    }
    assert held == {"0": (None, 0.0), "1": (50.0, 20.0), "2": (3.0, 333.0), "3": (1.0, 1000.0), "4": (0.0, None),
                    "none": (0.0, None)}  # fmt: skip


def test_limits_and_duties_belong_to_their_regime() -> None:
    american = BOOK.editions["49CFR"][0]
    assert {limit.kind for limit in active(BOOK.limits, american)} == {"sole"}
    assert all(duty.cite for duty in BOOK.duties)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("a,ADR,ADR-2022,,ADR-2025,category,2,3,333,s,c,A", "ADR-2022"),
        ("a,ADX,ADR-2025,,ADR-2025,category,2,3,333,s,c,A", "ADX"),
        ("a,ADR,ADR-2025,,ADR-2025,weight,2,3,333,s,c,A", "weight"),
        ("a,ADR,ADR-2025,,ADR-2025,category,2,3,lots,s,c,A", "lots"),
    ],
)
def test_limits_that_cannot_be_are_refused(tmp_path: Path, row: str, word: str) -> None:
    file = tmp_path / "limits.csv"
    file.write_text(HEAD + row + "\n", encoding="utf-8")
    with pytest.raises(RulebookError, match=word) as caught:
        read_limits(file, "load/limits.csv", BOOK.editions)
    assert "load/limits.csv, row 2" in caught.value.message


def test_a_duty_needs_a_known_condition(tmp_path: Path) -> None:
    file = tmp_path / "duties.csv"
    file.write_text(
        "id,regime,since,until,confirmed,when,duty,text,cite,confidence\n"
        "a,ADR,ADR-2025,,ADR-2025,sometimes,plates,t,c,A\n",
        encoding="utf-8",
    )
    with pytest.raises(RulebookError, match="sometimes"):
        read_duties(file, "load/duties.csv", BOOK.editions)


@pytest.mark.parametrize(
    ("when", "word"), [("regulated often", "often"), ("aboard:nobody", "nobody"), ("", '""')]
)
def test_every_word_of_a_duty_is_known(tmp_path: Path, when: str, word: str) -> None:
    file = tmp_path / "duties.csv"
    file.write_text(
        "id,regime,since,until,confirmed,when,duty,text,cite,confidence\n"
        f"a,ADR,ADR-2025,,ADR-2025,{when},plates,t,c,A\n",
        encoding="utf-8",
    )
    with pytest.raises(RulebookError, match=word):
        read_duties(file, "load/duties.csv", BOOK.editions, BOOK.load.groups)
