"""Package labels at true size, measured as a printer draws them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy
import pypdfium2
import pytest

from document_cases import DAMAGED, LEAD, SMALL, WASTE_LITHIUM, american, codes, page_texts, pictures, tour
from voltloop.documents import labels
from voltloop.documents.load import Consignment, Load, PackageLine
from voltloop.documents.package_labels import _broken

_MM = 25.4 / 300


def _only(*lines: PackageLine) -> Load:
    return tour(consignments=(Consignment(tour().consignments[0].consignor, lines, 1),), waste_movements=())


def _extent(dark: Any) -> tuple[float, float]:
    """Width and height [mm] of what is set in a picture."""
    rows, columns = numpy.nonzero(dark)
    return (columns.max() - columns.min() + 1) * _MM, (rows.max() - rows.min() + 1) * _MM


def test_every_package_has_a_sheet_with_a_code_that_scans() -> None:
    """At 300 dpi each sheet gives its package's id and nothing else."""
    found = [codes(picture) for picture in pictures(labels(_only(WASTE_LITHIUM, DAMAGED, SMALL)))]
    assert found == [["PKG-1-1"], ["PKG-1-2"], ["PKG-2"], ["PKG-4"]]


def test_a_long_id_still_scans_on_letter_paper() -> None:
    load = american()
    line = replace(load.lines[1], package_id="PACKAGE-2026-11-24-HUNTSVILLE-000000000000000017")
    load = replace(load, consignments=(replace(load.consignments[0], lines=(line,)),))
    assert codes(pictures(labels(load))[0]) == [line.package_id]


def test_class_label_has_sides_of_100_mm() -> None:
    """A square of 100 mm set on a corner is 141.4 mm wide and high (ADR 5.2.2.2.1.1.2)."""
    (picture,) = pictures(labels(_only(replace(LEAD, un_number="2800", wet=False))))
    pixels = numpy.asarray(picture.convert("L"))
    # Below the strip with the id and above the mark with the number: nothing but the label.
    part = pixels[int(46 / _MM) : int(186.5 / _MM)] < 128
    wide, _ = _extent(part)
    assert wide == pytest.approx(141.4, abs=0.6)
    rows = numpy.nonzero(part.any(axis=1))[0]
    assert (rows.max() - rows.min()) * _MM > 138


def test_battery_mark_is_100_mm_with_a_red_hatched_edge() -> None:
    """ADR 5.2.1.9.2: at least 100 mm × 100 mm, hatching at least 5 mm wide, red."""
    (picture,) = pictures(labels(_only(SMALL)))
    pixels = numpy.asarray(picture).astype(int)
    red = (pixels[:, :, 0] > 180) & (pixels[:, :, 1] < 80) & (pixels[:, :, 2] < 80)
    wide, high = _extent(red)
    assert wide == pytest.approx(100, abs=1.0)
    assert high == pytest.approx(100, abs=1.0)
    middle = red[:, (numpy.nonzero(red.any(axis=0))[0].min() + numpy.nonzero(red.any(axis=0))[0].max()) // 2]
    from_top = numpy.nonzero(middle)[0]
    assert (from_top[from_top < from_top.mean()].max() - from_top.min()) * _MM > 5


def _letter_heights(paper: bytes, word: str) -> list[float]:
    """Heights [mm] of the letters of a word wherever it stands on the first page, from their tight boxes."""
    with pypdfium2.PdfDocument(paper) as document:
        page = document[0].get_textpage()
        text = page.get_text_range()
        heights = []
        start = text.find(word)
        while start >= 0:
            _, bottom, _, top = page.get_charbox(start)
            heights.append((top - bottom) / 72 * 25.4)
            start = text.find(word, start + 1)
    return heights


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (WASTE_LITHIUM, "UN 3480"),
        (WASTE_LITHIUM, "LITHIUM BATTERIES"),
        (DAMAGED, "DAMAGED"),
        (SMALL, "UN 3480"),
    ],
)
def test_numbers_and_wordings_are_at_least_12_mm_high(line: PackageLine, word: str) -> None:
    assert max(_letter_heights(labels(_only(line)), word)) >= 12.0


def test_wordings_are_printed_in_capitals_on_even_lines() -> None:
    """A lower-case letter would fall short of the height that the law asks for."""
    assert _broken("Damaged/defective lithium ion battery") == ["DAMAGED/DEFECTIVE", "LITHIUM ION BATTERY"]
    assert _broken("LITHIUM BATTERIES FOR RECYCLING") == ["LITHIUM BATTERIES", "FOR RECYCLING"]
    assert _broken("ONE") == ["ONE"]
    assert _broken("") == []


def test_a_package_names_sender_receiver_masses_and_place_in_the_load() -> None:
    pages = page_texts(labels(tour()))
    assert "Package 1 of 5" in pages[0]
    assert "each about net 430 kg, gross 452.5 kg" in pages[0]
    assert "From Autohaus Ł. Wiśniewski Sp. z o.o., ul. Piotrkowska 12, 90-001 Łódź, Poland" in pages[0]
    assert "To Recycling Works Leipzig GmbH" in pages[0]
    assert "The line is 100 mm long when printed at 100 %." in pages[0]


def test_marks_that_do_not_fit_go_to_a_second_sheet_of_the_same_package() -> None:
    pages = page_texts(labels(_only(LEAD)))
    assert len(pages) == 2
    assert all("PKG-3" in page for page in pages)
    assert "sheet 1 of 2" in pages[0]
    assert "sheet 2 of 2" in pages[1]


def test_universal_waste_label_leaves_the_date_to_the_handler() -> None:
    text = " ".join(page_texts(labels(american())))
    assert "UNIVERSAL WASTE BATTERY(IES)" in text
    assert "ACCUMULATION BEGAN ON to be completed by the handler" in text


def test_a_label_that_is_not_drawn_is_a_persons_field() -> None:
    text = " ".join(page_texts(labels(_only(replace(DAMAGED, labels=("9A", "6.1"))))))
    assert "Label model 6.1: affix a printed one here" in text


def test_no_sheet_runs_over() -> None:
    """Each planned sheet is one page, also with names far too long for the strip."""
    load = tour()
    first = load.consignments[0]
    long = replace(first.consignor, name="Sehr langer Name " * 30, address=("Straße " * 40,))
    line = replace(
        DAMAGED,
        packaging="Kiste " * 40,
        labels=("9A", "8", "4.3"),
        marks=("WORD " * 12,),
        outcome="exempt_small",
    )
    paper = labels(
        replace(load, consignments=(replace(first, consignor=long, lines=(line,)),), waste_movements=())
    )
    pages = page_texts(paper)
    last = len(pages)
    assert all(f"sheet {number} of {last}" in page for number, page in enumerate(pages, start=1))
