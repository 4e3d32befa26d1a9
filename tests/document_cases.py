"""Loads to write papers for, and how to read a paper back: its text, its pictures, its codes."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from voltloop.documents.load import (
    BatteryItem,
    Consignment,
    Driver,
    Load,
    PackageLine,
    Party,
    Stop,
    Vehicle,
    WasteMovement,
)

LODZ = Party(
    "Autohaus Ł. Wiśniewski Sp. z o.o.", ("ul. Piotrkowska 12", "90-001 Łódź"), "PL", "A. Wójcik", "+48 42 1"
)
ATHENS = Party("Ανακύκλωση Αθήνα Α.Ε.", ("Οδός Ερμού 5", "10563 Αθήνα"), "GR")
LEIPZIG = Party("Recycling Works Leipzig GmbH", ("Messe-Allee 1", "04356 Leipzig"), "DE", phone="+49 341 1")
ALABAMA = Party(
    "Huntsville Solar Installer 1", ("100 Gate 9 Rd", "Huntsville, AL 35801"), "US", phone="+1 256 1"
)

WASTE_LITHIUM = PackageLine(
    "PKG-1",
    "strong outer packaging",
    "P909",
    "LITHIUM ION BATTERIES",
    860.0,
    un_number="3480",
    hazard_class="9A",
    tunnel_code="E",
    transport_category="2",
    is_waste=True,
    waste_code="16 06 07*",
    marks=("UN 3480", "LITHIUM BATTERIES FOR RECYCLING"),
    labels=("9A",),
    count=2,
    gross_mass_kg=905.0,
    energy_wh=124_000.0,
    points_per_kg=3.0,
    batteries=(
        BatteryItem("B-1", "SN00001", "ID.3 Pro 58 kWh", "NMC", "ok", 1, 430.0, 62_000.0, 1),
        BatteryItem("B-2", "SN00002", "ID.3 Pro 58 kWh", "NMC", "suspect", 1, 430.0, 62_000.0, 2),
    ),
)
DAMAGED = PackageLine(
    "PKG-2",
    "steel box with extinguishant",
    "P908",
    "LITHIUM ION BATTERIES",
    310.0,
    un_number="UN 3480",
    hazard_class="9A",
    tunnel_code="(E)",
    transport_category="2",
    statements=("Transport in accordance with special provision 376",),
    marks=("DAMAGED/DEFECTIVE LITHIUM ION BATTERIES",),
    labels=("9A",),
    gross_mass_kg=402.5,
    points_per_kg=3.0,
    packaging_code="50A",
    packing_notes=("One battery per packaging.",),
    batteries=(BatteryItem("B-3", "SN00003", "Zoe 41", "NMC", "damaged", 1, 310.0),),
)
LEAD = PackageLine(
    "PKG-3",
    "acid-proof plastic box",
    "P801",
    "BATTERIES, WET, FILLED WITH ACID",
    240.0,
    un_number="2794",
    hazard_class="8",
    tunnel_code="E",
    transport_category="3",
    labels=("8",),
    gross_mass_kg=262.0,
    points_per_kg=1.0,
    wet=True,
)
SMALL = PackageLine(
    "PKG-4",
    "fibreboard box",
    "",
    "LITHIUM ION BATTERIES",
    14.0,
    un_number="3480",
    hazard_class="9A",
    outcome="exempt_small",
    marks=("battery mark",),
    gross_mass_kg=16.2,
)


def tour(**changes: Any) -> Load:
    """A collection tour with two consignors, of which one sends waste across a border, and two small boxes."""
    values: dict[str, Any] = {
        "load_id": "L-2026-11-24-07",
        "mode": "road_eu",
        "edition": "ADR-2025",
        "on": date(2026, 11, 24),
        "kind": "tour",
        "consignments": (
            Consignment(LODZ, (WASTE_LITHIUM, DAMAGED), 1),
            Consignment(ATHENS, (LEAD, SMALL), 2),
        ),
        "consignee": LEIPZIG,
        "carrier": Party(
            "Modell-Spedition GmbH", ("Hafenstraße 9", "04179 Leipzig"), "DE", registration="DE-ABF-123"
        ),
        "vehicle": Vehicle("rigid truck 18 t", "V-03", is_adr_equipped=True),
        "driver": Driver("J. Krüger", date(2028, 3, 1)),
        "stops": (
            Stop(
                0,
                "start",
                "Depot Leipzig",
                ("Messe-Allee 1",),
                "DE",
                51.4,
                12.4,
                None,
                datetime.fromisoformat("2026-11-24T06:05"),
            ),
            _stop(1, LODZ, 51.77, 19.46, 9),
            _stop(2, ATHENS, 51.11, 17.03, 12),
            Stop(
                3,
                "end",
                "Works Leipzig",
                ("Messe-Allee 1",),
                "DE",
                51.4,
                12.4,
                datetime.fromisoformat("2026-11-24T17:30"),
            ),
        ),
        "obligations": ("Orange-coloured plates front and rear (ADR 5.3.2).",),
        "borders": (("PL", "DE"),),
        "waste_movements": (
            WasteMovement(
                "notified", "PL", "DE", "160607*", "PL-2026-004711", shipment_number=3, shipments_total=12
            ),
        ),
        "distance_km": 1012.0,
        "duration_h": 11.42,
        "plan_id": "plan-77",
    }
    return Load(**(values | changes))


def _stop(number: int, who: Party, lat: float, lon: float, hour: int) -> Stop:
    return Stop(
        number,
        "pickup",
        who.name,
        who.address,
        who.country,
        lat,
        lon,
        datetime.fromisoformat(f"2026-11-24T{hour:02d}:00"),
        datetime.fromisoformat(f"2026-11-24T{hour:02d}:40"),
        "08:00–17:00",
        who.contact,
        who.phone,
        212.4,
        False,
        ("Gate 3.",),
    )


def american(**changes: Any) -> Load:
    """A tour in the USA with universal waste, a damaged battery and a box of small ones."""
    lithium = "Lithium ion batteries"
    lines = (
        PackageLine(
            "PKG-US-1",
            "strong outer box",
            "173.185(d)",
            lithium,
            250.0,
            un_number="UN3480",
            hazard_class="9",
            is_waste=True,
            labels=("9",),
            count=3,
            gross_mass_kg=280.0,
        ),
        PackageLine(
            "PKG-US-2",
            "steel drum",
            "173.185(f)",
            lithium,
            120.0,
            un_number="UN3480",
            hazard_class="9",
            marks=("Damaged/defective lithium ion battery",),
            labels=("9",),
            packaging_code="1A2",
        ),
        PackageLine(
            "PKG-US-3", "box", "", lithium, 9.0, un_number="UN3480", hazard_class="9", outcome="exempt_small"
        ),
    )
    values: dict[str, Any] = {
        "load_id": "L-US-1",
        "mode": "road_us",
        "edition": "49CFR-2026-06",
        "on": date(2026, 11, 24),
        "kind": "tour",
        "consignments": (Consignment(ALABAMA, lines, 1),),
        "consignee": Party("Nevada Recycler", ("2801 Lockheed Way", "Carson City, NV 89706"), "US"),
        "vehicle": Vehicle("box truck 26 ft"),
    }
    return Load(**(values | changes))


def page_texts(paper: bytes) -> list[str]:
    """The text of each page, white space made single."""
    import pypdfium2

    with pypdfium2.PdfDocument(paper) as document:
        found = []
        for page in document:
            text = page.get_textpage().get_text_range()
            found.append(re.sub(r"\s+", " ", text.replace("\u202f", " ").replace("\ufffe", "-")).strip())
        return found


def text_of(paper: bytes) -> str:
    """The text of all pages, white space made single."""
    return " ".join(page_texts(paper))


def pictures(paper: bytes, dpi: int = 300) -> list[Any]:
    """Each page as a picture, as a printer would draw it."""
    import pypdfium2

    with pypdfium2.PdfDocument(paper) as document:
        return [page.render(scale=dpi / 72).to_pil().convert("RGB") for page in document]


def codes(picture: Any) -> list[str]:
    """What a scanner reads on a picture."""
    import zxingcpp

    return [code.text for code in zxingcpp.read_barcodes(picture)]
