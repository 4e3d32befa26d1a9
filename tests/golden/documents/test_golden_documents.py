"""Each paper reads as the text that stands beside this file.

A change of wording or order shows as a diff here, where a safety adviser can read it. To accept one, run
``python tests/golden/documents/write.py`` and review the diff.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from document_cases import american, text_of, tour
from voltloop.documents import make_papers

FOLDER = Path(__file__).parent
LOADS = {"europe": tour, "usa": american}
NAMES = [
    "europe-driver-sheet",
    "europe-labels",
    "europe-packing-list",
    "europe-transport-document",
    "europe-waste-movement",
    "usa-driver-sheet",
    "usa-labels",
    "usa-packing-list",
    "usa-shipping-paper",
]


def lines_of(paper: bytes) -> str:
    """Give the text of a paper, one sentence or cell group a line, so that diffs stay small."""
    return text_of(paper).replace(" · ", "\n· ").replace(". ", ".\n") + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_paper_reads_as_before(name: str) -> None:
    region, _, paper = name.partition("-")
    expected = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert lines_of(make_papers(LOADS[region]()).files[paper]) == expected


def test_no_paper_is_without_its_text() -> None:
    made = {f"{region}-{paper}" for region, load in LOADS.items() for paper in make_papers(load()).files}
    assert made == set(NAMES) == {file.stem for file in FOLDER.glob("*.txt")}
