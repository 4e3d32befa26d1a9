"""All papers of a load at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

import voltloop.documents
from document_cases import american, tour
from voltloop.documents import make_papers, make_papers_of
from voltloop.documents.load import Party


def test_a_european_load_with_waste_over_a_border_has_five_papers() -> None:
    papers = make_papers(tour())
    assert sorted(papers.files) == [
        "driver-sheet",
        "labels",
        "packing-list",
        "transport-document",
        "waste-movement",
    ]
    assert all(paper.startswith(b"%PDF") for paper in papers.files.values())


def test_an_american_load_has_the_shipping_paper() -> None:
    assert sorted(make_papers(american()).files) == [
        "driver-sheet",
        "labels",
        "packing-list",
        "shipping-paper",
    ]


def test_open_fields_and_missing_glyphs_are_findings() -> None:
    findings = make_papers(tour(consignee=Party("東京", ("x",), "DE"))).findings
    codes = {finding.code for finding in findings}
    assert codes == {"paper-field-open", "glyph-missing"}
    assert any(
        finding.message == "Load L-2026-11-24-07, transport document: Registration of the vehicle, "
        "to be completed by the carrier."
        for finding in findings
    )


def test_papers_of_many_loads_come_in_order_and_do_not_depend_on_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plan rerun on another machine must give the same bytes."""
    monkeypatch.setattr("voltloop.documents.papers._WORTH_A_PROCESS", 2)
    loads = [tour(load_id=f"L-{number}") for number in range(6)]
    side_by_side = list(make_papers_of(loads, processes=2))
    assert [papers.findings[0].where for papers in side_by_side] == [load.load_id for load in loads]
    assert side_by_side == [make_papers(load) for load in loads]


def test_public_names() -> None:
    """These are what the application and users call."""
    assert voltloop.documents.__all__ == [
        "CertificateRecord",
        "Papers",
        "PartReplaced",
        "TestResult",
        "WarrantyGiven",
        "certificate",
        "driver_sheet",
        "labels",
        "make_papers",
        "make_papers_of",
        "missing_glyphs",
        "movement_document",
        "packing_list",
        "transport_document",
        "us_shipping_paper",
    ]


def test_importing_the_room_loads_no_heavy_library() -> None:
    """The command line must start at once."""
    heavy = "{'typst', 'segno', 'polars', 'numpy', 'plotly', 'shapely'}"
    code = f"import sys, voltloop.documents; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
