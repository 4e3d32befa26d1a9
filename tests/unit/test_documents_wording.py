"""How numbers, days and goods read on a paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from document_cases import DAMAGED, LEAD, WASTE_LITHIUM, american
from voltloop.documents.load import Party
from voltloop.documents.open_fields import OpenFields
from voltloop.documents.wording import (
    adr_description,
    clock,
    country_name,
    day,
    forwarding_languages,
    number,
    party,
    statements_to_print,
    us_description,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (860.0, "860"), (402.5, "402.5"), (1234.56, "1\u202f234.6"), (0.014, "0.014"), (0.96, "1")],
)
def test_numbers_have_sensible_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_days_and_times_do_not_depend_on_the_locale() -> None:
    assert day(date(2026, 3, 1)) == "1 Mar 2026"
    assert clock(datetime.fromisoformat("2026-03-01T06:05")) == "06:05"
    assert clock(None) == ""


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (WASTE_LITHIUM, "UN 3480 WASTE LITHIUM ION BATTERIES, 9, (E)"),
        (DAMAGED, "UN 3480 LITHIUM ION BATTERIES, 9, (E)"),
        (LEAD, "UN 2794 BATTERIES, WET, FILLED WITH ACID, 8, (E)"),
        (replace(LEAD, tunnel_code="-"), "UN 2794 BATTERIES, WET, FILLED WITH ACID, 8"),
        (replace(LEAD, packing_group="II"), "UN 2794 BATTERIES, WET, FILLED WITH ACID, 8, II, (E)"),
        (
            replace(WASTE_LITHIUM, proper_shipping_name="WASTE LITHIUM ION BATTERIES"),
            "UN 3480 WASTE LITHIUM ION BATTERIES, 9, (E)",
        ),
    ],
)
def test_adr_description_has_content_and_order_of_the_law(line: object, text: str) -> None:
    """ADR 5.4.1.1.1: number, name, class 9 for lithium batteries whose label is 9A, group, tunnel code in brackets."""
    assert adr_description(line) == text  # type: ignore[arg-type]


def test_the_verdicts_order_to_write_waste_is_followed_and_not_printed() -> None:
    """The statement is an instruction for the description, no sentence of its own (ADR 5.4.1.1.3)."""
    order = "WASTE (before the proper shipping name)"
    line = replace(DAMAGED, statements=(order, *DAMAGED.statements))
    assert adr_description(line) == "UN 3480 WASTE LITHIUM ION BATTERIES, 9, (E)"
    assert statements_to_print(line) == list(DAMAGED.statements)


def test_us_description_says_waste_only_under_a_manifest() -> None:
    """Universal waste needs no manifest, so the word Waste is not part of its description (49 CFR 172.101(c)(9))."""
    line = american().lines[0]
    assert us_description(line) == "UN3480, Lithium ion batteries, 9"
    assert us_description(replace(line, waste_code="D003")) == "UN3480, Waste Lithium ion batteries, 9"
    assert us_description(replace(line, packing_group="II")) == "UN3480, Lithium ion batteries, 9, II"


def test_languages_are_asked_for_where_english_is_not_official() -> None:
    assert forwarding_languages(["PL", "IE", "BE", "PL"]) == [
        ("Poland", "Polish"),
        ("Belgium", "Dutch or French or German"),
    ]
    assert forwarding_languages(["ZZ"]) == [("ZZ", "an official language")]


def test_unknown_country_prints_its_code() -> None:
    assert country_name("TR") == "Türkiye"
    assert country_name("ZZ") == "ZZ"


def test_a_party_without_address_asks_for_it() -> None:
    fields = OpenFields()
    block = party(Party("Garage"), "consignor", fields, cite="ADR 5.4.1.1.1 (g)")
    assert block["lines"] == [{"blank": "consignor", "what": "Address of consignor Garage"}]
    assert [row["cite"] for row in fields.rows] == ["ADR 5.4.1.1.1 (g)"]
