"""The transport document of ADR 5.4.1."""

from __future__ import annotations

from dataclasses import replace

import pytest

from document_cases import (
    DAMAGED,
    LEAD,
    SMALL,
    WASTE_LITHIUM,
    american,
    codes,
    page_texts,
    pictures,
    text_of,
    tour,
)
from voltloop.documents import transport_document
from voltloop.documents.load import Consignment, Load, Party, Vehicle
from voltloop.documents.open_fields import OpenFields
from voltloop.errors import InputError


@pytest.fixture(scope="module")
def text() -> str:
    return text_of(transport_document(tour()))


@pytest.mark.parametrize(
    "must",
    [
        "UN 3480 WASTE LITHIUM ION BATTERIES, 9, (E)",
        "UN 3480 LITHIUM ION BATTERIES, 9, (E) Transport in accordance with special provision 376",
        "UN 2794 BATTERIES, WET, FILLED WITH ACID, 8, (E)",
        "2 × strong outer packaging 860 905 2",
        "1 × steel box with extinguishant (50A) 310 402.5 2",
        "waste code 16 06 07*",
        "Autohaus Ł. Wiśniewski Sp. z o.o., ul. Piotrkowska 12, 90-001 Łódź, Poland",
        "Ανακύκλωση Αθήνα Α.Ε., Οδός Ερμού 5, 10563 Αθήνα, Greece",
        "Recycling Works Leipzig GmbH",
        "ADR-2025",
    ],
)
def test_it_holds_what_the_law_asks_for(text: str, must: str) -> None:
    assert must in text


def test_quantity_and_value_stand_for_each_transport_category(text: str) -> None:
    assert "2 1 170 3 3 510" in text
    assert "3 240 1 240" in text
    assert "3 750 of 1 000" in text
    assert "Above the limit of ADR 1.1.3.6" in text


def test_the_total_of_an_item_is_over_all_kinds_of_packages() -> None:
    other = replace(WASTE_LITHIUM, package_id="X", packaging="plastic drum", count=1, gross_mass_kg=None)
    load = tour(
        consignments=(Consignment(tour().consignments[0].consignor, (WASTE_LITHIUM, other), 1), *_second())
    )
    assert "UN 3480 WASTE LITHIUM ION BATTERIES, 9, (E) 3 packages 1 720 –" in text_of(
        transport_document(load)
    )


def _second() -> tuple[Consignment, ...]:
    return tour().consignments[1:]


def test_exempted_goods_are_listed_as_not_counting(text: str) -> None:
    counted, _, apart = text.partition("Aboard, but not counted as dangerous goods")
    assert "fibreboard box" not in counted
    assert "fibreboard box 14 16.2" in apart
    assert "special provision 188" in apart


def test_what_only_a_person_can_give_is_marked_and_listed(text: str) -> None:
    assert "REGISTRATION to be completed by the carrier" in text
    assert "Entries in an official language of Poland (Polish) consignor ADR 5.4.1.4.1" in text
    assert "a trained person checks this paper" in text


def test_open_fields_are_handed_to_the_caller() -> None:
    fields = OpenFields()
    transport_document(tour(vehicle=Vehicle("van", plates="L-XY 1")), open_fields=fields)
    assert "Registration of the vehicle" not in [row["what"] for row in fields.rows]
    fields = OpenFields()
    transport_document(tour(carrier=None), open_fields=fields)
    assert "Name and address of carrier" in [row["what"] for row in fields.rows]


def test_relief_is_said_when_it_is_used() -> None:
    load = tour(
        consignments=(Consignment(tour().consignments[0].consignor, (LEAD,), 1),), uses_small_load_relief=True
    )
    text = text_of(transport_document(load))
    assert "240 of 1 000 Carried under ADR 1.1.3.6: the load does not exceed the limit." in text


def test_category_0_is_written_out_and_rules_the_relief_out() -> None:
    """Special provision 677 asks for the words; they are added when the verdict left them out."""
    critical = replace(DAMAGED, transport_category="0", points_per_kg=None)
    load = tour(consignments=(Consignment(tour().consignments[0].consignor, (critical, LEAD), 1),))
    text = text_of(transport_document(load))
    assert text.count("TRANSPORT CATEGORY 0") == 1
    assert "1.1.3.6 cannot be used" in text
    said = replace(critical, statements=("Transport category 0",))
    load = tour(consignments=(Consignment(tour().consignments[0].consignor, (said,), 1),))
    assert text_of(transport_document(load)).lower().count("transport category 0") == 2, (
        "statement and the reason"
    )


def test_a_load_of_exempted_goods_says_that_nothing_counts() -> None:
    load = tour(consignments=(Consignment(tour().consignments[0].consignor, (SMALL,), 1),))
    assert "No dangerous goods that count are aboard." in text_of(transport_document(load))


def test_goods_for_another_consignee_name_it() -> None:
    other = Party("Zweitwerk", ("Am Ring 1", "Halle"), "DE")
    first, second = tour().consignments
    text = text_of(transport_document(tour(consignments=(replace(first, consignee=other), second))))
    assert "→ Zweitwerk, Am Ring 1, Halle, Germany" in text
    assert "Consignee: Zweitwerk" in text


def test_names_print_literally() -> None:
    """A garage named like markup must not change the paper."""
    name = "#set page(fill: red) $x^2$ *bold* _it_ [b] \\ \"q\" `raw` <label> @ref // c -- 'x' ~"
    load = tour(consignee=Party(name, ("#1 [yard] *x*",), "DE"))
    text = text_of(transport_document(load))
    assert name in text.replace("\u200b", "")
    assert "#1 [yard] *x*" in text


def _long(stops: int) -> Load:
    first = tour().consignments[0]
    many = tuple(
        Consignment(replace(first.consignor, name=f"Garage {number}"), (WASTE_LITHIUM, DAMAGED), number)
        for number in range(1, stops + 1)
    )
    return tour(consignments=many)


def test_a_long_load_repeats_id_date_count_and_table_head_on_each_page() -> None:
    pages = page_texts(transport_document(_long(30)))
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert "Load L-2026-11-24-07" in page
        assert "24 Nov 2026" in page
        assert f"Page {number} of {len(pages)}" in page
        assert "a trained person checks this paper" in page
    assert sum("NUMBER AND KIND OF PACKAGES" in page for page in pages) >= 2
    assert "UN 3480 WASTE LITHIUM ION BATTERIES, 9, (E) 60 packages 25 800 27 150" in " ".join(pages)


def test_the_load_id_scans() -> None:
    assert "L-2026-11-24-07" in codes(pictures(transport_document(tour()))[0])


def test_a_load_under_the_other_law_is_refused() -> None:
    with pytest.raises(InputError, match="us_shipping_paper") as caught:
        transport_document(american())
    assert caught.value.code == "paper-wrong-mode"


@pytest.mark.parametrize(
    ("un", "provisions", "why"),
    [
        ("3496", (), "not subject to ADR, chapter 3.2 Table A"),
        ("", (), "no entry in ADR, chapter 3.2 Table A"),
        ("2794", ("598",), "under the conditions of special provision 598"),
    ],
)
def test_exempt_goods_name_the_place_that_exempts_them(
    un: str, provisions: tuple[str, ...], why: str
) -> None:
    first, _ = tour().consignments
    line = replace(first.lines[0], outcome="exempt_other", un_number=un, special_provisions=provisions)
    text = text_of(transport_document(tour(consignments=(replace(first, lines=(line,)),))))
    assert why in text


def test_a_choice_of_waste_codes_is_named_not_made() -> None:
    first, _ = tour().consignments
    line = replace(first.lines[0], waste_code="16 06 10*|16 06 12")
    text = text_of(transport_document(tour(consignments=(replace(first, lines=(line,)),))))
    assert "waste code 16 06 10* or 16 06 12" in text
