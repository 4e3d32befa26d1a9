"""The words of the rulebook: facts, answers, editions and modes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from voltloop.compliance import load_rulebook
from voltloop.compliance.vocabulary import read_answers, read_editions, read_facts, rows_of
from voltloop.errors import RulebookError

BOOK = load_rulebook()
HEAD = "regime,edition,applicable_from,mandatory_from,applicable_to,status,source\n"


def editions(tmp_path: Path, *rows: str):
    file = tmp_path / "editions.csv"
    file.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return read_editions(file, "editions.csv")


def test_an_edition_covers_its_first_and_last_day() -> None:
    adr = BOOK.editions["ADR"][1]
    assert [adr.covers(day) for day in (date(2024, 12, 31), date(2025, 1, 1), date(2027, 6, 30), date(2027, 7, 1))] == [
        False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (
            ["A,A-1,2020-01-01,2020-01-01,,in_force,x", "A,A-1,2021-01-01,2021-01-01,,in_force,x"],
            "rulebook-twice",
        ),
        (["A,A-1,2020-01-01,2019-01-01,,in_force,x"], "rulebook-date"),
        (["A,A-1,2020-01-01,2020-01-01,2019-01-01,in_force,x"], "rulebook-date"),
        (
            ["A,A-2,2021-01-01,2021-01-01,,in_force,x", "A,A-1,2020-01-01,2020-01-01,,in_force,x"],
            "rulebook-date",
        ),
        (["A,A-1,2020-01-01,2020-01-01,,valid,x"], "rulebook-value"),
    ],
)
def test_editions_that_cannot_be_are_refused(tmp_path: Path, rows: list[str], code: str) -> None:
    with pytest.raises(RulebookError) as caught:
        editions(tmp_path, *rows)
    assert caught.value.code == code
    assert "editions.csv, row" in caught.value.message


def test_editions_may_overlap_and_follow_day_by_day(tmp_path: Path) -> None:
    found = editions(
        tmp_path,
        "A,A-1,2020-01-01,2020-01-01,2020-12-31,superseded,x",
        "A,A-2,2021-01-01,2021-01-01,,in_force,x",
    )
    assert [edition.order for edition in found["A"]] == [0, 1]


def test_every_fact_has_a_meaning_and_given_ones_somebody_to_ask() -> None:
    for fact in BOOK.facts.values():
        assert fact.meaning.endswith("."), fact.name
        assert fact.is_derived or fact.ask, fact.name


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("x,given,colour,,,,,,,a,b", "rulebook-value"),
        ("x,seen,boolean,,,,,,,a,b", "rulebook-value"),
        ("x,given,choice,,a|b,g=a|c,,,,a,b", "rulebook-value"),
        ("x,given,choice,,a|b,,c=d,,,a,b", "rulebook-value"),
        ("x,given,boolean,,,,,,maybe,a,b", "rulebook-value"),
        ("x,given,boolean,,,,", "rulebook-cells"),
    ],
)
def test_facts_that_cannot_be_are_refused(tmp_path: Path, row: str, code: str) -> None:
    file = tmp_path / "facts.csv"
    file.write_text(
        f"fact,role,type,unit,values,groups,also,range,unless_stated,ask,meaning\n{row}\n", encoding="utf-8"
    )
    with pytest.raises(RulebookError) as caught:
        read_facts(file, "facts.csv")
    assert caught.value.code == code


def test_headers_are_exact(tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text("answer,kind,sense\n", encoding="utf-8")
    assert read_answers(file, "answers.csv") == {}, "a file without rows has nothing to answer"
    file.write_text("answer,kind,sense\na,one,b\n", encoding="utf-8")
    with pytest.raises(RulebookError, match="meaning"):
        read_answers(file, "answers.csv")
    file.write_text("answer,answer\na,b\n", encoding="utf-8")
    with pytest.raises(RulebookError, match="twice"):
        list(rows_of(file, "answers.csv", ("answer",)))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_bytes(b"\xff\xfe\x00answer")
    with pytest.raises(RulebookError, match="UTF-8"):
        read_answers(file, "answers.csv")
