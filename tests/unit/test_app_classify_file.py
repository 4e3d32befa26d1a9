"""From a file of rows to a file of answers: what becomes of each cell, row and format."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from voltloop.app.classify_file import Classified, classify_file
from voltloop.app.scenarios import Defaults
from voltloop.app.verdict_cells import FIRST_COLUMNS
from voltloop.compliance import load_rulebook
from voltloop.errors import InputError

TODAY = date(2026, 11, 24)
SOUND = {
    "chemistry": "li_ion",
    "form": "battery",
    "unit_kind": "battery",
    "energy_wh": "500",
    "gross_mass_kg": "4",
    "state": "new",
    "un38_3_tested": "yes",
    "mode": "road_eu",
    "date": "2026-03-10",
    "units": "1",
    "net_battery_mass_kg": "3",
}


def run(folder: Path, rows: list[dict[str, Any]], defaults: Defaults | None = None) -> list[dict[str, Any]]:
    """Classify rows that say what SOUND says, but for what they change; ids are R1, R2 and so on."""
    full = [{"id": f"R{number}", **SOUND, **row} for number, row in enumerate(rows, start=1)]
    names = list(dict.fromkeys(name for row in full for name in row))
    table = pl.DataFrame({name: [row.get(name) for row in full] for name in names})
    table.write_csv(folder / "in.csv")
    classify_file(folder / "in.csv", load_rulebook(), defaults or Defaults(), TODAY, folder / "out.json")
    return list(json.loads((folder / "out.json").read_text()))


def test_the_answer_begins_with_the_columns_of_the_interface(tmp_path: Path) -> None:
    (row,) = run(tmp_path, [{}])
    assert list(row)[:14] == list(FIRST_COLUMNS)
    assert FIRST_COLUMNS == (
        "id", "outcome", "un_number", "proper_shipping_name", "hazard_class", "packing_instruction",
        "special_provisions", "transport_category", "tunnel_code", "soc_limit_pct", "adr_points", "missing_facts",
        "rules", "edition",
    )  # fmt: skip
    assert (row["outcome"], row["un_number"], row["adr_points"], row["edition"]) == (
        "allowed",
        "3480",
        "9",
        "ADR-2025",
    )
    assert row["findings"] is None
    assert row["missing_facts"] is None


@pytest.mark.parametrize(
    ("change", "fact", "words"),
    [
        ({"chemistry": "lithium_irn"}, "chemistry", ['chemistry "lithium_irn" is not known', 'mean "lithium_ion"']),
        ({"energy_wh": "-5"}, "energy_wh", ["energy_wh -5 cannot be", "above 0 Wh"]),
        ({"energy_wh": "0"}, "energy_wh", ["energy_wh 0 cannot be"]),
        ({"energy_wh": "inf"}, "energy_wh", ["energy_wh inf cannot be"]),
        ({"energy_wh": "5 kWh"}, "energy_wh", ['energy_wh "5 kWh" is not a number']),
        ({"energy_wh": "1,5"}, "energy_wh", ['energy_wh "1,5" is not a number']),
        ({"soc_percent": "130"}, "soc_percent", ["soc_percent 130 cannot be", "from 0 to 100 %"]),
        ({"soc_percent": "-1"}, "soc_percent", ["soc_percent -1 cannot be"]),
        ({"units": "0"}, "units", ["units 0 cannot be", "at least 1"]),
        ({"state": "broken"}, "state", ['state "broken" is not known']),
        ({"un38_3_tested": "maybe"}, "un38_3_tested", ['un38_3_tested "maybe" is not known']),
        ({"date": "1999-01-01"}, "date", ["date 1999-01-01: No edition of ADR", "2023-01-01"]),
        ({"date": "10.03.2026"}, "date", ['date "10.03.2026" is not a day']),
        ({"date": "2026-02-30"}, "date", ['date "2026-02-30" is not a day']),
        ({"date": None}, "date", ["no date"]),
        ({"mode": "raod_eu"}, "mode", ['mode "raod_eu" is not a mode', 'mean "road_eu"']),
        ({"mode": "border_eu"}, "mode", ['mode "border_eu" is not a mode']),
        ({"mode": None}, "mode", ["no mode"]),
        ({"flags": "strong_case"}, "flags", ['"strong_case", which is not a flag', 'mean "strong_case_12kg"']),
        ({"flags": "shorted_0v;discharged_0v"}, "shorted_0v", ['"shorted_0v;discharged_0v", which exclude']),
        ({"flags": "secured_clean_protected;leaking_case"}, "secured_clean_protected", ["exclude each other"]),
        ({"flags": "run_le_100;run_gt_100", "state": "prototype"}, "contradiction", ["not at once"]),
        ({"chemistry": "na_ion", "flags": "shorted_0v", "soc_percent": "40"}, "shorted_0v", ["contradicts soc"]),
        ({"unit_kind": "vehicle"}, "contradiction", ["no vehicle"]),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_in_the_files_words_and_the_others_are_answered(
    tmp_path: Path, change: dict[str, Any], fact: str, words: list[str]
) -> None:
    before, bad, after = run(tmp_path, [{}, change, {}])
    assert bad["outcome"] == "undecided"
    assert fact in bad["missing_facts"].split(";")
    for word in words:
        assert word in bad["findings"]
    assert bad["adr_points"] is None
    for row in (before, after):
        assert (row["outcome"], row["adr_points"], row["findings"]) == ("allowed", "9", None)


def test_options_fill_in_for_rows_without_mode_and_day_and_never_win(tmp_path: Path) -> None:
    rows = run(
        tmp_path,
        [{"mode": None, "date": None}, {}, {"mode": "rode"}, {"date": "soon"}],
        Defaults("road_us", date(2026, 6, 1)),
    )
    assert [row["edition"] for row in rows] == ["49CFR-HM215Q", "ADR-2025", None, None]
    assert rows[0]["date"] == "2026-06-01"
    assert [row["outcome"] for row in rows[2:]] == ["undecided", "undecided"]


@pytest.mark.parametrize("silent", ["", "unknown", "n/a", "UNKNOWN", " "])
def test_a_silent_cell_is_unknown_and_no_finding(tmp_path: Path, silent: str) -> None:
    (row,) = run(tmp_path, [{"un38_3_tested": silent}])
    assert (row["outcome"], row["missing_facts"], row["findings"]) == ("undecided", "un38_3_tested", None)


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [("yes", "allowed"), ("TRUE", "allowed"), ("1", "allowed"), ("no", "forbidden"), ("0", "forbidden")],
)
def test_yes_and_no_may_be_written_in_many_ways(tmp_path: Path, cell: str, outcome: str) -> None:
    (row,) = run(tmp_path, [{"un38_3_tested": cell}])
    assert row["outcome"] == outcome


def test_missing_facts_bear_the_names_of_the_files_columns(tmp_path: Path) -> None:
    small, air = run(
        tmp_path,
        [
            {"energy_wh": "60", "gross_mass_kg": None},
            {"mode": "air_cargo", "soc_percent": None, "energy_wh": "500"},
        ],
    )
    assert small["missing_facts"] == "gross_mass_kg"
    assert "soc_percent" in air["missing_facts"].split(";")


def test_two_masses_that_exclude_each_other_count_only_where_they_matter(tmp_path: Path) -> None:
    """P016 of the reference says 25 kg gross with 30 kg of batteries inside; its verdict needs neither."""
    waste = {"state": "waste", "energy_wh": "40", "flags": "qa_333kg", "units": "10"}
    masses = {"gross_mass_kg": "25", "net_battery_mass_kg": "30"}
    sorting, small = run(tmp_path, [{**waste, **masses}, {**masses, "energy_wh": "60"}])
    assert (sorting["outcome"], sorting["special_provisions"], sorting["adr_points"]) == (
        "exempt_other",
        "636",
        "0",
    )
    assert "gross_mass_kg 25.0 is below net_battery_mass_kg 30.0" in sorting["findings"]
    assert (small["outcome"], small["missing_facts"]) == ("undecided", "gross_mass_kg")


def test_a_material_in_the_column_of_chemistries_means_the_material(tmp_path: Path) -> None:
    (row,) = run(tmp_path, [{"chemistry": "lithium_hydroxide", "form": "bags", "unit_kind": None}])
    assert row["un_number"] == "2680"
    assert row["findings"] is None


def test_any_fact_of_the_rulebook_may_be_a_column(tmp_path: Path) -> None:
    (row,) = run(tmp_path, [{"wants_small_relief": "no", "energy_wh": "60"}])
    assert row["outcome"] == "allowed"


def test_transitions_are_answered_by_the_newest_edition_and_the_other_is_told(tmp_path: Path) -> None:
    vehicle = {"form": "vehicle", "unit_kind": "vehicle", "energy_wh": "60000", "gross_mass_kg": "1900"}
    rows = run(
        tmp_path,
        [{**vehicle, "date": day} for day in ("2024-12-31", "2025-01-01", "2025-06-30", "2025-07-01")]
        + [{"date": "2025-02-01"}, {"date": "2027-02-01"}, {"date": "2027-07-01"}],
    )
    assert [row["un_number"] for row in rows[:4]] == ["3171", "3556", "3556", "3556"]
    assert [row["edition"] for row in rows[:4]] == ["ADR-2023", "ADR-2025", "ADR-2025", "ADR-2025"]
    assert [row["other_editions"] is None for row in rows[:4]] == [True, False, False, True]
    assert (
        "ADR-2023: un_number 3171; proper_shipping_name BATTERY-POWERED VEHICLE" in rows[1]["other_editions"]
    )
    assert rows[4]["other_editions"] == "ADR-2023: the same"
    assert rows[5]["other_editions"] == "ADR-2027: announced, not read"
    assert (rows[6]["edition"], rows[6]["other_editions"]) == ("ADR-2027", None)
    assert "not confirmed for ADR-2027" in rows[6]["notes"]


@pytest.mark.parametrize(
    ("mode", "category", "tunnel", "soc", "points"),
    [
        ("road_eu", "2", "E", "none", "9"),
        ("rail_eu", "2", "n/a", "none", "9"),
        ("sea", "n/a", "n/a", "none", "n/a"),
        ("road_us", "n/a", "n/a", "none", "n/a"),
        ("air_cargo", "n/a", "n/a", "30", "n/a"),
    ],
)
def test_what_a_mode_does_not_have_is_not_applicable(
    tmp_path: Path, mode: str, category: str, tunnel: str, soc: str, points: str
) -> None:
    full, open_row = run(tmp_path, [{"mode": mode, "soc_percent": "30"}, {"mode": mode, "chemistry": None}])
    answer = [full[name] for name in ("transport_category", "tunnel_code", "soc_limit_pct", "adr_points")]
    assert answer == [category, tunnel, soc, points]
    assert open_row["outcome"] == "undecided"
    if category == "n/a":
        assert (open_row["transport_category"], open_row["adr_points"]) == ("n/a", "n/a")


def test_ids_that_are_missing_or_stand_twice_are_told_and_rows_answered(tmp_path: Path) -> None:
    rows = run(tmp_path, [{"id": "A"}, {"id": "A"}, {"id": None}, {"id": "none"}])
    assert [row["id"] for row in rows] == ["A", "A", None, "none"]
    assert {row["outcome"] for row in rows} == {"allowed"}
    assert 'id "A" stands on 2 rows' in rows[0]["findings"]
    assert "row 3 of the file" in rows[2]["findings"]


def test_broken_records_keep_their_place_and_take_no_other_with_them(tmp_path: Path) -> None:
    head = ",".join(["id", *SOUND])
    good = ",".join(SOUND.values())
    lines = [
        head, f"A,{good}", f"B,{good},more", "C,li_ion", f'D,"{good}', f"E,{good}", "", f'"F\nF",{good}',
        f"G,{good}",
    ]  # fmt: skip
    (tmp_path / "in.csv").write_text("\r\n".join(lines) + "\r\n")
    done = classify_file(tmp_path / "in.csv", load_rulebook(), Defaults(), TODAY, tmp_path / "out.csv")
    rows = pl.read_csv(tmp_path / "out.csv", infer_schema=False).rows(named=True)
    assert [row["id"].replace("\r", "") for row in rows] == ["A", "B", "C", "D", "E", "F\nF", "G"]
    assert [row["outcome"] for row in rows] == [
        "allowed",
        *["undecided"] * 3,
        "allowed",
        "allowed",
        "allowed",
    ]
    assert [row["missing_facts"] for row in rows[1:4]] == ["row"] * 3
    assert "13 cells under 12 columns" in rows[1]["findings"]
    assert "2 cells under 12 columns" in rows[2]["findings"]
    assert "never closed" in rows[3]["findings"]
    assert done.findings["classify-row-ragged"] == 3


def test_other_encodings_are_read_and_told(tmp_path: Path) -> None:
    head = ",".join(["id", *SOUND])
    good = ",".join(SOUND.values())
    text = f"{head}\nMünchen,{good}\nBerlin,{good}\n"
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        (tmp_path / "in.csv").write_bytes(text.encode(encoding))
        classify_file(tmp_path / "in.csv", load_rulebook(), Defaults(), TODAY, tmp_path / "out.csv")
        rows = pl.read_csv(tmp_path / "out.csv", infer_schema=False).rows(named=True)
        assert [row["id"] for row in rows] == ["München", "Berlin"]
        assert [row["outcome"] for row in rows] == ["allowed", "allowed"]
        assert [row["findings"] is None for row in rows] == [encoding != "cp1252", True]


def test_separators_and_unknown_columns(tmp_path: Path) -> None:
    head, good = ";".join(["id", *SOUND, "colour", "form_"]), ";".join(SOUND.values())
    (tmp_path / "in.csv").write_text(f"{head}\nA;{good};red;x\n")
    done = classify_file(tmp_path / "in.csv", load_rulebook(), Defaults(), TODAY)
    assert done.outcomes == {"allowed": 1}
    assert done.unknown_columns == {"colour": "", "form_": ' Did you mean "form"?'}


def test_json_lines_with_broken_ones(tmp_path: Path) -> None:
    lines = [json.dumps({"id": "A", **SOUND, "flags": ["strong_case_12kg"], "units": 2}), "[1]", "{", "",
             json.dumps({"id": "B", **SOUND, "un38_3_tested": True, "energy_wh": 60})]  # fmt: skip
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    done = classify_file(tmp_path / "in.jsonl", load_rulebook(), Defaults(), TODAY, tmp_path / "out.parquet")
    rows = pl.read_parquet(tmp_path / "out.parquet").rows(named=True)
    assert [row["id"] for row in rows] == ["A", None, None, "B"]
    assert [row["outcome"] for row in rows] == ["undecided", "undecided", "undecided", "exempt_small"]
    assert "strong_case_12kg contradicts gross_mass_kg" in rows[0]["findings"]
    assert done.findings["classify-row-not-object"] == 2


def test_a_workbook_of_scenarios(tmp_path: Path) -> None:
    pl.DataFrame({"id": ["A"], **{name: [value] for name, value in SOUND.items()}}).with_columns(
        pl.col("date").str.to_date(), pl.col("energy_wh").cast(pl.Float64)
    ).write_excel(tmp_path / "in.xlsx")
    done = classify_file(tmp_path / "in.xlsx", load_rulebook(), Defaults(), TODAY)
    assert done.outcomes == {"allowed": 1}


def test_a_header_without_rows_gives_a_header_without_rows(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(",".join(["id", *SOUND]) + "\n")
    for name in ("out.csv", "out.parquet", "out.json"):
        done = classify_file(tmp_path / "in.csv", load_rulebook(), Defaults(), TODAY, tmp_path / name)
        assert done.rows == 0
    assert (tmp_path / "out.csv").read_text().startswith("id,outcome,un_number")
    assert pl.read_parquet(tmp_path / "out.parquet").height == 0
    assert json.loads((tmp_path / "out.json").read_text()) == []


def test_every_format_of_answer_says_the_same_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voltloop.app.scenario_files.CHUNK_ROWS", 2)
    monkeypatch.setattr("voltloop.app.scenario_files._SMALL_BYTES", 0)
    rows = [{"energy_wh": str(energy)} for energy in (60, 100, 100.5, 500, 20)]
    given = run(tmp_path, rows)
    assert [row["outcome"] for row in given] == [
        "exempt_small",
        "exempt_small",
        "allowed",
        "allowed",
        "exempt_small",
    ]
    for name in ("out.csv", "out.parquet", "out.jsonl"):
        classify_file(tmp_path / "in.csv", load_rulebook(), Defaults(), TODAY, tmp_path / name)
    tables = [
        pl.read_csv(tmp_path / "out.csv", infer_schema=False),
        pl.read_parquet(tmp_path / "out.parquet"),
        pl.read_ndjson(tmp_path / "out.jsonl", infer_schema_length=None),
    ]
    for table in tables:
        assert table.cast(pl.String).rows(named=True) == given


def test_a_bad_name_for_the_answer_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(",".join(["id", *SOUND]) + "\nA," + ",".join(SOUND.values()) + "\n")
    for name, code in (
        ("out.doc", "unknown-format"),
        ("no/out.csv", "cannot-write"),
        (".", "unknown-format"),
    ):
        with pytest.raises(InputError) as caught:
            classify_file(tmp_path / "in.csv", load_rulebook(), Defaults(), TODAY, tmp_path / name)
        assert caught.value.code == code
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_list_of_batteries_has_one_answer_per_record(tmp_path: Path) -> None:
    text = (
        "Seriennummer;Modell;Hersteller;Chemie;Zustand;Land;Grund\n"
        "A1;Leaf 40 kWh;Nissan;NMC;gut;Deutschland;Leasingende\n"
        "A2;Leaf 40 kWh;Nissan;NMC;beschädigt;Deutschland;Unfall\n"
        "A3;;;Holz;gut;Deutschland;\n"
        "Summe;3;;;;;\n"
    )
    (tmp_path / "list.csv").write_text(text)
    done = classify_file(tmp_path / "list.csv", load_rulebook(), Defaults(), TODAY, tmp_path / "out.json")
    rows = json.loads((tmp_path / "out.json").read_text())
    assert done.kind == "list"
    assert rows[0]["outcome"] == "allowed"
    assert [row["mode"] for row in rows[:2]] == ["road_eu", "road_eu"]
    assert len(rows) == 3
    assert rows[2]["outcome"] == "undecided"
    assert "not accepted" in rows[2]["findings"]
    assert isinstance(done, Classified)
    assert rows[0]["adr_points"] == "909"
    other = classify_file(tmp_path / "list.csv", load_rulebook(), Defaults("sea", TODAY), TODAY)
    assert other.editions["IMDG-42-24"] == 2


@pytest.mark.parametrize(
    "name", ["english.parquet", "english.jsonl", "german.csv", "spanish.xlsx", "italian.tsv"]
)
def test_the_example_lists_are_known_as_lists(name: str) -> None:
    """A list may have columns that a scenario file has as well, such as soc_percent."""
    file = Path(__file__).parents[2] / "examples" / "lists" / name
    done = classify_file(file, load_rulebook(), Defaults("road_eu", TODAY), TODAY)
    assert done.kind == "list"
    assert done.rows >= 25
