"""The lists of the examples: the big ones in the shape of an operator's export, and small ones in other shapes."""

from __future__ import annotations

import csv
import io
import json
import random
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import xlsxwriter

ROW = dict[str, str]

GERMAN = {
    "battery_id": "Batterie-Nr",
    "serial": "Seriennummer",
    "manufacturer": "Hersteller",
    "model": "Modell",
    "chemistry": "Zellchemie",
    "form": "Bauform",
    "quantity": "Anzahl",
    "nominal_energy_kwh": "Energie (kWh)",
    "mass_kg": "Masse [kg]",
    "produced_on": "Produktionsdatum",
    "returned_on": "Rückgabedatum",
    "site": "Standort",
    "site_kind": "Standortart",
    "country": "Land",
    "lat": "Breitengrad",
    "lon": "Längengrad",
    "soh_percent": "SoH (%)",
    "soc_percent": "SoC (%)",
    "safety_state": "Zustand",
    "reason": "Rückgabegrund",
    "owner": "Eigentümer",
    "diagnostic_source": "Diagnose",
    "remark": "Bemerkung",
}
GERMAN_WORDS = {
    "form": {
        "pack": "Batteriepack",
        "module": "Modul",
        "battery_unit": "E-Bike-Akku",
        "home_storage": "Heimspeicher",
        "scrap_lot": "Produktionsschrott",
    },
    "safety_state": {
        "ok": "in Ordnung",
        "suspect": "verdächtig",
        "damaged_defective": "beschädigt",
        "critical": "kritisch",
    },
    "reason": {
        "crash": "Unfall",
        "warranty": "Garantie",
        "end_of_life": "Lebensende",
        "recall": "Rückruf",
        "lease_end": "Leasingende",
        "production_scrap": "Produktionsschrott",
    },
    "chemistry": {"LFP": "LiFePO4"},
}


def settings(region: str) -> str:
    """``network.toml`` of one example."""
    common = (
        'planning_days = 5\ncarbon_price_eur_per_t = 100  # modelled\ncurrency = "EUR"\n'
        "# emergency_phone is left out on purpose: the papers then leave a marked field for it.\n"
    )
    if region == "europe":
        return (
            'name = "Example network Europe"\n' + common + "\n[carrier]\n"
            'name = "Example Carrier GmbH (modelled)"\ncountry = "DE"\n'
            'address = "Beispielstraße 1, 38100 Braunschweig"\n'
            '\n[packer]\nname = "Example Carrier GmbH (modelled)"\ncountry = "DE"\n'
        )
    return (
        'name = "Example network USA"\n'
        + common
        + "holidays = [2026-11-26]  # Thanksgiving\n"
        + "\n[carrier]\n"
        'name = "Example Carrier Inc. (modelled)"\naddress = "1 Example Street, Reno, NV 89501"\ncountry = "US"\n'
        '\n[packer]\nname = "Example Carrier Inc. (modelled)"\ncountry = "US"\n'
    )


def comma(text: str, digits: int | None = None) -> str:
    """A decimal comma, and dots for the thousands where digits are asked for."""
    if not text:
        return ""
    if digits is not None:
        return f"{float(text):,.{digits}f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    return text.replace(".", ",")


def german_day(text: str) -> str:
    return date.fromisoformat(text).strftime("%d.%m.%Y") if text else ""


def german(row: ROW) -> ROW:
    """One row in German words, numbers and dates."""
    out = dict(row)
    for field, words in GERMAN_WORDS.items():
        out[field] = words.get(row[field], row[field])
    out["nominal_energy_kwh"] = comma(row["nominal_energy_kwh"])
    out["mass_kg"] = comma(row["mass_kg"], 1)
    for field in ("lat", "lon", "soh_percent", "soc_percent"):
        out[field] = comma(row[field])
    for field in ("produced_on", "returned_on"):
        out[field] = german_day(row[field])
    return out


def write_returns(region: str, rows: list[ROW], points: list[ROW], path: Path) -> None:
    """The list of 2,000 batteries: a German export for Europe, a plain table for the USA."""
    country = {point["name"]: point["country"] for point in points}
    full = [row | {"country": country[row["site"]], "quantity": "1", "remark": ""} for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    if region == "europe":
        _write_german(full, path)
    else:
        _write_american(full, path)


def _packs(rows: list[ROW]) -> list[int]:
    """Rows of sound, whole packs with every value, in a fixed shuffled order: where flaws are put."""
    good = [
        place
        for place, row in enumerate(rows)
        if row["form"] == "pack" and row["safety_state"] == "ok" and row["mass_kg"] and row["soh_percent"]
    ]
    random.Random(7).shuffle(good)
    return good


def _write_german(full: list[ROW], path: Path) -> None:
    places = iter(_packs(full))
    rows = [german(row) for row in full]

    def flaw(**values: str) -> None:
        rows[next(places)].update(values)

    for _ in range(6):
        flaw(mass_kg="")
    for _ in range(3):
        flaw(nominal_energy_kwh="")
    flaw(serial="1,2E+15")
    flaw(serial="4,7E+14")
    place = next(places)
    rows[place]["nominal_energy_kwh"] = comma(f"{float(full[place]['nominal_energy_kwh']) * 10:g}")
    flaw(returned_on="03.12.2027")
    flaw(returned_on="01.02.2009")
    flaw(remark="Rauchentwicklung bei Ausbau")
    flaw(remark="Gehäuse aufgebläht")
    flaw(remark="kein Rauch, keine Leckage")
    flaw(safety_state="")
    flaw(safety_state="unbekannt")
    flaw(soh_percent="n/a")
    place = next(places)
    rows[place]["lat"], rows[place]["lon"] = rows[place]["lon"], rows[place]["lat"]
    flaw(country="")
    flaw(chemistry="Li-Ionen")
    for field, value in (("manufacturer", "=HYPERLINK"), ("model", "Zoe Z.E. 40 41 kWh")):
        flaw(**{field: value})
    place = next(places)
    rows.insert(place + 1, dict(rows[place]))
    place = next(places)
    rows.insert(place + 1, dict(rows[place]) | {"mass_kg": "212,0", "soh_percent": "61,0"})
    strange = dict.fromkeys(GERMAN, "")
    rows.insert(
        700, strange | {"battery_id": "-", "model": "Starterkabel", "form": "Zubehör", "quantity": "3"}
    )
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(["Rückläufer Traktionsbatterien, Stand 23.11.2026"])
        writer.writerow([])
        writer.writerow(GERMAN.values())
        writer.writerows([row[name] for name in GERMAN] for row in rows)
        writer.writerow([])
        writer.writerow(["Summe", "", "", "", "", "", str(len(rows))])


def _write_american(full: list[ROW], path: Path) -> None:
    places = iter(_packs(full))
    for _ in range(4):
        full[next(places)]["mass_kg"] = ""
    full[next(places)]["serial"] = "3.1E+14"
    full[next(places)]["safety_state"] = ""
    full[next(places)]["remark"] = "smoke seen when unloading"
    place = next(places)
    full[place]["lon"] = full[place]["lon"].lstrip("-")
    place = next(places)
    full.insert(place + 1, dict(full[place]))
    columns = [name for name in GERMAN if name not in {"country", "quantity"}]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(full)


def write_lists(data: Path, folder: Path) -> None:
    """Small lists in other shapes and languages, for trying the reader."""
    folder.mkdir(parents=True, exist_ok=True)
    with (data / "returns" / "returns_eu.csv").open(encoding="utf-8", newline="") as file:
        europe = list(csv.DictReader(file))
    with (data / "returns" / "returns_us.csv").open(encoding="utf-8", newline="") as file:
        america = list(csv.DictReader(file))
    western = [row for row in europe if row["form"] == "pack" and not set(row["site"]) & set("ńłęąśŁățőřčě")]
    _german_list(western[:30], folder / "german.csv")
    _french_list([row for row in europe if row["form"] == "pack"][30:60], folder / "french.csv")
    _spanish_list(
        [row for row in europe if row["form"] in {"pack", "battery_unit", "home_storage"}][60:90],
        folder / "spanish.xlsx",
    )
    _italian_list([row for row in europe if row["form"] == "battery_unit"][:25], folder / "italian.tsv")
    _dutch_list([row for row in europe if row["form"] == "home_storage"][:25], folder / "dutch.csv")
    _english_lines(america[:30], folder / "english.jsonl")
    _english_parquet(america[30:60], folder / "english.parquet")
    _pounds_list([row for row in america if row["form"] == "pack"][60:90], folder / "american-pounds.csv")


def _german_list(rows: list[ROW], path: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Batterierücknahme Werk Süd"])
    fields = [
        "serial",
        "manufacturer",
        "model",
        "chemistry",
        "nominal_energy_kwh",
        "mass_kg",
        "returned_on",
        "site",
        "safety_state",
    ]
    writer.writerow([GERMAN[field] for field in fields])
    for row in rows:
        words = german(row)
        writer.writerow([words[field] for field in fields])
    writer.writerow(["Gesamt", len(rows)])
    path.write_bytes(text.getvalue().encode("cp1252"))


def _french_list(rows: list[ROW], path: Path) -> None:
    states = {"ok": "bon", "suspect": "suspect", "damaged_defective": "endommagé", "critical": "critique"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(
            ["N° de série", "Fabricant", "Modèle", "Chimie", "Énergie (kWh)", "Poids, kg", "Date de retour", "Site",
             "Latitude", "Longitude", "SoH (%)", "État"]
        )  # fmt: skip
        for row in rows:
            writer.writerow(
                [row["serial"], row["manufacturer"], row["model"], row["chemistry"], comma(row["nominal_energy_kwh"]),
                 comma(row["mass_kg"]), date.fromisoformat(row["returned_on"]).strftime("%d/%m/%Y"), row["site"],
                 comma(row["lat"]), comma(row["lon"]), comma(row["soh_percent"]), states[row["safety_state"]]]
            )  # fmt: skip


def _spanish_list(rows: list[ROW], path: Path) -> None:
    states = {"ok": "bueno", "suspect": "sospechoso", "damaged_defective": "dañado", "critical": "crítico"}
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": datetime(2026, 11, 22, tzinfo=UTC).replace(tzinfo=None)})
    notes = book.add_worksheet("Notas")
    notes.write(0, 0, "Exportación del taller")
    sheet = book.add_worksheet("Baterías")
    sheet.write(0, 0, "Baterías devueltas")
    header = ["Número de serie", "Fabricante", "Modelo", "Química", "Energía (kWh)", "Peso (kg)", "Fecha de devolución",
              "Lugar", "Latitud", "Longitud", "Estado"]  # fmt: skip
    sheet.write_row(2, 0, header)
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for place, row in enumerate(rows, start=3):
        texts = [row["serial"], row["manufacturer"], row["model"], row["chemistry"]]
        sheet.write_row(place, 0, texts)
        sheet.write_number(place, 4, float(row["nominal_energy_kwh"]))
        sheet.write_number(place, 5, float(row["mass_kg"]))
        sheet.write_datetime(place, 6, date.fromisoformat(row["returned_on"]), day)
        sheet.write_string(place, 7, row["site"])
        sheet.write_number(place, 8, float(row["lat"]))
        sheet.write_number(place, 9, float(row["lon"]))
        sheet.write_string(place, 10, states[row["safety_state"]])
    book.close()


def _italian_list(rows: list[ROW], path: Path) -> None:
    states = {"ok": "buono", "suspect": "sospetto", "damaged_defective": "danneggiato", "critical": "critico"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(["Matricola", "Produttore", "Modello", "Chimica", "Energia (Wh)", "Massa (g)", "Data di reso",
                         "Sede", "Latitudine", "Longitudine", "Condizione"])  # fmt: skip
        for row in rows:
            energy, mass = float(row["nominal_energy_kwh"]) * 1000, float(row["mass_kg"]) * 1000
            writer.writerow(
                [row["serial"], row["manufacturer"], row["model"], row["chemistry"], f"{energy:.0f}", f"{mass:.0f}",
                 date.fromisoformat(row["returned_on"]).strftime("%d/%m/%y"), row["site"], comma(row["lat"]),
                 comma(row["lon"]), states[row["safety_state"]]]
            )  # fmt: skip


def _dutch_list(rows: list[ROW], path: Path) -> None:
    states = {"ok": "goed", "suspect": "verdacht", "damaged_defective": "beschadigd", "critical": "kritiek"}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(["Serienummer", "Fabrikant", "Model", "Chemie", "Energie (kWh)", "Gewicht (kg)",
                         "Datum retour", "Locatie", "Breedtegraad", "Lengtegraad", "Toestand"])  # fmt: skip
        for row in rows:
            writer.writerow(
                [row["serial"], row["manufacturer"], row["model"], row["chemistry"], comma(row["nominal_energy_kwh"]),
                 comma(row["mass_kg"]), date.fromisoformat(row["returned_on"]).strftime("%d-%m-%Y"), row["site"],
                 comma(row["lat"]), comma(row["lon"]), states[row["safety_state"]]]
            )  # fmt: skip
        writer.writerow(["Totaal", str(len(rows))])


def _english_lines(rows: list[ROW], path: Path) -> None:
    numbers = {"nominal_energy_kwh", "mass_kg", "lat", "lon", "soh_percent", "soc_percent"}
    lines = [
        json.dumps({k: (float(v) if v else None) if k in numbers else v for k, v in row.items()})
        for row in rows
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _english_parquet(rows: list[ROW], path: Path) -> None:
    numbers = ["nominal_energy_kwh", "mass_kg", "lat", "lon", "soh_percent", "soc_percent"]
    frame = pl.DataFrame(rows).with_columns(
        pl.col(numbers).replace("", None).cast(pl.Float64), pl.col("produced_on", "returned_on").str.to_date()
    )
    frame.write_parquet(path)


def _pounds_list(rows: list[ROW], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Serial", "Manufacturer", "Model", "Chemistry", "Energy (kWh)", "Weight (lb)", "Returned",
                         "Site", "Latitude", "Longitude", "Condition"])  # fmt: skip
        for row in rows:
            head = [
                row[name] for name in ("serial", "manufacturer", "model", "chemistry", "nominal_energy_kwh")
            ]
            pounds = f"{float(row['mass_kg']) / 0.45359237:,.1f}"
            day = date.fromisoformat(row["returned_on"]).strftime("%m/%d/%Y")
            tail = [row["site"], row["lat"], row["lon"], row["safety_state"].replace("_defective", "")]
            writer.writerow([*head, pounds, day, *tail])
