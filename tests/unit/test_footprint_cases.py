"""Tables of cases: every row is told or rejected with its reason; defaults; the command."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from voltloop.cli.main import app
from voltloop.errors import InputError
from voltloop.findings import kinds
from voltloop.footprint import footprints_of, new_battery, parse_legs

GOOD = {"case_id": "a", "chemistry": "NMC622", "energy_kwh": "60", "soh": "0.8", "grid": "FR", "year": "2024"}


def told(**change: str | None) -> tuple[list[str], list[str]]:
    found = footprints_of(pl.DataFrame({**GOOD, **change}, infer_schema_length=None))
    return found.rejected["code"].to_list(), [finding.message for finding in found.findings]


def test_a_good_row_gives_both_views_of_every_treatment() -> None:
    table = footprints_of(pl.DataFrame(GOOD)).table
    assert table["treatment"].to_list() == [
        "new", "remanufactured", "second_life", "recycled_pyro", "recycled_hydro", "recycled_direct",
    ]  # fmt: skip
    assert table["unit"].to_list() == [
        "kWh new",
        "kWh restored",
        "kWh delivered",
        "kg feed",
        "kg feed",
        "kg feed",
    ]
    new = table.row(0, named=True)
    assert new["cut_off_co2e_kg_per_unit"] == pytest.approx(new_battery("NMC622", 33.0).co2e_kg)
    assert not any("total" in name or "sum" in name for name in table.columns)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"grid": "Atlantis"}, "footprint-grid-unknown", "Atlantis"),
        ({"year": "1999"}, "footprint-year-unknown", "1999"),
        ({"year": "soon"}, "footprint-year-unknown", "soon"),
        ({"grid": "-5"}, "footprint-number", "-5"),
        ({"chemistry": "Na-ion"}, "footprint-chemistry-unknown", "Na-ion"),
        ({"chemistry": None}, "footprint-missing", "chemistry"),
        ({"energy_kwh": "sixty"}, "footprint-number", "sixty"),
        ({"energy_kwh": "-60"}, "footprint-number", "-60"),
        ({"energy_kwh": "nan"}, "footprint-number", "nan"),
        ({"mass_kg": "-1"}, "footprint-number", "mass_kg"),
        ({"soh": "1.3"}, "footprint-soh", "1.3"),
        ({"replaced_share": "1.5"}, "footprint-share", "replaced_share"),
        ({"efficiency": "0"}, "footprint-share", "efficiency"),
        ({"recovery": "90"}, "footprint-share", "per cent"),
        ({"legs": "zeppelin:800"}, "footprint-vehicle-unknown", "zeppelin"),
        ({"legs": "artic_40t"}, "footprint-leg", "artic_40t"),
        ({"legs": "artic_40t:-3"}, "footprint-number", "-3"),
        ({"legs": "artic_40t:800:1.5"}, "footprint-share", "load"),
    ],
)
def test_a_row_that_cannot_be_told_is_rejected_by_name(change: dict[str, str], code: str, words: str) -> None:
    codes, messages = told(**change)
    assert codes == [code]
    assert words in messages[-1]
    assert messages[-1].startswith("a: ")


def test_rows_in_are_rows_accepted_and_rejected() -> None:
    table = pl.DataFrame(
        {"chemistry": ["LFP", "LTO", "NCA"], "energy_kwh": [50.0, 20.0, None], "grid": ["DE"] * 3}
    )
    found = footprints_of(table)
    assert len(found.cases) + found.rejected.height == 3
    assert found.rejected["row"].to_list() == [2, 3]
    assert found.rejected["case_id"].to_list() == ["row 2", "row 3"]


def test_what_weakens_an_answer_is_told() -> None:
    _, messages = told(chemistry="NMC", soh=None, colour="red")
    assert any("counted with the design NMC622" in message for message in messages)
    assert any("second life is left out" in message for message in messages)
    assert any("column colour" in message for message in messages)
    assert any("carbon only" in message for message in messages)
    assert not any("counted with" in message for message in told(chemistry="NMC 811")[1])
    assert any("counted with" in message for message in told(chemistry="LMO")[1])


def test_defaults_fill_what_is_empty() -> None:
    table = pl.DataFrame({"chemistry": ["LFP", "LFP"], "energy_kwh": ["50", "50"], "grid": ["", "466.5"]})
    first, second = (case for case, _ in footprints_of(table, {"grid": "DE", "soh": "0.7"}).cases)
    assert (first.grid.code, second.grid.code) == ("DE", "own")
    assert first.pack.soh == 0.7


def test_needed_columns() -> None:
    with pytest.raises(InputError, match="chemistry, energy_kwh") as refused:
        footprints_of(pl.DataFrame({"chemestry": ["LFP"], "grid": ["DE"]}))
    assert refused.value.code == "footprint-columns"
    assert "chemestry" in refused.value.message


def test_every_error_of_a_row_is_a_kind_of_finding() -> None:
    codes = {code for code in kinds() if code.startswith("footprint-")}
    assert len(codes) >= 16


@pytest.mark.parametrize("text", ["artic_40t", ":800", "artic_40t:far", "artic_40t:1:1:1:1"])
def test_legs_not_understood(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_legs(text)
    assert refused.value.code == "footprint-leg"


def test_the_command_tells_one_pack_in_two_views(tmp_path: Path) -> None:
    page = tmp_path / "footprint.html"
    words = "footprint --chemistry NMC622 --energy-kwh 60 --soh 0.82 --grid FR --year 2024 --leg artic_40t:800 --json"
    done = CliRunner().invoke(app, [*words.split(), "--samples", "200", "--plot", str(page)])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["schema"] == "footprint/1"
    assert set(answer["views"]) == {"cut_off", "avoided_burden"}
    (case,) = answer["cases"]
    assert case["grid"]["co2e_g_per_kwh"] == 33.0
    for treatment in case["treatments"]:
        for view in ("cut_off", "avoided_burden"):
            account = treatment[view]
            lines = sum(line["co2e_kg"] for line in account["lines"])
            assert account["per_pack"]["co2e_kg"] == pytest.approx(lines)
            assert account["co2e_kg_spread"]["low"] <= account["co2e_kg_spread"]["high"]
    html = page.read_text(encoding="utf-8")
    assert "Plotly" in html
    assert "<script src" not in html


def test_the_command_tells_a_table_and_what_it_rejects(tmp_path: Path) -> None:
    path = tmp_path / "packs.csv"
    path.write_text("case_id,chemistry,energy_kwh,soh\nA,LFP,50,0.8\nB,LTO,20,0.9\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["footprint", str(path), "--grid", "DE", "--year", "2024"])
    assert done.exit_code == 2
    assert "A: LFP, 50 kWh" in done.stdout
    assert "never added" in done.stdout
    assert 'B: There is no life-cycle data for the chemistry "LTO"' in " ".join(done.stdout.split())
