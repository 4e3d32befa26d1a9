"""Rows that are no batteries, and batteries whose names sound otherwise."""

from __future__ import annotations

from datetime import date

import pytest

from voltloop.batteries import read_list

_ON = date(2026, 11, 23)


def _status(description: str, serial: str = "") -> str:
    text = (
        "serial;description;mass (kg);returned on;country;condition\n"
        f"{serial};{description};12;2026-03-20;DE;ok\nS2;Nissan Leaf 40 kWh;303;2026-03-20;DE;ok\n"
    )
    return str(read_list(text.encode(), "list.csv", on=_ON).entries[1]["status"])


@pytest.mark.parametrize(
    "text",
    [
        "Ladegerät", "Battery charger 36V", "câble de recharge", "cargador", "caricabatteria", "laadkabel",
        "Autoreifen", "4x Winterreifen", "Transportkosten Köln-Hamburg", "Holzpalette", "Fuel surcharge",
        "Gutschrift", "BMS board", "Batteriekabel", "Charger for battery", "E-scooter without battery",
    ],
)  # fmt: skip
def test_things_that_come_with_batteries_are_rejected(text: str) -> None:
    """Chargers, cables, tyres, pallets and costs are named as such in six languages and in compounds."""
    assert _status(text) == "rejected"


@pytest.mark.parametrize(
    "text",
    [
        "Battery with charger",
        "Forklift battery",
        "Akku inkl. Ladegerät",
        "Batterie de moteur",
        "Vélo électrique",
    ],
)
def test_batteries_beside_such_words_stay(text: str) -> None:
    """A battery that comes with a charger, or drives a forklift, is a battery."""
    assert _status(text, "S1").startswith("accepted")


def test_a_maker_called_motor_company_makes_batteries() -> None:
    """Words within a maker's or a catalogue model's name throw nothing out."""
    text = (
        "serial;manufacturer;model;returned on;country;condition\n"
        "S1;Nissan Motor Co.;Leaf 40 kWh;2026-03-20;FR;ok\nS2;BYD;Battery-Box HVS 10.2;2026-03-20;FR;ok\n"
    )
    frame = read_list(text.encode(), "list.csv", on=_ON).batteries
    assert frame["mass_kg"].to_list() == [303.0, 167.0]
