"""The walk from bytes to the battery table: errors, formats, invariants, the network's points."""

from __future__ import annotations

import io
import json
from datetime import date

import polars as pl
import pytest
import xlsxwriter

from voltloop.batteries import STATUSES, BatterySchema, ReadResult, read_list
from voltloop.errors import InputError

ON = date(2026, 11, 23)
CLEAN = pl.DataFrame(
    {
        "battery_id": ["B1", "B2", "B3"],
        "serial": ["TE22A", "VO23B", "0012"],
        "manufacturer": ["Tesla", "Volkswagen", "Bosch"],
        "model": ["Model 3 LR NCA 82 kWh", "ID.3/ID.4 77 kWh", "PowerPack 500"],
        "chemistry": ["NCA", "NMC", "NMC"],
        "form": ["pack", "pack", "battery_unit"],
        "quantity": [1, 1, 4],
        "energy_wh": [82000.0, 82000.5, 500.0],
        "mass_kg": [480.0, 495.125, 2.6],
        "produced_on": [date(2021, 7, 22), date(2023, 10, 16), date(2020, 1, 2)],
        "returned_on": [date(2025, 1, 14), date(2025, 1, 15), date(2025, 2, 3)],
        "site": ["Köln Händler", "Brussels, dismantler 1", 'Lyon "garage"'],
        "site_kind": ["dealer", "dismantler", "ebike"],
        "country": ["DE", "BE", "FR"],
        "lat": [50.94, 50.80516, 45.76],
        "lon": [6.96, 4.33044, 4.84],
        "soh": [0.91, 0.993, None],
        "soc": [0.128, 0.518, None],
        "condition": ["suspect", "ok", "damaged"],
        "reason": ["crash", "lease_end", "end_of_life"],
        "owner": ["insurer", "OEM bank", "private"],
        "diagnostic_source": ["bms_readout", "bench_test", "visual_only"],
    }
)


def read(text: str, **more: object) -> ReadResult:
    return read_list(text.encode(), "list.csv", on=ON, **more)  # type: ignore[arg-type]


def codes(result: ReadResult, row: int) -> list[str]:
    return [finding["code"] for finding in result.entries[row - 1]["findings"]]


def _xlsx(frame: pl.DataFrame) -> bytes:
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"default_date_format": "dd.mm.yyyy"})
    sheet = book.add_worksheet("Liste")
    sheet.write_row(0, 0, frame.columns)
    for place, row in enumerate(frame.iter_rows(), start=1):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(place, column, value)
            elif isinstance(value, str):
                sheet.write_string(place, column, value)
            elif value is not None:
                sheet.write(place, column, value)
    book.close()
    return data.getvalue()


def _parquet(frame: pl.DataFrame) -> bytes:
    data = io.BytesIO()
    frame.write_parquet(data)
    return data.getvalue()


def _german(frame: pl.DataFrame) -> bytes:
    """The same table as a German spreadsheet program exports it."""
    shown = frame.with_columns(
        pl.col("energy_wh", "mass_kg", "lat", "lon", "soh", "soc")
        .cast(pl.String)
        .str.replace(".", ",", literal=True),
        pl.col("produced_on", "returned_on").dt.strftime("%d.%m.%Y"),
    )
    return shown.write_csv(separator=";").encode("cp1252")


@pytest.mark.parametrize(
    "data",
    [
        CLEAN.write_csv().encode(),
        CLEAN.write_csv().encode("utf-8-sig"),
        CLEAN.write_csv(separator="\t").encode("utf-16"),
        CLEAN.write_csv(separator="|").replace("\n", "\r\n").encode(),
        _german(CLEAN),
        _xlsx(CLEAN),
        _parquet(CLEAN),
        CLEAN.write_ndjson().encode(),
        json.dumps([json.loads(line) for line in CLEAN.write_ndjson().splitlines()]).encode(),
    ],
    ids=["csv", "bom", "utf16-tsv", "pipe-crlf", "german-cp1252", "xlsx", "parquet", "jsonl", "json"],
)
def test_a_clean_table_is_the_same_in_every_format(data: bytes) -> None:
    """The format is packaging: the table in it must not depend on it."""
    result = read_list(data, "anything", on=ON)
    assert result.batteries.drop("row").equals(CLEAN.select(result.batteries.drop("row").columns))
    assert result.counts["review"] == result.counts["rejected"] == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b" \r\n\t\n", "empty-file"),
        (b"\xef\xbb\xbf", "empty-file"),
        (bytes(range(256)) * 9, "binary-file"),
        (b"\x89PNG\r\n\x1a\n1234", "binary-file"),
        (b"%PDF-1.7 serial,mass", "binary-file"),
        (b"PK\x03\x04 no workbook", "unreadable-format"),
        (b"PAR1 no table PAR1", "unreadable-format"),
        (b"<html><table><tr><td>serial</td></tr></table>", "unknown-format"),
        (b"a,b,c\n1,2,3\n", "no-table"),
        (b"[1, 2, 3]", "no-table"),
        (b"serial,model,mass_kg\n", "no-usable-rows"),
        (b"serial,model,mass_kg\n\n,,\nTotal,,\n", "no-usable-rows"),
    ],
)
def test_what_is_no_list_is_refused_in_one_sentence(data: bytes, code: str) -> None:
    """The person who gave the file learns what is wrong with it and what to give instead."""
    with pytest.raises(InputError) as caught:
        read_list(data, "list.xyz", on=ON)
    assert caught.value.code == code
    assert "list.xyz" in caught.value.message


def test_the_result_accounts_for_every_record() -> None:
    """Rows in equal accepted, with findings, in review, rejected and ignored together."""
    result = read(
        "Liste\n\nserial,chemistry,form,energy_kwh,mass_kg\nA,NMC,pack,40,303\nA,NMC,pack,40,303\nTotal,,,80,606\n"
    )
    assert sum(result.counts.values()) == len(result.entries) == 6
    assert tuple(result.counts) == STATUSES
    assert [entry["status"] for entry in result.entries] == [
        "ignored",
        "ignored",
        "ignored",
        "accepted_with_findings",
        "rejected",
        "ignored",
    ]
    assert result.batteries["row"].to_list() == [4]
    assert "row 4" in result.rejected["reasons"][0]


def test_rejected_rows_keep_their_cells_as_they_were() -> None:
    """Whoever mends the list must see what stood there, formulas and all."""
    result = read('serial,model,chemistry,mass_kg,status\n1.2E+15,"=1+1",NMC,"1,5",ok\n')
    row = result.rejected.row(0, named=True)
    assert (row["serial"], row["model"], row["mass_kg"], row["status (5)"]) == (
        "1.2E+15",
        "=1+1",
        "1,5",
        "ok",
    )
    assert row["status"] == "review"


def test_quoted_line_breaks_are_one_record() -> None:
    """A record is a record, however many lines it takes."""
    result = read(
        'serial,chemistry,form,energy_kwh,mass_kg,condition,remark\nA,NMC,pack,40,303,ok,"a\nb\nc"\nB,NMC,pack,40,303,ok,\n'
    )
    assert [entry["row"] for entry in result.entries] == [1, 2, 3]


POINTS = pl.DataFrame(
    {
        "point_id": ["P1", "P2"],
        "name": ["Berlin 1", "Lyon"],
        "country": ["DE", "FR"],
        "lat": [52.52, 45.76],
        "lon": [13.4, 4.84],
    }
)


def test_a_site_of_the_network_gives_its_place() -> None:
    """A site named by id or name needs no coordinates; a contradiction of more than 30 km is not decided."""
    head = "serial,chemistry,form,energy_kwh,mass_kg,condition,site,lat,lon\n"
    rows = [
        "A,NMC,pack,40,303,ok,p1,,",
        "B,NMC,pack,40,303,ok,LYON,4.84,45.76",
        "C,NMC,pack,40,303,ok,Lyon,48.85,2.35",
    ]
    result = read(head + "\n".join(rows), points=POINTS)
    assert result.batteries.select("country", "lat", "lon").rows() == [
        ("DE", 52.52, 13.4),
        ("FR", 45.76, 4.84),
    ]
    assert "coordinates-swapped" in codes(result, 3)
    assert result.entries[3]["status"] == "review"


def test_country_at_may_be_given() -> None:
    """Tests and other maps can stand in for the catalogue's shapes."""
    head = (
        "serial,chemistry,form,energy_kwh,mass_kg,condition,country,lat,lon\nA,NMC,pack,40,303,ok,,1.0,2.0\n"
    )
    result = read(head, country_at=lambda lat, lon, stated=None: ["XX"] * len(lat))
    assert result.batteries["country"].item() == "XX"
    assert "country-from-coordinates" in codes(result, 2)


def test_same_input_same_output() -> None:
    """Nothing depends on the order of a set or the clock."""
    data = CLEAN.write_csv().encode()
    first, second = (read_list(data, "x", on=ON) for _ in range(2))
    assert first.entries == second.entries
    assert first.batteries.equals(second.batteries)


def test_an_empty_result_still_has_the_schema() -> None:
    """A list with every row in review gives an empty table of the right shape, not an error."""
    result = read("serial,model,chemistry\nA,x,NMC\n")
    assert result.batteries.height == 0
    assert BatterySchema.is_valid(result.batteries)
    assert "mass-missing" in codes(result, 2)


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("energy_kwh", "400", "energy-off-model"),
        ("energy_kwh", "4", "energy-off-model"),
        ("energy_kwh", "40000", "energy-off-model"),
        ("mass_kg", "30", "mass-off-model"),
        ("mass_kg", "3030", "mass-off-model"),
        ("chemistry", "LFP", "chemistry-off-model"),
        ("returned_on", "2018-01-01", "returned-before-produced"),
        ("returned_on", "2026-11-24", "returned-in-future"),
        ("serial", "1.2E+15", "serial-scientific"),
        ("serial", "1,23457E+11", "serial-scientific"),
        ("serial", "1234567890123450000", "serial-precision"),
        ("remark", "smoke seen", "condition-contradicted"),
        ("remark", "housing bulging", "condition-contradicted"),
        ("remark", "leaking", "condition-contradicted"),
        ("quantity", "0", "quantity-impossible"),
        ("quantity", "2.5", "quantity-impossible"),
        ("soh_percent", "130", "soh-out-of-range"),
        ("soh_percent", "-1", "soh-out-of-range"),
        ("soc_percent", "101", "soc-out-of-range"),
        ("lat", "95", "coordinates-out-of-range"),
        ("lat", "48.85", "place-contradiction"),
    ],
)
def test_contradictions_go_to_review(column: str, cell: str, code: str) -> None:
    """What contradicts itself is never decided by guessing."""
    row = {
        "serial": "N1",
        "manufacturer": "Nissan",
        "model": "Leaf 40 kWh",
        "chemistry": "NMC",
        "form": "pack",
        "quantity": "1",
        "energy_kwh": "40",
        "mass_kg": "303",
        "produced_on": "2019-05-02",
        "returned_on": "2025-05-02",
        "site": "Turin",
        "country": "IT",
        "lat": "45.07",
        "lon": "7.69",
        "soh_percent": "85",
        "soc_percent": "30",
        "condition": "ok",
        "remark": "",
    }
    assert read(_csv(row)).entries[1] == {"row": 2, "status": "accepted", "findings": []}
    if code == "place-contradiction":
        row["country"] = "NL"
    result = read(_csv(row | {column: cell}))
    assert result.entries[1]["status"] == "review"
    assert code in codes(result, 2)


def _csv(row: dict[str, str]) -> str:
    return ",".join(row) + "\n" + ",".join(f'"{cell}"' for cell in row.values()) + "\n"


def test_a_second_table_with_other_columns_goes_to_review() -> None:
    """Values under another header would be read in the wrong columns."""
    result = read(
        "serial,chemistry,form,energy_kwh,mass_kg,condition\nA,NMC,pack,40,303,ok\n\nform,serial,condition,mass_kg,chemistry\n"
        "pack,B,ok,303,NMC\n"
    )
    assert [entry["status"] for entry in result.entries] == [
        "ignored",
        "accepted",
        "ignored",
        "review",
        "review",
    ]
    assert "header-changed" in codes(result, 5)


def test_a_header_in_two_languages_is_read() -> None:
    """Bilingual headers name one column twice."""
    head = "Serial No. / Seriennummer,Chemistry / Chemie,Form,Energy / Energie (kWh),Mass / Masse (kg),Country / Land"
    result = read(head + "\nA,NMC,pack,40,303,Germany (DE)\n")
    assert result.batteries.select("serial", "energy_wh", "mass_kg", "country").row(0) == (
        "A",
        40000.0,
        303.0,
        "DE",
    )


def test_reasons_say_what_holds_a_row_back_and_nothing_else() -> None:
    """Whoever mends the list reads the causes; the rest stands in the report."""
    result = read("serial,manufacturer,model,mass_kg,condition\nA,Nissan,Leaf 40 kWh,3030,ok\n")
    assert result.rejected["codes"].to_list() == ["mass-off-model; density-impossible"]
    assert '"3030"' in result.rejected["reasons"].item()
    assert "energy-from-model" in codes(result, 2)


def test_a_greater_second_table_does_not_swallow_the_first() -> None:
    """The first header is the header, even if a later one names more columns."""
    result = read(
        "serial,chemistry,form,energy_kwh,mass_kg\nA,NMC,pack,40,303\n\nserial,model,chemistry,form,energy_kwh,mass_kg\n"
        "B,x,NMC,pack,40,303\n"
    )
    assert [entry["status"] for entry in result.entries][1] == "accepted_with_findings"
    assert [entry["status"] for entry in result.entries][4] == "review"
