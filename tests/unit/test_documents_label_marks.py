"""Labels and marks of a package, read from the words of its verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from document_cases import DAMAGED, LEAD, SMALL, WASTE_LITHIUM, american
from voltloop.documents.label_marks import marks_of


def test_regulated_lithium_package() -> None:
    marks = marks_of(WASTE_LITHIUM, "road_eu")
    assert marks.hazard_labels == ("9A",)
    assert marks.un_numbers == ("3480",)
    assert marks.words == ("LITHIUM BATTERIES FOR RECYCLING",)
    assert not marks.battery_mark


def test_small_battery_package_has_the_battery_mark_and_no_class_label() -> None:
    """The number stands inside the mark, so there is no second UN number mark (ADR 5.2.1.9)."""
    marks = marks_of(replace(SMALL, marks=("battery mark", "UN 3480")), "road_eu")
    assert marks.battery_mark
    assert marks.hazard_labels == ()
    assert marks.un_numbers == ()
    assert marks.words == ()
    assert marks_of(replace(SMALL, marks=()), "road_eu").battery_mark, "never left out"


@pytest.mark.parametrize("label", ["9", "9A", "class 9A", "Label 9", "model 9a"])
def test_lithium_batteries_always_get_label_9a(label: str) -> None:
    assert marks_of(replace(DAMAGED, labels=(label,)), "road_us").hazard_labels == ("9A",)


def test_other_class_9_goods_keep_the_general_label() -> None:
    line = replace(DAMAGED, un_number="3496", labels=("9",))
    assert marks_of(line, "road_eu").hazard_labels == ("9",)


def test_wet_batteries_get_arrows() -> None:
    assert marks_of(LEAD, "road_eu").arrows
    assert not marks_of(replace(LEAD, outcome="exempt_other"), "road_eu").arrows
    assert marks_of(replace(DAMAGED, marks=("orientation arrows",)), "road_eu").arrows


def test_universal_waste_label_only_in_the_usa_and_without_waste_code() -> None:
    line = american().lines[0]
    assert marks_of(line, "road_us").universal_waste
    assert not marks_of(replace(line, waste_code="D003"), "road_us").universal_waste
    assert not marks_of(line, "road_eu").universal_waste


def test_a_label_without_a_drawing_is_named() -> None:
    marks = marks_of(replace(DAMAGED, labels=("9A", "6.1")), "road_eu")
    assert marks.other_labels == ("6.1",)
    assert "label 6.1" in marks.in_words()


def test_a_mark_that_repeats_the_shipping_name_is_printed_once() -> None:
    """The name already stands under the UN number."""
    assert marks_of(replace(DAMAGED, marks=("Lithium ion batteries",)), "road_us").words == ()
