"""Reading worked cases, and what counts as a difference."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from voltloop.compliance import differences, load_rulebook, read_cases
from voltloop.errors import RulebookError

BOOK = load_rulebook()
CASE = next(case for case in read_cases(BOOK) if case.id == "P001")


def test_a_wrong_expectation_is_named_with_file_and_row() -> None:
    found = differences(replace(CASE, expect={"outcome": "forbidden"}), BOOK)
    assert len(found) == 1
    assert "cases/scenarios.csv, row 2 (P001): outcome is 'allowed', expected 'forbidden'" in found[0]


@pytest.mark.parametrize(
    ("name", "expected", "is_met"),
    [
        ("packing_instruction", "P903|LP903", True),
        ("packing_instruction", "P903|LP903|P909", True),
        ("packing_instruction", "P903", False),
        ("special_provisions", "230", True),
        ("special_provisions", "348;230", True),
        ("special_provisions", "188", False),
        ("proper_shipping_name", "lithium ion batteries", True),
        ("un_number", "3480|3481", True),
        ("un_number", "none", False),
    ],
)
def test_alternatives_and_sets(name: str, expected: str, is_met: bool) -> None:
    assert (differences(replace(CASE, expect={name: expected}), BOOK) == []) is is_met


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("chemistry", "chemisty", "chemisty"),
        ("2026-03-10", "10 March", "10 March"),
        ("P002,", "P001,", "stands twice"),
    ],
)
def test_cases_that_cannot_be_are_refused(tmp_path: Path, old: str, new: str, word: str) -> None:
    folder = Path(shutil.copytree(BOOK.folder / "cases", tmp_path / "rulebook" / "cases"))
    file = folder / "scenarios.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RulebookError, match=word):
        read_cases(replace(BOOK, folder=folder.parent))
