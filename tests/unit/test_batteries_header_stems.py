"""Headers that no list has in full."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from voltloop.batteries import read_list

_ON = date(2026, 11, 23)


def _first(header: str, cell: str) -> dict[str, Any]:
    text = f"serial;manufacturer;model;{header}\nS1;Nissan;Leaf 40 kWh;{cell}\nS2;Nissan;Leaf 40 kWh;{cell}\n"
    return read_list(text.encode(), "list.csv", on=_ON).batteries.row(0, named=True)


@pytest.mark.parametrize(
    ("header", "cell", "field", "value"),
    [
        ("Energie stockée (kWh)", "40,5", "energy_wh", 40500.0),
        ("Eigengewicht (kg)", "303,5", "mass_kg", 303.5),
        ("Inhoud (kWh)", "40,5", "energy_wh", 40500.0),
        ("Abgabedatum", "20.03.2026", "returned_on", date(2026, 3, 20)),
        ("Data del reso", "20/03/2026", "returned_on", date(2026, 3, 20)),
        ("Fecha de entrega", "20/03/2026", "returned_on", date(2026, 3, 20)),
        ("Datum inlevering", "20-03-2026", "returned_on", date(2026, 3, 20)),
        ("Herstellung", "25.04.2019", "produced_on", date(2019, 4, 25)),
        ("Grund der Rückgabe", "Garantiefall", "reason", "warranty"),
    ],
)
def test_a_telling_part_and_the_cells_decide(header: str, cell: str, field: str, value: object) -> None:
    """The stem names the column when unit and cells agree."""
    assert _first(header, cell)[field] == value


@pytest.mark.parametrize(
    ("header", "cell", "field"),
    [
        ("Energiepreis (€/kWh)", "40,5", "energy_wh"),
        ("Verpackungsgewicht der Palette (kg)", "20", "mass_kg"),
        ("Max. Ladeleistung (kW)", "50", "energy_wh"),
        ("Warranty return until", "2027-05-01", "returned_on"),
        ("Datum der nächsten Prüfung", "2026-03-20", "returned_on"),
    ],
)
def test_other_matters_are_left_alone(header: str, cell: str, field: str) -> None:
    """A price, a packaging, a power, a later inspection are no column of the battery table."""
    catalogue = {"energy_wh": 40000.0, "mass_kg": 303.0, "returned_on": None}
    assert _first(header, cell)[field] == catalogue[field]


def test_a_header_read_by_its_stem_is_reported_with_the_header() -> None:
    """What was made of a header stands in the entry of its record."""
    text = "serial;model;manufacturer;Abgabe am\nS1;Leaf 40 kWh;Nissan;20.03.2026\n"
    entry = read_list(text.encode(), "list.csv", on=_ON).entries[0]
    told = [finding for finding in entry["findings"] if finding["code"] == "header-read"]
    assert [(finding["raw"], finding["value"]) for finding in told] == [("Abgabe am", "returned_on")]


@pytest.mark.parametrize("header", ["Typ", "Type", "Tipo"])
def test_a_column_called_type_is_what_its_cells_are(header: str) -> None:
    """Under "type" stand models, chemistries or forms; the cells tell which."""
    said = {}
    for cell in ("Leaf 40 kWh", "LiFePO4", "Modul"):
        text = f"serial;manufacturer;{header};mass (kg)\nS1;Acme;{cell};20\nS2;Acme;{cell};20\n"
        row = read_list(text.encode(), "list.csv", on=_ON).batteries.row(0, named=True)
        said[cell] = (row["model"], row["chemistry"], row["form"])
    assert said["Leaf 40 kWh"][0] == "Leaf 40 kWh"
    assert said["LiFePO4"][1] == "LFP"
    assert said["Modul"][2] == "module"


def test_units_may_stand_in_a_column_of_their_own() -> None:
    """A column "unit" beside the numbers counts for each row."""
    text = (
        "serial;manufacturer;model;energy;energy unit;mass;mass unit\n"
        "S1;Nissan;Leaf 40 kWh;40;kWh;303;kg\nS2;Bosch;PowerPack 500;500;Wh;2600;g\n"
    )
    frame = read_list(text.encode(), "list.csv", on=_ON).batteries
    assert frame.select("energy_wh", "mass_kg").rows() == [(40000.0, 303.0), (500.0, 2.6)]
