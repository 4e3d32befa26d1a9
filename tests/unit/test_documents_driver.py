"""The driver's sheet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from document_cases import DAMAGED, american, text_of, tour
from voltloop.documents import driver_sheet


@pytest.fixture(scope="module")
def text() -> str:
    return text_of(driver_sheet(tour()))


@pytest.mark.parametrize(
    "must",
    [
        "09:00 – 09:40 drive 212 km Autohaus Ł. Wiśniewski Sp. z o.o.",
        "open 08:00–17:00 · no forklift: tail lift",
        "2 × strong outer packaging, 860 kg net UN 3480 WASTE LITHIUM ION BATTERIES, 9, (E) · P909",
        "Transport in accordance with special provision 376",
        "One battery per packaging.",
        "Gate 3.",
        "Hand over 5 packages, 1 424 kg net",
        "Crosses the border Poland → Germany",
        "Orange-coloured plates front and rear",
        "11 h 25 min",
        "3 750 of 1 000 points, full ADR",
        "Fire extinguisher",
        "112",
        "UN 3480 Lithium ion batteries · ERG guide 147",
        "UN 2794 Batteries, wet, filled with acid",
        "local times",
    ],
)
def test_it_tells_the_driver(text: str, must: str) -> None:
    assert must in text


def test_the_emergency_telephone_is_never_invented(text: str) -> None:
    assert "Then call the company: to be completed by the carrier" in text
    assert "Then call the company: +49 1" in text_of(driver_sheet(tour(emergency_phone="+49 1")))


def test_american_sheet_has_its_own_number_equipment_and_miles() -> None:
    text = text_of(driver_sheet(american(distance_km=160.9344)))
    assert "911" in text
    assert "100 mi (161 km)" in text
    assert "Shipping paper within reach" in text
    assert "1.1.3.6" not in text


def test_equipment_of_the_load_replaces_the_standing_list() -> None:
    text = text_of(driver_sheet(tour(equipment=("Thermal camera",))))
    assert "Thermal camera" in text
    assert "Wheel chock" not in text


def test_times_with_a_zone_say_which() -> None:
    load = tour()
    stops = tuple(replace(stop, arrives_at=datetime(2026, 11, 24, 9, tzinfo=UTC)) for stop in load.stops)
    assert "times in UTC+0000" in text_of(driver_sheet(replace(load, stops=stops)))


def test_category_0_and_relief_are_told() -> None:
    load = tour()
    first = load.consignments[0]
    critical = replace(DAMAGED, transport_category="0", points_per_kg=None)
    changed = replace(load, consignments=(replace(first, lines=(critical,)),))
    assert "not usable: category 0 aboard, full ADR" in text_of(driver_sheet(changed))
    small = replace(load, uses_small_load_relief=True, points_total=998.4)
    assert "998.4 of 1 000 points" in text_of(driver_sheet(small))


def test_a_load_without_stops_still_has_its_sheet() -> None:
    text = text_of(driver_sheet(tour(stops=())))
    assert "In an emergency" in text
    assert "WHAT TO DO" not in text


@pytest.mark.parametrize(
    ("km", "text"), [(0.0, "0 km"), (0.312, "0.3 km"), (4.35, "4.3 km"), (212.4, "212 km")]
)
def test_distances_have_sensible_digits(km: float, text: str) -> None:
    load = tour()
    stops = (load.stops[0], replace(load.stops[1], distance_km=km))
    assert f"drive {text} " in text_of(driver_sheet(replace(load, stops=stops)))
