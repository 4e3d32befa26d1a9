"""The US shipping paper of 49 CFR 172 subpart C."""

from __future__ import annotations

from dataclasses import replace

import pypdfium2
import pytest

from document_cases import american, text_of, tour
from voltloop.documents import us_shipping_paper
from voltloop.errors import InputError


@pytest.fixture(scope="module")
def text() -> str:
    return text_of(us_shipping_paper(american()))


@pytest.mark.parametrize(
    "must",
    [
        "3 × strong outer box X UN3480, Lithium ion batteries, 9 packed under 49 CFR 173.185(d)",
        "Universal Waste – Battery(ies)",
        "250 kg (551 lb)",
        "gross 280 kg (617 lb)",
        "1 × steel drum (1A2) X UN3480, Lithium ion batteries, 9",
        "UN3480: ERG guide 147",
        "This is to certify that the above-named materials are properly classified",
        "universal waste batteries under 40 CFR part 273: no hazardous waste manifest",
        "Huntsville Solar Installer 1, 100 Gate 9 Rd, Huntsville, AL 35801",
    ],
)
def test_it_holds_what_the_law_asks_for(text: str, must: str) -> None:
    assert must in text


def test_emergency_number_is_marked_when_missing_and_printed_when_given(text: str) -> None:
    """Nobody may dial an invented number (49 CFR 172.604)."""
    assert "172.604 to be completed by the shipper" in text
    given = text_of(us_shipping_paper(american(emergency_phone="+1 800 555 0199")))
    assert "172.604 +1 800 555 0199" in given


def test_excepted_goods_are_apart(text: str) -> None:
    counted, _, apart = text.partition("Aboard, but not subject to shipping papers")
    assert "9 kg (20 lb)" in apart
    assert "370 kg (816 lb)" in counted, "total without the excepted box"


def test_manifest_waste_carries_the_word_and_no_universal_waste_note() -> None:
    load = american()
    first = load.consignments[0]
    waste = replace(first.lines[0], waste_code="D003")
    text = text_of(us_shipping_paper(replace(load, consignments=(replace(first, lines=(waste,)),))))
    assert "UN3480, Waste Lithium ion batteries, 9" in text
    assert "waste code D003" in text
    assert "40 CFR part 273" not in text


@pytest.mark.parametrize("packing", ["173.185(d)", "173.185(f)"])
def test_universal_waste_named_by_its_part_travels_without_the_word(packing: str) -> None:
    """A verdict names universal waste by its part of the CFR, which is no waste code (172.101(c)(9))."""
    load = american()
    first = load.consignments[0]
    waste = replace(first.lines[0], waste_code="40 CFR 273", packing_instruction=packing)
    text = text_of(us_shipping_paper(replace(load, consignments=(replace(first, lines=(waste,)),))))
    assert "UN3480, Lithium ion batteries, 9" in text
    assert "Waste Lithium" not in text
    assert "waste code 40" not in text
    assert "Universal Waste – Battery(ies)" in text


@pytest.mark.parametrize(
    ("provisions", "why"),
    [
        (("130", "340"), "172.102 special provision 130, 172.102 special provision 340"),
        (("173.159a",), "under the conditions of 49 CFR 173.159a"),
        ((), "not a hazardous material by highway"),
    ],
)
def test_excepted_goods_name_their_provision(provisions: tuple[str, ...], why: str) -> None:
    load = american()
    first = load.consignments[0]
    line = replace(first.lines[0], outcome="exempt_other", special_provisions=provisions)
    text = text_of(us_shipping_paper(replace(load, consignments=(replace(first, lines=(line,)),))))
    assert why in text


def test_it_is_on_letter_paper() -> None:
    with pypdfium2.PdfDocument(us_shipping_paper(american())) as document:
        assert document[0].get_size() == pytest.approx((612, 792))


def test_a_load_under_the_other_law_is_refused() -> None:
    with pytest.raises(InputError, match="transport_document") as caught:
        us_shipping_paper(tour())
    assert caught.value.code == "paper-wrong-mode"
