"""Package lines gathered into the items of a document."""

from __future__ import annotations

from dataclasses import replace

import pytest

from document_cases import DAMAGED, WASTE_LITHIUM, tour
from voltloop.documents.goods import adr_categories, items, packaging_text
from voltloop.documents.load import CategoryTotal
from voltloop.documents.wording import adr_description


def test_lines_that_read_the_same_become_one_item() -> None:
    again = replace(
        WASTE_LITHIUM, package_id="PKG-9", count=1, net_mass_kg=40.0, gross_mass_kg=None, energy_wh=None
    )
    first, second = items([WASTE_LITHIUM, DAMAGED, again], adr_description)
    assert (first.count, first.net_mass_kg) == (3, 900.0)
    assert first.gross_mass_kg is None, "one package is not weighed"
    assert first.package_ids == ("PKG-1-1", "PKG-1-2", "PKG-9")
    assert second.count == 1


def test_a_statement_keeps_items_apart() -> None:
    """Damaged goods may not hide in the same entry as sound ones."""
    sound = replace(DAMAGED, statements=())
    assert len(items([DAMAGED, sound], adr_description)) == 2


def test_points_per_category_count_net_mass_of_goods_that_count() -> None:
    """ADR 1.1.3.6.4: category 2 times 3, category 3 times 1; the exempted box adds nothing."""
    totals = adr_categories(tour())
    assert totals == (CategoryTotal("2", 1170.0, 3510.0), CategoryTotal("3", 240.0, 240.0))


def test_points_are_unknown_where_the_relief_cannot_be_used() -> None:
    critical = replace(DAMAGED, transport_category="0", points_per_kg=None)
    load = tour()
    changed = replace(load, consignments=(replace(load.consignments[0], lines=(critical,)),))
    assert adr_categories(changed) == (CategoryTotal("0", 310.0, None),)


def test_points_of_the_load_win_over_our_sum() -> None:
    given = (CategoryTotal("2", 1.0, 3.0),)
    assert adr_categories(tour(points=given)) == given


@pytest.mark.parametrize(
    ("packaging", "code", "text"),
    [("steel drum", "1A2", "steel drum (1A2)"), ("drum 1A2", "1A2", "drum 1A2"), ("box", "", "box")],
)
def test_packaging_names_its_code_once(packaging: str, code: str, text: str) -> None:
    assert packaging_text(replace(DAMAGED, packaging=packaging, packaging_code=code)) == text
