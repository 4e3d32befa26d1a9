"""The papers of waste that crosses a border."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from document_cases import ATHENS, WASTE_LITHIUM, page_texts, text_of, tour
from voltloop.documents import movement_document
from voltloop.documents.load import Consignment, WasteMovement
from voltloop.documents.open_fields import OpenFields
from voltloop.errors import InputError


@pytest.mark.parametrize(
    "must",
    [
        "Movement document (Annex IB)",
        "From Poland to Germany",
        "1 NOTIFICATION NUMBER PL-2026-004711",
        "2 SERIAL NUMBER OF THE SHIPMENT 3 of 12",
        "3 NOTIFIER, EXPORTER to be completed by the notifier",
        "5 ACTUAL QUANTITY, NET 0.86 t",
        "6 ACTUAL DATE OF SHIPMENT 24 Nov 2026",
        "2 × strong outer packaging [type 9 other]",
        "Autohaus Ł. Wiśniewski",
        "Registration DE-ABF-123",
        "EU list of waste 160607*; UN 3480 LITHIUM ION BATTERIES, class 9",
        "19 Facility: recovery completed",
    ],
)
def test_movement_document_has_the_blocks_of_the_form(must: str) -> None:
    assert must in text_of(movement_document(tour()))


def test_only_waste_of_the_code_and_country_is_covered() -> None:
    """The damaged battery of the same consignor is no waste, the waste of another country has its own paper."""
    load = tour()
    greek = Consignment(ATHENS, (replace(WASTE_LITHIUM, package_id="PKG-9", net_mass_kg=40.0),), 2)
    text = text_of(movement_document(replace(load, consignments=(load.consignments[0], greek))))
    assert "0.86 t" in text


def test_several_producers_are_listed_with_their_masses() -> None:
    load = tour()
    second = replace(load.consignments[0].consignor, name="Złomowisko Gdańsk")
    more = Consignment(second, (replace(WASTE_LITHIUM, package_id="PKG-8", net_mass_kg=140.0),), 2)
    text = text_of(movement_document(replace(load, consignments=(load.consignments[0], more))))
    assert "2 producers, listed below this form" in text
    assert "Złomowisko Gdańsk ul. Piotrkowska 12, 90-001 Łódź, Poland 140" in text
    assert "1 t" in text


def test_green_listed_waste_gets_annex_vii_and_hazardous_codes_are_called_out() -> None:
    load = tour(waste_movements=(WasteMovement("green_listed", "PL", "DE", "16 06 07*", operation="R4"),))
    text = text_of(movement_document(load))
    assert "Accompanying information (Annex VII)" in text
    assert "11 COUNTRIES CONCERNED Poland (dispatch), Germany (destination) Transit: none" in text
    assert "hazardous waste: this paper alone does not do" in text


def test_a_consent_out_of_its_time_is_called_out() -> None:
    movement = replace(tour().waste_movements[0], valid_from=date(2026, 1, 1), valid_to=date(2026, 11, 23))
    text = text_of(movement_document(tour(waste_movements=(movement,))))
    assert "The consent is valid to 23 Nov 2026: this shipment on 24 Nov 2026 lies outside." in text
    in_time = replace(movement, valid_to=date(2026, 11, 24))
    assert "lies outside" not in text_of(movement_document(tour(waste_movements=(in_time,))))


def test_without_consent_the_number_is_a_persons_field() -> None:
    fields = OpenFields()
    movement = replace(tour().waste_movements[0], consent_id=None)
    movement_document(tour(waste_movements=(movement,)), open_fields=fields)
    assert ("Notification number", "notifier") in [(row["what"], row["who"]) for row in fields.rows]


def test_each_movement_has_its_own_page() -> None:
    movement = tour().waste_movements[0]
    pages = page_texts(
        movement_document(tour(waste_movements=(movement, replace(movement, kind="green_listed"))))
    )
    assert "Annex IB" in pages[0]
    assert "Annex VII" in pages[1]


@pytest.mark.parametrize(
    ("movements", "code"),
    [
        ((), "paper-no-movement"),
        ((WasteMovement("notified", "FR", "DE", "16 06 07*"),), "paper-movement-without-waste"),
        ((WasteMovement("notified", "PL", "DE", "16 06 01*"),), "paper-movement-without-waste"),
    ],
)
def test_a_paper_without_waste_is_refused(movements: tuple[WasteMovement, ...], code: str) -> None:
    with pytest.raises(InputError) as caught:
        movement_document(tour(waste_movements=movements))
    assert caught.value.code == code


def test_shipments_before_the_new_act_name_the_old_one() -> None:
    """(EU) 2024/1157 applies from 21 May 2026."""
    assert "Regulation (EC) No 1013/2006" in text_of(movement_document(tour(on=date(2026, 5, 20))))
    assert "Regulation (EU) 2024/1157" in text_of(movement_document(tour(on=date(2026, 5, 21))))


def test_waste_without_a_code_leaves_it_to_the_producer() -> None:
    load = tour(waste_movements=(WasteMovement("notified", "PL", "DE", ""),))
    first = load.consignments[0]
    bare = replace(first, lines=(replace(WASTE_LITHIUM, waste_code=""),))
    fields = OpenFields()
    text = text_of(movement_document(replace(load, consignments=(bare,)), open_fields=fields))
    assert "WASTE CODE to be completed by the waste producer" in text
    assert "Waste code" in [row["what"] for row in fields.rows]


@pytest.mark.parametrize(
    ("transit", "printed", "asks"),
    [(None, "Transit: to be completed by the arranging person", True), (("CZ",), "Transit: Czechia", False)],
)
def test_countries_between_are_given_or_asked_for(
    transit: tuple[str, ...] | None, printed: str, asks: bool
) -> None:
    fields = OpenFields()
    movement = WasteMovement("green_listed", "PL", "DE", "16 06 07*", transit_countries=transit)
    text = text_of(movement_document(tour(waste_movements=(movement,)), open_fields=fields))
    assert printed in text
    assert any(row["what"].startswith("Countries of transit") for row in fields.rows) is asks
