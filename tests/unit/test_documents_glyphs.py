"""Which characters papers can print."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from document_cases import ATHENS, tour
from voltloop.documents.glyphs import coverage, missing_glyphs, printable


@pytest.mark.parametrize(
    "name",
    ["Łódź", "Brăila", "Kırıkkale", "Αθήνα", "Пловдив", "Åmål", "Győr", "Þórshöfn", "Երևան", "თბილისი"],
)
def test_names_of_every_adr_country_print(name: str) -> None:
    """A paper for a Greek or Bulgarian yard needs no system font."""
    assert printable(name) == name


def test_a_missing_glyph_is_shown_by_its_code_and_never_dropped() -> None:
    assert printable("東京 works") == "[U+6771][U+4EAC] works"


def test_a_missing_glyph_is_a_finding_that_names_place_and_characters() -> None:
    load = tour()
    renamed = replace(load, consignee=replace(load.consignee, name="大阪 GmbH"))
    (finding,) = missing_glyphs(renamed)
    assert finding.code == "glyph-missing"
    assert finding.field == "consignee.name"
    assert "U+5927" in finding.message
    assert load.load_id in finding.message
    assert missing_glyphs(load) == []


def test_a_name_in_two_places_is_found_once() -> None:
    load = tour()
    first = load.consignments[0]
    twice = replace(ATHENS, name="大阪")
    changed = replace(load, consignments=(replace(first, consignor=twice),), consignee=twice)
    assert len(missing_glyphs(changed)) == 1


def test_a_folder_with_another_font_widens_what_prints(tmp_path: object) -> None:
    assert coverage(("src/voltloop/documents/fonts",)) == coverage()


def test_a_long_word_may_break_and_nothing_else_changes() -> None:
    """A serial of sixty digits must not run over the next column."""
    word = "0123456789" * 6
    shown = printable(word)
    assert shown.replace("\u200b", "") == word
    assert max(len(part) for part in shown.split("\u200b")) <= 8
    assert printable("PKG-241126-000A-1") == "PKG-241126-000A-1"


def test_drawings_are_left_alone() -> None:
    drawing = "<svg>" + "x" * 80 + "東</svg>"
    assert printable({"a": [drawing]}) == {"a": [drawing]}


@given(st.text(max_size=40))
def test_what_is_printed_is_always_covered(text: str) -> None:
    """Whatever a list holds, no silent box reaches the paper."""
    covered = coverage()
    shown = printable(text)
    visible = [letter for letter in shown if not letter.isspace() and letter.isprintable()]
    assert all(ord(letter) in covered for letter in visible)
